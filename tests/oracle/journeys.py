"""Made-up visits that go to every corner of the rules. They are no users: they are all that could go wrong.

Times mostly lie on whole seconds, and a metronome of other visits ticks beside them, so that watermarks often reach
the very millisecond at which something is due.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import orjson

from tests.oracle.contract import Arrival, Idle, Input
from tests.oracle.damage import damaged
from tests.oracle.drafts import HOUR, MINUTE, NAMES, SECOND, Draft, Drafts

START_MS = 1_780_000_000_000

_WEIGHTS = {
    "step": 30,
    "beginning": 14,
    "code": 22,
    "pair": 8,
    "redirect": 4,
    "close": 3,
    "decision": 5,
    "answer": 10,
}


@dataclass
class Journeys(Drafts):
    """A generator of inputs.

    `orderly` visits keep to what the rules promise to be pure: at most 60 s of disorder, no cap, no damage, and no
    copy or server event whose meaning hangs on what was emitted before it came.
    """

    online: bool = False
    drafts: list[Draft] = field(default_factory=list)

    def inputs(self, visits: int, hours: float = 4) -> list[Input]:
        """That many visits within so many hours, in order of arrival."""
        shapes = [self.wander] * 10 + [self.nulls] * 3 + [self.gaps] * 3 + [self.backend] * 2
        if not self.orderly:
            shapes += [self.long] * 2 + [self.storm] if visits >= 30 else [self.long]
        for number in range(visits):
            start = START_MS + self.rng.randrange(int(hours * 360)) * 10 * SECOND
            shape = shapes[number % len(shapes)]
            visit = shape(f"visit-{self.seed}-{number}" + ("" if number % 9 else '-"%s"'), start)
            self.drafts += [*visit, *self.copies(visit)]
        self.metronome(hours)
        self.drafts.sort(key=lambda draft: draft.arrives_ms)
        return list(self.told())

    def told(self) -> Iterator[Input]:
        """Drafts as records, some of them damaged, with idle clocks between."""
        rng = self.rng
        for draft in self.drafts:
            value = orjson.dumps(draft.fields)
            if not self.orderly and rng.random() < 0.01:
                yield Arrival(damaged(rng, draft.fields))
            append_ms = draft.arrives_ms if self.online else None
            if self.online and rng.random() < 0.02:
                yield Idle(draft.arrives_ms - MINUTE)
            yield Arrival(value, append_ms)

    # Shapes of visits.

    def wander(self, visit: str, start: int, length: int | None = None) -> list[Draft]:
        """Everything that a browser and a backend can say, in any order, with any pauses."""
        rng = self.rng
        pause = self.pauses()
        drafts: list[Draft] = []
        requests: list[str] = []
        told: dict[str, int] = {}  # by the browser, and when
        time_ms = start
        for _ in range(length or rng.choice([1, 3, 8, 15, 30])):
            time_ms += pause()
            (what,) = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))
            name = rng.choice(NAMES[what])
            request = self.request(visit, requests)
            if what == "answer":
                lately = [one for one in told if time_ms - told[one] < 8 * MINUTE]
                drafts += self.answer(visit, time_ms, lately if self.orderly else requests)
                continue
            known = request if rng.random() < (0.8 if what == "code" else 0.3) else None
            told |= {known: time_ms} if known else {}
            kinds = {"code": ["code"], "beginning": ["step", "code"]}.get(what, ["step"])
            drafts.append(self.browser(visit, time_ms, name, known, rng.choice(kinds)))
            if what == "pair":
                if rng.random() < 0.3:
                    between = rng.choice(["code", "decision"])
                    drafts.insert(-1, self.browser(visit, time_ms + 50, rng.choice(NAMES[between]), known))
                time_ms += rng.choice([0, 100, 4_900, 5_000, 5_001, 5_100])
                drafts.append(self.browser(visit, time_ms, name, known, "code"))
                if rng.random() < 0.5:  # the code first
                    drafts[-1].fields["kind"], drafts[-2].fields["kind"] = "step", "code"
        return drafts

    def nulls(self, visit: str, start: int) -> list[Draft]:
        """Steps without an id, a pause in which they close, and a request that claims them."""
        rng = self.rng
        drafts = [self.browser(visit, start, "APP_MOUNTED")]
        drafts += [self.browser(visit, start + rng.randrange(60) * SECOND, rng.choice(NAMES["step"])) for _ in range(3)]
        back = start + rng.choice([480, 490, 500, 540, 550, 600, 900]) * SECOND
        request = f"{visit}-x"
        if not self.orderly and rng.random() < 0.4:
            drafts += self.answer(visit, start + rng.randrange(-20, 500) * SECOND, [request])
        if rng.random() < 0.8:
            drafts.append(self.browser(visit, back, rng.choice(NAMES["code"]), request, "code"))
            drafts.append(self.browser(visit, back + SECOND, rng.choice(NAMES["beginning"])))
        if rng.random() < 0.4:
            drafts.append(
                self.browser(visit, back + rng.randrange(-5, 9) * SECOND, rng.choice(NAMES["code"]), visit, "code")
            )
        return drafts

    def gaps(self, visit: str, start: int) -> list[Draft]:
        """Two or three parts just within or just beyond reach, and late events that lie between."""
        rng = self.rng
        drafts: list[Draft] = []
        time_ms = start
        for part in range(rng.choice([2, 3])):
            length = rng.choice([1, 2, 4])
            piece = self.wander(visit, time_ms, length)
            drafts += piece
            end = max([draft.time_ms for draft in piece], default=time_ms)
            reach = rng.choice([18, 40]) * MINUTE
            time_ms = end + reach + rng.choice([-60, -10, 0, 0, 10, 30, 50]) * SECOND + rng.choice([-1, 0, 0, 1])
            if part and not self.orderly:
                middle = self.browser(visit, end - rng.randrange(20) * MINUTE, rng.choice(NAMES["step"]))
                drafts.append(replace(middle, arrives_ms=end + rng.randrange(120) * SECOND))
        return drafts

    def backend(self, visit: str, start: int) -> list[Draft]:
        """Data of a request without a visit: polls, answers, webhooks and their repeats."""
        rng = self.rng
        drafts: list[Draft] = []
        time_ms = start
        for _ in range(rng.choice([1, 2, 5, 12])):
            time_ms += rng.choice([0, 10, 10, 30, 300, 1790, 1800, 1810, 2390, 2400, 2410]) * SECOND
            drafts += self.answer(visit, time_ms, [f"{visit}-data"])
        return drafts

    def long(self, visit: str, start: int) -> list[Draft]:
        """Longer than two hours."""
        rng = self.rng
        drafts: list[Draft] = []
        time_ms = start
        while time_ms < start + 3 * HOUR:
            drafts += self.wander(visit, time_ms, 1)
            time_ms += rng.choice([60, 300, 600, 900, 1000, 1070]) * SECOND
        for edge in (-1, 0, 1):
            drafts.append(self.browser(visit, start + 2 * HOUR + edge, rng.choice(NAMES["step"])))
        return drafts

    def storm(self, visit: str, start: int) -> list[Draft]:
        """More events than a window keeps, with REDIRECTs beyond the cap."""
        rng = self.rng
        drafts = [
            self.browser(visit, start + number // 4 * SECOND, rng.choice(NAMES["step"]))
            for number in range(rng.choice([501, 515]))
        ]
        for request in (f"{visit}-a", f"{visit}-b", None, f"{visit}-a", None):
            time_ms = start + rng.randrange(100, 900) * SECOND
            drafts.append(self.browser(visit, time_ms, "REDIRECT", request))
        return drafts

    def metronome(self, hours: float) -> None:
        """Something arrives every ten seconds, at once."""
        for tick in range(int((hours + 1) * 360)):
            time_ms = START_MS + tick * 10 * SECOND
            draft = self.browser(f"tick-{self.seed}-{tick // 60}", time_ms, "APP_ONLINE")
            draft.arrives_ms = time_ms
            self.drafts.append(draft)

    def pauses(self) -> Callable[[], int]:
        """Pauses of one visit: mostly of one kind."""
        rng = self.rng
        kinds: list[Callable[[], int]] = [
            lambda: rng.choice([0, 0, 1, 1_000, 2_000]),
            lambda: rng.randrange(1, 60) * SECOND,
            lambda: rng.choice([20, 30, 30, 40, 470, 480, 480, 490]) * SECOND,
            lambda: rng.randrange(8, 18) * MINUTE,
            lambda: rng.choice([18, 18, 30, 40]) * MINUTE + rng.choice([-10_000, -1, 0, 1, 10_000]),
            lambda: rng.randrange(18, 40) * MINUTE,
        ]
        weights = [40, 40, 20, 8, 5, 3]
        usual = rng.choices(kinds, weights)[0]

        def pause() -> int:
            kind = usual if rng.random() < 0.6 else rng.choices(kinds, weights)[0]
            return kind()

        return pause

    def request(self, visit: str, requests: list[str]) -> str:
        """Mostly the latest request, else a new one or one seen before."""
        if not requests or self.rng.random() < 0.2:
            requests.append(f"{visit}-{len(requests)}")
            return requests[-1]
        return self.rng.choice([requests[-1], requests[-1], requests[-1], self.rng.choice(requests)])
