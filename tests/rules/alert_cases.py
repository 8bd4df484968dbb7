"""What each alert of deploy/prometheus/prism.rules.yml is tested with.

A case has three phases: all is well, the fault, all is well again. The alert must be silent at the end of
the first and of the third, and fire at the end of the second. `hold` gives a gauge, `climb` a counter
that rises by so much with each scrape of 15 s; both take (value, minutes) for each phase.
"""

import dataclasses

SCRAPES_PER_MINUTE = 4
NODE = 'job="prism",instance="a:9464"'
DAY = 86400


@dataclasses.dataclass
class Case:
    alert: str
    minutes: tuple  # of the three phases
    series: dict  # selector without job, and without instance but for one that is named -> values of the three phases
    labels: dict = dataclasses.field(default_factory=dict)  # besides job, instance and severity
    without_node: bool = False


def hold(values, minutes):
    parts = []
    for value, length in zip(values, minutes):
        count = length * SCRAPES_PER_MINUTE
        parts.append(f"_x{count}" if value is None else f"{value}+0x{count - 1}")
    return " ".join(parts)


def climb(steps, minutes):
    parts, total = [], 0
    for step, length in zip(steps, minutes):
        count = length * SCRAPES_PER_MINUTE
        parts.append(f"{total + step}+{step}x{count - 1}")
        total += step * count
    return " ".join(parts)


LEADS = {"prism_cluster_leading": ("hold", (1, 1, 1))}
LED = {"prism_cluster_leading": ("hold", (0, 1, 0))}
SHARD_FRAMES = {'prism_shard_frames_total{shard="3"}': ("climb", (100, 100, 100))}
FRAMES = {'prism_firehose_frames_total{kind="commit"}': ("climb", (100, 100, 100))}


def gauge(alert, minutes, name, values, **more):
    return Case(alert, minutes, {name: ("hold", values), **more.pop("series", {})}, **more)


def counter(alert, minutes, name, steps, **more):
    return Case(alert, minutes, {name: ("climb", steps), **more.pop("series", {})}, **more)


def buckets(name, fast, slow, labels=""):
    """A histogram: observations within 5 ms, and those over a second."""
    both = [a + b for a, b in zip(fast, slow)]
    more = labels and labels + ","
    return {
        f'{name}_bucket{{{more}le="0.005"}}': ("climb", fast),
        f'{name}_bucket{{{more}le="1"}}': ("climb", fast),
        f'{name}_bucket{{{more}le="2.5"}}': ("climb", both),
        f'{name}_bucket{{{more}le="+Inf"}}': ("climb", both),
    }


READERS_WANTED = {"prism_dataplane_readers_wanted": ("hold", (8, 8, 8))}


def calls(method, steps):
    """Calls of a method that all go well."""
    return {f'prism_dataplane_calls_total{{method="{method}",status="ok"}}': ("climb", (steps,) * 3)}


def of_nodes(name, *values):
    """A gauge of nodes a, b …"""
    return {f'{name}{{instance="{"abc"[i]}:9464"}}': ("hold", each) for i, each in enumerate(values)}


