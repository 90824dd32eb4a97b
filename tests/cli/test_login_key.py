"""Where the keys of the login hash come from."""

from pathlib import Path

import pytest

from pipeline.cli.login_key import read_login_keys
from pipeline.flinks.login import LoginKeyError, LoginKeys

KEY, OLD_KEY = "new-" * 10, "old-" * 10
VARIABLE = "FLINKS_PIPELINE_LOGIN_KEY"
FILE_VARIABLE = f"{VARIABLE}_FILE"


class TestReadLoginKeys:
    def test_none(self) -> None:
        """Without a key logins are not told."""
        assert read_login_keys({}) is None
        assert read_login_keys({VARIABLE: ""}) is None

    def test_from_the_environment(self) -> None:
        """FLINKS_PIPELINE_LOGIN_KEY holds one key, or the new and the old."""
        assert read_login_keys({"FLINKS_PIPELINE_LOGIN_KEY": KEY}) == LoginKeys((KEY,))
        assert read_login_keys({VARIABLE: f"{KEY} {OLD_KEY}"}) == LoginKeys((KEY, OLD_KEY))

    def test_from_a_file(self, tmp_path: Path) -> None:
        """FLINKS_PIPELINE_LOGIN_KEY_FILE names a file with a key a line, as secrets are mounted."""
        file = tmp_path / "login-key"
        file.write_text(f"{KEY}\n{OLD_KEY}\n")
        assert read_login_keys({"FLINKS_PIPELINE_LOGIN_KEY_FILE": str(file)}) == LoginKeys((KEY, OLD_KEY))

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [(b"short", "32 characters or more"), (b"\xff" * 40, "not text"), (f"{KEY} " * 3, "not 3"), (b" \n", "not 0")],
    )
    def test_says_what_is_wrong_and_shows_no_key(self, tmp_path: Path, content: bytes | str, complaint: str) -> None:
        """The message names the file and the reason."""
        file = tmp_path / "login-key"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(LoginKeyError, match=complaint) as raised:
            read_login_keys({FILE_VARIABLE: str(file)})
        assert str(file) in str(raised.value)
        assert "short" not in str(raised.value)
        assert KEY not in str(raised.value)

    def test_no_such_file(self, tmp_path: Path) -> None:
        """It is named."""
        with pytest.raises(LoginKeyError, match=r"nowhere: No such file"):
            read_login_keys({FILE_VARIABLE: str(tmp_path / "nowhere")})

    def test_both(self) -> None:
        """Nobody has to guess which one counts."""
        with pytest.raises(LoginKeyError, match="both set"):
            read_login_keys({VARIABLE: KEY, FILE_VARIABLE: "/file"})
