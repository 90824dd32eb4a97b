"""What all connections of one server have in common: their limits, and what time it is for each of them."""

from typing import TYPE_CHECKING

from pipeline.collector.admission import Admission
from pipeline.collector.counts import Counts
from pipeline.collector.settings import Limits

if TYPE_CHECKING:
    from pipeline.collector.connection import Connection


class Guard:
    """Kept by the server, asked by its connections."""

    def __init__(self, limits: Limits, counts: Counts) -> None:
        self.limits = limits
        self.counts = counts
        self.protocols: set[Connection] = set()
        self.reading: set[Connection] = set()
        """Those whose request has begun and whose body is still to come: that may take long, and is no work."""
        self.draining = False
        self.admission = Admission(limits.wait_s, limits.few_requests, limits.usual_requests, limits.requests)

    def busy(self, requests: int) -> bool:
        """Whether one more request than these would be too many."""
        return requests - len(self.reading) >= self.admission.at_a_time

    def sweep(self, now_s: float) -> None:
        """Close the connections on which nothing, or too little, has come for too long."""
        for protocol in list(self.protocols):
            protocol.look_at_the_clock(now_s)

    def refused(self, name: str, status: int) -> None:
        self.counts.problems[name] += 1
        self.counts.requests["other", status] += 1
