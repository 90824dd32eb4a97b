"""Visits made for one rule each, to the second and the millisecond."""

from collections.abc import Sequence

from tests.oracle.drafts import HOUR, MINUTE, NAMES, SECOND, Draft
from tests.oracle.shapes import Shapes


class Corners(Shapes):
    """They lean on a metronome that ticks every ten seconds: watermarks are then what they are meant to be."""

    def sent(self, visit: str, time_ms: int, name: str = "", request: str | None = None, delay_ms: int = 0) -> Draft:
        """A browser's event, any step unless it has a name, that arrives after so long."""
        draft = self.browser(visit, time_ms, name or self.rng.choice(NAMES["step"]), request)
        draft.arrives_ms = time_ms + delay_ms
        return draft

    def chain(self, visit: str, start: int, pauses: Sequence[int], delay_ms: int = 0) -> list[Draft]:
        """Anything at the start and after each pause."""
        requests: list[str] = []
        drafts = [self.sent(visit, start)]
        time_ms = start
        for pause in pauses:
            time_ms += pause
            drafts += self.utter(visit, time_ms, requests, {})
        for draft in drafts:
            draft.arrives_ms = draft.time_ms + delay_ms
        return self.alike(drafts) if self.rng.random() < 0.5 else drafts

    def long(self, visit: str, start: int) -> list[Draft]:
        """Up to the limit of two hours and beyond it, and an event that comes after the limit has closed it."""
        rng = self.rng
        pauses = [rng.choice([5, 10, 15, 17]) * MINUTE]
        while sum(pauses) < 103 * MINUTE:
            pauses.append(rng.choice([5, 10, 15, 17]) * MINUTE)
        end = start + 2 * HOUR
        drafts = self.chain(visit, start, pauses)
        if rng.random() < 0.7:
            drafts = self.alike([*drafts, *(self.sent(visit, end + edge) for edge in (-1, 0, 1))])
        arrives_ms = end + rng.choice([65, 125, 185, 245]) * SECOND
        late_ms = rng.randrange(20, 120) * SECOND
        return [*drafts, self.sent(visit, end - late_ms, delay_ms=arrives_ms - end + late_ms)]

    def steady(self, visit: str, start: int) -> list[Draft]:
        """A step every four minutes, and one exactly at the limit."""
        end = start + 2 * HOUR
        times = [*range(start, end, 4 * MINUTE), end, end + 1]
        return self.alike([self.sent(visit, time_ms) for time_ms in times])

    def storm(self, visit: str, start: int) -> list[Draft]:
        """More events than a window keeps, with REDIRECTs beyond the cap."""
        rng = self.rng
        drafts = [
            self.sent(visit, start + number // 4 * SECOND, delay_ms=rng.randrange(50) * SECOND)
            for number in range(rng.choice([499, 500, 501, 520]))
        ]
        requests = rng.sample([f"{visit}-a", f"{visit}-b", None, f"{visit}-a", None], 5)
        times = [start + rng.randrange(200, 900) * SECOND for _ in requests]
        return drafts + [
            self.sent(visit, time_ms, "REDIRECT", request) for time_ms, request in zip(times, requests, strict=True)
        ]

    def brink(self, visit: str, start: int) -> list[Draft]:
        """Two windows, and an event between that may join them, if they stay within two hours."""
        rng = self.rng
        rest = rng.randrange(0, 40) * 10 * SECOND
        drafts = self.chain(visit, start, [17 * MINUTE] * 5 + [14 * MINUTE + rest])
        end = max(draft.time_ms for draft in drafts)
        after = self.sent(visit, end + 18 * MINUTE + 30 * SECOND)
        between = self.sent(visit, end + 9 * MINUTE, delay_ms=9 * MINUTE + 40 * SECOND)
        return [*drafts, after, between]

    def bridge(self, visit: str, start: int) -> list[Draft]:
        """One request in two windows, emitted in both, and then an event that makes them one."""
        rng = self.rng
        second = start + 18 * MINUTE + 30 * SECOND
        answered = self.answer(visit, start + 20 * SECOND, [rng.choice([visit, f"{visit}-x"])])
        for draft in answered:
            draft.fields["connect_session_id"] = visit
            draft.arrives_ms = second + 10 * SECOND
        between = start + 9 * MINUTE
        return [
            self.sent(visit, start, "REDIRECT", rng.choice([f"{visit}-x", None])),
            self.sent(visit, second, "REDIRECT", f"{visit}-x"),
            *answered,
            self.sent(visit, between, delay_ms=rng.randrange(11, 28) * MINUTE),
        ]

    def verge(self, visit: str, start: int) -> list[Draft]:
        """Late events that arrive when a window has just gone, or when their own would have."""
        rng = self.rng
        gone_ms = (18 + 1) * MINUTE
        around = [-5 * SECOND, 5 * SECOND, 15 * SECOND]
        drafts = [self.sent(visit, start)]
        late_ms = rng.randrange(0, 100) * 10 * SECOND
        drafts.append(self.sent(visit, start + late_ms, delay_ms=gone_ms + rng.choice(around) - late_ms))
        drafts.append(self.sent(f"{visit}-late", start, delay_ms=gone_ms + rng.choice(around)))
        for draft in self.answer(visit, start, [f"{visit}-answer"]):
            draft.arrives_ms = start + (40 + 1) * MINUTE + rng.choice(around)
            drafts.append(draft)
        return drafts

    def hasty(self, visit: str, start: int) -> list[Draft]:
        """Events that arrive when the watermark has just reached the close of what went before."""
        pauses = [self.rng.choice([30, 80, 90, 90, 100, 530, 540, 540, 550, 1_860]) * SECOND for _ in range(8)]
        return self.chain(visit, start, pauses, delay_ms=5 * SECOND)

    def beside(self, visit: str, start: int) -> list[Draft]:
        """Steps beside data that is waited for, each of which closes by itself."""
        (data,) = self.answer(visit, start, [f"{visit}-data"])
        data.fields |= {"name": self.rng.choice(["OPERATION_PENDING", "OK"]), "connect_session_id": visit}
        pauses = [self.rng.choice([90, 300, 540, 550]) * SECOND for _ in range(6)]
        times = [start + sum(pauses[: place + 1]) for place in range(len(pauses))]
        return self.alike([data, *(self.sent(visit, time_ms, delay_ms=5 * SECOND) for time_ms in times)])

    def sparse(self, visit: str, start: int) -> list[Draft]:
        """Pauses of just less than a reach, of a reach, and of just more."""
        pauses = [self.rng.choice([18, 18, 40]) * MINUTE + self.rng.choice([-1, 0, 0, 1]) for _ in range(5)]
        return self.alike(self.chain(visit, start, pauses))

    def reordered(self, visit: str, start: int) -> list[Draft]:
        """An earlier copy, after all has closed, that changes the order of events and nothing that is said of them."""
        names = ["APP_MOUNTED", "QUESTION_NOT_FOUND", "NO_TRANSACTION", "FEEDBACK"]
        drafts = [self.sent(visit, start + place * 10 * SECOND, name, f"{visit}-x") for place, name in enumerate(names)]
        copy = self.sent(visit, start + 5 * SECOND, names[2], f"{visit}-x", delay_ms=10 * MINUTE)
        copy.fields["id"] = drafts[2].fields["id"]
        for draft in (*drafts, copy):
            draft.fields.pop("attributes", None)
        return self.alike([*drafts, copy])

    def usurped(self, visit: str, start: int) -> list[Draft]:
        """The first steps of a session that was told go to a request that is heard of late."""
        steps = [self.sent(visit, start + place * 5 * SECOND) for place in range(self.rng.randrange(1, 4))]
        told = self.sent(visit, start + MINUTE, "REDIRECT", f"{visit}-x")
        late = self.sent(visit, start + 30 * SECOND, request=f"{visit}-y", delay_ms=5 * MINUTE)
        return [*steps, told, late]
