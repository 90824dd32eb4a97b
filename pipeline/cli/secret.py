"""Secrets: from the environment, or from a file that the environment or an option names.

No option holds one: command lines are read by everybody on the machine.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from pipeline.cli.options import ENVIRONMENT_PREFIX
from pipeline.cli.text_file import text_of


class SecretError(Exception):
    """A secret can not be read; the message names the variable, option or file, and never what is in it."""


def read_secret(name: str, environment: Mapping[str, str] = os.environ) -> tuple[str, str] | None:
    """FLINKS_PIPELINE_`name`, or what stands in the file that FLINKS_PIPELINE_`name`_FILE names; None without both.

    Returns the secret without white space around it, and where it was found.

    Raises:
        SecretError: both are set, or the file can not be read.
    """
    variable = f"{ENVIRONMENT_PREFIX}{name}_FILE"
    file = environment.get(variable)
    return secret_in(name, Path(file) if file else None, variable, environment)


def secret_in(
    name: str, file: Path | None, named_by: str, environment: Mapping[str, str] = os.environ
) -> tuple[str, str] | None:
    """The same where the file is named by something else, such as an option."""
    variable = f"{ENVIRONMENT_PREFIX}{name}"
    secret = environment.get(variable, "").strip()
    if file is None:
        return (secret, variable) if secret else None
    if secret:
        raise SecretError(f"{variable} and {named_by} are both set; one of them is enough")
    try:
        return text_of(file).strip(), f"{named_by} {file}"
    except OSError as error:
        raise SecretError(f"{named_by} {file}: {error.strerror}") from error
