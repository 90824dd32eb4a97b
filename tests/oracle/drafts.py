"""Single events for made-up visits: clocks, delays, copies and whatever else an event can know."""

import random
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.oracle.reading import timestamp

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

NAMES = {
    what: names.split()
    for what, names in {
        "step": """
            APP_MOUNTED COMPONENT_LOAD_CONSENT COMPONENT_LOAD_INSTITUTION_SELECTOR COMPONENT_LOAD_CREDENTIAL
            COMPONENT_LOAD_MFA COMPONENT_LOAD_MFA_RETRY SUBMIT_MFA COMPONENT_LOAD_ACCOUNT_SELECTION
            ACCOUNT_SELECTED ENHANCED_MFA_SUCCESS SKIP_ENHANCED_MFA UPLOAD_SUBMIT FEEDBACK RETRY_COUNT
            POPUP_BLOCKED POPUP_CLOSED STEP_UNHEARD_OF 100%s
        """,
        "beginning": "SUBMIT_CREDENTIAL POPUP_OPENED COMPONENT_LOAD_CREDENTIAL_RETRY INSTITUTION_SELECTED",
        "decision": """
            COMPONENT_ACCEPT_CONSENT COMPONENT_ACCEPT_PROVIDER_CONSENT COMPONENT_ACCEPT_TERMS
            COMPONENT_DENY_CONSENT COMPONENT_DENY_TERMS
        """,
        "redirect": "REDIRECT",
        "close": "COMPONENT_CLOSE_SESSION",
        "code": """
            INVALID_LOGIN INVALID_PASSWORD INVALID_SECURITY_RESPONSE NEW_ACCOUNT RETRY_LATER UNAUTHORIZED
            AGGREGATION_ERROR INVALID_REQUEST TOO_MANY_REQUESTS SESSION_NONEXISTENT SESSION_EXPIRED SESSION_EXPIRED
            QUESTION_NOT_FOUND QUESTION_NOT_FOUND OPERATION_PENDING OPERATION_DISPATCHED NO_TRANSACTION OK
            CODE_UNHEARD_OF "QUOTED\\{0}" %d_é
        """,
        "pair": """
            QUESTION_NOT_FOUND INVALID_SECURITY_RESPONSE DISABLED_INSTITUTION SESSION_EXPIRED
            COMPONENT_LOAD_MFA_RETRY SUBMIT_CREDENTIAL COMPONENT_DENY_TERMS BOTH_UNHEARD_OF
        """,
        "answer": """
            OK OK OK OPERATION_PENDING OPERATION_DISPATCHED QUESTION_NOT_FOUND RETRY_LATER INVALID_LOGIN
            NO_TRANSACTION SESSION_EXPIRED ANSWER_UNHEARD_OF ANSWER_UNHEARD_OF REDIRECT SUBMIT_CREDENTIAL
        """,
    }.items()
}
_STATUSES = [None, None, 200, 200, 202, 203, 301, 399, 400, 401, 404, 500]


@dataclass
class Draft:
    """An event before its clocks are told: its true time, when it arrives, and its fields."""

    time_ms: int
    arrives_ms: int
    fields: dict[str, Any]


@dataclass
class Drafts:
    """Makes events. `orderly` ones arrive within 60 s, and their copies mean the same whenever they arrive."""

    seed: int
    orderly: bool = False
    made: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)

    def answer(self, visit: str, time_ms: int, requests: list[str]) -> list[Draft]:
        """A server or webhook event, of the visit or not; none if no request is known."""
        rng = self.rng
        if not requests:
            return []
        made = self.browser(
            visit, time_ms, rng.choice(NAMES["answer"]), rng.choice(requests), rng.choice(["api", "api", "code"])
        )
        made.fields["source"] = rng.choice(["server", "webhook"])
        unheard = made.fields["name"] == "ANSWER_UNHEARD_OF"
        made.fields["http_status"] = rng.choice([None, 200, 399, 399, 400] if unheard else _STATUSES)
        if rng.random() < 0.4:
            del made.fields["connect_session_id"]
        return [made]

    def browser(self, visit: str, time_ms: int, name: str, request: str | None = None, kind: str = "step") -> Draft:
        """A browser's event with its clocks and whatever else it knows."""
        rng = self.rng
        self.made += 1
        fields: dict[str, Any] = {
            "v": 1,
            "id": f"{rng.randrange(16):x}-{self.made}",
            "source": "browser",
            "kind": kind,
            "name": name,
            "connect_session_id": visit,
            **self.clocks(time_ms),
        }
        if request:
            fields["request_id"] = request
        if rng.random() < 0.5:
            fields["seq"] = rng.choice([0, 1, 2, self.made])
        for text, values in (
            ("institution", ["RBC", "BMO", "TD", "", 'Caisse "%s" in été']),
            ("app", ["a1", "a2"]),
            ("environment", ["production", "sandbox", None]),
            ("platform", ["web", "ios", "server"]),
            ("release", ["1.0", "1.1"]),
        ):
            if rng.random() < 0.3:
                fields[text] = rng.choice(values)
        if rng.random() < 0.1:
            fields["attributes"] = {
                "mfa_types": rng.choice(["sms", ["sms", "email"], ["push", '"%s"'], []]),
                "cached": True,
            }
        return Draft(time_ms, time_ms + self.delay(), fields)

    def clocks(self, time_ms: int) -> dict[str, str]:
        """`at` and `received_at` whose earlier one is the time."""
        later = timestamp(time_ms + self.rng.choice([0, 1, 500, 30_000, 400 * 24 * HOUR]))
        told = timestamp(time_ms)
        return self.rng.choice(
            [{"at": told, "received_at": later}] * 3 + [{"at": later, "received_at": told}, {"received_at": told}]
        )

    def delay(self) -> int:
        """From an event's time to its arrival."""
        kind = self.rng.random()
        if kind < 0.5:
            return 0
        if kind < 0.95 or self.orderly:
            return self.rng.randrange(60) * SECOND
        return self.rng.choice([60, 120, 500, 1_080, 1_140, 2_000, 2_460, 4_000]) * SECOND

    def copies(self, drafts: list[Draft]) -> list[Draft]:
        """Copies of some: exact, earlier, later, or changed."""
        rng = self.rng
        made = []
        times = sorted(draft.time_ms for draft in drafts)
        close_by = all(later - earlier < 8 * MINUTE for earlier, later in pairwise(times))
        for draft in drafts:
            if rng.random() > (0.25 if self.orderly else 0.06):
                continue
            fields = dict(draft.fields)
            time_ms = draft.time_ms
            if rng.random() < 0.6 and (close_by or not self.orderly):
                ahead = [-20, -1, 1, 20] if self.orderly else [-1_500, -600, -20, -1, 0, 1, 20, 500, 1_090]
                time_ms += rng.choice(ahead) * SECOND
                fields |= {"at": timestamp(time_ms), "received_at": timestamp(time_ms)}
                if not self.orderly:
                    changes: list[dict[str, Any]] = [{}, {}, {"institution": "CIBC"}, {"seq": 0}, {"name": "UNHANDLED"}]
                    fields |= rng.choice(changes)
            elif not self.orderly:
                fields |= rng.choice([{}, {"seq": 0, "institution": "CIBC"}, {"seq": None, "institution": "TD"}])
            arrives_ms = time_ms if self.orderly else max(time_ms, draft.arrives_ms)
            made.append(Draft(time_ms, arrives_ms + self.delay(), fields))
        return made
