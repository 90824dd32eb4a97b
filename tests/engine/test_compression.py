"""zstd at its quickest level."""

from aiokafka.codec import zstd_encode
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from pipeline.engine.compression import ZSTD_LEVEL, compress_quickly

HEADER_BYTES = 61
"""Of a batch; its records follow."""


def records_of_a_batch(compression_type: int) -> bytes:
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=compression_type,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=1_000_000,
    )
    for number in range(1_000):
        builder.append(number, timestamp=1, key=b"%d" % number, value=b'{"squared":%d}' % number**2, headers=[])
    return bytes(builder.build()[HEADER_BYTES:])


class TestCompressQuickly:
    def test_level_of_a_batch(self) -> None:
        """Batches have the level that is asked for, and it is another than the one they have by themselves."""
        compress_quickly()
        plain = records_of_a_batch(compression_type=0)
        told = records_of_a_batch(compression_type=4)
        assert told == zstd_encode(plain, level=ZSTD_LEVEL)
        assert told != zstd_encode(plain)
