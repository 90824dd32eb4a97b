"""Another commit's files in a temporary folder."""

import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from tests.bench.cache import ROOT


@contextmanager
def tree_of(revision: str) -> Iterator[Path]:
    """The folder with the files of a commit, as `git archive` gives them: the repository is not touched.

    Raises:
        CalledProcessError: git does not know the commit.
    """
    archive = subprocess.run(
        ["git", "archive", "--format=tar", revision],  # noqa: S607  # git is where PATH says
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    with tempfile.TemporaryDirectory(prefix="flinks-pipeline-") as folder:
        with tarfile.open(fileobj=BytesIO(archive)) as tar:
            tar.extractall(folder, filter="data")
        yield Path(folder)
