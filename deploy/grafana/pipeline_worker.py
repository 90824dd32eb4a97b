"""Of Flinks pipeline: events on their way, and the engine that works on them."""

from deploy.grafana.frame import Panels
from deploy.grafana.panels import THIRD, Query, graph
from deploy.grafana.promql import a_second, quantile


def events() -> Panels:
    """What comes in, and how long it takes."""
    return [
        graph(
            "Events a second",
            "That could be read.",
            "short",
            Query(a_second("flinks_events_total", "", by="source, kind"), "{{source}} {{kind}}"),
            stacked=True,
            width=THIRD,
        ),
        graph(
            "Share that is rejected",
            "Anything but too_late: a producer is broken.",
            "percentunit",
            Query("sum by (reason) (job_reason:flinks_events_rejected:ratio_rate5m)", "{{reason}}"),
            width=THIRD,
        ),
        graph(
            "Copies, events over the cap, changed outcomes, a second",
            "Copies are harmless; over the cap is a page in a loop, or an attack.",
            "short",
            Query(a_second("flinks_events_duplicate_total", ""), "copies"),
            Query(a_second("flinks_events_over_cap_total", ""), "over the cap"),
            Query(a_second("flinks_session_revisions_total", ""), "changed outcomes"),
            width=THIRD,
        ),
        graph(
            "From receipt to commit",
            "Of a sample of events.",
            "s",
            Query(quantile(0.5, "flinks_pipeline_delay_seconds"), "half take less"),
            Query("max(job:flinks_pipeline_delay_seconds:p95_5m)", "19 of 20 take less"),
        ),
        graph(
            "From happening to receipt",
            "Of a sample of events.",
            "s",
            Query(quantile(0.5, "flinks_client_delay_seconds"), "half take less"),
            Query(quantile(0.95, "flinks_client_delay_seconds"), "19 of 20 take less"),
        ),
    ]


def engine() -> Panels:
    """Where the partitions stand."""
    return [
        graph(
            "Lag",
            "Records of a partition that are not in a committed checkpoint.",
            "short",
            Query("sum by (topic, partition) (flinks_consumer_lag_records)", "{{topic}} {{partition}}"),
            width=THIRD,
        ),
        graph(
            "How old the watermark is",
            "About a minute when all is well.",
            "s",
            Query("max by (topic, partition) (flinks_watermark_age_seconds)", "{{topic}} {{partition}}"),
            width=THIRD,
        ),
        graph(
            "Partitions that run",
            "For each process. Their sum is the number of partitions, or somebody is missing.",
            "none",
            Query("sum by (topic, instance) (flinks_partition_running)", "{{topic}} at {{instance}}"),
            stacked=True,
            width=THIRD,
        ),
        graph(
            "Checkpoints take",
            "A Kafka transaction each, which the broker aborts after 15 s.",
            "s",
            Query(quantile(0.5, "flinks_checkpoint_duration_seconds", by="job"), "half of {{job}}"),
            Query("job:flinks_checkpoint_duration_seconds:p95_5m", "19 of 20 of {{job}}"),
            width=THIRD,
        ),
        graph(
            "Restored and discarded partitions",
            "Restored at each start and rebalance; discarded after a failure.",
            "short",
            Query("sum(increase(flinks_restore_duration_seconds_count[$__rate_interval]))", "restored"),
            Query("sum(increase(flinks_partition_failures_total[$__rate_interval]))", "discarded"),
            width=THIRD,
        ),
        graph(
            "Visits in memory",
            "Open ones, and those that a late event may still change.",
            "short",
            Query("sum by (instance) (flinks_state_keys)", "held at {{instance}}"),
            Query("sum by (instance) (flinks_sessions_open)", "open at {{instance}}"),
            width=THIRD,
        ),
    ]