CASES = [
    gauge("PrismDown", (5, 3, 2), "up", (1, 0, 1)),
    gauge("PrismAbsent", (5, 12, 2), "up", (1, None, 1), without_node=True),
    gauge("PrismNotReady", (5, 7, 2), "prism_ready", (1, 0, 1)),
    gauge("PrismDatabaseUnreachable", (5, 3, 2), "prism_database_reachable", (1, 0, 1)),
    gauge("PrismCommitsStuck", (5, 3, 2), "prism_firehose_uncommitted_age_seconds", (50, 70, 0), series=LEADS),
    gauge("PrismBehind", (8, 14, 2), "prism_firehose_lag_seconds", (20, 400, 20), series={**FRAMES, **LEADS}),
    gauge("PrismRelayDisconnected", (5, 7, 2), "prism_firehose_connected", (1, 0, 1), series=LEADS),
    gauge("PrismRelayNumbersWentBack", (5, 1, 2), "prism_firehose_numbers_went_back", (0, 1, 0), series=LEADS),
    # A node that led, and leads again: what it says of the relay meanwhile means nothing.
    gauge("PrismCommitsStuck", (5, 3, 5), "prism_firehose_uncommitted_age_seconds", (70, 70, 70), series=LED),
    gauge("PrismBehind", (14, 14, 14), "prism_firehose_lag_seconds", (400, 400, 400), series={**FRAMES, **LED}),
    gauge("PrismRelayDisconnected", (7, 7, 7), "prism_firehose_connected", (0, 0, 0), series=LED),
    gauge("PrismRelayNumbersWentBack", (5, 1, 2), "prism_firehose_numbers_went_back", (1, 1, 1), series=LED),
    gauge("PrismShardBlocked", (5, 3, 2), 'prism_shard_held{shard="3"}', (0, 1, 0), labels={"shard": "3"}),
    gauge("PrismIdentityBehind", (5, 70, 2), "prism_identity_tasks_untried", (900, 1100, 10)),
    counter("PrismRelayFramesBad", (20, 5, 20), 'prism_firehose_bad_frames_total{reason="invalid"}', (0, 1, 0),
            labels={"reason": "invalid"}),
    counter("PrismRelayNumbersStray", (70, 5, 70), 'prism_firehose_out_of_order_frames_total{kind="stray"}', (0, 1, 0)),
    counter("PrismEventsFromTheFuture", (70, 10, 70), 'prism_event_stamps_out_of_bounds_total{field="rev"}', (2, 50, 2)),
    counter("PrismBeganAgain", (20, 1, 20), "prism_db_begun_again_total", (0, 1, 0)),
    counter("PrismCommitsNotReplicated", (15, 1, 15), "prism_db_unreplicated_commits_total", (0, 1, 0)),
    counter("PrismDatabaseFull", (8, 2, 8), 'prism_db_failed_attempts_total{sqlstate="53100"}', (0, 1, 0),
            labels={"sqlstate": "53100"}),
    counter("PrismDatabaseConnectionsFail", (8, 2, 8), 'prism_db_failed_attempts_total{sqlstate="08006"}', (0, 1, 0)),
    counter("PrismDatabaseTimeouts", (15, 4, 15), 'prism_db_failed_attempts_total{sqlstate="57014"}', (0, 1, 0)),
    counter("PrismDeadLetters", (70, 1, 70), "prism_dead_letters_total", (0, 1, 0)),
    counter("PrismActorsRestart", (15, 1, 15), 'prism_actor_restarts_total{actor="shard"}', (0, 1, 0),
            labels={"actor": "shard"}),
    counter("PrismAuditFindings", (70, 1, 70), 'prism_audit_findings_total{table="feed_items"}', (0, 1, 0),
            labels={"table": "feed_items"}),
    counter("PrismJobsFail", (70, 1, 70), 'prism_job_failures_total{background_job="counts"}', (0, 1, 0),
            labels={"background_job": "counts"}),
    counter("PrismLogLinesLost", (15, 1, 15), "prism_log_lines_dropped_total", (0, 3, 0)),
    counter("PrismMetricsPortFlooded", (8, 3, 8), 'prism_http_connection_events_total{event="evicted"}', (1, 30, 1)),
    # The time of the test begins at 0.
    gauge("PrismCertificateExpiresSoon", (5, 5, 5), "prism_tunnel_certificate_expiry_timestamp_seconds",
          (15 * DAY, 13 * DAY, 15 * DAY)),
    gauge("PrismCertificateExpires", (5, 5, 5), "prism_tunnel_certificate_expiry_timestamp_seconds",
          (3 * DAY, DAY, 3 * DAY)),
    # It has expired: the node began to run before.
    gauge("PrismCertificateExpires", (5, 5, 5), "prism_tunnel_certificate_expiry_timestamp_seconds",
          (3 * DAY, 60, 3 * DAY)),
    # A node without a tunnel, one with one, and again.
    gauge("PrismCertificateExpires", (5, 5, 5), "prism_tunnel_certificate_expiry_timestamp_seconds", (0, DAY, 0)),
    counter("PrismOperatorsRefused", (20, 5, 20), 'prism_tunnel_refusals_total{reason="expired"}', (0, 1, 0),
            labels={"reason": "expired"}, series={
                'prism_tunnel_refusals_total{reason="not_tls"}': ("climb", (9, 9, 9)),
            }),
    # Each start has another time.
    counter("PrismRestartsOften", (20, 2, 20), "process_start_time_seconds", (0, 20, 0)),
    Case("PrismRelaySilent", (4, 12, 3), {
        **LEADS,
        "prism_firehose_connected": ("hold", (1, 1, 1)),
        # The time of the test begins at 0.
        "prism_firehose_last_receipt_timestamp_seconds": ("clock", (True, False, True)),
        "process_start_time_seconds": ("hold", (1, 1, 1)),
    }),
    # A node that has never received anything.
    Case("PrismRelaySilent", (4, 12, 3), {
        **LEADS,
        "prism_firehose_connected": ("hold", (0, 1, 0)),
        "prism_firehose_last_receipt_timestamp_seconds": ("hold", (0, 0, 0)),
        "process_start_time_seconds": ("hold", (1, 1, 1)),
    }),
    # Also a node that does not lead.
    Case("PrismDatabaseSlow", (8, 16, 8), {**SHARD_FRAMES, **buckets("prism_batch_seconds", (100, 50, 100), (0, 50, 0))}),
    Case("PrismPoolExhausted", (8, 8, 8), {
        'prism_edge_stalled_seconds_total{edge="pool_to_db_session"}': ("climb", (1, 15, 1)),
        "prism_db_pool_pending": ("hold", (0, 3, 0)),
    }, labels={"edge": "pool_to_db_session"}),
    Case("PrismIdentityFails", (20, 22, 20), {
        'prism_identity_requests_total{result="answered"}': ("climb", (10, 1, 10)),
        'prism_identity_requests_total{result="failed"}': ("climb", (1, 10, 1)),
    }),
    # The lead goes from one node to another, with nobody or both in between.
    Case("PrismClusterHasNoLeader", (5, 3, 2), of_nodes("prism_cluster_leading", (1, 0, 0), (0, 0, 1)), without_node=True),
    # A node that is alone.
    Case("PrismClusterHasNoLeader", (5, 3, 2), of_nodes("prism_cluster_leading", (1, 0, 1)), without_node=True),
    Case("PrismClusterHasTwoLeaders", (5, 3, 2), of_nodes("prism_cluster_leading", (1, 1, 0), (0, 1, 1)), without_node=True),
    Case("PrismClusterLeaderChangesOften", (20, 5, 20), {
        'prism_cluster_takeovers_total{instance="a:9464"}': ("climb", (0, 1, 0)),
        'prism_cluster_takeovers_total{instance="b:9464"}': ("climb", (0, 1, 0)),
    }, without_node=True),
    Case("PrismClusterViewsDiffer", (5, 3, 2), of_nodes("prism_cluster_view", (7, 8, 8), (7, 7, 8)), without_node=True),
    counter("PrismClusterRoundsFail", (8, 3, 8), 'prism_cluster_rounds_total{result="failed"}', (0, 1, 0)),
    Case("PrismClusterRoundsFail", (5, 3, 3), {
        "prism_cluster_last_round_timestamp_seconds": ("clock", (True, False, True)),
    }),
    gauge("PrismClusterLinksDown", (5, 3, 2), "prism_cluster_links_open", (2, 1, 2), series={
        "prism_cluster_links_wanted": ("hold", (2, 2, 2)),
    }),
    counter("PrismClusterLinksFlap", (15, 3, 15), 'prism_cluster_link_ends_total{reason="lost"}', (0, 1, 0),
            labels={"reason": "lost"}, series={
                'prism_cluster_link_ends_total{reason="connect_failed"}': ("climb", (9, 9, 9)),
                'prism_cluster_link_ends_total{reason="unknown_peer"}': ("climb", (9, 9, 9)),
            }),
    # Shards move from one to the other before and after; each has a series for both shards.
    Case("PrismClusterShardsWithoutNode", (5, 3, 2), {
        **of_nodes("prism_cluster_shards", (1, 1, 2), (1, 0, 0)),
        **{f'prism_shard_held{{instance="{node}:9464",shard="{shard}"}}': ("hold", (0, 0, 0))
           for node in "ab" for shard in (0, 1)},
    }, without_node=True),
    # A node that is not there any more has a shard still.
    Case("PrismClusterShardsWithoutNode", (5, 3, 2), of_nodes("prism_cluster_shards_unplaced", (0, 1, 0), (0, 0, 0)),
         without_node=True),
    counter("PrismClusterMessagesDropped", (8, 12, 8), 'prism_cluster_dropped_messages_total{reason="not_placed"}',
            (1, 40, 1), labels={"reason": "not_placed"}),
    gauge("PrismClusterTtlDiffers", (5, 3, 2), "prism_cluster_members_with_other_ttl", (0, 2, 0)),
    gauge("PrismReadsHaveNoReader", (5, 3, 2), "prism_dataplane_readers", (8, 0, 8), series=READERS_WANTED),
    # A node without a data plane, one that lost its readers, and again.
    gauge("PrismReadsHaveNoReader", (5, 3, 5), "prism_dataplane_readers", (0, 0, 0), series={
        "prism_dataplane_readers_wanted": ("hold", (0, 8, 0)),
    }),
    gauge("PrismReadersMissing", (12, 14, 2), "prism_dataplane_readers", (8, 7, 8), series=READERS_WANTED),
    counter("PrismReadsRefused", (8, 4, 8), 'prism_dataplane_refusals_total{reason="overloaded"}', (0, 5, 0), series={
        'prism_dataplane_refusals_total{reason="no_reader"}': ("climb", (9, 9, 9)),
    }),
    Case("PrismReadsFail", (8, 12, 8), {
        'prism_dataplane_calls_total{method="GetActors",status="ok"}': ("climb", (1000, 1000, 1000)),
        'prism_dataplane_calls_total{method="GetActors",status="internal"}': ("climb", (5, 20, 5)),
    }),
    Case("PrismReadsFail", (8, 12, 8), {
        'prism_dataplane_calls_total{method="GetActors",status="ok"}': ("climb", (1000, 1000, 1000)),
        'prism_dataplane_calls_total{method="GetTimeline",status="unavailable"}': ("climb", (5, 20, 5)),
        # The server of a DID document may be down: that is its owner's affair.
        'prism_dataplane_calls_total{method="GetIdentityByDid",status="unavailable"}': ("climb", (50, 50, 50)),
    }),
    counter("PrismReadsRefused", (8, 4, 8), 'prism_dataplane_refusals_total{reason="not_answered"}', (0, 5, 0)),
    Case("PrismReadsSlow", (8, 18, 8), {
        **buckets("prism_dataplane_call_seconds", (100, 50, 100), (0, 50, 0), 'method="GetTimeline"'),
        **calls("GetTimeline", 100),
    }, labels={"method": "GetTimeline"}),
    # A method that is called once in a while.
    Case("PrismReadsSlow", (18, 18, 18), {
        **buckets("prism_dataplane_call_seconds", (0, 0, 0), (50, 50, 50), 'method="GetTimeline"'),
        'prism_dataplane_calls_total{method="GetTimeline",status="ok"}': ("climb", (1, 50, 1)),
    }, labels={"method": "GetTimeline"}),
    counter("PrismReadsUnknownMethod", (70, 1, 70),
            'prism_dataplane_calls_total{method="unknown",status="unimplemented"}', (0, 1, 0), series=calls("GetActors", 9)),
    gauge("PrismReadsStale", (8, 8, 2), "prism_dataplane_staleness_seconds", (50, 70, 0)),
    counter("PrismReadsBadClients", (15, 3, 15), 'prism_dataplane_ends_total{reason="protocol"}', (0, 2, 0),
            labels={"reason": "protocol"}),
]


