#include "metrics/declared_bundles.hpp"

#include "metrics/labels.hpp"

namespace prism::metrics {

dataplane_metrics declare_dataplane(declarer& d) {
  return {
      .readers = d.gauge("dataplane_readers", "Readers that have a database session."),
      .readers_wanted = d.gauge("dataplane_readers_wanted",
                                "Readers that should have a database session; 0 without a data "
                                "plane."),
      .own_session =
          d.gauge("dataplane_own_session", "1 while the port has a database session of its own."),
      .active = d.gauge("dataplane_active_readers",
                        "Calls being answered: one per busy reader, and one more while the port "
                        "answers one itself."),
      .waiting = d.gauge("dataplane_waiting_calls", "Calls that wait for a reader."),
      .request_bytes = d.gauge("dataplane_request_bytes",
                               "Bytes of the requests of calls that wait or are being answered, "
                               "calls that were given up included."),
      .connections = d.gauge("dataplane_connections", "Connections of clients that are open."),
      .open_calls = d.gauge("dataplane_open_calls", "Calls that are not answered yet."),
      .buffered_bytes = d.gauge("dataplane_buffered_bytes",
                                "Bytes of unfinished requests, and of answers not yet taken."),
      .ends = d.counters("dataplane_ends_total",
                         "Connections and calls that the data plane's server ended, by reason.",
                         "reason", labels::dataplane_ends),
      .refusals = d.counters("dataplane_refusals_total", "Calls refused as unavailable, by reason.",
                             "reason", labels::dataplane_refusals),
      .received_bytes = d.counter("dataplane_received_bytes_total", "Bytes received from clients."),
      .sent_bytes = d.counter("dataplane_sent_bytes_total", "Bytes sent to clients."),
      .left_out_records =
          d.counter("dataplane_left_out_records_total",
                    "Records and op threads missing in answers that would be too large."),
      .reloads = d.counters("dataplane_certificate_reloads_total",
                            "Times the certificate files of the data plane had changed and were "
                            "read, by result.",
                            "result", labels::certificate_reloads),
      .certificate_expiry = d.gauge("dataplane_certificate_expiry_timestamp_seconds",
                                    "When the data plane's certificate expires, in seconds since "
                                    "1970; 0: clear text."),
      .staleness = d.gauge("dataplane_staleness_seconds",
                           "How far the database that is read is behind the primary; 0 if it is "
                           "the primary, NaN if it is not known."),
  };
}

} // namespace prism::metrics
