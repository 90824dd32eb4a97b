"""The listener script, put together from its parts."""

from pipeline.collector.door import Endpoint


def scripts() -> dict[str, Endpoint]:
    return {}
