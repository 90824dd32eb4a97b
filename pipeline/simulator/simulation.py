"""Made-up users, one after the other, and their events in the order in which they arrive."""

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from heapq import heappop, heappush
from random import Random
from typing import Final

from pipeline.simulator.delivery import Delivery
from pipeline.simulator.incidents import Incident
from pipeline.simulator.journeys import JOURNEYS, Journey
from pipeline.simulator.scene import Scene
from pipeline.simulator.timing import HOUR_MS, MINUTE_MS
from pipeline.simulator.truth import Session
from pipeline.simulator.visit import Left
from pipeline.simulator.weighted import Weighted

_DAY_MS: Final = 24 * HOUR_MS
_BUSIEST_MS: Final = 18 * HOUR_MS
"""Of a day in UTC: early afternoon in Canada."""

_Pending = tuple[int, int, bytes, tuple[bytes, ...] | list[Session]]
"""(time in ms, running number, record key, values), or in place of values the truth that is final then."""

Delivered = tuple[int, bytes, bytes]
"""(time of delivery in ms since 1970, record key, value)."""


class Simulation:
    """Users who arrive at random, act out journeys, and are told of by events.

    The same arguments give the same events. Memory holds what has been said and not yet been
    delivered: it grows with users per minute, not with time.

    `truth` gets each session once its user's last event was delivered; take from it and clear it
    as you like. With `keep_truth=False` it stays empty, as an endless simulation wants it.
    """

    def __init__(
        self,
        seed: int,
        users_per_minute: float,
        start_ms: int,
        *,
        incidents: Sequence[Incident] = (),
        delivery: Delivery | None = None,
        journeys: Sequence[Journey] = JOURNEYS,
        users: int | None = None,
        sessions: int | None = None,
        daily: float = 0.0,
        keep_truth: bool = True,
    ) -> None:
        """Set up; nothing happens before `events`.

        Args:
            seed: of everything drawn.
            users_per_minute: over 0.
            start_ms: when the first users come, in ms since 1970. Events that are put onto a topic
                before their time would all be of the moment of their append: let a simulation that
                is delivered faster than real time begin far enough in the past.
            incidents: outages, counted from the start.
            delivery: how events travel.
            journeys: what users do.
            users: how many come; without it and `sessions` they never stop coming.
            sessions: stop after exactly this many sessions.
            daily: how much the rate changes over a day, 0 (not) to 1 (to nothing in the night).
            keep_truth: fill `truth`.

        """
        if users_per_minute <= 0:
            raise ValueError(f"users per minute must be over 0, not {users_per_minute}")
        self.truth: list[Session] = []
        self.start_ms = start_ms
        self._rng = Random(seed)  # noqa: S311 - made-up users need no cryptography
        self._gap_ms = MINUTE_MS / users_per_minute
        self._incidents = tuple(incidents)
        self._delivery = delivery or Delivery()
        self._journeys = Weighted((journey, journey.share) for journey in journeys)
        self._users_left = math.inf if users is None else users
        self._sessions_left = math.inf if sessions is None else sessions
        self._daily = daily
        self._keep_truth = keep_truth
        self._pending: list[_Pending] = []
        self._order = 0

    def events(self) -> Iterator[Delivered]:
        """Yield what arrives, in order of arrival; can be gone through once."""
        pending = self._pending
        arrival_ms = float(self.start_ms)
        while True:
            coming = self._users_left > 0 and self._sessions_left > 0
            while pending and (not coming or pending[0][0] < arrival_ms):
                at_ms, _, key, content = heappop(pending)
                if isinstance(content, list):
                    self.truth += content
                else:
                    for value in content:
                        yield at_ms, key, value
            if not coming:
                return
            self._act_out(int(arrival_ms))
            arrival_ms += self._next_gap_ms(arrival_ms)

    def _act_out(self, now_ms: int) -> None:
        journey = self._journeys.draw(self._rng)
        scene = Scene(
            self._rng,
            now_ms,
            delivery=self._delivery,
            incidents=self._incidents,
            begun_ms=self.start_ms,
        )
        with suppress(Left):
            journey.play(scene)
        parcels, sessions = scene.end(journey.name)
        if len(sessions) > self._sessions_left:
            return  # somebody else comes, who leaves no more sessions than are wanted
        self._users_left -= 1
        self._sessions_left -= len(sessions)
        last_ms = now_ms
        for at_ms, key, values in parcels:
            self._order += 1
            heappush(self._pending, (at_ms, self._order, key, values))
            last_ms = max(last_ms, at_ms)
        if self._keep_truth:
            self._order += 1
            heappush(self._pending, (last_ms, self._order, b"", sessions))

    def _next_gap_ms(self, at_ms: float) -> float:
        gap_ms = self._rng.expovariate(1.0) * self._gap_ms
        if self._daily:
            turn = math.cos(2 * math.pi * (at_ms - _BUSIEST_MS) / _DAY_MS)
            gap_ms /= max(0.02, 1 + self._daily * turn)
        return gap_ms
