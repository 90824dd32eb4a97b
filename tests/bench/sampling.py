"""Where the CPU time of a command goes: a sampling profiler that is a thread.

    python -m tests.bench.sampling OUT COMMAND [ARGUMENT …]      OUT: a JSON file, {stack: CPU seconds}

cProfile makes calls dearer and built-in loops look cheap, so its shares mislead. Here a thread looks every few
milliseconds at what each thread does, and gives it the CPU time that this thread has used since the last look. A look
can only fall between two bytecodes, so a long call into C is seen at the line that made it. The collector of garbage
has no frame; its older generations are timed by its own callbacks and taken off the stacks that they interrupted.
"""

import gc
import json
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from types import FrameType

EVERY_S = 0.005
SWITCH_S = 0.000_1
"""A look waits no longer for its turn. With Python's own 5 ms it would nearly always come where a thread gives way by
itself, in a call of the system or a compression, and blame that for what was done before."""
GARBAGE = "gc"
_DEPTH = 60


class Sampler:
    """Samples from `start` until `stop`. `spent` maps stacks to CPU seconds, innermost frame first: file:function."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._threads: dict[int, float] = {}
        self._garbage: defaultdict[int, float] = defaultdict(float)
        self._collecting = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def start(self) -> None:
        gc.callbacks.append(self._collects)
        sys.setswitchinterval(SWITCH_S)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        gc.callbacks.remove(self._collects)

    def _collects(self, phase: str, about: dict[str, int]) -> None:
        if about["generation"] == 0:
            return  # so frequent that measuring would cost more than collecting
        if phase == "start":
            self._collecting = time.thread_time()
        else:
            self._garbage[threading.get_ident()] += time.thread_time() - self._collecting

    def _run(self) -> None:
        own = threading.get_ident()
        while not self._stop.wait(EVERY_S):
            names = {thread.ident: thread.name for thread in threading.enumerate()}
            for ident, frame in sys._current_frames().items():
                if ident != own and ident in names:
                    self._look(ident, names[ident], frame)

    def _look(self, ident: int, thread: str, frame: FrameType) -> None:
        now_s = time.clock_gettime(time.pthread_getcpuclockid(ident))
        used_s = now_s - self._threads.get(ident, now_s)
        self._threads[ident] = now_s
        if used_s <= 0:
            return
        garbage_s = min(self._garbage.pop(ident, 0.0), used_s)
        self.spent[GARBAGE] += garbage_s
        # Young objects are collected so often that looks fall into this very callback, behind the collection.
        stack = GARBAGE if frame.f_code is self._collects.__code__ else _stack(thread, frame)
        self.spent[stack] += used_s - garbage_s


def _stack(thread: str, frame: FrameType | None) -> str:
    frames: list[str] = []
    while frame is not None and len(frames) < _DEPTH:
        code = frame.f_code
        frames.append(f"{code.co_filename}:{code.co_name}")
        frame = frame.f_back
    return "\n".join([*frames, thread])


def main() -> None:
    from pipeline.cli import main as command

    out, *sys.argv[1:] = sys.argv[1:]
    sampler = Sampler()
    sampler.start()
    try:
        command()
    finally:
        sampler.stop()
        Path(out).write_text(json.dumps(sampler.spent), "utf-8")


if __name__ == "__main__":
    main()
