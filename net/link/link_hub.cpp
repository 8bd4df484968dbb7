#include "net/link/link_hub.hpp"

#include "core/printable.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"
#include "net/tcp_listener.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace prism::net {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds log_interval{10};
constexpr std::size_t max_log_keys = 256;

} // namespace

link_hub::link_hub(links_options options, link_callbacks callbacks)
    : options_(std::move(options)), callbacks_(std::move(callbacks)),
      places_(options_.max_handshakes, options_.max_handshakes_per_address),
      certificate_(
          log::link(), "link",
          {options_.ca_file, options_.certificate_file, options_.key_file, options_.crl_file},
          [this] { return load_tls(); }),
      lines_(log_interval, max_log_keys), acceptor_(thread_.context()),
      check_timer_(thread_.context()) {}

expected<void> link_hub::start() {
  if (auto loaded = load_tls(); !loaded)
    return loaded;
  if (options_.cluster.empty()) {
    auto cluster = cluster_of(options_.ca_file);
    if (!cluster)
      return tl::unexpected(cluster.error());
    options_.cluster = std::move(*cluster);
  }
  if (auto listening = listen(acceptor_, options_.listen); !listening)
    return listening;
  port_ = acceptor_.local_endpoint().port();
  asio::co_spawn(
      thread_.context(),
      [this] {
        return accept_all(acceptor_, [this](tcp::socket socket) { begin(std::move(socket)); });
      },
      asio::detached);
  asio::co_spawn(
      thread_.context(), [this] { return check(); }, asio::detached);
  return thread_.start("the links");
}

void link_hub::stop() {
  asio::post(thread_.context(), [this] {
    stopping_ = true;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    check_timer_.cancel();
    for (const auto& [number, arrival] : arrivals_)
      arrival->cut(std::nullopt, "");
    const auto entries = std::exchange(entries_, {});
    for (const auto& [id, each] : entries)
      remove(each, link_end::stopped, "this node stops its links");
  });
  thread_.finish();
}

void link_hub::set_peers(std::vector<link_peer> peers) {
  asio::post(thread_.context(), [this, peers = std::move(peers)] { take_peers(peers); });
}

bool link_hub::send(const std::string& peer, const link_message& message) {
  const auto account = account_of(peer);
  const auto outbox = account ? account->outbox() : nullptr;
  if (!outbox)
    return false;
  auto head = encode_link_head(message);
  if (!head) {
    end_later(peer, outbox, link_end::malformed, "to be sent: " + head.error().message);
    return false;
  }
  const auto answer = outbox->push(std::move(*head), message.payload);
  if (answer == link_outbox::answer::overflow)
    end_later(peer, outbox, link_end::overflow,
              fmt::format("more than {} bytes wait to be written", options_.max_queued_bytes));
  return answer == link_outbox::answer::queued;
}

bool link_hub::connected(const std::string& peer) const {
  const auto account = account_of(peer);
  return account && account->outbox() != nullptr;
}

std::vector<link_stats> link_hub::stats() const {
  const auto now = steady_clock::now();
  std::vector<link_stats> out;
  const std::scoped_lock lock(mutex_);
  for (const auto& [id, account] : accounts_)
    out.push_back(account->stats(now));
  return out;
}

links_totals link_hub::totals() const {
  links_totals out{.opened = counters_.opened,
                   .connections = counters_.connections,
                   .handshaking = counters_.handshaking,
                   .reloads = certificate_.done(),
                   .failed_reloads = certificate_.failed()};
  for (std::size_t i = 0; i < link_end_count; ++i) {
    out.ended.at(i) = counters_.ended.at(i);
    out.refused.at(i) = counters_.refused.at(i);
  }
  return out;
}

