"""Runs a command for as long as the process that started it lives.

    watch.py GRACE_S FOLDER COMMAND…

Standard input is a pipe whose other end the starter holds. It closes when the starter wants the command to end, and
equally when the starter dies, of SIGKILL too: then the command gets SIGTERM, and SIGKILL after GRACE_S. At the end
FOLDER is removed ("" removes nothing), so that no data outlives anyone. The first line of output is the command's
pid; the exit status is the command's.

A pipe and not PR_SET_PDEATHSIG: that is for Linux alone, and fires when the *thread* that forked ends.

Run as a script with nothing of the package imported, so that it costs few milliseconds and little memory.
"""

import os
import signal
import subprocess
import sys
import threading


def main(grace_s: float, folder: str, command: list[str]) -> int:
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr) as child:
        os.write(1, f"{child.pid}\n".encode())
        os.close(1)

        def end_with_starter() -> None:
            while os.read(0, 1):
                pass
            child.terminate()
            try:
                child.wait(grace_s)
            except subprocess.TimeoutExpired:
                child.kill()

        threading.Thread(target=end_with_starter, daemon=True).start()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: child.terminate())
        status = child.wait()
    if folder:
        import shutil

        shutil.rmtree(folder, ignore_errors=True)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2], sys.argv[3:]))
