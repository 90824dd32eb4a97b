"""The parts that journeys are made of, each as Flinks Connect tells it."""

from typing import Final

from pipeline.simulator.scene import Scene
from pipeline.simulator.timing import ANSWER, BANK, CHOOSE, GLANCE, LOAD, READ, TYPE
from pipeline.simulator.truth import Session
from pipeline.simulator.visit import Left, Visit
from pipeline.simulator.world import bank_with_oauth, bank_with_password, mfa_types

_TRIES_AGAIN: Final = 0.6
"""Share of people who try again after a failure that was not their fault."""
_MOST_TRIES: Final = 4


def with_password(scene: Scene) -> None:
    """Have this user bank where Flinks Connect asks for the password itself."""
    if scene.person.bank.oauth:
        scene.person.bank = bank_with_password(scene.rng)


def with_oauth(scene: Scene) -> None:
    """Have this user bank where a popup opens the bank's own login page."""
    scene.person.bank = bank_with_oauth(scene.rng)


def mount(visit: Visit) -> Session:
    """Open the page, and give consent where the integration asks for it."""
    session = visit.attempt()
    visit.step(session, "APP_MOUNTED")
    visit.wait(LOAD)
    if visit.person.consent:
        visit.step(session, "COMPONENT_LOAD_CONSENT")
        visit.wait(READ)
        visit.step(session, "COMPONENT_ACCEPT_CONSENT")
        visit.wait(LOAD)
    return session


def choose_bank(visit: Visit, session: Session) -> None:
    """Choose the institution and come to its login."""
    cached = "false" if visit.rng.getrandbits(3) else "true"
    visit.step(session, "COMPONENT_LOAD_INSTITUTION_SELECTOR", about=f'{{"cached":{cached}}}')
    visit.wait(CHOOSE)
    come_to_login(visit, session)


def come_to_login(visit: Visit, session: Session) -> None:
    """Select the institution in the list."""
    visit.step(session, "INSTITUTION_SELECTED", bank=True)
    visit.wait(LOAD)
    if not visit.person.bank.oauth:
        visit.step(session, "COMPONENT_LOAD_CREDENTIAL", bank=True)


def arrive(visit: Visit) -> Session:
    """Do all that comes before the login."""
    session = mount(visit)
    choose_bank(visit, session)
    return session


def submit(visit: Visit, session: Session) -> int:
    """Log in once, by password or by popup; return when that attempt was made."""
    if visit.person.bank.oauth:
        visit.wait(READ)
        made_ms = visit.now_ms
        visit.step(session, "POPUP_OPENED", bank=True)
        visit.wait(TYPE)
        visit.step(session, "POPUP_UPDATED")
        visit.wait(BANK)
        visit.step(session, "POPUP_CLOSED")
        visit.wait(LOAD)
        return made_ms
    visit.wait(TYPE)
    made_ms = visit.now_ms
    visit.step(session, "SUBMIT_CREDENTIAL", bank=True)
    visit.wait(BANK)
    return made_ms


def retry_login(visit: Visit) -> Session:
    """Go back to the login after a failure: the beginning of a new requestId."""
    session = visit.attempt()
    if not visit.person.bank.oauth:
        visit.step(session, "COMPONENT_LOAD_CREDENTIAL_RETRY", bank=True)
    return session


def log_in(scene: Scene, visit: Visit, session: Session) -> Session:
    """Log in with what is right, through any outage; return the attempt that got in.

    Raises:
        Left: when the user has had enough of the outage.

    """
    for _ in range(_MOST_TRIES):
        made_ms = submit(visit, session)
        code = scene.outage(made_ms)
        if code is None:
            return session
        visit.code(session, code)
        visit.wait(READ)
        if not scene.chance(_TRIES_AGAIN):
            break
        session = retry_login(visit)
    raise Left


def answer_mfa(visit: Visit, session: Session) -> None:
    """Be asked a security question and answer it."""
    visit.ask(session, mfa_types(visit.rng))
    visit.wait(ANSWER)
    visit.step(session, "SUBMIT_MFA", bank=True)
    visit.wait(BANK)


def choose_accounts(visit: Visit, session: Session) -> None:
    """Choose which accounts to connect, where the integration asks."""
    if visit.person.accounts:
        total = 1 + visit.rng.getrandbits(3)
        about = f'{{"total_accounts":{total},"displayed_accounts":{min(total, 5)}}}'
        visit.step(session, "COMPONENT_LOAD_ACCOUNT_SELECTION", about=about)
        visit.wait(CHOOSE)
        visit.step(session, "ACCOUNT_SELECTED")
        visit.wait(GLANCE)


def connect(visit: Visit, session: Session) -> None:
    """Come to the end."""
    choose_accounts(visit, session)
    visit.redirect(session)


def log_in_and_connect(scene: Scene, visit: Visit, session: Session) -> Session:
    """Log in, mostly with MFA, and come to the end; return the session that is connected."""
    session = log_in(scene, visit, session)
    if not visit.person.bank.oauth and scene.chance(0.6):
        answer_mfa(visit, session)
    connect(visit, session)
    return session


def fail_login(scene: Scene, visit: Visit, session: Session, code: str) -> None:
    """Try to log in and get this code, or that of an outage."""
    made_ms = submit(visit, session)
    visit.code(session, scene.outage(made_ms) or code)
    visit.wait(READ)
