"""From the common options to a broker that answers."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from pipeline.cli.client_settings import read_client_settings
from pipeline.cli.failures import BrokerUnreachableError
from pipeline.engine.kafka import KafkaSettings

ANSWER_S = 5.0
"""For the first connection; afterwards aiokafka has timeouts of its own."""


def kafka_settings(broker: str, kafka_config: Path | None) -> KafkaSettings:
    """Settings for every client, from --broker and --kafka-config."""
    return KafkaSettings(broker, read_client_settings(kafka_config) if kafka_config else {})


@asynccontextmanager
async def admin_client(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A started admin client.

    Raises:
        BrokerUnreachableError: nobody answers within five seconds, or not as the settings expect.
    """
    client = kafka.admin()
    try:
        with _LastWords() as said:
            try:
                async with asyncio.timeout(ANSWER_S):
                    await client.start()
            except (KafkaError, OSError, ValueError) as error:  # TimeoutError is an OSError
                raise BrokerUnreachableError(kafka.bootstrap, said.reason) from error
        yield client
    finally:
        await client.close()


class _LastWords(logging.Handler):
    """aiokafka tells why it could not connect in its log alone; kept here, and not shown."""

    def __init__(self) -> None:
        super().__init__()
        self.reason = ""
        self._log = logging.getLogger("aiokafka")
        self._as_it_was = (self._log.propagate, self._log.level)

    def emit(self, record: logging.LogRecord) -> None:
        self.reason = record.getMessage().rpartition('": ')[2]

    def __enter__(self) -> Self:
        self._log.propagate = False
        self._log.setLevel(logging.ERROR)
        self._log.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._log.removeHandler(self)
        self._log.propagate, level = self._as_it_was
        self._log.setLevel(level)
