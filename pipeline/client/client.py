"""The client: answers into a bounded buffer, and a thread that sends them."""

import atexit
import json
import logging
import os
import random
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any, Final

from pipeline.client.redaction import redacted

log = logging.getLogger(__name__)

BATCH: Final = 100
GATHER_S: Final = 0.2
"""What comes so soon after another goes with it."""
TIMEOUT_S: Final = 15.0
AGAIN_S: Final = 1.0
AGAIN_MOST_S: Final = 60.0
CLOSE_S: Final = 5.0
_REFUSED: Final = frozenset({400, 413, 415})
"""Trying again will not help."""


class Client:
    """Sends answers in the background, and tries again for as long as it lives.

    `send` never blocks, and never raises for what happens on the network. While the collector is away up to
    `buffer` answers wait, and then the oldest go. Each has an id, so that one that is sent twice counts once.
    What still waits when the process ends is sent within five seconds, or lost.

    Attributes:
        dropped: Answers that were given up: the buffer was full, or the collector refused them.
    """

    def __init__(self, url: str, key: str, *, buffer: int = 10_000) -> None:
        """`url` is the collector's, with its base path; `key` is the backend's own, whose hash the collector has.

        Raises:
            ValueError: the address is not http or https.
        """
        if not url.startswith(("https://", "http://")):
            raise ValueError("url should begin with https://")
        self.dropped = 0
        self._url = url.rstrip("/") + "/v1/api-events"
        self._key = key
        self._buffer = buffer
        self._begin()
        atexit.register(self.close)
        if hasattr(os, "register_at_fork"):
            # A child has no thread, and what waits is the parent's to send.
            os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._waiting: deque[dict[str, Any]] = deque()
        self._change = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def send(
        self,
        answer: Mapping[str, Any],
        *,
        endpoint: str | None = None,
        request_id: str | None = None,
        http_status: int | None = None,
    ) -> None:
        """Pass on an answer of Flinks' API, as parsed from its JSON.

        Args:
            answer: As it came; only what says how it went leaves this process.
            endpoint: What was asked: GetAccountsDetail, or the path of the request.
            request_id: The request's, where the answer has none.
            http_status: The answer's own, where its body has none.
        """
        event = {
            "id": str(uuid.uuid4()),
            "at": _now(),
            "endpoint": endpoint,
            "request_id": request_id,
            "http_status": http_status,
            "data": redacted(answer),
        }
        with self._change:
            if self._closing:
                self.dropped += 1
                return
            self._waiting.append(event)
            if len(self._waiting) > self._buffer:
                self._waiting.popleft()
                self.dropped += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="flinks-client", daemon=True)
                self._thread.start()
            self._change.notify()

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """Send what waits, and end; what can not be sent in this time is lost."""
        with self._change:
            self._closing = True
            thread = self._thread
            self._change.notify()
        if thread is not None:
            thread.join(timeout_s)

    def _run(self) -> None:
        failures = 0
        while batch := self._next():
            wait_s = self._deliver(batch)
            if wait_s is None:
                failures = 0
                continue
            with self._change:
                # Before what came meanwhile, as long as there is room.
                room = max(0, self._buffer - len(self._waiting))
                self.dropped += max(0, len(batch) - room)
                self._waiting.extendleft(reversed(batch[len(batch) - min(room, len(batch)) :]))
                wait_s = max(wait_s, min(AGAIN_S * 2**failures, AGAIN_MOST_S)) * random.uniform(1.0, 1.5)  # noqa: S311
                self._change.wait_for(lambda: self._closing, wait_s)
                failures += 1
                if self._closing and failures > 1:
                    return

    def _next(self) -> list[dict[str, Any]]:
        """The next answers to send; none when it is over."""
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._closing)
            if not self._closing:
                self._change.wait_for(lambda: self._closing or len(self._waiting) >= BATCH, GATHER_S)
            return [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]

    def _deliver(self, batch: list[dict[str, Any]]) -> float | None:
        """None if it is settled, else after how many seconds to try again."""
        body = json.dumps({"v": 1, "sent_at": _now(), "events": batch}, default=str).encode()
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self._url, body, headers, method="POST")  # noqa: S310  # checked at the start
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310  # the same
                verdicts = json.load(answer)["events"]
        except urllib.error.HTTPError as error:
            with error:
                if error.code not in _REFUSED:
                    return _retry_after(error)
            log.warning("the collector refused %d answers with status %d", len(batch), error.code)
            self.dropped += len(batch)
            return None
        except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
            log.debug("no answer of the collector: %s", type(error).__name__)
            return 0.0
        rejected = sum(verdict.get("verdict") == "rejected" for verdict in verdicts)
        if rejected:
            log.warning("the collector could not use %d of %d answers", rejected, len(batch))
        self.dropped += rejected
        return None


def _retry_after(error: urllib.error.HTTPError) -> float:
    told_s = error.headers.get("Retry-After", "0")
    return min(float(told_s), AGAIN_MOST_S) if told_s.isdigit() else 0.0


def _now() -> str:
    now = time.time()
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
