"""What tests only ask: a collector on the session's Kafka, and servers without one, in threads of their own."""

from collections.abc import Iterator

import pytest

from tests.collector.doors import Door, opened
from tests.collector.serving import HASTY, Served, serving


@pytest.fixture(scope="session")
def door(kafka: str) -> Iterator[Door]:
    with opened(kafka) as door:
        yield door


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as served:
        yield served


@pytest.fixture(scope="module")
def hasty() -> Iterator[Served]:
    with serving(HASTY) as served:
        yield served
