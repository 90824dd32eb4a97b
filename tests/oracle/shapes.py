"""Shapes of visits: what browsers and backends say, in any order, with any pauses."""

from collections.abc import Callable
from dataclasses import replace

from tests.oracle.drafts import MINUTE, NAMES, SECOND, Draft, Drafts

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


class Shapes(Drafts):
    """Each takes a name for the visit and a start in ms, and gives its events."""

    def wander(self, visit: str, start: int) -> list[Draft]:
        """Everything that a browser and a backend can say."""
        drafts = self.roam(visit, start, self.rng.choice([1, 3, 8, 15, 30]))
        return self.alike(drafts) if self.rng.random() < 0.5 else drafts

    def alike(self, drafts: list[Draft]) -> list[Draft]:
        """The events without what may tell one client from another."""
        for draft in drafts:
            for field in ("app", "environment", "platform", "release", "institution"):
                draft.fields.pop(field, None)
        return drafts

    def roam(self, visit: str, start: int, length: int) -> list[Draft]:
        """So many events or pairs of anything."""
        pause = self.pauses()
        drafts: list[Draft] = []
        requests: list[str] = []
        told: dict[str, int] = {}
        time_ms = start
        for _ in range(length):
            time_ms += pause()
            drafts += self.utter(visit, time_ms, requests, told)
            time_ms = max([time_ms, *(draft.time_ms for draft in drafts[-1:])])
        return drafts

    def utter(self, visit: str, time_ms: int, requests: list[str], told: dict[str, int]) -> list[Draft]:
        """One event, or a pair. `requests` are those of the visit; `told` those of a browser, and when last."""
        rng = self.rng
        (what,) = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))
        name = rng.choice(NAMES[what])
        request = self.request(visit, requests)
        if what == "answer":
            lately = [one for one in told if time_ms - told[one] < 8 * MINUTE]
            return self.answer(visit, time_ms, lately if self.orderly else requests)
        known = request if rng.random() < (0.8 if what == "code" else 0.3) else None
        told |= {known: time_ms} if known else {}
        kinds = {"code": ["code"], "beginning": ["step", "code"]}.get(what, ["step"])
        drafts = [self.browser(visit, time_ms, name, known, rng.choice(kinds))]
        if what == "pair":
            if rng.random() < 0.3:
                between = rng.choice(["code", "decision"])
                drafts.append(self.browser(visit, time_ms + 50, rng.choice(NAMES[between]), known))
            time_ms += rng.choice([0, 100, 4_900, 5_000, 5_001, 5_100])
            drafts.append(self.browser(visit, time_ms, name, known, "code"))
            if rng.random() < 0.5:  # the code first
                drafts[-1].fields["kind"], drafts[0].fields["kind"] = "step", "code"
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
            piece = self.roam(visit, time_ms, length)
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

    def foreign(self, visit: str, start: int) -> list[Draft]:
        """A client that knows of no visit, so that requests are keys."""
        drafts = [draft for draft in self.wander(visit, start) if "request_id" in draft.fields]
        for draft in drafts:
            draft.fields.pop("connect_session_id", None)
        return drafts

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
