"""What happens in each minute at each institution: flinks.counts, as it is written and read."""

from pipeline.counts.count import Count, read, write
from pipeline.counts.counted import Counted, Place, headers

__all__ = ["Count", "Counted", "Place", "headers", "read", "write"]
