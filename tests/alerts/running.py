"""Running the detector over buckets."""

from collections.abc import Iterable

from pipeline.alerts import Alert, Alerts, AlertSettings, Bucket, Row

START = 29_540_160


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
