#include "metrics/declared_bundles.hpp"

#include "metrics/labels.hpp"

namespace prism::metrics {

node_metrics declare_node(declarer& d) {
  return {
      .ready = d.gauge("ready", "1 while the node is ready, as /readyz says, else 0."),
      .database_reachable = d.gauge("database_reachable",
                                    "1 while the database answers, as far as is known, else 0."),
  };
}

http_metrics declare_http(declarer& d) {
  return {
      .events = d.counters("http_connection_events_total",
                           "Connections to the port for metrics and health, by event.", "event",
                           labels::http_events),
      .open =
          d.gauge("http_open_connections", "Connections open at the port for metrics and health."),
      .streams =
          d.gauge("http_open_streams",
                  "Connections at the port for metrics and health to which the status page's "
                  "events are sent."),
  };
}

tunnel_metrics declare_tunnel(declarer& d) {
  return {
      .events = d.counters("tunnel_connection_events_total",
                           "Connections to the tunnel for operators, by event.", "event",
                           labels::tunnel_events),
      .refusals = d.counters("tunnel_refusals_total",
                             "Connections that the tunnel for operators refused, by reason.",
                             "reason", labels::tunnel_refusals),
      .bytes = d.counters("tunnel_bytes_total",
                          "Bytes that passed through the tunnel for operators, by direction.",
                          "direction", labels::tunnel_directions),
      .reloads = d.counters("tunnel_certificate_reloads_total",
                            "Times the certificate files of the tunnel had changed and were read, "
                            "by result.",
                            "result", labels::certificate_reloads),
      .open =
          d.gauge("tunnel_open_connections", "Operators' clients connected through the tunnel."),
      .handshakes = d.gauge("tunnel_open_handshakes",
                            "Connections to the tunnel whose hello is not answered yet."),
      .certificate_expiry = d.gauge("tunnel_certificate_expiry_timestamp_seconds",
                                    "When the node's own certificate for the tunnel expires, in "
                                    "seconds since 1970; 0: there is no tunnel."),
  };
}

cluster_metrics declare_cluster(declarer& d) {
  return {
      .members = d.gauge("cluster_members", "Live members of the cluster, as its table says."),
      .other_ttl = d.gauge("cluster_members_with_other_ttl",
                           "Live members whose cluster-ttl-ms is not this node's."),
      .view = d.gauge("cluster_view", "The view: a number that rises with every placement."),
      .epoch = d.gauge("cluster_epoch", "The epoch of the lease, which rises with every leader."),
      .leading = d.gauge("cluster_leading", "1 while this node leads, else 0."),
      .has_leader =
          d.gauge("cluster_has_leader",
                  "1 while a live member holds the lease, as this node reads it, else 0."),
      .shards = d.gauge("cluster_shards", "Shards that are placed on this node."),
      .shards_unplaced = d.gauge("cluster_shards_unplaced",
                                 "Shards that no live member has, as this node reads the table."),
      .last_round = d.gauge("cluster_last_round_timestamp_seconds",
                            "When this node read the cluster's table last, in seconds since 1970; "
                            "0: not yet."),
      .rounds = d.counters("cluster_rounds_total",
                           "Rounds in which this node renews its membership, by result.", "result",
                           labels::round_results),
      .takeovers = d.counter("cluster_takeovers_total", "Times that this node became the leader."),
      .dropped = d.counters("cluster_dropped_messages_total",
                            "Messages of other nodes that were dropped, by reason.", "reason",
                            labels::dropped_messages),
      .links_open = d.gauge("cluster_links_open", "Links with other nodes that are open."),
      .links_wanted =
          d.gauge("cluster_links_wanted", "Links with other nodes that should be open."),
      .link_ends = d.counters("cluster_link_ends_total",
                              "Ends of links, and attempts that failed, by reason.", "reason",
                              labels::link_ends),
      .received_bytes = d.counter("cluster_link_received_bytes_total",
                                  "Bytes of messages received from other nodes."),
      .sent_bytes =
          d.counter("cluster_link_sent_bytes_total", "Bytes of messages sent to other nodes."),
      .queued_bytes = d.gauge("cluster_link_queued_bytes",
                              "Bytes of messages for other nodes that wait to be sent."),
      .round_trip = d.gauge("cluster_link_round_trip_seconds",
                            "The longest round trip of the last pings of all links."),
  };
}

} // namespace prism::metrics
