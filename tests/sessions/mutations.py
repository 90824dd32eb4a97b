"""Rules broken on purpose, one each: what the comparison with the oracle has to notice."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """`old` stands once in a file of the pipeline; `new` breaks the rule that the name tells."""

    name: str
    file: str
    old: str
    new: str


RULES = "sessions/rules.py"
SCRIPT = "sessions/script.py"
SESSION = "sessions/session.py"
CLOSING = "sessions/closing.py"
JOURNEY = "sessions/journey.py"
STEPS = "sessions/steps.py"
PAIRING = "sessions/pairing.py"
ADMISSION = "sessions/admission.py"
WINDOW = "sessions/window.py"
FOLD = "sessions/fold.py"
STATE = "sessions/state.py"
TIMES = "flinks/times.py"
CATALOGUE = "flinks/catalogue.toml"

_WINDOWS = [
    Mutation(
        "18 minutes are 17",
        RULES,
        "REACH_MS: Final = INACTIVITY_GAP_MS + LATE_MS\n",
        "REACH_MS: Final = INACTIVITY_GAP_MS + LATE_MS - MINUTE_MS\n",
    ),
    Mutation("40 minutes are 30", RULES, "DATA_GAP_MS + LATE_MS", "DATA_GAP_MS"),
    Mutation(
        "18 minutes join at the end",
        FOLD,
        "time_ms - last_ms < window.reach_ms",
        "time_ms - last_ms <= window.reach_ms",
    ),
    Mutation("18 minutes join anywhere", WINDOW, "distance_ms < self.reach_ms", "distance_ms <= self.reach_ms"),
    Mutation("a window has no limit", RULES, "LIMIT_MS: Final = 120 *", "LIMIT_MS: Final = 12_000 *"),
    Mutation("2 hours join at the end", FOLD, "events[0][TIME] < LIMIT_MS", "events[0][TIME] <= LIMIT_MS"),
    Mutation(
        "2 hours join anywhere", WINDOW, "min(first_ms, time_ms) < LIMIT_MS", "min(first_ms, time_ms) <= LIMIT_MS"
    ),
    Mutation("pending makes no window long", WINDOW, "if name in BACKGROUND:", "if name in ():"),
    Mutation("windows never merge", ADMISSION, "for other in near[1:]:", "for other in near[1:0]:"),
    Mutation(
        "merging beyond 2 hours",
        ADMISSION,
        "min(window.first_ms, other.first_ms) < LIMIT_MS",
        "min(window.first_ms, other.first_ms) < 2 * LIMIT_MS",
    ),
    Mutation(
        "merging keeps the later identity",
        WINDOW,
        "{**other.sessions, **(self.sessions or {})}",
        "{**(self.sessions or {}), **other.sessions}",
    ),
    Mutation(
        "the latest of two windows takes an event", ADMISSION, "window = near[0]", "near.reverse(); window = near[0]"
    ),
    Mutation(
        "too late by the watermark alone",
        ADMISSION,
        "if not near and arrival.time_ms + _reach_alone_ms(arrival) <= watermark_ms:",
        "if not near and arrival.time_ms <= watermark_ms:",
    ),
    Mutation("nothing is too late", ADMISSION, "+ _reach_alone_ms(arrival) <=", "+ 10**9 <="),
    Mutation("a server event is too late as soon as a browser's", ADMISSION, "arrival.what >= BROWSER or ", ""),
    Mutation("the cap is 501", RULES, "KEPT_EVENTS: Final = 500", "KEPT_EVENTS: Final = 501"),
    Mutation(
        "the first REDIRECT over the cap is not kept",
        ADMISSION,
        "if not _is_first_redirect(window, arrival):",
        "if window:",
    ),
    Mutation(
        "every REDIRECT over the cap is kept",
        ADMISSION,
        "    if arrival.request_id is None:\n",
        "    return True\n    if arrival.request_id is None:\n",
    ),
]

_ORDER = [
    Mutation(
        "a clock in the future is believed", FOLD, "                time_ms = append_ms\n", "                pass\n"
    ),
    Mutation("received_at is not asked", TIMES, "at_ms if at_ms < received_ms else received_ms", "at_ms"),
    Mutation("seq is ignored", FOLD, "seq = -1 if event.seq is None else event.seq", "seq = -1"),
    Mutation("no seq sorts last", FOLD, "seq = -1 if event.seq is None", "seq = 2**53 if event.seq is None"),
    Mutation("disorder is 50 s", RULES, "DISORDER_MS: Final = 60_000", "DISORDER_MS: Final = 50_000"),
    Mutation("an earlier copy changes nothing", ADMISSION, "(arrival.time_ms, arrival.seq) < stored[:2]", "False"),
    Mutation(
        "a later copy takes the place",
        ADMISSION,
        "(arrival.time_ms, arrival.seq) < stored[:2]",
        "(arrival.time_ms, arrival.seq) > stored[:2]",
    ),
    Mutation(
        "copies go by time alone",
        ADMISSION,
        "(arrival.time_ms, arrival.seq) < stored[:2]",
        "arrival.time_ms < stored[0]",
    ),
    Mutation("duplicates are not counted", CLOSING, "if copies else 0", "if copies and False else 0"),
]

_CLOSING = [
    Mutation(
        "terminal sessions close after 31 s",
        RULES,
        "TERMINAL_GAP_MS: Final = 30_000",
        "TERMINAL_GAP_MS: Final = 31_000",
    ),
    Mutation(
        "sessions close after 7 minutes", SCRIPT, "return INACTIVITY_GAP_MS,", "return INACTIVITY_GAP_MS - 60_000,"
    ),
    Mutation("data closes after 8 minutes", SCRIPT, "return DATA_GAP_MS,", "return INACTIVITY_GAP_MS,"),
    Mutation(
        "data alone waits for 30 minutes",
        SCRIPT,
        "if not connect or not BACKGROUND.isdisjoint(names):",
        "if not connect:",
    ),
    Mutation(
        "a session closes once the watermark is beyond",
        CLOSING,
        "due_ms = min(session.times[-1] + session.script.gap_ms, limit_ms)",
        "due_ms = min(session.times[-1] + session.script.gap_ms, limit_ms) + 1",
    ),
    Mutation(
        "a window lives until the watermark is beyond",
        WINDOW,
        "return self.events[-1][TIME] + self.reach_ms",
        "return self.events[-1][TIME] + self.reach_ms + 1",
    ),
    Mutation("nothing is closed by the limit", CLOSING, '"limit" if limited else', '"limit" if False else'),
    Mutation(
        "the limit closes nothing",
        CLOSING,
        "min(session.times[-1] + session.script.gap_ms, limit_ms)",
        "session.times[-1] + session.script.gap_ms",
    ),
    Mutation("closing by the user is not terminal", SCRIPT, "names[-1] in CLOSES if connect", "False if connect"),
    Mutation(
        "closing by the user ends it wherever it stands",
        SCRIPT,
        "names[-1] in CLOSES if connect",
        "not CLOSES.isdisjoint(names) if connect",
    ),
    Mutation(
        "only a last REDIRECT is terminal", SCRIPT, "or not REDIRECTS.isdisjoint(names):", "or names[-1] in REDIRECTS:"
    ),
    Mutation("every answer is final", SCRIPT, "else not _in_progress(names[-1], last_status)", "else True"),
    Mutation(
        "a revision comes with every look",
        CLOSING,
        "        if emitted.digest == _digest(said):\n            return None\n"
        "        revision, before = emitted.revision + 1, emitted.outcome\n        if known",
        "        revision, before = emitted.revision + 1, emitted.outcome\n        if known",
    ),
    Mutation("codes by first appearance", SCRIPT, "dict(sorted(codes.items()))", "codes"),
    Mutation("a told session's id is given to another", CLOSING, "found not in taken), first_id)", "True), first_id)"),
    Mutation(
        "revisions get a new id",
        CLOSING,
        "_session_id(window, session) if emitted is None else emitted.id",
        "_session_id(window, session)",
    ),
]

_SHORT_CUT = [
    Mutation(
        "the short cut never brings the close forward",
        FOLD,
        "if time_ms + window.gap_ms < window.due_ms:",
        "if mark & TURNS and time_ms + window.gap_ms < window.due_ms:",
    ),
    Mutation(
        "the short cut does not note what turns a window",
        FOLD,
        "                        window.note(name, what)\n",
        "                        pass\n",
    ),
    Mutation("the short cut ignores order", FOLD, "(seq, event_id) > last[SEQ:NAME]", "True"),
    Mutation("the short cut ignores copies", FOLD, "                and event_id not in window.ids\n", ""),
    Mutation("the short cut ignores who tells", FOLD, "                and origin == window.origins[0]\n", ""),
    Mutation("the short cut goes on after a close", FOLD, "                and watermark_ms < window.due_ms\n", ""),
    Mutation("the short cut goes on after a result", FOLD, "                and window.sessions is None\n", ""),
    Mutation("the short cut takes another request's event", FOLD, "request_id == window.request_ids[-1]", "True"),
]

_RESTORING = [
    Mutation("copies are forgotten", STATE, "copies=state.copies,", "copies=None,"),
    Mutation("what was emitted is forgotten", STATE, "sessions=state.sessions and {", "sessions=None and {"),
    Mutation("the visit is forgotten", STATE, "visit=state.visit and ", "visit=None and "),
    Mutation("what changed is forgotten", STATE, "changed=state.changed,", "changed=False,"),
    Mutation("what is due is forgotten", STATE, "due_ms=state.due_ms,", "due_ms=2**62,"),
    Mutation("requests are forgotten", STATE, "request_ids=state.request_ids,", "request_ids=state.request_ids[::-1],"),
    Mutation("reach is forgotten", STATE, "    window.survey()\n", ""),
]

_STEPS = [
    Mutation("nothing begins", STEPS, "if event[NAME] in BEGINNINGS), len(steps))", "if False), len(steps))"),
    Mutation("everything begins", STEPS, "if event[NAME] in BEGINNINGS), len(steps))", "), len(steps))"),
    Mutation("a request seen before receives steps", STEPS, "elif request in owned:", "elif False:"),
    Mutation(
        "the first request does not get the steps before it",
        STEPS,
        "if current < 0:\n                owned[request] = waiting",
        "if current < 0:\n                owned[NO_REQUEST] = waiting",
    ),
    Mutation("server events receive steps", STEPS, "[event for event in events if event[WHAT] < BROWSER]", "events"),
    Mutation("null sessions are not claimed", CLOSING, "        return known[None]\n", "        return None\n"),
    Mutation("any request claims", CLOSING, "session.request_id == claiming_request_id(window)", "True"),
    Mutation(
        "POPUP_OPENED does not begin",
        CATALOGUE,
        'begins = true\nattempt = true\nabout = "The bank\'s own login (OAuth) was opened."',
        'attempt = true\nabout = "The bank\'s own login (OAuth) was opened."',
    ),
]

_COUNTS = [
    Mutation("pairs within 4 s", RULES, "PAIR_MS: Final = 5_000", "PAIR_MS: Final = 4_000"),
    Mutation("pairs within less than 5 s", PAIRING, "<= PAIR_MS", "< PAIR_MS"),
    Mutation("nothing pairs", PAIRING, "<= PAIR_MS", "< 0"),
    Mutation(
        "the earlier of a pair goes",
        PAIRING,
        "return tuple(sorted([later for _, later in",
        "return tuple(sorted([earlier for earlier, _ in",
    ),
    Mutation("pairs count before pairing too", SCRIPT, "        if place in again:\n            continue\n", ""),
    Mutation("retries do not count", SCRIPT, "            retries += 1\n", "            pass\n"),
    Mutation(
        "progress is no code",
        SCRIPT,
        "if entry.role in {Role.IN_PROGRESS, Role.BENIGN}:",
        "if entry.role in {Role.BENIGN}:",
    ),
    Mutation(
        "benign names are no codes",
        SCRIPT,
        "if entry.role in {Role.IN_PROGRESS, Role.BENIGN}:",
        "if entry.role in {Role.IN_PROGRESS}:",
    ),
    Mutation("attempts of data count", CLOSING, "sum([other.script.connect == script.connect for", "sum([True for"),
    Mutation("the backend attempts logins", SCRIPT, "sum(what < BROWSER for what in tried)", "len(tried)"),
]

_OUTCOMES = [
    Mutation(
        "denied before completed",
        SCRIPT,
        "    elif redirect_place is not None:\n",
        "    elif redirect_place is not None and not _denied(names):\n",
    ),
    Mutation(
        "failed before denied",
        SCRIPT,
        "    elif _denied(names):\n",
        "    elif _denied(names) and failure[1] is None:\n",
    ),
    Mutation("the first decision holds", SCRIPT, "effects[-1] == _DENIES", "effects[0] == _DENIES"),
    Mutation(
        "the first failure is told",
        SCRIPT,
        "            failure = name, its_class\n",
        "            failure = failure if failure[0] else (name, its_class)\n",
    ),
    Mutation("expired is failed", SCRIPT, ', FailureClass.EXPIRY: "expired"}', "}"),
    Mutation(
        "every outcome tells a failure",
        SCRIPT,
        'failure if outcome in {"failed", "expired"} else _NO_FAILURE',
        "failure",
    ),
    Mutation("the backend's INVALID_LOGIN is the user's", SCRIPT, "return known[what >= BROWSER]", "return known[0]"),
    Mutation("unknown codes are no failures", SCRIPT, "if what % 3 == CODE or (what", "if (what"),
    Mutation("unknown answers fail at 399", RULES, "FAILED_STATUS: Final = 400", "FAILED_STATUS: Final = 399"),
    Mutation("unknown answers never fail", RULES, "FAILED_STATUS: Final = 400", "FAILED_STATUS: Final = 600"),
    Mutation("203 is a final answer", RULES, "(202, 203)", "(202,)"),
    Mutation("data that waits has completed", SCRIPT, '        return "timed_out"\n', '        return "completed"\n'),
    Mutation(
        "the last time of a stage", SCRIPT, "stages.setdefault(STAGE_OF[name], place)", "stages[STAGE_OF[name]] = place"
    ),
    Mutation("the first stage is the furthest", SCRIPT, "max(stages, default=-1)", "min(stages, default=-1)"),
    Mutation("data has stages", SCRIPT, "    if connect:\n        for place", "    if names:\n        for place"),
    Mutation(
        "time to the last REDIRECT",
        SCRIPT,
        "in enumerate(names) if name in REDIRECTS), None)",
        "in reversed(list(enumerate(names))) if name in REDIRECTS), None)",
    ),
    Mutation(
        "the first institution",
        SESSION,
        "self._institutions[-1] or next(filter(None, reversed(self._institutions)), None)",
        "next(filter(None, self._institutions), None)",
    ),
    Mutation(
        "the last app",
        SESSION,
        "for values in zip(*origins, strict=True)",
        "for values in zip(*origins[::-1], strict=True)",
    ),
]

_VISITS = [
    Mutation("all must convert", JOURNEY, '"converted": any(', '"converted": all('),
    Mutation("the first session's outcome", JOURNEY, "last = connects[-1]", "last = connects[0]"),
    Mutation("a visit does not wait", CLOSING, "if not waiting and window.of_visit", "if window.of_visit"),
    Mutation(
        "a visit without a connect_session_id", CLOSING, "if not waiting and window.of_visit and", "if not waiting and"
    ),
    Mutation(
        "a visit's id is of its first event",
        CLOSING,
        "next(event for event in window.events if event[WHAT] < BROWSER)",
        "window.events[0]",
    ),
]

MUTATIONS = [*_WINDOWS, *_ORDER, *_CLOSING, *_SHORT_CUT, *_RESTORING, *_STEPS, *_COUNTS, *_OUTCOMES, *_VISITS]
