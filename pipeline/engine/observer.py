"""What the engine tells those who watch it. Only what has been committed is told as done."""

from pipeline.engine.fold import Changes


class Observer:
    """Does nothing; override what is of interest. The methods must be quick and must not raise."""

    def committed(self, partition: int, changes: Changes, records: int, seconds: float) -> None:
        """A checkpoint over so many input records was committed, and took so long."""

    def restored(self, partition: int, keys: int, records: int, seconds: float) -> None:
        """A partition is back: keys held, changelog records read."""

    def failed(self, partition: int, reason: BaseException) -> None:
        """A partition's memory was discarded; a restore follows."""
