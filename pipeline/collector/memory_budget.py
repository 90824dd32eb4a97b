"""How much may be held in memory at a time: bodies that are being read, and records that Kafka does not have yet."""

from pipeline.collector.problem import Problem

RETRY_S = 2


class MemoryBudget:
    """Bytes that are taken and given back."""

    def __init__(self, most_bytes: int) -> None:
        self.taken = 0
        self.most_bytes = most_bytes

    @property
    def full(self) -> bool:
        return self.taken >= self.most_bytes

    def take(self, count: int) -> None:
        """Take so much; raises Problem if there is not so much left."""
        if self.taken + count > self.most_bytes:
            raise Problem("unavailable", "too much is waiting already", retry_after_s=RETRY_S)
        self.taken += count

    def give(self, count: int) -> None:
        self.taken -= count
