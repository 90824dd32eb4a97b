"""What a collector counts, and how Prometheus is told.

Plain dictionaries, read when Prometheus asks: counting with its own objects would cost as much as reading an event.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector as PrometheusCollector

from pipeline.collector.problem import STATUS
from pipeline.collector.verdict import ACCEPTED, IGNORED, REJECTED

ENDPOINTS: Final = ("events", "api-events", "webhooks", "listener", "other")
VERDICTS: Final = (ACCEPTED, IGNORED, REJECTED)
_BUCKETS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Counts(PrometheusCollector):
    """Counted by the endpoints; `gauges` and `counters` are asked when Prometheus does."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        """By endpoint and status."""
        self.problems: Counter[str] = Counter()
        self.events: Counter[tuple[str, str]] = Counter()
        """By endpoint and verdict."""
        self.dropped = 0
        self.repeated_webhooks = 0
        self.untold = 0
        """Rejected events over the limits of what the rejected topic is told."""
        self.gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        """By metric: what it tells, and its value."""
        self.counters: dict[str, tuple[str, Callable[[], float]]] = {}
        """The same of what only rises, without _total, which is added."""
        self._seconds = [0] * (len(_BUCKETS) + 1)
        self._seconds_sum = 0.0

    def judged(self, endpoint: str, verdicts: Mapping[str, int]) -> None:
        """A request with so many events of each verdict was answered."""
        for verdict, number in verdicts.items():
            self.events[endpoint, verdict] += number

    def took(self, seconds: float) -> None:
        """A request with events was answered with 200 after so long."""
        self._seconds[bisect_left(_BUCKETS, seconds)] += 1
        self._seconds_sum += seconds

    def collect(self) -> Iterable[Metric]:
        requests = CounterMetricFamily(
            "flinks_collector_requests", "Requests by endpoint and HTTP status.", labels=["endpoint", "status"]
        )
        for endpoint in ENDPOINTS[:3]:
            requests.add_metric([endpoint, "200"], self.requests[endpoint, 200])
        for (endpoint, status), number in list(self.requests.items()):
            if (endpoint, status) not in {(known, 200) for known in ENDPOINTS[:3]}:
                requests.add_metric([endpoint, str(status)], number)
        problems = CounterMetricFamily(
            "flinks_collector_refused",
            "Requests that were refused, by reason. too_many_requests and unavailable are tried again by the senders; "
            "a rise of others is a broken integration, or an attack.",
            labels=["reason"],
        )
        for reason in STATUS:
            problems.add_metric([reason], self.problems[reason])
        events = CounterMetricFamily(
            "flinks_collector_events",
            "Events by endpoint and verdict: accepted ones are on the topic, ignored ones are not Flinks'.",
            labels=["endpoint", "verdict"],
        )
        for endpoint in ENDPOINTS[:3]:
            for verdict in VERDICTS:
                events.add_metric([endpoint, verdict], self.events[endpoint, verdict])
        yield requests
        yield problems
        yield events
        yield CounterMetricFamily(
            "flinks_collector_listener_dropped",
            "Events that listeners could not keep and told of: browsers that were offline or refused for too long.",
            value=self.dropped,
        )
        yield CounterMetricFamily(
            "flinks_collector_webhooks_repeated",
            "Webhooks that had come before. They are answered with 200 and change nothing.",
            value=self.repeated_webhooks,
        )
        yield CounterMetricFamily(
            "flinks_collector_rejected_untold",
            "Rejected events of which the rejected topic was not told, for there were too many of that app or address.",
            value=self.untold,
        )
        yield self._histogram()
        for name, (about, value) in self.gauges.items():
            yield GaugeMetricFamily(name, about, value=value())
        for name, (about, value) in self.counters.items():
            yield CounterMetricFamily(name, about, value=value())

    def _histogram(self) -> Metric:
        sums = list(accumulate(self._seconds))
        bounds = [*map(str, _BUCKETS), "+Inf"]
        return HistogramMetricFamily(
            "flinks_collector_request_seconds",
            "From the headers of a request to the answer that its events are on the topic.",
            buckets=list(zip(bounds, map(float, sums), strict=True)),
            sum_value=self._seconds_sum,
        )
