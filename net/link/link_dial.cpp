// The part of `link_hub` that dials peers.
#include "core/printable.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"
#include "net/link/link_address.hpp"
#include "net/link/link_hub.hpp"
#include "net/use_result.hpp"

#include <algorithm>
#include <utility>

namespace prism::net {

namespace asio = boost::asio;

namespace {

// A peer that does not know us yet reads the table of members within a second.
constexpr std::chrono::milliseconds unknown_pause{300};

} // namespace

asio::awaitable<void> link_hub::keep(entry_ptr which) {
  while (!which->gone) {
    if (which->peer.address.empty()) { // until it has one
      which->retry.expires_at(asio::steady_timer::time_point::max());
      co_await which->retry.async_wait(use_result);
      continue;
    }
    auto connection = co_await dial(which);
    if (which->gone)
      break;
    if (connection) {
      which->delays.reset();
      const auto session = open(which, std::move(*connection));
      co_await session->run();
    } else {
      note_failure(*which, connection.error());
    }
    if (which->gone)
      break;
    auto delay = which->delays.next(std::uniform_real_distribution<double>{}(random_));
    if (!connection && connection.error().why == link_end::unknown_peer)
      delay = std::min(delay, unknown_pause);
    which->retry.expires_after(delay);
    co_await which->retry.async_wait(use_result);
  }
}

asio::awaitable<tl::expected<link_connection, link_hub::attempt_failure>>
link_hub::dial(entry_ptr which) {
  const auto failed = [](link_end why, std::string text) {
    return tl::unexpected(attempt_failure{.why = why, .text = std::move(text)});
  };
  const auto address = parse_link_address(which->peer.address);
  if (!address)
    co_return failed(link_end::connect_failed, address.error().message);
  const auto tls = client_tls_;
  const auto dialling =
      std::make_shared<node_dialling>(thread_.context().get_executor(),
                                      dial_target{.host = address->host,
                                                  .port = address->port,
                                                  .ca_file = options_.ca_file,
                                                  .certificate_file = options_.certificate_file,
                                                  .what = "link",
                                                  .limit = options_.connect_limit},
                                      tls);
  which->dialling = dialling;
  const auto connected = co_await dialling->run();
  if (!connected) {
    which->dialling.reset();
    co_return failed(dialling->connected() ? link_end::handshake_failed : link_end::connect_failed,
                     connected.error().message);
  }
  // g++ 12 destroys temporaries of an awaited call twice, hence the variable.
  auto hello = write(link_hello{.versions = versions(),
                                .cluster = options_.cluster,
                                .from = options_.id,
                                .name = options_.name,
                                .to = which->peer.id});
  const auto body = co_await dialling->exchange(std::move(hello), link_magic);
  which->dialling.reset();
  if (!body)
    co_return failed(link_end::handshake_failed, body.error().message);
  const auto answer = parse_link_answer(*body);
  if (!answer)
    co_return failed(link_end::malformed, answer.error().message);
  if (auto problem = objection(*answer, which->peer))
    co_return tl::unexpected(std::move(*problem));
  auto stream = dialling->take();
  if (!stream)
    co_return failed(link_end::handshake_failed, dialling->timed_out().value().message);
  co_return link_connection{.tls = tls, .stream = std::move(stream), .version = answer->version};
}

std::optional<link_hub::attempt_failure> link_hub::objection(const link_answer& answer,
                                                             const link_peer& peer) const {
  if (!answer.refusal.empty())
    return attempt_failure{answer.reason, "the peer refuses: " + answer.refusal};
  if (answer.version < options_.version_min || answer.version > options_.version_max)
    return attempt_failure{link_end::refused,
                           fmt::format("the peer chose version {} of the cluster's protocol, this "
                                       "node speaks {}",
                                       answer.version, to_string(versions()))};
  if (answer.cluster != options_.cluster)
    return attempt_failure{link_end::refused,
                           fmt::format("the peer belongs to cluster '{}', this node to '{}'",
                                       printable(answer.cluster), printable(options_.cluster))};
  if (answer.from != peer.id)
    return attempt_failure{link_end::unknown_peer,
                           fmt::format("'{}' answers there", printable(answer.from))};
  return std::nullopt;
}

void link_hub::note_failure(const entry& which, const attempt_failure& failure) {
  const auto reason = static_cast<std::size_t>(failure.why);
  ++which.account->ended.at(reason);
  ++counters_.ended.at(reason);
  const auto key = fmt::format("failed {} {}", which.peer.id, to_string(failure.why));
  if (const auto left_out = lines_.allow(key, steady_clock::now()))
    // A node that joins is not known to everybody at once.
    log::link().log(failure.why == link_end::unknown_peer ? log::level::info : log::level::warn,
                    "link: cannot dial '{}' ({}): {} ({}){}", printable(which.peer.name),
                    printable(which.peer.id), failure.text, to_string(failure.why),
                    log::left_out_note(*left_out));
}

} // namespace prism::net
