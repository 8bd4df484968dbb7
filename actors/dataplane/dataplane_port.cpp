#include "actors/dataplane/dataplane_port.hpp"

#include "actors/dataplane/port_options.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <utility>

namespace prism {

namespace {

[[nodiscard]] reader_queue_options queue_options(const config::options& from) {
  return {.max_waiting = from.dataplane_max_waiting,
          .max_wait = std::max(from.dataplane_timeout / 2, std::chrono::milliseconds{1}),
          .max_time = from.dataplane_timeout + dataplane_port::answer_grace};
}

} // namespace

dataplane_port::dataplane_port(node_ptr node)
    : node_(std::move(node)), queue_(queue_options(node_->options)),
      missing_(node_->options.dataplane_readers), figures_(node_) {}

dataplane_port::~dataplane_port() {
  stop();
}

expected<void> dataplane_port::start() {
  if (node_->options.dataplane_listen.empty())
    return {};
  auto options = port_options(node_->options);
  if (!options)
    return tl::unexpected(options.error());
  auto started = net::grpc_server::start(
      *options, {.on_call = [this](net::grpc_call call) { on_call(std::move(call)); },
                 .on_cancel = [this](std::uint64_t id) { on_cancel(id); }});
  if (!started)
    return fail(errc::invalid, "dataplane-listen: {}", started.error().message);
  server_ = std::move(*started);
  options->listen.port = server_->port();
  address_ = net::to_string(options->listen) + (options->certificate_file.empty() ? "" : " by TLS");
  figures_.begin();
  shown_ = node_->metrics.before_scrape([this] { show(); });
  node_->reads.watch([this] { return look(); });
  note_queue(); // there is no reader yet
  server_->serve();
  log::dataplane().info("data plane: answering bsky.Service on {}", address_);
  return {};
}

void dataplane_port::drain(std::chrono::milliseconds limit) {
  if (server_ && !server_->drain(limit))
    log::dataplane().warn("data plane: calls were open after {} ms; their clients ask again",
                          limit.count());
}

void dataplane_port::stop() {
  shown_.reset();
  node_->reads.watch({});
  if (server_)
    server_->stop();
  readers_.clear(); // readers that end later no longer leave
}

std::uint16_t dataplane_port::port() const noexcept {
  return server_ ? server_->port() : std::uint16_t{0};
}

void dataplane_port::note_queue() {
  const auto readers = queue_.readers();
  if (readers == 0)
    node_->status.set_problem("dataplane", "no reader has a database session");
  else if (readers_now_ == 0)
    node_->status.clear_problem("dataplane");
  readers_now_ = readers;
  active_now_ = queue_.active() + (own_.is_at_work() ? 1U : 0U);
  waiting_now_ = queue_.waiting();
}

reads_now dataplane_port::look() const {
  const auto stats = server_->stats();
  return {.address = address_,
          .readers = readers_now_,
          .active = active_now_,
          .waiting = waiting_now_,
          .connections = stats.open,
          .open_calls = stats.calls,
          .buffered_bytes = stats.buffered_bytes};
}

void dataplane_port::show() {
  const auto& out = node_->metrics.dataplane();
  out.readers->Set(static_cast<double>(readers_now_));
  out.own_session->Set(has_session_ ? 1 : 0);
  out.active->Set(static_cast<double>(active_now_));
  out.waiting->Set(static_cast<double>(waiting_now_));
  out.request_bytes->Set(static_cast<double>(requests_.used()));
  figures_.show(server_->stats(), *ids_.current());
}

void dataplane_port::show_staleness(double seconds) {
  node_->metrics.dataplane().staleness->Set(seconds);
}

} // namespace prism
