// The part of `link_hub` that lets peers in, and the certificates.
#include "core/printable.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"
#include "net/link/link_address.hpp"
#include "net/link/link_hub.hpp"
#include "net/origin.hpp"
#include "net/use_result.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <exception>
#include <utility>

namespace prism::net {

namespace asio = boost::asio;

void link_hub::begin(tcp::socket socket) {
  const number connection = ++counters_.connections;
  boost::system::error_code gone; // the client may be
  const auto victim = places_.enter(connection, origin_of(socket.remote_endpoint(gone).address()));
  if (victim)
    arrivals_.at(*victim)->cut(link_end::handshake_failed, "a newer connection needed its place");
  const auto arrival = std::make_shared<link_arrival>(
      std::move(socket), server_tls_, versions(), options_.connect_limit,
      link_arrival::owner{
          .answer_to = [this](const link_hello& hello,
                              X509* certificate) { return answer_to(hello, certificate); },
          .refused = [this](link_end why, const std::string& who,
                            const std::string& text) { note_refusal(why, who, text); }});
  arrivals_.emplace(connection, arrival);
  counters_.handshaking = places_.size();
  asio::co_spawn(
      thread_.context(), [this, arrival, connection] { return receive(arrival, connection); },
      asio::detached);
}

asio::awaitable<void> link_hub::receive(std::shared_ptr<link_arrival> arrival, number connection) {
  auto arrived = co_await arrival->run();
  arrival->cut(std::nullopt, "");
  places_.leave(connection);
  arrivals_.erase(connection);
  counters_.handshaking = places_.size();
  if (!arrived)
    co_return;
  // The list of peers may have changed while the answer was written.
  const auto at = entries_.find(arrived->id);
  if (at == entries_.end())
    co_return;
  const auto session = open(at->second, std::move(arrived->connection));
  co_await session->run();
}

link_answer link_hub::answer_to(const link_hello& hello, X509* certificate) const {
  if (const auto problem = objection(hello, certificate))
    return {.versions = versions(), .refusal = problem->text, .reason = problem->why};
  return {.versions = versions(),
          .version = common_version(hello.versions, versions()).value_or(0),
          .cluster = options_.cluster,
          .from = options_.id,
          .name = options_.name};
}

std::optional<link_hub::attempt_failure> link_hub::objection(const link_hello& hello,
                                                             X509* certificate) const {
  const auto refused = [](link_end why, std::string text) {
    return attempt_failure{.why = why, .text = std::move(text)};
  };
  if (!common_version(hello.versions, versions()))
    return refused(link_end::refused,
                   fmt::format("the peer speaks version {} of the cluster's protocol, this node {}",
                               to_string(hello.versions), to_string(versions())));
  if (hello.cluster != options_.cluster)
    return refused(link_end::refused,
                   fmt::format("the peer wants cluster '{}', this node belongs to '{}'",
                               printable(hello.cluster), printable(options_.cluster)));
  if (hello.to != options_.id)
    return refused(link_end::unknown_peer, fmt::format("the peer wants node '{}', this one is '{}'",
                                                       printable(hello.to), options_.id));
  const auto known = entries_.find(hello.from);
  if (known == entries_.end())
    return refused(link_end::unknown_peer,
                   fmt::format("this node does not know '{}' (yet)", printable(hello.from)));
  if (hello.from > options_.id)
    return refused(link_end::redundant, "of two nodes the one with the smaller UUID dials");
  const auto& peer = known->second->peer;
  const auto address = parse_link_address(peer.address);
  if (!address)
    return refused(link_end::refused,
                   fmt::format("'{}' has no address for links", printable(peer.name)));
  if (!carries_host(certificate, address->host))
    return refused(link_end::refused,
                   fmt::format("the peer's certificate does not carry the host '{}' at which '{}' "
                               "is dialled",
                               printable(address->host), printable(peer.name)));
  return std::nullopt;
}

asio::awaitable<void> link_hub::check() {
  while (!stopping_) {
    check_timer_.expires_after(options_.check_interval);
    co_await check_timer_.async_wait(use_result);
    if (stopping_)
      break;
    certificate_.look();
    const auto entries = entries_;
    for (const auto& [id, each] : entries)
      if (each->session)
        each->session->check_certificate(*server_tls_);
  }
}

expected<void> link_hub::load_tls() {
  const tunnel_files files{.ca = options_.ca_file,
                           .certificate = options_.certificate_file,
                           .key = options_.key_file,
                           .crl = options_.crl_file};
  auto server = make_tunnel_server_tls(files);
  if (!server)
    return tl::unexpected(server.error());
  auto client = make_tunnel_client_tls(files);
  if (!client)
    return tl::unexpected(client.error());
  server_tls_ = std::move(server->context);
  client_tls_ = std::move(client->context);
  return {};
}

void link_hub::note_refusal(link_end why, const std::string& who, const std::string& text) {
  ++counters_.refused.at(static_cast<std::size_t>(why));
  const auto key = fmt::format("refused {}", to_string(why));
  if (const auto left_out = lines_.allow(key, steady_clock::now()))
    log::link().log(why == link_end::unknown_peer ? log::level::info : log::level::warn,
                    "link: {} refused: {} ({}){}", who, text, to_string(why),
                    log::left_out_note(*left_out));
}

} // namespace prism::net
