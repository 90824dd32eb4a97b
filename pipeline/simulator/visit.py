"""One tab, or one backend, telling what happens in it."""

from random import Random
from typing import Final, NamedTuple

from pipeline.simulator.clock import RIGHT, Clock
from pipeline.simulator.names import CLASS_OF, HTTP_ERROR, HTTP_STATUS, IN_PROGRESS
from pipeline.simulator.timing import ECHO, Pause, stamp
from pipeline.simulator.truth import Session
from pipeline.simulator.windows import SERVER_RELEASE, Windows, uuid
from pipeline.simulator.world import MFA_TYPES, Person

KEPT_PER_WINDOW: Final = 500
"""Events of one window that count; a requestId's first REDIRECT always does."""
_APART_MS: Final = 5
"""Events of a listener that does not number them, or runs twice, are at least this far apart."""


class Told(NamedTuple):
    """An event but for the moment it is received: that goes between `head` and `tail`."""

    said_ms: int
    """When it was said, by a right clock."""
    at_ms: int
    """When it happened, as far as the event tells."""
    head: str
    tail: str


class Left(Exception):  # noqa: N818 - not an error: the user goes away
    """The user left: nothing more comes from this visit."""


class Visit(Windows):
    """A tab (`connect_session_id`), or a backend's or a foreign client's requests without one.

    Journeys call `step`, `code`, `both`, `api` and `wait`; `told` and `posted` are what the
    listener and the servers then send. `attempt` gives the session that the next steps are for.
    """

    def __init__(self, rng: Random, person: Person, now_ms: int, *, clock: Clock, tab: bool) -> None:
        """Open it at `now_ms`."""
        super().__init__(rng, person, uuid(rng) if tab else None)
        self.now_ms = now_ms
        self.clock = clock
        self.told: list[Told] = []
        self.posted: list[tuple[str, Told]] = []
        self.twice = False
        """The page runs the listener twice: all is told twice, with the same numbers and ids of its own."""
        self.leave_after: str | None = None
        """The user goes away once this step was told."""
        self._seq = 0
        self._numbered = person.counts
        ids = f'"connect_session_id":"{self.connect_session_id}",' if tab else ""
        release = f',"release":"{person.release}"' if person.release else ""
        around = f'"app":"{person.app}","environment":"{person.environment}"'
        self._ids = ids
        self._around = f'{around},"platform":"{person.platform}"{release}}}'
        self._around_server = f'{around},"platform":"server","release":"{SERVER_RELEASE}"}}'

    # Time.

    def wait(self, pause: Pause) -> None:
        """Let some time pass."""
        self.now_ms += pause.draw(self.rng)

    def idle(self, shortest_ms: int, longest_ms: int) -> None:
        """Let a set time pass, in which nothing happens."""
        self.now_ms += self.rng.randint(shortest_ms, longest_ms)

    # What is said.

    def step(self, session: Session, name: str, *, bank: bool = False, about: str | None = None) -> None:
        """Tell a step of the user; `bank` names the institution, `about` is attributes as JSON.

        Raises:
            Left: after the step after which this user leaves.

        """
        self._say(session, "step", name, bank=bank, about=about)
        if name in CLASS_OF:
            self._count(session, name)
        if name == self.leave_after:
            raise Left

    def code(self, session: Session, name: str, *, about: str | None = None) -> None:
        """Tell a code that Flinks' API answered; it brings the session its requestId."""
        if session.request_id is None:
            session.request_id = uuid(self.rng)
        self._say(session, "code", name, numbered=True, bank=True, about=about)
        self._count(session, name)
        if name == self.leave_after:
            raise Left

    def both(self, session: Session, name: str, *, about: str | None = None) -> None:
        """Tell one occurrence as a code and as a step, either first: it counts once."""
        if session.request_id is None:
            session.request_id = uuid(self.rng)
        for kind in self.rng.choice((("step", "code"), ("code", "step"))):
            self._say(session, kind, name, numbered=kind == "code", bank=True, about=about)
            self.wait(ECHO)
        self._count(session, name)

    def ask(self, session: Session, types: str) -> None:
        """Tell the MFA challenge (`types` as JSON) as Flinks does: a code, then the page.

        The code is at times told as a step too.
        """
        about = f'{{"mfa_types":{types}}}'
        session.note_mfa_types(MFA_TYPES[types])
        if self.leave_after is None and not self.rng.getrandbits(4):
            self.both(session, "QUESTION_NOT_FOUND", about=about)
        else:
            self.code(session, "QUESTION_NOT_FOUND", about=about)
            self.wait(ECHO)
        self.step(session, "COMPONENT_LOAD_MFA", about=about)

    def redirect(self, session: Session) -> None:
        """Tell that the user is connected; newer pages name requestId and login, older do not."""
        newer = self.person.newer
        if newer and session.request_id is None:
            session.request_id = uuid(self.rng)
        self._say(session, "step", "REDIRECT", numbered=newer, bank=True, login=newer)

    def api(
        self,
        session: Session,
        name: str,
        endpoint: str,
        *,
        status: int | None = None,
        source: str = "server",
    ) -> None:
        """Tell an answer of Flinks' API to the backend, or a webhook."""
        self.now_ms += 1
        status = status or HTTP_STATUS.get(name, 401)
        self._kept += 1
        session.note(name, self.now_ms, self.person.bank.name)
        session.release = session.release or SERVER_RELEASE
        known = CLASS_OF.get(name)
        if not session.browser:
            session.failure = None
            session.unanswered = known == IN_PROGRESS or status in {202, 203}
        if known is not None or (name != "OK" and status >= HTTP_ERROR):
            session.note_code(name, browser=False)
        head = (
            f'{{"v":1,"id":"{uuid(self.rng)}","source":"{source}","kind":"api","name":"{name}",'
            f'"at":"{stamp(self.now_ms)}","received_at":"'
        )
        tail = (
            f'",{self._ids}"request_id":"{session.request_id}",'
            f'"institution":"{self.person.bank.name}","http_status":{status},'
            f'"login":"{self.person.login}","attributes":{{"endpoint":"{endpoint}"}},'
            f"{self._around_server}"
        )
        key = self.connect_session_id or session.request_id or ""
        self.posted.append((key, Told(self.now_ms, self.now_ms, head, tail)))

    def _say(
        self,
        session: Session,
        kind: str,
        name: str,
        *,
        numbered: bool = False,
        bank: bool = False,
        about: str | None = None,
        login: bool = False,
    ) -> None:
        person = self.person
        if self.twice or not self._numbered:
            self.now_ms += _APART_MS
        ids = self._ids
        if numbered or not ids:
            ids = f'{ids}"request_id":"{session.request_id}",'
        if bank:
            ids = f'{ids}"institution":"{person.bank.name}",'
        if login:
            ids = f'{ids}"login":"{person.login}",'
        if about is not None:
            ids = f'{ids}"attributes":{about},'
        tail = self._around
        if self._numbered:
            tail = f'"seq":{self._seq},{tail}'
            self._seq += 1
        self._tell(session, kind, name, person.bank.name if bank else None, f'",{ids}{tail}')
        if self.twice:
            self.now_ms += 1
            self._tell(session, kind, name, person.bank.name if bank else None, f'",{ids}{tail}')

    def _tell(self, session: Session, kind: str, name: str, institution: str | None, tail: str) -> None:
        now_ms = self.now_ms
        at_ms = now_ms + self.clock.shift_ms
        self._kept += 1
        if self._kept <= KEPT_PER_WINDOW or name == "REDIRECT":
            session.note(name, at_ms, institution)
        offset_ms = self.clock.told_offset_ms
        at = f'"at":"{stamp(now_ms + offset_ms)}",' if offset_ms is not None else ""
        head = f'{{"v":1,"id":"{uuid(self.rng)}","source":"browser","kind":"{kind}","name":"{name}",{at}"received_at":"'
        self.told.append(Told(now_ms, at_ms, head, tail))

    def _count(self, session: Session, name: str) -> None:
        for _ in range(2 if self.twice else 1):
            session.note_code(name, browser=True)


def open_tab(rng: Random, person: Person, now_ms: int, clock: Clock) -> Visit:
    """Open Flinks Connect in a tab."""
    return Visit(rng, person, now_ms, clock=clock, tab=True)


def open_backend(rng: Random, person: Person, now_ms: int) -> Visit:
    """Begin requests of a customer's backend, which knows no tab."""
    return Visit(rng, person, now_ms, clock=RIGHT, tab=False)
