"""Secrets: from the environment, or from the file that the environment names.

There are no options for them: command lines are read by everybody on the machine.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from pipeline.cli.options import ENVIRONMENT_PREFIX


class SecretError(Exception):
    """A secret can not be read; the message names the variable or file, and never what is in it."""


def read_secret(name: str, environment: Mapping[str, str] = os.environ) -> tuple[str, str] | None:
    """FLINKS_PIPELINE_`name`, or what stands in the file that FLINKS_PIPELINE_`name`_FILE names; None without both.

    Returns the secret without white space around it, and where it was found.

    Raises:
        SecretError: both are set, or the file can not be read.
    """
    variable = f"{ENVIRONMENT_PREFIX}{name}"
    secret, file = environment.get(variable, ""), environment.get(f"{variable}_FILE")
    if secret and file:
        raise SecretError(f"{variable} and {variable}_FILE are both set; one of them is enough")
    where = variable
    if file:
        where = f"{variable}_FILE {file}"
        try:
            secret = Path(file).read_text("utf-8")
        except OSError as error:
            raise SecretError(f"{where}: {error.strerror}") from error
        except UnicodeDecodeError:
            raise SecretError(f"{where}: not text") from None
    return (secret.strip(), where) if file or secret else None
