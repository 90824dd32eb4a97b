"""The sessions that a user means to make in one tab, window by window."""

from collections.abc import Iterator
from random import Random
from typing import Final

from pipeline.simulator.truth import Session
from pipeline.simulator.world import Person

SERVER_RELEASE: Final = "2026.11.0"
"""What backends say they run."""


class Windows:
    """Which session it is that the user is at: journeys ask for one and say what happens in it."""

    def __init__(self, rng: Random, person: Person, connect_session_id: str | None) -> None:
        """Begin with an empty window."""
        self.rng = rng
        self.person = person
        self.connect_session_id = connect_session_id
        self._windows: list[list[Session]] = [[]]
        self._kept = 0

    def attempt(self, request_id: str | None = None) -> Session:
        """Begin the next attempt: a new requestId, or the given one again.

        While Flinks gave no requestId to the attempt before, this is the same one.
        """
        window = self._windows[-1]
        if request_id is not None:
            for session in window:
                if session.request_id == request_id:
                    return session
        elif window and window[-1].browser and window[-1].request_id is None:
            return window[-1]
        return self._begin(browser=True, request_id=request_id)

    def request(self, request_id: str | None = None) -> Session:
        """Begin a backend's request: a data session."""
        return self._begin(browser=False, request_id=request_id or uuid(self.rng))

    def foreign(self) -> Session:
        """Begin a connect session that has its requestId from the start, for want of a tab."""
        return self._begin(browser=True, request_id=uuid(self.rng))

    def come_back(self) -> None:
        """Begin anew after so long a pause that what follows is another session."""
        self._windows.append([])
        self._kept = 0

    @property
    def key(self) -> str:
        """The record key: connect_session_id, else the requestId known from the start."""
        return self.connect_session_id or self._windows[0][0].request_id or ""

    def end(self) -> Iterator[Session]:
        """Give the truth of each session; only once, when the user has left."""
        for window in self._windows:
            browser = [session for session in window if session.browser and session.events]
            if len(browser) > 1 and browser[-1].request_id is None:
                browser[-2].absorb(browser.pop())
            for kind in (browser, [session for session in window if not session.browser]):
                for rank, session in enumerate(kind, 1):
                    session.attempt = rank
                    yield session

    def _begin(self, *, browser: bool, request_id: str | None) -> Session:
        session = Session(self.connect_session_id, browser=browser)
        session.request_id = request_id
        session.app = self.person.app
        session.environment = self.person.environment
        session.platform = self.person.platform if browser else "server"
        session.release = self.person.release if browser else SERVER_RELEASE
        self._windows[-1].append(session)
        return session


def uuid(rng: Random) -> str:
    """Make up an id."""
    h = rng.getrandbits(128).to_bytes(16, "big").hex()
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"
