"""A collector on the session's Kafka, in a thread of its own, for all tests that only ask it."""

from collections.abc import Iterator

import pytest

from tests.collector.doors import Door, opened


@pytest.fixture(scope="session")
def door(kafka: str) -> Iterator[Door]:
    with opened(kafka) as door:
        yield door
