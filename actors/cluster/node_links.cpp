#include "actors/cluster/node_links.hpp"

#include "core/cluster/protocol.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"

namespace prism {

namespace {

[[nodiscard]] net::links_options options_of(const config::options& from, std::string name,
                                            const cluster::node_id& self,
                                            net::listen_address listen) {
  net::links_options out;
  out.id = self;
  out.name = std::move(name);
  out.listen = std::move(listen);
  out.ca_file = from.tunnel_authority;
  out.certificate_file = from.tunnel_certificate;
  out.key_file = from.tunnel_key;
  out.crl_file = from.tunnel_revoked;
  out.cluster = from.cluster_name;
  const auto protocol = cluster::own_protocol();
  out.version_min = static_cast<std::uint16_t>(protocol.min);
  out.version_max = static_cast<std::uint16_t>(protocol.max);
  return out;
}

} // namespace

expected<void> node_links::start(const cluster::node_id& self) {
  const auto& options = node_->options;
  if (options.cluster_listen.empty())
    return {};
  auto listen = net::parse_listen_address(options.cluster_listen);
  if (!listen)
    return fail(errc::invalid, "cluster-listen: {}", listen.error().message);
  // The port stays over a change of the UUID: others read it in the table.
  if (const auto before = get())
    listen->port = before->port();
  stop();
  auto started =
      net::links::start(options_of(options, node_->name, self, std::move(*listen)), callbacks());
  if (!started)
    return fail(errc::invalid, "cluster-listen: {}", started.error().message);
  const std::scoped_lock lock(mutex_);
  links_ = std::move(*started);
  return {};
}

void node_links::stop() {
  if (const auto links = [this] {
        const std::scoped_lock lock(mutex_);
        return std::exchange(links_, nullptr);
      }())
    links->stop();
}

std::shared_ptr<net::links> node_links::get() const {
  const std::scoped_lock lock(mutex_);
  return links_;
}

std::string node_links::address() const {
  const auto links = get();
  if (!links)
    return {};
  auto shown = node_->options.cluster_address.empty() ? node_->options.cluster_listen
                                                      : node_->options.cluster_address;
  if (shown.ends_with(":0"))
    shown = shown.substr(0, shown.size() - 1) + std::to_string(links->port());
  return shown;
}

void node_links::follow(const cluster_snapshot& now) {
  const auto links = get();
  if (!links)
    return;
  std::vector<net::link_peer> peers;
  for (const auto& member : now.table.members)
    if (!member.dead() && member.id != now.self && !member.address.empty())
      peers.push_back({.id = member.id, .name = member.name, .address = member.address});
  links->set_peers(std::move(peers));
}

std::set<cluster::node_id> node_links::linked() const {
  std::set<cluster::node_id> out;
  for (const auto& link : stats())
    if (link.open)
      out.insert(link.peer.id);
  return out;
}

bool node_links::linked(const cluster::node_id& peer) const {
  const auto links = get();
  return links && links->connected(peer);
}

std::vector<net::link_stats> node_links::stats() const {
  const auto links = get();
  return links ? links->stats() : std::vector<net::link_stats>{};
}

net::links_totals node_links::totals() const {
  const auto links = get();
  return links ? links->totals() : net::links_totals{};
}

bool node_links::send(const cluster::node_id& peer, const linked_message& message) {
  const auto links = get();
  return links && links->send(peer, encode(message));
}

bool node_links::send_frames(const cluster::node_id& peer, const linked_frames& frames) {
  return credit_.take(peer, bytes_of(frames.batch)) && send(peer, frames);
}

void node_links::announce_change(std::int64_t view) {
  for (const auto& peer : linked())
    send(peer, linked_table_changed{view});
}

void node_links::report(const cluster::node_id& leader, const linked_durable& report) {
  send(leader, report);
  for (const auto& [peer, bytes] : held_.committed(report.report.shard, report.report.position))
    give_back(peer, bytes);
}

void node_links::report(const cluster::node_id& leader, const linked_shard_ready& report) {
  for (const auto& [peer, bytes] : held_.dropped(report.ready.shard))
    give_back(peer, bytes);
  send(leader, report);
}

void node_links::give_back(const cluster::node_id& peer, std::uint64_t bytes) {
  if (bytes > 0)
    send(peer, linked_credit{.bytes = bytes, .whole = false});
}

// -- on the links' thread ------------------------------------------------------------------------

net::link_callbacks node_links::callbacks() {
  return {
      .up = [this](const std::string& peer, std::uint16_t) { on_up(peer); },
      .down = [this](const std::string& peer, net::link_end, const std::string&) { on_down(peer); },
      .received = [this](const std::string& peer, const boost::json::object& head,
                         std::span<const std::byte> payload) { on_message(peer, head, payload); }};
}

// What was under way is lost. The shards here begin anew with the leader; if the peer has shards
// and this node leads, it does the same over there.
void node_links::on_up(const std::string& peer) {
  held_.forget(peer);
  send(peer, linked_credit{.bytes = node_->options.firehose_window_bytes, .whole = true});
  const auto now = node_->cluster.read();
  if (!now || now->table.lead.holder != peer)
    return;
  for (const auto& placed : now->table.placement)
    if (placed.node == now->self)
      if (const auto shard =
              node_->actors.find(names::shard(static_cast<std::size_t>(placed.shard))))
        caf::anon_send(shard, firehose_started{});
}

void node_links::on_down(const std::string& peer) {
  credit_.close(peer);
  held_.forget(peer);
}

bool node_links::is_own(std::size_t shard, std::int64_t token) const {
  return node_->cluster.token(shard) == token;
}

bool node_links::is_of(const std::string& peer, std::size_t shard, std::int64_t token) const {
  const auto now = node_->cluster.read();
  const auto* placed = now ? now->shard(shard) : nullptr;
  return placed != nullptr && placed->node == peer && placed->token == token && now->led_by_self();
}

void node_links::dropped(std::string_view reason) {
  node_->metrics.cluster().dropped.of(reason).Increment();
}

/// Gives each message to the actor it is for.
struct node_links::receiver {
  node_links& links;
  const std::string& peer;

