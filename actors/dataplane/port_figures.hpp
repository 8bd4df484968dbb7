#pragma once

#include "actors/runtime/node_context.hpp"
#include "dataplane/method.hpp"
#include "db/reads/id_cache.hpp"
#include "metrics/running_total.hpp"
#include "net/grpc/grpc_server.hpp"

#include <map>
#include <string_view>

namespace prism {

/// The metrics of the data plane's port, and the calls of each method for `prismctl reads`.
/// `show` is for any thread, one at a time; the others are for the server's thread.
class port_figures {
public:
  explicit port_figures(node_ptr node);

  /// Publishes how many readers are wanted, and that no unknown method was called, so that the
  /// first such call is seen as a rise.
  void begin();

  struct call_end {
    net::grpc_status status{};
    /// Whether it was at a session, or needed none: then its time is one of the method.
    bool ran{false};
  };

  /// A call has ended. @param request the encoded message
  void count(const dataplane::method& method, call_end end, time_point arrived,
             std::string_view request);
  /// A call of a method that there is not has ended. @param name as it is shown
  void count_unknown(std::string_view name);

  /// Publishes what the server and the cache of ids count.
  void show(const net::grpc_server_stats& stats, const reads::id_cache& ids);

private:
  /// The metrics of one method, made when it is called first.
  [[nodiscard]] const metrics::dataplane_method_metrics& of(const dataplane::method& method);

  node_ptr node_;
  std::map<const dataplane::method*, metrics::dataplane_method_metrics> methods_;
  metrics::shown_cache users_;
  metrics::shown_cache uris_;
  metrics::running_total received_;
  metrics::running_total sent_;
  metrics::running_total protocol_;
  metrics::running_total stalled_;
  metrics::running_total too_many_;
  metrics::running_total bad_request_;
  metrics::running_total reloads_;
  metrics::running_total failed_reloads_;
};

} // namespace prism
