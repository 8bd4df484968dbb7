#include "net/link/links.hpp"

#include "net/link/link_hub.hpp"

#include <utility>

namespace prism::net {

namespace {

expected<void> validate(const links_options& options, const link_callbacks& callbacks) {
  constexpr std::chrono::milliseconds zero{0};
  if (options.id.empty() || options.id.size() > hello_limits::max_text)
    return fail(errc::invalid, "the id of a node has 1 to {} bytes", hello_limits::max_text);
  if (options.cluster.size() > hello_limits::max_text)
    return fail(errc::invalid, "the name of a cluster has at most {} bytes",
                hello_limits::max_text);
  if (options.version_min == 0 || options.version_max < options.version_min)
    return fail(errc::invalid, "{} to {} is no range of versions", options.version_min,
                options.version_max);
  if (options.connect_limit <= zero || options.ping_interval <= zero ||
      options.check_interval <= zero)
    return fail(errc::invalid, "the times of links must be positive");
  if (options.silence_limit <= options.ping_interval)
    return fail(errc::invalid, "the silence limit of links must exceed their ping interval");
  if (options.max_handshakes == 0 || options.max_handshakes_per_address == 0 ||
      options.max_queued_bytes == 0)
    return fail(errc::invalid, "the numbers of links must be at least 1");
  if (!callbacks.up || !callbacks.down || !callbacks.received)
    return fail(errc::invalid, "the callbacks of links must be set");
  return {};
}

} // namespace

class links::impl : public link_hub {
public:
  using link_hub::link_hub;
};

expected<std::unique_ptr<links>> links::start(links_options options, link_callbacks callbacks) {
  if (auto valid = validate(options, callbacks); !valid)
    return tl::unexpected(valid.error());
  auto made = std::make_unique<impl>(std::move(options), std::move(callbacks));
  if (auto started = made->start(); !started)
    return tl::unexpected(started.error());
  return std::unique_ptr<links>(new links(std::move(made)));
}

links::links(std::unique_ptr<impl> pimpl) : impl_(std::move(pimpl)) {}

links::~links() = default;

void links::set_peers(std::vector<link_peer> peers) {
  impl_->set_peers(std::move(peers));
}

bool links::send(const std::string& peer, link_message message) {
  return impl_->send(peer, message);
}

bool links::connected(const std::string& peer) const {
  return impl_->connected(peer);
}

std::vector<link_stats> links::stats() const {
  return impl_->stats();
}

links_totals links::totals() const {
  return impl_->totals();
}

std::uint16_t links::port() const noexcept {
  return impl_->port();
}

void links::stop() {
  impl_->stop();
}

} // namespace prism::net