def clock(moves, minutes):
    """The time of each scrape, or the last one while it stands."""
    parts, now = [], 0
    stands = 0
    for move, length in zip(moves, minutes):
        count = length * SCRAPES_PER_MINUTE
        parts.append(f"{now}+15x{count - 1}" if move else f"{stands}+0x{count - 1}")
        now += 15 * count
        stands = now - 15 if move else stands
    return " ".join(parts)


SHAPES = {"hold": hold, "climb": climb, "clock": clock}


def promtool_test(case, severity):
    """One test of promtool's unit tests."""
    series = []
    for selector, (shape, values) in case.series.items():
        name, _, rest = selector.partition("{")
        node = 'job="prism"' if "instance=" in rest else NODE
        labels = node + ("," + rest.rstrip("}") if rest else "")
        series.append({"series": f"{name}{{{labels}}}", "values": SHAPES[shape](values, case.minutes)})
    labels = {"severity": severity, "job": "prism", **case.labels}
    if not case.without_node:
        labels["instance"] = "a:9464"
    firing = ", ".join(f'{name}="{value}"' for name, value in labels.items())
    expected = f'ALERTS{{alertname="{case.alert}", alertstate="firing", {firing}}}'
    checks = []
    minute = 0
    for phase, length in enumerate(case.minutes):
        minute += length
        checks.append({
            "expr": f'ALERTS{{alertname="{case.alert}", alertstate="firing"}}',
            "eval_time": f"{minute * 60 - 15}s",
            "exp_samples": [{"labels": expected, "value": 1}] if phase == 1 else [],
        })
    return {"interval": "15s", "input_series": series, "promql_expr_test": checks}
