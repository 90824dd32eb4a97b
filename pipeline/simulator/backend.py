"""Journeys of the customer's backend: data requests and webhooks."""

from typing import Final

from pipeline.simulator.parts import answer_mfa, arrive, log_in, with_password
from pipeline.simulator.scene import Scene
from pipeline.simulator.timing import MINUTE_MS, SECOND_MS, SERVER
from pipeline.simulator.truth import Session
from pipeline.simulator.visit import Visit
from pipeline.simulator.weighted import Weighted

_POLL_MS: Final = 10 * SECOND_MS
_WEBHOOK_REPEAT_MS: Final = 30 * MINUTE_MS
_MOST_REPEATS: Final = 10
_LONG: Final = 29 * MINUTE_MS
_REFUSALS: Final = Weighted(
    (
        ("INVALID_LOGIN", 3.0),
        ("RETRY_LATER", 3.0),
        ("SESSION_NONEXISTENT", 1.0),
        ("SESSION_EXPIRED", 1.0),
        ("AGGREGATION_ERROR", 1.0),
        ("UNAUTHORIZED", 1.0),
        ("TOO_MANY_REQUESTS", 0.5),
        ("DISABLED_INSTITUTION", 0.5),
        ("CARD_IN_USE", 0.3),
        ("TEAPOT_AT_BANK", 0.2),
    )
)


def fetch_accounts(scene: Scene, now_ms: int) -> None:
    """Exchange the loginId for a new requestId and get the accounts."""
    backend = scene.backend(now_ms=now_ms)
    request = _authorize(backend)
    if scene.chance(0.3):
        _poll(backend, request, "OPERATION_PENDING", scene.rng.randint(1, 6))
    backend.api(request, "OK", "GetAccountsDetail")


def refresh(scene: Scene) -> None:
    """Refresh in the night: answered at once, or in vain."""
    backend = scene.backend()
    request = _authorize(backend)
    drawn = scene.rng.random()
    if drawn < 0.75:  # noqa: PLR2004 - three in four
        backend.api(request, "OK", "GetAccountsSummary")
    elif drawn < 0.85:  # noqa: PLR2004 - one in ten
        backend.api(request, "NO_TRANSACTION", "GetAttributes")
    elif drawn < 0.92:  # noqa: PLR2004 - one in fourteen
        # A name that no list has is information while its status is no error.
        backend.api(request, "PARTIAL_DATA", "GetStatements", status=200)
    else:
        # The bank asks a question that nobody is there to answer.
        backend.api(request, "QUESTION_NOT_FOUND", "Authorize", status=203)


def refresh_pending(scene: Scene) -> None:
    """Poll until the data is there."""
    backend = scene.backend()
    request = _authorize(backend)
    if scene.chance(0.3):
        backend.idle(210 * SECOND_MS, 215 * SECOND_MS)
        _poll(backend, request, "OPERATION_DISPATCHED", scene.rng.randint(2, 40))
    else:
        _poll(backend, request, "OPERATION_PENDING", scene.rng.randint(2, 12))
    backend.api(request, "OK", "GetAccountsDetailAsync")


def refresh_timed_out(scene: Scene) -> None:
    """Poll for half an hour and give up; at times the answer comes after all."""
    backend = scene.backend()
    request = _authorize(backend)
    _poll(backend, request, "OPERATION_PENDING", scene.rng.randint(10, 60))
    backend.idle(_LONG - MINUTE_MS, _LONG + 3 * MINUTE_MS)
    if scene.chance(0.3):
        backend.api(request, "OK", "GetAccountsDetailAsync")


def refresh_refused(scene: Scene) -> None:
    """Be refused."""
    backend = scene.backend()
    request = backend.request()
    backend.api(request, _REFUSALS.draw(scene.rng), "Authorize")


def webhook(scene: Scene) -> None:
    """Be told that the data is there."""
    backend = scene.backend()
    backend.api(backend.request(), "OK", "GetAccountsDetail", source="webhook")


def webhook_repeated(scene: Scene) -> None:
    """Be told again and again for hours, for the answer was not 200."""
    backend = scene.backend()
    backend.api(backend.request(), "OK", "KYC", source="webhook")
    for n in range(1, scene.rng.randint(2, _MOST_REPEATS) + 1):
        scene.repeat_last(backend, n * _WEBHOOK_REPEAT_MS)


def connected_and_told(scene: Scene) -> None:
    """Connect under a requestId that the backend and a webhook name as well.

    The backend knows the tab, so its answers stand in the same window: those under the browser's
    requestId in that session, those under a new one in a data session beside it.
    """
    with_password(scene)
    visit = scene.tab(once=True)
    session = log_in(scene, visit, arrive(visit))
    answer_mfa(visit, session)
    visit.redirect(session)
    if session.request_id is not None:
        visit.wait(SERVER)
        visit.api(session, "OK", "Authorize")
    request = visit.request()
    visit.idle(SECOND_MS, 20 * MINUTE_MS)
    visit.api(request, "OK", "GetAccountsDetail")
    if scene.chance(0.5):
        visit.idle(SECOND_MS, MINUTE_MS)
        visit.api(request, "OK", "GetAccountsDetail", source="webhook")


def told_by_webhook(scene: Scene) -> None:
    """Connect; a webhook without the tab's id names the browser's requestId."""
    with_password(scene)
    visit = scene.tab()
    session = log_in(scene, visit, arrive(visit))
    answer_mfa(visit, session)
    visit.redirect(session)
    backend = scene.backend(now_ms=visit.now_ms + 30 * SECOND_MS)
    backend.api(backend.request(session.request_id), "OK", "GetAccountsDetail", source="webhook")


def foreign_client(scene: Scene) -> None:
    """Connect in a page without our listener: what it sends has a requestId and no tab."""
    with_password(scene)
    client = scene.backend()
    session = client.foreign()
    client.step(session, "APP_MOUNTED")
    client.idle(5 * SECOND_MS, MINUTE_MS)
    client.step(session, "SUBMIT_CREDENTIAL", bank=True)
    answer_mfa(client, session)
    if scene.chance(0.7):
        client.redirect(session)


def _authorize(backend: Visit) -> Session:
    request = backend.request()
    backend.wait(SERVER)
    backend.api(request, "OK", "Authorize")
    backend.wait(SERVER)
    return request


def _poll(backend: Visit, request: Session, name: str, times: int) -> None:
    for _ in range(times):
        backend.api(request, name, "GetAccountsDetailAsync")
        backend.now_ms += _POLL_MS
        backend.wait(SERVER)
