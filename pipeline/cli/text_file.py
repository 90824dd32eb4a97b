"""Files that people write: settings and secrets."""

import errno
from pathlib import Path


def text_of(file: Path) -> str:
    """The whole file.

    Raises:
        OSError: it can not be read, or is not text in UTF-8; `strerror` says which.
    """
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        raise OSError(errno.EILSEQ, "not text") from None
