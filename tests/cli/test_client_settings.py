"""--kafka-config."""

import ssl
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from pipeline.cli.client_settings import ClientSettingsError, read_client_settings
from pipeline.engine import KafkaSettings


def settings(tmp_path: Path, text: str, **environment: str) -> dict[str, object]:
    file = tmp_path / "client.properties"
    file.write_text(text)
    return read_client_settings(file, environment)


class TestReadClientSettings:
    def test_sasl(self, tmp_path: Path) -> None:
        """By aiokafka's names."""
        found = settings(
            tmp_path,
            """
            # who we are
            security.protocol = SASL_PLAINTEXT
            sasl.mechanism=SCRAM-SHA-512
            sasl.username = pipeline
            sasl.password = a = b
            """,
        )
        assert found == {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": "pipeline",
            "sasl_plain_password": "a = b",
        }

    def test_tls_verifies_the_broker(self, tmp_path: Path) -> None:
        """Its certificate and its name."""
        context = settings(tmp_path, "security.protocol = SSL")["ssl_context"]
        assert isinstance(context, ssl.SSLContext)
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname

    def test_the_protocol_follows_from_the_keys(self, tmp_path: Path) -> None:
        """Where it is not said."""
        text = "sasl.username = u\nsasl.password = p\n"
        assert settings(tmp_path, text)["security_protocol"] == "SASL_PLAINTEXT"
        assert settings(tmp_path, "")["security_protocol"] == "PLAINTEXT"

    def test_a_password_from_a_file(self, tmp_path: Path) -> None:
        """As orchestrators give secrets."""
        (tmp_path / "secret").write_text("s3cret\n")
        found = settings(tmp_path, f"sasl.username = u\nsasl.password.file = {tmp_path / 'secret'}")
        assert found["sasl_plain_password"] == "s3cret"  # noqa: S105  # made up

    def test_a_password_from_the_environment(self, tmp_path: Path) -> None:
        """FLINKS_PIPELINE_SASL_PASSWORD."""
        found = settings(tmp_path, "sasl.username = u", FLINKS_PIPELINE_SASL_PASSWORD="s3cret")  # noqa: S106  # made up
        assert found["sasl_plain_password"] == "s3cret"  # noqa: S105  # made up

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("sasl.user = u", "line 1: unknown key sasl.user"),
            ("\nbootstrap.servers = a:1", "line 2: instead of bootstrap.servers use --broker"),
            ("ssl.truststore.location = t", "use ssl.cafile"),
            ("security.protocol", "line 1: it should look like key=value"),
            ("security.protocol = TLS", "security.protocol is TLS"),
            ("sasl.mechanism = GSSAPI", "sasl.mechanism is GSSAPI"),
            ("sasl.username = u", "sasl.password is missing"),
            ("sasl.password = p", "sasl.username is missing"),
            ("sasl.username = u\nsasl.password.file = /nowhere/s", "No such file or directory: /nowhere/s"),
            ("ssl.cafile = /nowhere/ca.pem", "ssl.* can not be read"),
        ],
    )
    def test_tells_what_is_wrong(self, tmp_path: Path, text: str, words: str) -> None:
        """And in which file."""
        with pytest.raises(ClientSettingsError) as raised:
            settings(tmp_path, text)
        assert words in str(raised.value)
        assert "client.properties" in str(raised.value)

    def test_not_text(self, tmp_path: Path) -> None:
        """The file, or the one it names; what stands there is not told."""
        secret = tmp_path / "secret"
        secret.write_bytes(b"\xff\xfe")
        with pytest.raises(ClientSettingsError, match="secret: not text"):
            read_client_settings(secret, {})
        with pytest.raises(ClientSettingsError, match=r"sasl\.password\.file: not text"):
            settings(tmp_path, f"sasl.username = u\nsasl.password.file = {secret}")

    def test_clients_take_them(self, tmp_path: Path) -> None:
        """All of aiokafka's clients know these names."""
        text = "security.protocol = SASL_SSL\nsasl.username = u\nsasl.password = p"
        kafka = KafkaSettings("localhost:1", settings(tmp_path, text))

        async def make() -> AIOKafkaProducer:
            return kafka.transactional_producer("t")

        import asyncio

        assert asyncio.run(make()) is not None
