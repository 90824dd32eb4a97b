"""Journeys off the main road: consent refused, upload, help, outages of the network, surprises."""

from typing import Final

from pipeline.simulator.parts import (
    answer_mfa,
    arrive,
    choose_bank,
    come_to_login,
    connect,
    fail_login,
    log_in,
    log_in_and_connect,
    mount,
    submit,
    with_oauth,
    with_password,
)
from pipeline.simulator.scene import Scene
from pipeline.simulator.timing import ANSWER, BANK, CHOOSE, GLANCE, LOAD, READ, SECOND_MS
from pipeline.simulator.visit import KEPT_PER_WINDOW
from pipeline.simulator.weighted import Weighted
from pipeline.simulator.world import bank_with_password, mfa_types

_NO_BANK: Final = Weighted(
    (("DISABLED_INSTITUTION", 3.0), ("INSTITUTION_NOT_AVAILABLE", 2.0), ("INVALID_INSTITUTION", 1.0))
)
_READING: Final = (
    "COMPONENT_CONSENT_INTRO",
    "COMPONENT_CONSENT_ABOUT_OPEN",
    "COMPONENT_CONSENT_ABOUT_CLOSE",
    "COMPONENT_CONSENT_PRIVACY",
    "COMPONENT_CONSENT_PRIVACY_OPEN",
    "COMPONENT_CONSENT_PRIVACY_CLOSE",
    "COMPONENT_CLICK_TERMS_URL",
)


def consent_denied(scene: Scene) -> None:
    """Refuse consent."""
    scene.person.consent = False
    visit = scene.tab()
    session = mount(visit)
    visit.step(session, "COMPONENT_LOAD_CONSENT")
    visit.wait(READ)
    visit.step(session, "COMPONENT_DENY_CONSENT")
    if scene.chance(0.5):
        visit.wait(GLANCE)
        visit.step(session, "COMPONENT_CLOSE_SESSION")


def terms_denied(scene: Scene) -> None:
    """Uncheck the terms after checking them."""
    visit = scene.tab()
    session = mount(visit)
    visit.step(session, "COMPONENT_ACCEPT_TERMS")
    visit.wait(READ)
    visit.step(session, "COMPONENT_DENY_TERMS")


def denied_then_accepted(scene: Scene) -> None:
    """Refuse, think again, and go on; some leave all the same."""
    visit = scene.tab()
    session = mount(visit)
    visit.step(session, "COMPONENT_DENY_TERMS")
    visit.wait(READ)
    visit.step(session, "COMPONENT_ACCEPT_TERMS")
    visit.wait(READ)
    choose_bank(visit, session)
    if scene.chance(0.7):
        log_in_and_connect(scene, visit, session)


def denied_after_failure(scene: Scene) -> None:
    """Fail, and refuse what the next page asks."""
    with_password(scene)
    visit = scene.tab()
    session = arrive(visit)
    fail_login(scene, visit, session, "NEW_ACCOUNT")
    visit.step(session, "COMPONENT_DENY_CONSENT")


def careful_reader(scene: Scene) -> None:
    """Read everything about consent and privacy first."""
    visit = scene.tab()
    session = mount(visit)
    for name in _READING:
        visit.step(session, name)
        visit.wait(READ)
    choose_bank(visit, session)
    log_in_and_connect(scene, visit, session)


def provider_consent(scene: Scene) -> None:
    """Consent at the provider (US OAuth) and connect by popup."""
    with_oauth(scene)
    visit = scene.tab()
    session = mount(visit)
    for name in (
        "COMPONENT_PROVIDER_CONSENT_INFO",
        "COMPONENT_PROVIDER_CONSENT_ABOUT",
        "COMPONENT_PROVIDER_CONSENT_LEGAL",
        "COMPONENT_ACCEPT_PROVIDER_CONSENT",
    ):
        visit.step(session, name)
        visit.wait(READ)
    choose_bank(visit, session)
    connect(visit, log_in(scene, visit, session))


def popup_blocked(scene: Scene) -> None:
    """Have the browser block the bank's popup; some allow it then."""
    with_oauth(scene)
    visit = scene.tab()
    session = arrive(visit)
    visit.wait(READ)
    visit.step(session, "POPUP_OPENED", bank=True)
    visit.wait(LOAD)
    visit.step(session, "POPUP_BLOCKED")
    if scene.chance(0.4):
        visit.wait(READ)
        connect(visit, log_in(scene, visit, session))


def enhanced_mfa(scene: Scene) -> None:
    """Answer, skip, or have none of the questions that are asked for later logins."""
    with_password(scene)
    visit = scene.tab()
    session = log_in(scene, visit, arrive(visit))
    answer_mfa(visit, session)
    drawn = scene.rng.getrandbits(2)
    if drawn == 0:
        visit.step(session, "ENHANCED_MFA_NO_QUESTIONS")
    else:
        visit.step(session, "ENHANCED_MFA_HAS_QUESTIONS")
        visit.wait(LOAD)
        visit.step(session, "SUBMIT_GET_MFA_QUESTIONS")
        visit.wait(ANSWER)
        if drawn == 1:
            visit.step(session, "SKIP_ENHANCED_MFA")
        else:
            visit.step(session, "SUBMIT_ANSWER_MFA_QUESTIONS")
            visit.wait(BANK)
            visit.step(session, "ENHANCED_MFA_SUCCESS")
    visit.wait(LOAD)
    connect(visit, session)