  template <class Message>
  void to_shard(std::size_t shard, std::int64_t token, const Message& message) const {
    const auto actor = links.node_->actors.find(names::shard(shard));
    if (!links.is_own(shard, token) || !actor)
      return links.dropped("not_placed");
    caf::anon_send(actor, message);
  }
  template <class Message>
  void to_firehose(std::size_t shard, std::int64_t token, const Message& message) const {
    const auto actor = links.node_->actors.find(names::firehose);
    if (!links.is_of(peer, shard, token) || !actor)
      return links.dropped("not_leader");
    caf::anon_send(actor, message);
  }

  void operator()(const linked_frames& got) const {
    if (links.is_own(got.shard, got.token))
      for (const auto& frame : *got.batch.frames)
        links.held_.arrived(peer, got.shard, frame.position, frame.data->size());
    to_shard(got.shard, got.token, got.batch);
  }
  void operator()(const linked_advance& got) const { to_shard(got.shard, got.token, got.target); }
  void operator()(const linked_firehose_started& got) const {
    to_shard(got.shard, got.token, firehose_started{});
  }
  void operator()(const linked_shard_ready& got) const {
    to_firehose(got.ready.shard, got.token, got.ready);
  }
  void operator()(const linked_durable& got) const {
    to_firehose(got.report.shard, got.token, got.report);
  }
  void operator()(const linked_credit& got) const {
    if (got.whole)
      links.credit_.open(peer, got.bytes);
    else
      links.credit_.give_back(peer, got.bytes);
    const auto now = links.node_->cluster.read();
    if (!now)
      return;
    for (const auto& placed : now->table.placement)
      if (placed.node == peer)
        if (const auto proxy =
                links.node_->actors.find(names::shard(static_cast<std::size_t>(placed.shard))))
          caf::anon_send(proxy, tick{});
  }
  void operator()(const linked_table_changed& got) const {
    const auto now = links.node_->cluster.read();
    if (const auto actor = links.node_->actors.find(names::cluster);
        actor && now && now->table.view < got.view)
      caf::anon_send(actor, read_cluster{});
  }
};

void node_links::on_message(const std::string& peer, const boost::json::object& head,
                            std::span<const std::byte> payload) {
  const auto message = decode(head, payload, steady_clock::now());
  if (message)
    return std::visit(receiver{*this, peer}, *message);
  dropped(message.error().code == errc::not_found ? "unknown_kind" : "malformed");
  if (const auto left_out = lines_.allow(peer, steady_clock::now()))
    log::cluster().warn("cluster: dropped a message of node {}: {}{}", peer,
                        message.error().message, log::left_out_note(*left_out));
}

} // namespace prism
