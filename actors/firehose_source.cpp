// The firehose's WebSocket to the relay, and what happens on its I/O thread.
#include "actors/firehose.hpp"
#include "actors/runtime/channels.hpp"
#include "core/exit_code.hpp"
#include "log/log.hpp"

#include <utility>

namespace prism {

namespace {

void add(const intake_counts& counts, const metrics::firehose_metrics& metrics) {
  metrics.bytes->Increment(static_cast<double>(counts.bytes));
  for (std::size_t i = 0; i < counts.frames.size(); ++i)
    if (counts.frames[i] > 0)
      metrics.frames.of(to_string(static_cast<atproto::frame_kind>(i)))
          .Increment(static_cast<double>(counts.frames[i]));
  for (std::size_t i = 0; i < counts.bad.size(); ++i)
    if (counts.bad[i] > 0)
      metrics.bad_frames.of(to_string(static_cast<bad_frame>(i)))
          .Increment(static_cast<double>(counts.bad[i]));
  for (std::size_t i = 0; i < counts.odd.size(); ++i)
    if (counts.odd[i] > 0)
      metrics.out_of_order.of(to_string(static_cast<odd_number>(i)))
          .Increment(static_cast<double>(counts.odd[i]));
  metrics.repeated->Increment(static_cast<double>(counts.repeated));
}

void report_change(const net::source_change& change, const metrics::firehose_metrics& metrics,
                   relay_link& link) {
  using state = net::source_state;
  metrics.connected->Set(change.state == state::connected ? 1 : 0);
  if (change.state == state::connected) {
    metrics.connects->Increment();
    link.connected(steady_clock::now());
    log::firehose().info("connected to the relay, cursor {}",
                         change.cursor ? std::to_string(*change.cursor) : "none (live)");
  } else if (change.state == state::disconnected) {
    metrics.disconnects.of(net::to_string(change.reason)).Increment();
    link.ended(change.text, steady_clock::now());
    log::firehose().warn(
        "no connection to the relay ({}): {}{}", net::to_string(change.reason), change.text,
        change.retry_in ? fmt::format(", next attempt in {} ms", change.retry_in->count())
                        : std::string{});
  }
}

void report_sign(net::relay_sign sign, relay_link& link) {
  if (sign == net::relay_sign::not_read)
    link.not_read();
  else
    link.heard(steady_clock::now());
}

[[nodiscard]] net::ws_source_options source_options(const config::options& options) {
  net::ws_source_options out;
  out.relay_url = options.relay_url;
  out.backoff.min = options.backoff_min;
  out.backoff.max = options.backoff_max;
  out.connect_timeout = options.connect_timeout;
  out.ping_interval = options.ping_interval;
  out.idle_timeout = options.idle_timeout;
  out.max_frame_bytes = atproto::frame_limits::max_frame;
  out.max_batch_frames = source_read_ahead;
  out.extra_ca_file = options.ca_file;
  return out;
}

} // namespace

void firehose_state::start_source() {
  auto started = net::ws_source::start(source_options(node_->options), callbacks());
  if (!started) {
    node_->status.finish(exit_code::configuration,
                         "cannot start the connection to the relay: " + started.error().message);
    return;
  }
  source_ = std::move(*started);
  node_->status.firehose_running = true;
  window_->reset_quiet_time(now());
  top_up_credit();
}

// They run on the source's I/O thread, which ends before `intake_`.
net::ws_source_callbacks firehose_state::callbacks() {
  auto* intake = &*intake_;
  const auto& metrics = node_->metrics.firehose();
  const auto self = caf::actor_cast<firehose_actor>(self_);
  return {
      .on_frames =
          [intake, self, &metrics, inbox = inbox_](std::vector<frame_bytes> frames) {
            metrics.last_receipt->SetToCurrentTime();
            auto batch = intake->route(std::move(frames), now());
            add(batch.counts, metrics);
            if (inbox)
              inbox->add(batch.frames.items->size(), now());
            caf::anon_send(self, std::move(batch.frames));
          },
      .next_cursor = [intake] { return intake->next_cursor(); },
      .on_state = [&metrics, &link = node_->relay](
                      const net::source_change& change) { report_change(change, metrics, link); },
      .on_oversized =
          [intake, &metrics](const net::oversized_frame& frame) {
            add(intake->skip_oversized(frame.head, frame.times), metrics);
          },
      .on_bad_message =
          [intake, &metrics](std::size_t size) { add(intake->skip_text(size, now()), metrics); },
      .on_sign = [&link = node_->relay](net::relay_sign sign) { report_sign(sign, link); }};
}

} // namespace prism
