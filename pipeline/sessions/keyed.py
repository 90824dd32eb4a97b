"""The living windows of a partition by their keys."""

from collections.abc import Iterator, Sequence
from itertools import chain

from pipeline.sessions.state import dump_windows, first_due_ms, is_unemitted, load_windows
from pipeline.sessions.timers import Timers
from pipeline.sessions.window import NEVER_MS, Window


class KeyedWindows:
    """Windows by key, when to look at them, and what the changelog does not know of them yet.

    Attributes:
        single: The window of each key that has one only, as nearly all have.
        several: The windows of the other keys.
        asleep: Keys as the changelog has them, of which nothing was wanted since they were loaded. So a restore is
            quick and takes a third of the memory.
        changed: Keys whose state is not what the changelog has.
        timers: When to look at which key; some are out of date.
    """

    __slots__ = ("_gone", "asleep", "changed", "several", "single", "timers")

    def __init__(self) -> None:
        self.single: dict[str, Window] = {}
        self.several: dict[str, list[Window]] = {}
        self.asleep: dict[str, bytes] = {}
        self.changed: set[str] = set()
        self.timers = Timers()
        self._gone: set[str] = set()
        """Keys of the changelog that have no window any more."""

    def __len__(self) -> int:
        """How many keys have windows."""
        return len(self.single) + len(self.several) + len(self.asleep)

    @property
    def unemitted(self) -> int:
        """Keys of which nothing was emitted yet; counts them one by one, a tenth of a second for a million."""
        one = sum(window.sessions is None for window in self.single.values())
        more = sum(any(window.sessions is None for window in windows) for windows in self.several.values())
        return one + more + sum(map(is_unemitted, self.asleep.values()))

    def keys(self) -> Iterator[bytes]:
        """Every key that has a window."""
        return (key.encode() for key in chain(self.single, self.several, self.asleep))

    def of(self, key: str) -> list[Window]:
        """The key's windows, in a list of the caller's own."""
        if key in self.asleep:
            woken = load_windows(key, self.asleep.pop(key))
            self.hold(key, woken)
            for window in woken:
                self.set_timer(window)
        single = self.single.get(key)
        return [single] if single is not None else list(self.several.get(key, ()))

    def hold(self, key: str, windows: list[Window]) -> None:
        """Hold these windows of the key, and no others."""
        if len(windows) == 1:
            self.single[key] = windows[0]
            self.several.pop(key, None)
        else:
            self.single.pop(key, None)
            if windows:
                self.several[key] = windows
            else:
                self.several.pop(key, None)

    def drop(self, window: Window) -> None:
        """Forget a window whose time is over."""
        key = window.key
        if self.single.pop(key, None) is not None:
            left = []
        else:
            left = [other for other in self.several[key] if other is not window]
            self.hold(key, left)
        if left:
            self.changed.add(key)
            left[0].logged = left[0].logged or window.logged
        else:
            self.changed.discard(key)
            if window.logged:
                self._gone.add(key)

    def set_timer(self, window: Window) -> None:
        """See to it that the window is looked at when it is due."""
        if window.due_ms < window.timer_ms:
            window.timer_ms = window.due_ms
            self.timers.set(window.due_ms, window.key)

    def woken(self, watermark_ms: int, most: int) -> Iterator[Window]:
        """Windows that are due; what is done to one before the next is asked for may change or drop it.

        A tick is gone through as a whole, and none is begun when `most` timers have run.
        """
        run = 0
        while run < most and (keys := self.timers.due(watermark_ms)):
            run += len(keys)
            for key in keys:
                single = self.single.get(key)
                for window in self.of(key) if single is None else (single,):
                    if window.timer_ms <= watermark_ms:
                        window.timer_ms = NEVER_MS
                        if window.due_ms <= watermark_ms:
                            yield window
                        else:
                            self.set_timer(window)

    def load(self, key: bytes, state: bytes) -> None:
        """Take back a key as the changelog has it."""
        name = key.decode()
        self.asleep[name] = state
        self.timers.set(first_due_ms(state), name)

    def state_of(self, key: bytes) -> bytes | None:
        """The key for the changelog, None if it has no windows. It is taken for written."""
        name = key.decode()
        return self.asleep.get(name) or self._state(self.of(name))

    def take_states(self) -> list[tuple[bytes, bytes | None]]:
        """What the changelog does not know yet. It is taken for written."""
        states: list[tuple[bytes, bytes | None]] = []
        for key in self.changed:
            single = self.single.get(key)
            state = self._state(self.of(key) if single is None else (single,))
            if state is not None:
                states.append((key.encode(), state))
        # A key that went and came again has a state; one that came and went in between is not worth a word.
        states += [(key.encode(), None) for key in self._gone - self.changed]
        self.changed.clear()
        self._gone.clear()
        return states

    @staticmethod
    def _state(windows: Sequence[Window]) -> bytes | None:
        for window in windows:
            window.logged = True
        return dump_windows(windows) if windows else None
