"""Everything the engine raises on purpose."""


class EngineError(Exception):
    """The root of the engine's errors."""


class StateConflictError(EngineError):
    """The changelog contradicts the consumer group or the input topic; going on would lose or double records.

    Raised by a restore, and ends the process: somebody has to decide which of the two is right.
    """


class OutputTooLargeError(EngineError):
    """The application made a record that the broker would refuse; sending it again would never help."""


class MembershipLostError(EngineError):
    """The worker is not, or no longer, the owner of the partition under the generation it acts for."""


class GroupLostError(EngineError):
    """aiokafka has given up its membership in the consumer group, which it never takes up again by itself."""


class RecordsGoneError(EngineError):
    """The input topic does not hold the position any more: retention has overtaken the worker, or the topic is new."""


class RepeatedFailureError(EngineError):
    """A partition failed twice within a minute; the process ends rather than go round in circles."""
