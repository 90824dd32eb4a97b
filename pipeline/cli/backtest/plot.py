"""A picture of each incident, as SVG."""

from collections import deque
from pathlib import Path
from typing import Final, NamedTuple

from pipeline.alerts import ANY, Alerts, Told
from pipeline.alerts.transition import rfc3339
from pipeline.cli.backtest.picture import Point, picture

BEFORE_MIN: Final = 180
"""Shown before an incident, and as much after it: the longest window."""
AFTER_MIN: Final = 60


class _Incident(NamedTuple):
    told: Told
    series: list[int]
    points: list[Point]
    fired: int


class Plots:
    """Keeps the newest points of every series, and draws an incident an hour after its end."""

    def __init__(self, folder: Path, detector: Alerts) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.detector = detector
        width = detector.settings.width_min
        self._recent: deque[list[Point]] = deque(maxlen=BEFORE_MIN // width)
        self._after = AFTER_MIN // width
        self._open: dict[str, _Incident] = {}
        self._ending: list[tuple[_Incident, int, int]] = []
        """Incident, its end, buckets still to come."""

    def take(self, told: list[Told]) -> None:
        """Take the bucket that the detector has just taken, and what was told then."""
        points = self._points()
        self._recent.append(points)
        for incident in self._open.values():
            incident.points.append(_sum(points, incident.series))
        self._go_on(points)
        now = self.detector.next or 0
        for one in told:
            alert = one.alert
            if alert.state == "firing" and alert.id not in self._open:
                series = self._series(one)
                history = [_sum(past, [number for number in series if number < len(past)]) for past in self._recent]
                self._open[alert.id] = _Incident(one, series, history, now)
            elif alert.state == "resolved" and alert.id in self._open:
                self._ending.append((self._open.pop(alert.id), now, self._after))

    def finish(self) -> None:
        """Draw what is still on, or has just ended."""
        for incident, end, _ in self._ending:
            self._draw(incident, end)
        for incident in self._open.values():
            self._draw(incident, None)

    def _go_on(self, points: list[Point]) -> None:
        still: list[tuple[_Incident, int, int]] = []
        for incident, end, left in self._ending:
            incident.points.append(_sum(points, incident.series))
            if left > 1:
                still.append((incident, end, left - 1))
            else:
                self._draw(incident, end)
        self._ending = still

    def _points(self) -> list[Point]:
        """Of every series, at the shortest horizon, which is the bucket itself."""
        evidence, at = self.detector.evidence, self.detector.next or 0
        if evidence is None:
            return []
        columns = (evidence.failures[0], evidence.attempts[0], evidence.expected[0], evidence.unsure[0])
        return [Point(at, *values) for values in zip(*(column.tolist() for column in columns), strict=True)]

    def _series(self, one: Told) -> list[int]:
        """Those that the incident is called by."""
        alert, table = one.alert, self.detector.table
        if alert.institution == ANY:
            return [number for (_, code), number in table.numbers.items() if code == alert.code]
        return [table.numbers[alert.institution, alert.code]]

    def _draw(self, incident: _Incident, end: int | None) -> None:
        alert = incident.told.alert
        times = (alert.updated_at, rfc3339(end) if end else None)
        title = f"{alert.institution} {alert.code}, {alert.severity}: {times[0]} to {times[1] or 'now'}"
        lines = (alert.summary, incident.told.why)
        bare = not alert.unit.startswith("share of ")
        drawing = picture(title, lines, incident.points, fired=incident.fired, ended=end, bare=bare)
        name = "".join(
            letter if letter.isalnum() else "-"
            for letter in f"{alert.updated_at[:16]}-{alert.institution}-{alert.code}"
        )
        (self.folder / f"{name}.svg").write_text(drawing, encoding="utf-8")


def _sum(points: list[Point], series: list[int]) -> Point:
    """Several series as one; the least certain tells how certain the sum is."""
    chosen = [points[number] for number in series]
    at = chosen[0].at if chosen else (points[0].at if points else 0)
    return Point(
        at,
        sum(point.failures for point in chosen),
        sum(point.attempts for point in chosen),
        sum(point.expected for point in chosen),
        max((point.unsure for point in chosen), default=0.0),
    )
