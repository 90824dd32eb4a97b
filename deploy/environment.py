"""Makes a virtual environment from a lock file: environment.py VENV LOCK.

Run by deploy/environment.sh with whatever Python 3.11+ the machine has, so only the standard library is at
hand. The environment counts as made once VENV/made-from is written, which is last: whatever interrupts this,
the next run starts afresh. Runs at the same time wait for each other.
"""

import fcntl
import importlib.util
import shutil
import subprocess
import sys
import time
from pathlib import Path


def main(venv: Path, lock: Path) -> None:
    """Make `venv` hold exactly what `lock` lists, and the project itself.

    Raises:
        SystemExit: it could not be made; the message says why and what to do.
    """
    if importlib.util.find_spec("ensurepip") is None:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        sys.exit(
            f"{version} on this machine cannot make virtual environments: its ensurepip module is missing.\n"
            f"Install it (Debian and Ubuntu: apt install {version}-venv) and run this again."
        )
    with venv.with_name(f"{venv.name}.lock").open("w") as mutex:
        try:
            fcntl.flock(mutex, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{venv.name} is being made by another run: waiting for it")
            fcntl.flock(mutex, fcntl.LOCK_EX)
        python = venv / "bin" / "python"
        if not is_made(venv, lock):
            start = time.monotonic()
            packages = sum("==" in line for line in lock.read_text().splitlines())
            say(
                f"first use: making {venv.name} from {lock.parent.name}/{lock.name} with Python "
                f"{sys.version_info.major}.{sys.version_info.minor}\n"
                f"{packages} packages, about 100 MB to fetch, about a minute; later runs start at once"
            )
            make(venv, lock, python)
            (venv / "made-from").write_text(made_from(venv, lock))
            say(f"{venv.name} is ready after {time.monotonic() - start:.0f} s")


def make(venv: Path, lock: Path, python: Path) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        # Wheels for all but one: faust-streaming has none for Linux on arm64, where pip builds it, with or without
        # a C compiler. What is built from is pinned by its hash as well.
        install = [python, "-m", "pip", "install", "--disable-pip-version-check"]
        tell([*install, "--require-hashes", "-r", lock])
    except subprocess.CalledProcessError as error:
        sys.exit(f"{venv.name} could not be made (exit status {error.returncode}; the reason is told above).")
    # The project is used from where it lies.
    site = next(venv.glob("lib/python3*/site-packages"))
    (site / "flinks-pipeline.pth").write_text(f"{lock.parent.parent}\n")


def tell(install: list[str | Path]) -> None:
    """Run pip and say what it does, on a terminal always in the same line."""
    before, after = ("\x1b[K", "\r") if sys.stderr.isatty() else ("", "\n")
    with subprocess.Popen(install, stdout=subprocess.PIPE, text=True) as pip:
        for line in pip.stdout or ():
            doing, _, what = line.strip().partition(" ")
            if doing == "Collecting":
                say(f"{before}  fetching {what.partition(' ')[0]}", end=after)
            elif doing in {"Building", "Installing"}:
                say(f"{before}  {doing.lower()} {what.partition(':')[0]}", end=after)
        say(before, end="")
    if pip.returncode:
        raise subprocess.CalledProcessError(pip.returncode, install)


def is_made(venv: Path, lock: Path) -> bool:
    """Whether a run that was waited for has done the work. The twin of the check in environment.sh."""
    stamp = venv / "made-from"
    return stamp.exists() and stamp.read_text() == made_from(venv, lock)


def made_from(venv: Path, lock: Path) -> str:
    """The stamp: the environment's Python, where it lies, what it was made from."""
    command = [venv / "bin" / "python", "-V"]
    version = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return f"{version}{venv}\n{lock.read_text()}"


def say(text: str, end: str = "\n") -> None:
    # Standard output belongs to the command that is about to run.
    print(text, end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except KeyboardInterrupt:
        sys.exit(130)
