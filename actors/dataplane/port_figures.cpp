#include "actors/dataplane/port_figures.hpp"

#include "dataplane/request_text.hpp"

#include <utility>

namespace prism {

namespace {

/// What calls of methods that there are not are counted as.
constexpr dataplane::method unknown_method{.name = "unknown"};

} // namespace

port_figures::port_figures(node_ptr node)
    : node_(std::move(node)), users_(node_->metrics.cache("reader_users")),
      uris_(node_->metrics.cache("reader_uris")),
      received_(*node_->metrics.dataplane().received_bytes),
      sent_(*node_->metrics.dataplane().sent_bytes),
      protocol_(node_->metrics.dataplane().ends.of("protocol")),
      stalled_(node_->metrics.dataplane().ends.of("stalled")),
      too_many_(node_->metrics.dataplane().ends.of("too_many")),
      bad_request_(node_->metrics.dataplane().ends.of("bad_request")),
      reloads_(node_->metrics.dataplane().reloads.of("done")),
      failed_reloads_(node_->metrics.dataplane().reloads.of("failed")) {}

void port_figures::begin() {
  node_->metrics.dataplane().readers_wanted->Set(
      static_cast<double>(node_->options.dataplane_readers));
  static_cast<void>(of(unknown_method));
}

const metrics::dataplane_method_metrics& port_figures::of(const dataplane::method& method) {
  const auto found = methods_.find(&method);
  if (found != methods_.end())
    return found->second;
  return methods_.emplace(&method, node_->metrics.dataplane_method(method.name)).first->second;
}

void port_figures::count(const dataplane::method& method, call_end end, time_point arrived,
                         std::string_view request) {
  const auto now = steady_clock::now();
  const auto& out = of(method);
  out.calls.of(to_string(end.status)).Increment();
  if (end.ran)
    out.seconds->Observe(std::chrono::duration<double>(now - arrived).count());
  node_->reads.count({method.name, to_string(end.status), now - arrived, end.ran}, now, [&] {
    return dataplane::request_text(method.name, request, call_stats::max_argument_bytes);
  });
}

void port_figures::count_unknown(std::string_view name) {
  constexpr auto status = net::grpc_status::unimplemented;
  of(unknown_method).calls.of(to_string(status)).Increment();
  node_->reads.count({name, to_string(status), {}, false}, steady_clock::now(), {});
}

void port_figures::show(const net::grpc_server_stats& stats, const reads::id_cache& ids) {
  const auto& out = node_->metrics.dataplane();
  out.connections->Set(static_cast<double>(stats.open));
  out.open_calls->Set(static_cast<double>(stats.calls));
  out.buffered_bytes->Set(static_cast<double>(stats.buffered_bytes));
  out.certificate_expiry->Set(static_cast<double>(stats.certificate_expires_at));
  received_.show(static_cast<double>(stats.received_bytes));
  sent_.show(static_cast<double>(stats.sent_bytes));
  protocol_.show(static_cast<double>(stats.protocol_errors));
  stalled_.show(static_cast<double>(stats.stalled));
  too_many_.show(static_cast<double>(stats.refused));
  bad_request_.show(static_cast<double>(stats.bad_requests));
  reloads_.show(static_cast<double>(stats.reloads));
  failed_reloads_.show(static_cast<double>(stats.failed_reloads));
  const auto show_cache = [](metrics::shown_cache& to, const reads::id_cache::figures& now) {
    to.show(now.hits, now.misses, now.evictions, now.entries);
  };
  show_cache(users_, ids.accounts());
  show_cache(uris_, ids.uris());
}

} // namespace prism