void link_hub::take_peers(const std::vector<link_peer>& peers) {
  if (stopping_)
    return;
  std::vector<entry_ptr> left;
  for (const auto& [id, each] : entries_)
    if (std::ranges::find(peers, id, &link_peer::id) == peers.end())
      left.push_back(each);
  for (const auto& each : left) {
    entries_.erase(each->peer.id);
    remove(each, link_end::removed, "it is no peer any more");
  }
  for (const auto& peer : peers) {
    if (peer.id == options_.id)
      continue;
    const auto known = entries_.find(peer.id);
    if (known == entries_.end()) {
      add(peer);
    } else if (known->second->peer != peer) {
      known->second->peer = peer;
      known->second->account->rename(peer);
      known->second->retry.cancel();
    }
  }
}

void link_hub::add(const link_peer& peer) {
  const auto added = std::make_shared<entry>(thread_.context(), peer);
  entries_.emplace(peer.id, added);
  {
    const std::scoped_lock lock(mutex_);
    accounts_.emplace(peer.id, added->account);
  }
  if (options_.id < peer.id)
    asio::co_spawn(
        thread_.context(), [this, added] { return keep(added); }, asio::detached);
}

// It is in `entries_` no more.
void link_hub::remove(const entry_ptr& which, link_end why, const std::string& text) {
  which->gone = true;
  if (which->dialling)
    which->dialling->cancel();
  which->retry.cancel();
  if (which->session)
    which->session->end(why, text);
  const std::scoped_lock lock(mutex_);
  accounts_.erase(which->peer.id);
}

std::shared_ptr<link_session> link_hub::open(const entry_ptr& which, link_connection connection) {
  if (which->session)
    which->session->end(link_end::redundant, "the peer has opened another link");
  auto session = std::make_shared<link_session>(
      std::move(connection), options_, which->account,
      link_session::callbacks{
          .received =
              [this, id = which->peer.id](const boost::json::object& head,
                                          std::span<const std::byte> payload) {
                callbacks_.received(id, head, payload);
              },
          .ended = [this, which](const link_outbox& outbox, link_end why,
                                 const std::string& text) { closed(which, outbox, why, text); }});
  which->session = session;
  which->account->opened(session->outbox(), session->version());
  ++counters_.opened;
  if (const auto left_out = lines_.allow("up " + which->peer.id, steady_clock::now()))
    log::link().info("link: open with '{}' ({}) at {}, version {}{}", printable(which->peer.name),
                     printable(which->peer.id), printable(which->peer.address), session->version(),
                     log::left_out_note(*left_out));
  callbacks_.up(which->peer.id, session->version());
  return session;
}

void link_hub::closed(const entry_ptr& which, const link_outbox& outbox, link_end why,
                      const std::string& text) {
  which->account->closed(outbox);
  if (which->session && which->session->outbox().get() == &outbox)
    which->session.reset();
  const auto reason = static_cast<std::size_t>(why);
  ++which->account->ended.at(reason);
  ++counters_.ended.at(reason);
  const auto key = fmt::format("down {} {}", which->peer.id, to_string(why));
  if (const auto left_out = lines_.allow(key, steady_clock::now()))
    log::link().log(why == link_end::removed || why == link_end::stopped ? log::level::info
                                                                         : log::level::warn,
                    "link: the link to '{}' ({}) ended: {} ({}){}", printable(which->peer.name),
                    printable(which->peer.id), text, to_string(why), log::left_out_note(*left_out));
  callbacks_.down(which->peer.id, why, text);
}

void link_hub::end_later(const std::string& peer, std::shared_ptr<link_outbox> outbox, link_end why,
                         std::string text) {
  asio::post(
      thread_.context(), [this, peer, outbox = std::move(outbox), why, text = std::move(text)] {
        const auto at = entries_.find(peer);
        if (at != entries_.end() && at->second->session && at->second->session->outbox() == outbox)
          at->second->session->end(why, text);
      });
}

std::shared_ptr<link_account> link_hub::account_of(const std::string& peer) const {
  const std::scoped_lock lock(mutex_);
  const auto at = accounts_.find(peer);
  return at == accounts_.end() ? nullptr : at->second;
}

} // namespace prism::net