def upload(scene: Scene) -> None:
    """Upload statements instead."""
    visit = scene.tab()
    session = mount(visit)
    visit.step(session, "COMPONENT_LOAD_UPLOAD")
    visit.wait(CHOOSE)
    visit.step(session, "UPLOAD_INPUT_CHANGE")
    visit.wait(READ)
    visit.step(session, "UPLOAD_SUBMIT")
    visit.wait(BANK)
    if scene.chance(0.8):
        visit.redirect(session)


def help_wanted(scene: Scene) -> None:
    """Look for help at the security question, and tell what one thinks at the end."""
    with_password(scene)
    visit = scene.tab()
    session = log_in(scene, visit, arrive(visit))
    visit.ask(session, mfa_types(scene.rng))
    visit.wait(READ)
    for name in ("COMPONENT_HELP2FA_INFO", "COMPONENT_HELP2FA_TROUBLESHOOTING", "COMPONENT_HELP2FA_INFO"):
        visit.step(session, name)
        visit.wait(READ)
    visit.step(session, "SUBMIT_MFA", bank=True)
    visit.wait(BANK)
    connect(visit, session)
    if scene.chance(0.5):
        visit.wait(READ)
        visit.step(session, "FEEDBACK")


def network_lost(scene: Scene) -> None:
    """Go through a tunnel."""
    visit = scene.tab()
    session = arrive(visit)
    visit.step(session, "APP_OFFLINE")
    visit.idle(5 * SECOND_MS, 90 * SECOND_MS)
    visit.step(session, "APP_ONLINE")
    visit.wait(READ)
    log_in_and_connect(scene, visit, session)


def other_bank(scene: Scene) -> None:
    """Fail at one bank, go back and take another: a new requestId there."""
    with_password(scene)
    visit = scene.tab()
    session = arrive(visit)
    fail_login(scene, visit, session, "RETRY_LATER")
    visit.step(session, scene.rng.choice(("BACK_SECTION", "COMPONENT_BACK_SESSION")))
    visit.wait(LOAD)
    visit.step(session, "COMPONENT_LOAD_INSTITUTION_SELECTOR", about='{"cached":false}')
    visit.wait(CHOOSE)
    scene.person.bank = bank_with_password(scene.rng)
    session = visit.attempt()
    come_to_login(visit, session)
    log_in_and_connect(scene, visit, session)


def no_such_bank(scene: Scene) -> None:
    """Choose an institution that can not be chosen; told as a step alone, or as a code too."""
    with_password(scene)
    visit = scene.tab()
    session = mount(visit)
    visit.step(session, "COMPONENT_LOAD_INSTITUTION_SELECTOR", about='{"cached":true}')
    visit.wait(CHOOSE)
    visit.step(session, "INSTITUTION_SELECTED", bank=True)
    visit.wait(LOAD)
    name = _NO_BANK.draw(scene.rng)
    if name == "DISABLED_INSTITUTION":
        visit.both(session, name)
    else:
        visit.step(session, name)


def told_apart(scene: Scene) -> None:
    """Fail twice alike, seconds apart: a step and a code more than 5 s apart are two."""
    with_password(scene)
    visit = scene.tab()
    session = arrive(visit)
    submit(visit, session)
    visit.code(session, "DISABLED_INSTITUTION")
    visit.idle(8 * SECOND_MS, 20 * SECOND_MS)
    visit.step(session, "DISABLED_INSTITUTION")


def cascade(scene: Scene) -> None:
    """Get two codes in the same millisecond: only their numbers tell which was last."""
    scene.person.counts = True
    with_password(scene)
    visit = scene.tab(once=True)
    session = arrive(visit)
    submit(visit, session)
    visit.code(session, "AGGREGATION_ERROR")
    visit.code(session, "RETRY_LATER")
    if scene.chance(0.3):
        visit.step(session, "COMPONENT_CLOSE_SESSION")


def old_cookies(scene: Scene) -> None:
    """Meet the legacy cookie pages."""
    visit = scene.tab()
    session = mount(visit)
    for name in ("SESSION_STORAGE_BLOCKED", "SESSION_STORAGE_BLOCKED_RETRY"):
        visit.step(session, name)
        visit.wait(READ)
    choose_bank(visit, session)
    log_in_and_connect(scene, visit, session)


def surprises(scene: Scene) -> None:
    """Meet names that nobody has documented: a step is information, a code a failure."""
    visit = scene.tab()
    session = arrive(visit)
    visit.step(session, scene.rng.choice(("ERROR", "COMPONENT_LOAD_SURVEY")))
    submit(visit, session)
    if scene.chance(0.5):
        visit.code(session, scene.rng.choice(("TEAPOT_AT_BANK", "BANK_ON_FIRE")))
    else:
        connect(visit, session)


def redirect_lost(scene: Scene) -> None:
    """Connect, but the page is gone before the listener has sent the REDIRECT.

    The events can not tell of it, so the truth that they can tell is a session given up.
    """
    with_password(scene)
    visit = scene.tab()
    session = log_in(scene, visit, arrive(visit))
    answer_mfa(visit, session)


def storm(scene: Scene) -> None:
    """Flap between online and offline until the window holds no more; the REDIRECT counts.

    Which of the flaps count depends on their order of arrival, so the truth needs the REDIRECT as its end.
    """
    with_password(scene)
    visit = scene.tab(once=True)
    session = log_in(scene, visit, arrive(visit))
    answer_mfa(visit, session)
    for _ in range(KEPT_PER_WINDOW // 2 + 20):
        for name in ("APP_OFFLINE", "APP_ONLINE"):
            visit.step(session, name)
            visit.idle(500, 1_500)
    visit.redirect(session)
