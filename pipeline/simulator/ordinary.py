"""Journeys of most people: connected, mistaken, gone."""

from contextlib import suppress
from typing import Final

from pipeline.simulator.backend import fetch_accounts
from pipeline.simulator.parts import (
    answer_mfa,
    arrive,
    choose_accounts,
    connect,
    fail_login,
    log_in,
    log_in_and_connect,
    retry_login,
    submit,
    with_oauth,
    with_password,
)
from pipeline.simulator.scene import Scene
from pipeline.simulator.timing import ANSWER, BANK, GLANCE, MINUTE_MS, READ, SECOND_MS
from pipeline.simulator.visit import Left
from pipeline.simulator.weighted import Weighted
from pipeline.simulator.world import mfa_types

_MISTAKES: Final = Weighted((("INVALID_LOGIN", 6.0), ("INVALID_PASSWORD", 3.0), ("INVALID_USERNAME", 1.0)))
_TROUBLES: Final = Weighted(
    (
        ("RETRY_LATER", 8.0),
        ("UNAUTHORIZED", 3.0),
        ("AGGREGATION_ERROR", 3.0),
        ("BANK_MAINTENANCE_RETRY_LATER", 1.0),
        ("UNHANDLED", 1.0),
        ("NEW_ACCOUNT", 1.0),
        ("DISABLED_LOGIN", 1.0),
        ("TOO_MANY_REQUESTS", 0.5),
        ("CONCURRENT_SESSION", 0.5),
        ("ALREADY_AUTHORIZED", 0.2),
        ("UNKNOWN_CHALLENGE_KEY", 0.2),
        ("CARD_IN_USE", 0.2),
        ("INVALID_REQUEST", 0.2),
        ("ACCESS_DENIED", 0.2),
        ("TOKEN_INVALID", 0.2),
        ("METHOD_NOT_AVAILABLE", 0.2),
        ("SECURITYRESPONSES_INCOMPLETE", 0.2),
    )
)
_TOLD_TWICE: Final = Weighted((("DISABLED_INSTITUTION", 3.0), ("SESSION_NONEXISTENT", 1.0)))
_LAST_STEPS: Final = Weighted(
    (
        ("APP_MOUNTED", 2.0),
        ("COMPONENT_LOAD_CONSENT", 2.0),
        ("COMPONENT_LOAD_INSTITUTION_SELECTOR", 4.0),
        ("INSTITUTION_SELECTED", 1.0),
        ("COMPONENT_LOAD_CREDENTIAL", 5.0),
        ("SUBMIT_CREDENTIAL", 2.0),
        ("POPUP_OPENED", 2.0),
        ("QUESTION_NOT_FOUND", 0.5),
        ("COMPONENT_LOAD_MFA", 3.0),
        ("SUBMIT_MFA", 1.0),
        ("COMPONENT_LOAD_ACCOUNT_SELECTION", 1.0),
        ("ACCOUNT_SELECTED", 0.3),
    )
)


def connected(scene: Scene) -> None:
    """Get in at the first try, without questions."""
    visit = scene.tab()
    session = log_in(scene, visit, arrive(visit))
    connect(visit, session)
    if scene.chance(0.25):
        fetch_accounts(scene, visit.now_ms + 2 * SECOND_MS)


def connected_with_mfa(scene: Scene) -> None:
    """Get in after a security question."""
    with_password(scene)
    visit = scene.tab()
    session = log_in(scene, visit, arrive(visit))
    answer_mfa(visit, session)
    if scene.chance(0.1):
        answer_mfa(visit, session)
    connect(visit, session)
    if scene.chance(0.25):
        fetch_accounts(scene, visit.now_ms + 2 * SECOND_MS)


def connected_by_oauth(scene: Scene) -> None:
    """Get in by the bank's own page, told with a code now and then."""
    with_oauth(scene)
    visit = scene.tab()
    connect(visit, log_in(scene, visit, arrive(visit)))


def wrong_password(scene: Scene) -> None:
    """Mistype once or more: each try that is answered has a requestId of its own."""
    with_password(scene)
    visit = scene.tab()
    session = arrive(visit)
    tries = 1 + (scene.rng.getrandbits(2) == 0) + (scene.rng.getrandbits(3) == 0)
    for n in range(tries):
        fail_login(scene, visit, session, _MISTAKES.draw(scene.rng))
        if scene.chance(0.4):
            visit.step(session, "RETRY_COUNT", about=f'{{"retry_count":{n}}}')
            visit.wait(GLANCE)
        session = retry_login(visit)
    log_in_and_connect(scene, visit, session)


