"""How to reach the broker: one set of client settings for every producer, consumer and admin client."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from pipeline.engine.compression import compress_quickly

MAX_REQUEST_BYTES = 1_000_000
"""Below the broker's default message.max.bytes of 1,048,588, with room for a batch's own header."""
MAX_BATCH_BYTES = 900_000
TRANSACTION_TIMEOUT_MS = 15_000
"""An open transaction of a dead worker holds up every read_committed reader for this long."""


@dataclass(frozen=True)
class KafkaSettings:
    """Addresses (host:port, comma separated) and client settings by aiokafka's names, SASL and TLS among them."""

    bootstrap: str
    security: Mapping[str, Any] = field(default_factory=dict)

    def client(self) -> dict[str, Any]:
        """Settings that all of aiokafka's clients take."""
        return {"bootstrap_servers": self.bootstrap, **self.security}

    def transactional_producer(self, transactional_id: str) -> AIOKafkaProducer:
        compress_quickly()
        return AIOKafkaProducer(
            **self.client(),
            transactional_id=transactional_id,
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
            compression_type="zstd",  # aiokafka has lz4 at its slowest level: three times the time for larger batches
            max_batch_size=MAX_BATCH_BYTES,
            max_request_size=MAX_REQUEST_BYTES,
            linger_ms=0,
        )

    def reader(self) -> AIOKafkaConsumer:
        """A consumer without a group, for reading a partition from one offset to another."""
        return AIOKafkaConsumer(
            **self.client(),
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=8 << 20,
            fetch_max_wait_ms=100,
        )

    def admin(self) -> AIOKafkaAdminClient:
        return AIOKafkaAdminClient(**self.client())
