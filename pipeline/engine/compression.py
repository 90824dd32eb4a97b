"""zstd at its quickest level, for which aiokafka has no setting."""

import sys
from functools import partial
from typing import Final

from aiokafka.codec import zstd_encode
from aiokafka.record.default_records import DefaultRecordBatchBuilder

ZSTD_LEVEL: Final = 1
"""Takes half the time of level 3, which aiokafka has, and states and results become no larger: they repeat themselves
so near that there is nothing to be found by a longer search."""


def compress_quickly() -> None:
    """From now on all batches of this process that are compressed by zstd are so at this level."""
    batches = sys.modules[DefaultRecordBatchBuilder.__module__]  # in C, or in Python where that was not built
    vars(batches)["zstd_encode"] = partial(zstd_encode, level=ZSTD_LEVEL)
