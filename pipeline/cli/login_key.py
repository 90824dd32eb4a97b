"""The keys that logins are hashed with: FLINKS_PIPELINE_LOGIN_KEY, or the file that ..._LOGIN_KEY_FILE names.

There is no option for the key itself: command lines are read by everybody on the machine.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pipeline.cli.options import ENVIRONMENT_PREFIX
from pipeline.flinks.login import LoginKeyError, LoginKeys

VARIABLE: Final = f"{ENVIRONMENT_PREFIX}LOGIN_KEY"
FILE_VARIABLE: Final = f"{VARIABLE}_FILE"


def read_login_keys(environment: Mapping[str, str] = os.environ) -> LoginKeys | None:
    """One key, or the new and the old one while it is being changed; None if there is none.

    Raises:
        LoginKeyError: both are set, the file can not be read, or what was found is no key.
    """
    key, file = environment.get(VARIABLE), environment.get(FILE_VARIABLE)
    if key and file:
        raise LoginKeyError(f"{VARIABLE} and {FILE_VARIABLE} are both set; one of them is enough")
    where = VARIABLE
    if file:
        where = f"{FILE_VARIABLE} {file}"
        try:
            key = Path(file).read_text("utf-8")
        except OSError as error:
            raise LoginKeyError(f"{where}: {error.strerror}") from error
        except UnicodeDecodeError:
            raise LoginKeyError(f"{where}: not text") from None
    if not key:
        return None
    try:
        return LoginKeys.read(key)
    except LoginKeyError as error:
        raise LoginKeyError(f"{where}: {error}") from None
