"""--kafka-config: how to reach a broker that asks who you are.

    security.protocol = SASL_SSL        PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL
    sasl.mechanism    = SCRAM-SHA-512   PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512
    sasl.username     = pipeline
    sasl.password.file = /run/secrets/kafka

A secret stands in the file itself (`sasl.password`), in a file that it names (`sasl.password.file`), or in the
environment (FLINKS_PIPELINE_SASL_PASSWORD, FLINKS_PIPELINE_SSL_PASSWORD).
"""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pipeline.cli.options import ENVIRONMENT_PREFIX
from pipeline.cli.text_file import text_of

PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
SECRETS: Final = ("sasl.password", "ssl.password")
KEYS: Final = (
    "security.protocol",
    "sasl.mechanism",
    "sasl.username",
    "sasl.password",
    "sasl.password.file",
    "ssl.cafile",
    "ssl.certfile",
    "ssl.keyfile",
    "ssl.password",
    "ssl.password.file",
)
ELSEWHERE: Final = {
    "bootstrap.servers": "--broker",
    "sasl.jaas.config": "sasl.username and sasl.password",
    "ssl.truststore.location": "ssl.cafile (PEM)",
    "ssl.ca.location": "ssl.cafile",
    "ssl.keystore.location": "ssl.certfile and ssl.keyfile (PEM)",
    "ssl.certificate.location": "ssl.certfile",
    "ssl.key.location": "ssl.keyfile",
    "ssl.key.password": "ssl.password",
}
"""What other Kafka clients call things, and what they are called here."""


class ClientSettingsError(ValueError):
    """The file holds something that makes no sense; the message names the file and the key."""


def read_client_settings(file: Path, environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The file's settings by aiokafka's names, ready for `KafkaSettings.security`.

    Raises:
        ClientSettingsError: an unknown key, a wrong value, a key that is missing, or a secret or certificate that
            can not be read.
    """
    found = _pairs(file)
    for secret in SECRETS:
        variable = ENVIRONMENT_PREFIX + secret.replace(".", "_").upper()
        if secret not in found and (named := found.get(f"{secret}.file")):
            found[secret] = _read(file, f"{secret}.file", named)
        elif secret not in found and environment.get(variable):
            found[secret] = environment[variable]
    protocol = _one_of(file, found, "security.protocol", PROTOCOLS, _protocol_of(found))
    security: dict[str, Any] = {"security_protocol": protocol}
    if protocol.startswith("SASL_"):
        security["sasl_mechanism"] = _one_of(file, found, "sasl.mechanism", MECHANISMS, "PLAIN")
        security["sasl_plain_username"] = _required(file, found, "sasl.username")
        security["sasl_plain_password"] = _required(file, found, "sasl.password")
    if protocol.endswith("SSL"):
        security["ssl_context"] = _ssl_context(file, found)
    return security


def _pairs(file: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        lines = text_of(file).splitlines()
    except OSError as error:
        raise ClientSettingsError(f"{file}: {error.strerror}") from error
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text[0] in "#!":
            continue
        key, equals, value = (part.strip() for part in text.partition("="))
        if not equals:
            raise ClientSettingsError(f"{file}, line {number}: it should look like key=value")
        if key in ELSEWHERE:
            raise ClientSettingsError(f"{file}, line {number}: instead of {key} use {ELSEWHERE[key]}")
        if key not in KEYS:
            raise ClientSettingsError(f"{file}, line {number}: unknown key {key}; known are {', '.join(KEYS)}")
        found[key] = value
    return found


def _protocol_of(found: Mapping[str, str]) -> str:
    sasl = any(key.startswith("sasl.") for key in found)
    tls = any(key.startswith("ssl.") for key in found)
    return ("SASL_" if sasl else "") + ("SSL" if tls else "PLAINTEXT") if sasl or tls else "PLAINTEXT"


def _one_of(file: Path, found: Mapping[str, str], key: str, choices: tuple[str, ...], default: str) -> str:
    value = found.get(key, default).upper()
    if value not in choices:
        raise ClientSettingsError(f"{file}: {key} is {found[key]}; it can be {', '.join(choices)}")
    return value


def _required(file: Path, found: Mapping[str, str], key: str) -> str:
    if not found.get(key):
        raise ClientSettingsError(f"{file}: {key} is missing")
    return found[key]


def _read(file: Path, key: str, named: str) -> str:
    try:
        return text_of(Path(named)).strip()
    except OSError as error:
        raise ClientSettingsError(f"{file}: {key}: {error.strerror}: {named}") from error


def _ssl_context(file: Path, found: Mapping[str, str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=found.get("ssl.cafile"))
        if certfile := found.get("ssl.certfile"):
            # An empty password rather than none: OpenSSL would ask for one on the terminal.
            context.load_cert_chain(certfile, found.get("ssl.keyfile"), found.get("ssl.password", ""))
    except OSError as error:  # ssl.SSLError is one
        raise ClientSettingsError(f"{file}: the certificates in ssl.* can not be read: {error}") from error
    return context
