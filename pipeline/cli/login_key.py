"""The keys that logins are hashed with: FLINKS_PIPELINE_LOGIN_KEY, or the file that ..._LOGIN_KEY_FILE names."""

import os
from collections.abc import Mapping

from pipeline.cli.secret import SecretError, read_secret
from pipeline.flinks.login import LoginKeyError, LoginKeys


def read_login_keys(environment: Mapping[str, str] = os.environ) -> LoginKeys | None:
    """One key, or the new and the old one while it is being changed; None if there is none.

    Raises:
        LoginKeyError: both are set, the file can not be read, or what was found is no key.
    """
    try:
        found = read_secret("LOGIN_KEY", environment)
    except SecretError as error:
        raise LoginKeyError(str(error)) from None
    if found is None:
        return None
    keys, where = found
    try:
        return LoginKeys.read(keys)
    except LoginKeyError as error:
        raise LoginKeyError(f"{where}: {error}") from None
