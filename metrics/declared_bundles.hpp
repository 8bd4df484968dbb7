#pragma once

#include "metrics/bundles.hpp"
#include "metrics/declarer.hpp"

namespace prism::metrics {

// The families of each bundle that exists once: name, help and label values. Internal to
// `registry`, which calls each function once.

/// Buckets of times.
inline const prometheus::Histogram::BucketBoundaries second_buckets{
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

[[nodiscard]] firehose_metrics declare_firehose(declarer& d);
[[nodiscard]] batch_metrics declare_batches(declarer& d);
[[nodiscard]] database_metrics declare_database(declarer& d);
[[nodiscard]] user_creation_metrics declare_user_creation(declarer& d);
[[nodiscard]] identity_metrics declare_identity(declarer& d);
[[nodiscard]] node_metrics declare_node(declarer& d);
[[nodiscard]] http_metrics declare_http(declarer& d);
[[nodiscard]] cluster_metrics declare_cluster(declarer& d);
[[nodiscard]] dataplane_metrics declare_dataplane(declarer& d);
[[nodiscard]] tunnel_metrics declare_tunnel(declarer& d);
[[nodiscard]] pending_metrics declare_pending(declarer& d);

} // namespace prism::metrics
