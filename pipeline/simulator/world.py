"""Who the made-up users are: institutions, apps, platforms, releases."""

from dataclasses import dataclass
from random import Random
from typing import Final

from pipeline.simulator.weighted import Weighted


@dataclass(frozen=True, slots=True)
class Institution:
    """A bank, its share of users, and whether it takes people to its own login page."""

    name: str
    weight: float
    oauth: bool = False


SANDBOX: Final = "FlinksCapital"
INSTITUTIONS: Final = (
    Institution("RBC", 20),
    Institution("TD", 19),
    Institution("BMO", 12),
    Institution("Scotia", 12),
    Institution("CIBC", 11),
    Institution("Desjardins", 8),
    Institution("National", 4, oauth=True),
    Institution("Tangerine", 5),
    Institution("ATB", 2),
    Institution("Simplii", 3),
    Institution("EQBank", 1.5, oauth=True),
    Institution("Meridian", 0.8),
    Institution("Coast Capital", 0.7),
    Institution("Laurentienne", 0.5),
    Institution(SANDBOX, 0.5),
)

_ANY: Final = Weighted((bank, bank.weight) for bank in INSTITUTIONS)
_WITH_PASSWORD: Final = Weighted((bank, bank.weight) for bank in INSTITUTIONS if not bank.oauth)
_WITH_OAUTH: Final = Weighted((bank, bank.weight) for bank in INSTITUTIONS if bank.oauth)
_APPS: Final = Weighted((("lending", 5.0), ("onboarding", 3.0), ("budget", 2.0)))
_PLATFORMS: Final = Weighted((("web", 5.0), ("ios", 3.0), ("android", 2.0)))
_RELEASES: Final[Weighted[str | None]] = Weighted(
    (("2026.11.2", 7.0), ("2026.11.1", 2.0), ("2026.10.4", 0.7), (None, 0.3))
)
_MFA_TYPES: Final = Weighted(
    (
        ('["SMS"]', 5.0),
        ('"SMS"', 1.0),
        ('["QuestionAndAnswer"]', 2.0),
        ('["Email","SMS"]', 1.0),
        ('["PushNotification"]', 1.5),
    )
)
MFA_TYPES: Final = {
    '["SMS"]': ("SMS",),
    '"SMS"': ("SMS",),
    '["QuestionAndAnswer"]': ("QuestionAndAnswer",),
    '["Email","SMS"]': ("Email", "SMS"),
    '["PushNotification"]': ("PushNotification",),
}
"""What an MFA page says, as JSON, and the types that it names."""


@dataclass(slots=True)
class Person:
    """One made-up user and the integration that they meet."""

    bank: Institution
    app: str
    environment: str
    platform: str
    release: str | None
    login: str
    """Keyed hash of the loginId that Flinks gives at the end."""
    newer: bool
    """Flinks' newer payloads: a REDIRECT names its requestId."""
    counts: bool
    """The listener numbers its events (`seq`)."""
    consent: bool
    """The integration asks for consent first."""
    accounts: bool
    """The integration lets people choose accounts."""


def draw_person(rng: Random) -> Person:
    """Make up a user."""
    bank = _ANY.draw(rng)
    bits = rng.getrandbits(16)
    sandbox = bank.name == SANDBOX
    return Person(
        bank=bank,
        app=_APPS.draw(rng),
        environment="sandbox" if sandbox else "production" if bits & 31 else "staging",
        platform=_PLATFORMS.draw(rng),
        release=_RELEASES.draw(rng),
        login=f"{rng.getrandbits(128):032x}",
        newer=bool(bits >> 5 & 3),
        counts=bool(bits >> 7 & 15),
        consent=bool(bits >> 11 & 1),
        accounts=bool(bits >> 12 & 3),
    )


def bank_with_password(rng: Random) -> Institution:
    """Make up a bank that asks for username and password within Flinks Connect."""
    return _WITH_PASSWORD.draw(rng)


def bank_with_oauth(rng: Random) -> Institution:
    """Make up a bank that opens its own login page."""
    return _WITH_OAUTH.draw(rng)


def mfa_types(rng: Random) -> str:
    """Make up what an MFA page says of its types, as JSON."""
    return _MFA_TYPES.draw(rng)
