"""What a journey has at hand: one user, their tabs, their backend, the outages of the day."""

from collections.abc import Sequence
from random import Random

from pipeline.simulator.delivery import Delivery, Parcel, again, carry
from pipeline.simulator.incidents import Incident
from pipeline.simulator.truth import Session
from pipeline.simulator.visit import Visit, open_backend, open_tab
from pipeline.simulator.world import Person, draw_person


class Scene:
    """One user's doings, from `now_ms` on."""

    def __init__(
        self,
        rng: Random,
        now_ms: int,
        *,
        delivery: Delivery,
        incidents: Sequence[Incident] = (),
        begun_ms: int = 0,
    ) -> None:
        """Set the scene; incidents count from `begun_ms`, the start of the simulation."""
        self.rng = rng
        self.now_ms = now_ms
        self.person: Person = draw_person(rng)
        self._delivery = delivery
        self._incidents = incidents
        self._begun_ms = begun_ms
        self._visits: list[Visit] = []
        self._repeats: list[tuple[Visit, int]] = []

    def chance(self, share: float) -> bool:
        """Let it happen to this share of users."""
        return self.rng.random() < share

    def tab(self, *, now_ms: int | None = None, once: bool = False) -> Visit:
        """Open Flinks Connect; `once`: surely without a second listener."""
        visit = open_tab(
            self.rng, self.person, self.now_ms if now_ms is None else now_ms, self._delivery.clock(self.rng)
        )
        visit.twice = self.chance(self._delivery.twice_share) and not once
        self._visits.append(visit)
        return visit

    def backend(self, *, now_ms: int | None = None) -> Visit:
        """Begin requests of the customer's backend (or of a client without our listener)."""
        visit = open_backend(self.rng, self.person, self.now_ms if now_ms is None else now_ms)
        self._visits.append(visit)
        return visit

    def repeat_last(self, visit: Visit, after_ms: int) -> None:
        """Have the webhook just told come again later."""
        self._repeats.append((visit, after_ms))

    def outage(self, at_ms: int) -> str | None:
        """Return the code that an attempt at this moment fails with, if it does."""
        for incident in self._incidents:
            hit = incident.hits(self.person.bank.name, at_ms - self._begun_ms)
            if hit and self.rng.random() < incident.share:
                return incident.code
        return None

    def end(self, journey: str) -> tuple[list[Parcel], list[Session]]:
        """Return all that is delivered, in no order, and the truth."""
        parcels: list[Parcel] = []
        sessions: list[Session] = []
        for visit in self._visits:
            late = carry(self.rng, self._delivery, visit, parcels)
            for session in visit.end():
                session.journey = journey
                session.late = late
                sessions.append(session)
        for visit, after_ms in self._repeats:
            key, told = visit.posted[-1]
            parcels.append(again(self.rng, key, told, after_ms))
        return parcels, sessions
