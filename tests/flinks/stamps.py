"""What tests stamp messages with."""

from pipeline.flinks.event import Event, read, write
from pipeline.flinks.login import LoginKeys
from pipeline.flinks.raw import Ignored, Refused, Stamp

KEYS = LoginKeys(("k" * 32,))
REQUEST = "3eb951d4-5738-4004-81b2-fb28c5e4c1a0"
LOGIN = "b92b2bbd-31f8-4e36-795b-08db4111f24d"
RECEIVED = "2026-11-23T12:00:00.250Z"

BROWSER = Stamp(
    id="event-1",
    received_at=RECEIVED,
    at="2026-11-23T12:00:00.000Z",
    seq=4,
    connect_session_id="visit-1",
    app="lending",
    environment="production",
    platform="web",
    release="2026.11.2",
)
SERVER = Stamp(id="event-2", received_at=RECEIVED, app="lending", environment="production", platform="server")


def accepted(verdict: Event | Ignored | Refused) -> Event:
    """The event, which also reads as what was written."""
    assert isinstance(verdict, Event), verdict
    assert read(write(verdict))[0] == verdict
    return verdict
