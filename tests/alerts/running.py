"""Made-up buckets, and the detector run over them."""

from collections.abc import Iterable

from pipeline.alerts import Alert, Alerts, AlertSettings, Bucket, Row

START = 29_540_160
QUIET = 90
DAY_OF_5_MIN = 289
OF_5_MIN = AlertSettings(width_min=5)
CODES = {"INVALID_LOGIN": 12, "SESSION_EXPIRED": 4, "AGGREGATION_ERROR": 1, "RETRY_LATER": 1}


def tell(buckets: Iterable[Bucket], settings: AlertSettings | None = None) -> list[Alert]:
    """Everything that is told of the buckets."""
    alerts = Alerts(settings)
    return [told.alert for bucket in buckets for told in alerts.take(bucket)]


def steady(minutes: int, *rows: Row, start: int = START, width: int = 1) -> list[Bucket]:
    """The same rows again and again."""
    return [Bucket(start + minute * width, rows) for minute in range(minutes)]


def after(buckets: list[Bucket], width: int = 1) -> int:
    """The start of the bucket that follows."""
    return buckets[-1].minute + width


def bank(name: str, attempts: int = 100, **errors: int) -> list[Row]:
    """A bank's ordinary minute, but for what is said; in a hundred attempts so many meet each code."""
    return [Row(name, code, errors.get(code, usual * attempts // 100), attempts) for code, usual in CODES.items()]


def fleet(names: str, **errors: int) -> list[Row]:
    return [row for name in names for row in bank(name, **errors)]


def first(told: list[Alert]) -> Alert:
    assert told, "nothing was told"
    return told[0]


def then(rows: list[Row], *changed: tuple[int, list[Row]]) -> list[Bucket]:
    """An hour and a half of ordinary minutes, then other minutes."""
    buckets = steady(QUIET, *rows)
    for minutes, other in changed:
        buckets += steady(minutes, *other, start=after(buckets))
    return buckets


def uncounted(buckets: int, *errors: int, start: int = START) -> list[Bucket]:
    """Bare counts, in turn."""
    return [
        Bucket(start + 5 * place, [Row("A", "RETRY_LATER", errors[place % len(errors)], None)])
        for place in range(buckets)
    ]
