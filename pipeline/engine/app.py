"""The Faust app: what Faust is relied on for, and what it is told to leave alone."""

from typing import Any

import faust
from yarl import URL

from pipeline.engine.transport import FAUST_LOG, ChunkTransport, Owner


class ChunkApp(faust.App):
    """Agents, life cycle and timers are Faust's; its transport is ours."""

    logger = FAUST_LOG
    owner: Owner

    def _new_transport(self) -> Any:
        transport = ChunkTransport(self.conf.broker_consumer, self)
        transport.owner = self.owner
        return transport

    _new_producer_transport = _new_transport

    def _create_directories(self) -> None:
        """There are no tables, so no folders for them: a worker may be started where nothing can be written."""


def make_app(group: str, owner: Owner) -> ChunkApp:
    """An app without tables, web server, leader topic and topic creation."""
    app = ChunkApp(
        group,
        broker=[URL(f"kafka://{address}") for address in owner.kafka.bootstrap.split(",")],
        store="memory://",
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        stream_buffer_maxsize=2,  # chunks; each may have 5,000 records of any size
        stream_wait_empty=False,
        value_serializer="raw",
        key_serializer="raw",
    )
    app.owner = owner
    return app
