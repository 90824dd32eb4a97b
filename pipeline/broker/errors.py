"""Why there is no embedded broker. Each message says what to do about it."""


class BrokerError(Exception):
    """The embedded broker cannot be had; the base of all below. Raised itself when its Python packages are missing."""


class FetchError(BrokerError):
    """A jar could not be downloaded, or what came is not what is pinned."""


class MemoryShortError(BrokerError):
    """The machine has too little memory left to start Java."""


class PortTakenError(BrokerError):
    """Another program listens on the port that was asked for."""


class DataInUseError(BrokerError):
    """The data folder belongs to a broker that runs, or holds something else than a broker's data."""


class StartError(BrokerError):
    """Kafka ended, or did not become ready in time; the message holds the last lines of its log."""