def wrong_password_gives_up(scene: Scene) -> None:
    """Mistype, and leave at one of the next steps, none of which has a requestId."""
    with_password(scene)
    visit = scene.tab()
    session = arrive(visit)
    fail_login(scene, visit, session, _MISTAKES.draw(scene.rng))
    if scene.chance(0.3):
        visit.step(session, "COMPONENT_CLICK_RESET_PASSWORD")
        visit.wait(READ)
    if scene.chance(0.6):
        session = retry_login(visit)
        if scene.chance(0.4):
            submit(visit, session)
    if scene.chance(0.3):
        visit.step(session, "COMPONENT_CLOSE_SESSION", bank=True)


def too_many_mistakes(scene: Scene) -> None:
    """Mistype until the integration's limit is reached."""
    with_password(scene)
    visit = scene.tab()
    session = arrive(visit)
    for n in range(3):
        fail_login(scene, visit, session, _MISTAKES.draw(scene.rng))
        visit.step(session, "RETRY_COUNT", about=f'{{"retry_count":{n}}}')
        visit.wait(GLANCE)
        if n < 2:  # noqa: PLR2004 - the third failure is the last
            session = retry_login(visit)
    visit.step(session, "MAXIMUM_RETRY_REACHED")


def mfa_failed(scene: Scene) -> None:
    """Answer wrongly, told as step and code, and try again."""
    with_password(scene)
    visit = scene.tab()
    session = log_in(scene, visit, arrive(visit))
    answer_mfa(visit, session)
    for _ in range(1 + (scene.rng.getrandbits(2) == 0)):
        visit.both(session, "INVALID_SECURITY_RESPONSE")
        visit.wait(READ)
        visit.step(session, "COMPONENT_LOAD_MFA_RETRY")
        visit.wait(ANSWER)
        visit.step(session, "SUBMIT_MFA", bank=True)
        visit.wait(BANK)
    if scene.chance(0.7):
        connect(visit, session)
    else:
        visit.code(session, "INVALID_SECURITY_RESPONSE_NO_RETRY")


def bank_trouble(scene: Scene) -> None:
    """Meet a failure that is not the user's, and leave or try again."""
    visit = scene.tab()
    session = arrive(visit)
    if scene.chance(0.2):
        submit(visit, session)
        visit.both(session, _TOLD_TWICE.draw(scene.rng))
        visit.wait(READ)
    else:
        fail_login(scene, visit, session, _TROUBLES.draw(scene.rng))
    if scene.chance(0.4):
        log_in_and_connect(scene, visit, retry_login(visit))
    elif scene.chance(0.3):
        visit.step(session, "COMPONENT_CLOSE_SESSION", bank=True)


def drop_off(scene: Scene) -> None:
    """Leave after some step, with a click on the cross or without."""
    visit = scene.tab()
    last = _LAST_STEPS.draw(scene.rng)
    if last == "COMPONENT_LOAD_CONSENT":
        scene.person.consent = True
    elif last == "POPUP_OPENED":
        with_oauth(scene)
    elif last in {"COMPONENT_LOAD_CREDENTIAL", "SUBMIT_CREDENTIAL"}:
        with_password(scene)
    visit.leave_after = last
    with suppress(Left):
        session = log_in(scene, visit, arrive(visit))
        if not visit.person.bank.oauth:
            answer_mfa(visit, session)
        choose_accounts(visit, session)
    visit.leave_after = None
    if scene.chance(0.15):
        visit.wait(GLANCE)
        visit.step(visit.attempt(), "COMPONENT_CLOSE_SESSION")


def session_expired(scene: Scene) -> None:
    """Fall asleep before the security question: after nine idle minutes the page says so."""
    with_password(scene)
    visit = scene.tab()
    session = log_in(scene, visit, arrive(visit))
    visit.ask(session, mfa_types(scene.rng))
    visit.idle(9 * MINUTE_MS, 9 * MINUTE_MS + 20 * SECOND_MS)
    if scene.chance(0.5):
        visit.both(session, "SESSION_EXPIRED")
    else:
        visit.code(session, "SESSION_EXPIRED")
    if scene.chance(0.2):
        visit.wait(READ)
        log_in_and_connect(scene, visit, retry_login(visit))
