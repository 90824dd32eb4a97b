"""Journeys with long pauses, several tabs, reloads: where session windows are decided."""

from typing import Final

from pipeline.simulator.parts import (
    answer_mfa,
    arrive,
    connect,
    fail_login,
    log_in,
    log_in_and_connect,
    mount,
    retry_login,
    submit,
    with_password,
)
from pipeline.simulator.scene import Scene
from pipeline.simulator.timing import ANSWER, LOAD, MINUTE_MS, READ, SECOND_MS
from pipeline.simulator.visit import Visit
from pipeline.simulator.world import mfa_types

_LIMIT_MS: Final = 120 * MINUTE_MS


def long_pause(scene: Scene) -> None:
    """Look for the password for 8 to 18 minutes: one session nevertheless."""
    with_password(scene)
    visit = scene.tab()
    session = arrive(visit)
    if scene.chance(0.3):
        fail_login(scene, visit, session, "INVALID_PASSWORD")
        session = retry_login(visit)
    visit.idle(8 * MINUTE_MS + 10 * SECOND_MS, 16 * MINUTE_MS)  # then a slow typist takes a minute and a half
    log_in_and_connect(scene, visit, session)


def back_within_the_hour(scene: Scene) -> None:
    """Leave and come back after more than 18 minutes: another session."""
    _come_back(scene, 19 * MINUTE_MS, 38 * MINUTE_MS)


def back_later(scene: Scene) -> None:
    """Leave and come back after more than 40 minutes: another session."""
    _come_back(scene, 41 * MINUTE_MS, 95 * MINUTE_MS)


def _come_back(scene: Scene, shortest_ms: int, longest_ms: int) -> None:
    with_password(scene)
    visit = scene.tab()
    session = arrive(visit)
    if scene.chance(0.5):
        fail_login(scene, visit, session, "INVALID_LOGIN")
    visit.idle(shortest_ms, longest_ms)
    visit.come_back()
    if scene.chance(0.5):
        log_in_and_connect(scene, visit, arrive(visit))
    else:
        again = log_in(scene, visit, visit.attempt(session.request_id))
        answer_mfa(visit, again)
        connect(visit, again)


def close_then_more(scene: Scene) -> None:
    """Click on the cross and go on all the same."""
    with_password(scene)
    visit = scene.tab()
    session = arrive(visit)
    if scene.chance(0.5):
        fail_login(scene, visit, session, "INVALID_LOGIN")
    visit.step(session, "COMPONENT_CLOSE_SESSION", bank=True)
    visit.idle(2 * SECOND_MS, 6 * MINUTE_MS)
    if session.request_id is not None:
        session = retry_login(visit)
    log_in_and_connect(scene, visit, session)


def all_afternoon(scene: Scene) -> None:
    """Come and go for more than two hours: the limit cuts the session."""
    with_password(scene)
    visit = scene.tab(once=True)
    first_ms = visit.now_ms
    session = arrive(visit)
    fail_login(scene, visit, session, "INVALID_PASSWORD")
    while visit.now_ms < first_ms + _LIMIT_MS - 14 * MINUTE_MS:
        visit.idle(3 * MINUTE_MS, 11 * MINUTE_MS)
        visit.step(session, "COMPONENT_HELP2FA_INFO")
    visit.now_ms = first_ms + _LIMIT_MS - 3 * MINUTE_MS
    visit.idle(0, 2 * MINUTE_MS)
    visit.step(session, "COMPONENT_HELP2FA_TROUBLESHOOTING")
    visit.now_ms = first_ms + _LIMIT_MS
    visit.idle(0, 5 * MINUTE_MS)
    visit.come_back()
    log_in_and_connect(scene, visit, visit.attempt())


def two_tabs(scene: Scene) -> None:
    """Open a second tab meanwhile; connect in one of them."""
    with_password(scene)
    first, second = scene.tab(), scene.tab(now_ms=scene.now_ms + 20 * SECOND_MS)
    left = arrive(first)
    if scene.chance(0.5):
        submit(first, left)
        first.ask(left, mfa_types(scene.rng))
    log_in_and_connect(scene, second, arrive(second))


def resumed_elsewhere(scene: Scene) -> None:
    """Answer the question in another tab: one requestId, a session in each visit."""
    with_password(scene)
    first = scene.tab()
    session = log_in(scene, first, arrive(first))
    first.ask(session, mfa_types(scene.rng))
    second = scene.tab(now_ms=first.now_ms + 40 * SECOND_MS)
    _mount_again(second)
    resumed = second.attempt()
    resumed.request_id = session.request_id
    answer_mfa(second, resumed)
    connect(second, resumed)


def reloaded(scene: Scene) -> None:
    """Reload the page at the question: Flinks resumes the requestId."""
    with_password(scene)
    visit = scene.tab()
    session = log_in(scene, visit, arrive(visit))
    visit.ask(session, mfa_types(scene.rng))
    visit.wait(READ)
    visit.step(session, "APP_MOUNTED")
    visit.wait(LOAD)
    answer_mfa(visit, session)
    connect(visit, session)


def resumed_earlier(scene: Scene) -> None:
    """Fail under a second requestId, then go back to the first and connect."""
    with_password(scene)
    visit = scene.tab()
    first = log_in(scene, visit, arrive(visit))
    visit.ask(first, mfa_types(scene.rng))
    visit.wait(ANSWER)
    second = visit.attempt()
    visit.step(second, "INSTITUTION_SELECTED", bank=True)
    fail_login(scene, visit, second, "INVALID_LOGIN")
    # Steps before the first requestId shows again belong to the second, whatever the user meant.
    visit.step(second, "APP_MOUNTED")
    visit.wait(LOAD)
    if scene.chance(0.5):
        visit.step(second, "COMPONENT_LOAD_CREDENTIAL_RETRY", bank=True)
        visit.wait(READ)
    visit.code(first, "QUESTION_NOT_FOUND")
    visit.wait(ANSWER)
    visit.step(first, "SUBMIT_MFA", bank=True)
    visit.wait(READ)
    connect(visit, first)


def pending_in_browser(scene: Scene) -> None:
    """Wait while the bank takes its time: the window stays open longer."""
    with_password(scene)
    visit = scene.tab()
    session = log_in(scene, visit, arrive(visit))
    visit.code(session, "OPERATION_PENDING")
    if scene.chance(0.3):
        visit.idle(4 * MINUTE_MS, 5 * MINUTE_MS)
        visit.code(session, "OPERATION_DISPATCHED")
    visit.idle(19 * MINUTE_MS, 37 * MINUTE_MS)
    if scene.chance(0.7):
        connect(visit, session)


def _mount_again(visit: Visit) -> None:
    mount(visit)
    visit.wait(LOAD)
