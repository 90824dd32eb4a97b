"""What went wrong, in one line that tells what to do."""

import errno

import click


class Failure(click.ClickException):
    """Ends the command with status 1 and its message as the one line on stderr."""


class BrokerUnreachableError(Exception):
    """No broker answers at the address, or not in the way that the client settings expect."""

    def __init__(self, address: str, reason: object = "") -> None:
        detail = f" ({reason})" if str(reason) else ""
        super().__init__(f"no Kafka broker answers at {address}{detail}; see --broker and --kafka-config")


class TopicsError(Exception):
    """The topics are missing or not as they have to be."""


def explain(error: BaseException) -> str:
    """One line for a person."""
    text = " ".join(str(error).split())
    if _is_ours(error):
        return text
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"{text}: another program listens there; choose another port, or 0 for a free one"
    if isinstance(error, TimeoutError):
        return f"no answer in time {text}".strip()
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.strerror}: {error.filename}"
    if isinstance(error, OSError):
        return text
    return f"{type(error).__name__}: {text} (--debug shows where)"


def _is_ours(error: BaseException) -> bool:
    """Whether the message is one that we wrote: its class stands in this project."""
    return type(error).__module__.partition(".")[0] == __name__.partition(".")[0]


def is_broken_pipe(error: BaseException) -> bool:
    """Whether whoever read our output has had enough, as `head` has."""
    return isinstance(error, OSError) and error.errno == errno.EPIPE
