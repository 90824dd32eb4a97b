"""Keys, origins, addresses behind proxies, and the options that tell of them."""

import re
from ipaddress import ip_network
from typing import Any

import click
import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.cli.collector_settings import CollectorOptionError, base_path_of, read_keys_from
from pipeline.cli.trusted_proxies import Networks, trusted_proxies_option
from pipeline.collector.keys import KeysError, read_keys
from pipeline.collector.origins import Origins
from pipeline.collector.peer import address
from tests.collector.doors import KEYS, WRITE_KEY


class TestAddress:
    TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))

    @pytest.mark.parametrize(
        ("peer", "forwarded", "found"),
        [
            ("9.9.9.9", b"1.1.1.1", "9.9.9.9"),
            ("10.0.0.1", None, "10.0.0.1"),
            ("10.0.0.1", b"1.1.1.1", "1.1.1.1"),
            ("10.0.0.1", b"6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"),
            ("10.0.0.1", b"1.1.1.1:4711", "1.1.1.1"),
            ("10.0.0.1", b"<script>", "10.0.0.1"),
            ("10.0.0.1", b"1.1.1.1, nonsense, 10.0.0.2", "10.0.0.2"),
            ("10.0.0.1", b"[2001:db8:1:2:3::4]:443", "2001:db8:1:2::/64"),
            ("fd00::1", b"2001:db8::7", "2001:db8::/64"),
            ("::ffff:9.9.9.9", None, "9.9.9.9"),
            ("", None, ""),
        ],
    )
    def test_behind_proxies(self, peer: str, forwarded: bytes | None, found: str) -> None:
        """The nearest that is not trusted; what stands beyond it anybody may have written."""
        assert address(peer, forwarded, self.TRUSTED) == found


class TestKeys:
    def test_what_is_read(self) -> None:
        """Keys lead to apps; a backend's is known by its hash."""
        keys = read_keys(KEYS)
        assert keys.apps == {"lending", "savings"}
        assert keys.by_write_key[WRITE_KEY].environment == "production"
        assert keys.bearer("a-backends-own-key") is keys.by_write_key[WRITE_KEY]
        assert keys.bearer("another") is None
        assert "wk_" not in repr(keys)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "there is no app"),
            ("x", "not TOML"),
            ('a = "b"', "should stand below [APP]"),
            ("[A b]", "not TOML"),
            ('["A b"]', "an app is named"),
            ("[a]\nkey = 1", "there is no key"),
            ('[a]\nwrite_keys = "wk_12345678"', "should be a list of texts"),
            ('[a]\nwrite_keys = ["short"]', "8 to 64"),
            ('[a]\nbearer_hashes = ["my own key in the clear"]', "SHA-256 in hexadecimal"),
            ('[a]\nwebhook_secrets = ["short"]', "16 characters"),
            ('[a]\norigins = ["apply.example.com"]', "is not like https://"),
            ("[a]\nenvironment = 1", "environment"),
            ('[a]\nwrite_keys = ["wk_12345678"]\n[b]\nwrite_keys = ["wk_12345678"]', "also [a]'s"),
        ],
    )
    def test_what_is_wrong(self, text: str, said: str) -> None:
        """One line that names the place and shows no key."""
        with pytest.raises(KeysError, match=re.escape(said)) as error:
            read_keys(text)
        assert "in the clear" not in str(error.value)
        assert "12345678" not in str(error.value)

    def test_from_a_file_or_the_environment(self, tmp_path: Any) -> None:
        """One of the two."""
        file = tmp_path / "keys.toml"
        file.write_text(KEYS)
        assert read_keys_from(file, {}).apps == read_keys_from(None, {"FLINKS_PIPELINE_KEYS_TOML": KEYS}).apps
        with pytest.raises(KeysError, match="one of the two"):
            read_keys_from(None, {})
        with pytest.raises(KeysError, match="KEYS_TOML and --keys are both set"):
            read_keys_from(file, {"FLINKS_PIPELINE_KEYS_TOML": KEYS})
        file.write_bytes(b"\xff")
        with pytest.raises(KeysError, match="not text"):
            read_keys_from(file, {})


def test_options() -> None:
    """Paths of one's own."""
    assert [base_path_of(text) for text in ("", "/", "/flinks", "/a/b/")] == ["", "", "/flinks", "/a/b"]
    for wrong in ("flinks", "/a b", "//x"):
        with pytest.raises(CollectorOptionError):
            base_path_of(wrong)


def test_trusted_proxies() -> None:
    """As networks, from the command line and the environment; a wrong one is told in one line."""

    @click.command()
    @trusted_proxies_option("Whose words are")
    def command(trusted_proxies: Networks) -> None:
        click.echo(" ".join(map(str, trusted_proxies)))

    run = CliRunner().invoke
    assert run(command, ["--trusted-proxies", "10.0.0.0/8, ::1"]).stdout == "10.0.0.0/8 ::1/128\n"
    assert run(command, env={"FLINKS_PIPELINE_TRUSTED_PROXIES": "10.1.0.0/16"}).stdout == "10.1.0.0/16\n"
    assert run(command).stdout == "\n"
    assert run(command, ["--trusted-proxies", "10.0.0.1/8"]).stderr == (
        "Error: --trusted-proxies: 10.0.0.1/8 has host bits set\n"
    )


@given(st.text(max_size=40))
@example("*")
def test_origins_below_a_host(text: str) -> None:
    """Nothing but an https host that ends so, whatever comes before it."""
    origins = Origins.read(["https://*.example.org"])
    assert origins.allow(f"https://{text}.example.org") == bool(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", text))
