"""Made-up visits that go to every corner of the rules. They are no users: they are all that could go wrong.

Times mostly lie on whole seconds, and a metronome of other visits ticks beside them, so that watermarks often reach
the very millisecond at which something is due.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import orjson

from tests.oracle.contract import Arrival, Idle, Input
from tests.oracle.corners import Corners
from tests.oracle.damage import damaged
from tests.oracle.drafts import HOUR, MINUTE, SECOND, Draft
from tests.oracle.reading import timestamp

START_MS = 1_780_000_000_000

Shape = Callable[[str, int], list[Draft]]


@dataclass
class Journeys(Corners):
    """A generator of inputs.

    `orderly` visits keep to what the rules promise to be pure: at most 60 s of disorder, no cap, no damage, and no
    copy or server event whose meaning hangs on what was emitted before it came.
    """

    online: bool = False
    drafts: list[Draft] = field(default_factory=list)

    def inputs(self, visits: int, hours: float = 4) -> list[Input]:
        """That many visits within so many hours, and some alone thereafter, in order of arrival."""
        shapes: list[Shape] = [
            *[self.wander] * 10,
            *[self.nulls] * 3,
            *[self.gaps] * 3,
            *[self.backend] * 2,
            self.foreign,
        ]
        if not self.orderly:
            shapes += [self.long, self.brink, self.bridge, self.verge, self.verge, self.hasty, self.beside] * 2
            shapes += [self.storm, self.reordered, self.usurped]
        starts = [START_MS + self.rng.randrange(int(hours * 360)) * 10 * SECOND for _ in range(visits)]
        for number, start in enumerate(starts):
            self.visit(shapes[number % len(shapes)], number, start)
        self.metronome(hours)
        if not self.orderly:
            # Nothing else moves the watermark while these pause.
            quiet = START_MS + round((hours + 8) * HOUR)
            lonely: list[Shape] = [self.sparse, self.steady, self.long, self.sparse, self.backend, self.sparse]
            for number, shape in enumerate(lonely):
                self.visit(shape, visits + number, quiet + number * 8 * HOUR)
        self.drafts.sort(key=lambda draft: draft.arrives_ms)
        return list(self.told())

    def visit(self, shape: Shape, number: int, start: int) -> None:
        """A visit and some copies of its events."""
        drafts = shape(f"visit-{self.seed}-{number}" + ("" if number % 9 else '-"%s"'), start)
        self.drafts += [*drafts, *self.copies(drafts)]

    def told(self) -> Iterator[Input]:
        """Drafts as records, some of them damaged or from a clock in the future, with idle clocks between."""
        rng = self.rng
        for draft in self.drafts:
            fields = draft.fields
            if not self.orderly and rng.random() < 0.01:
                yield Arrival(damaged(rng, fields))
            append_ms = draft.arrives_ms if self.online else None
            if self.online and rng.random() < 0.02:
                yield Idle(draft.arrives_ms - MINUTE)
            if self.online and not self.orderly and rng.random() < 0.02:
                ahead = timestamp(draft.arrives_ms + HOUR)
                fields = {**fields, "at": ahead, "received_at": ahead}
            yield Arrival(orjson.dumps(fields), append_ms)

    def metronome(self, hours: float) -> None:
        """Something arrives every ten seconds, at once."""
        for tick in range(int((hours + 1) * 360)):
            time_ms = START_MS + tick * 10 * SECOND
            draft = self.browser(f"tick-{self.seed}-{tick // 60}", time_ms, "APP_ONLINE")
            draft.arrives_ms = time_ms
            self.drafts.append(draft)
