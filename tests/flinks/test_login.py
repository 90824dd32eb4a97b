"""The hash that stands for a loginId."""

import hmac

import pytest

from pipeline.flinks.login import LoginKeyError, LoginKeys

LOGIN = "b92b2bbd-31f8-4e36-795b-08db4111f24d"
NEW, OLD = "n" * 32, "o" * 32


class TestLoginKeys:
    def test_is_a_keyed_hash(self) -> None:
        """The first 32 digits of HMAC-SHA256 of the loginId in small letters, as a backend makes it too."""
        expected = hmac.new(NEW.encode(), LOGIN.encode(), "sha256").hexdigest()[:32]
        assert LoginKeys.read(NEW).hashed(LOGIN) == expected
        assert LoginKeys.read(NEW).hashed(f" {LOGIN.upper()}\n") == expected

    def test_another_key_another_hash(self) -> None:
        """Who does not have the key can not find the login."""
        assert LoginKeys.read(NEW).hashed(LOGIN) != LoginKeys.read(OLD).hashed(LOGIN)

    def test_logins_join_over_a_change_of_the_key(self) -> None:
        """Before, during and after it, each shares a hash with the next."""
        told = [LoginKeys.read(text).hashed(LOGIN) for text in (OLD, f"{NEW}\n{OLD}", NEW)]
        before, during, after = [set(str(one).split()) for one in told]
        assert before < during
        assert after < during
        assert before != after

    def test_both_fit_into_an_event(self) -> None:
        """Texts of the contract have 128 characters at most."""
        assert len(str(LoginKeys.read(f"{NEW} {OLD}").hashed(LOGIN))) == 65

    @pytest.mark.parametrize("login", [None, "", 7, True, [], {}, "someone@example.com", "not a login", "x" * 500])
    def test_what_is_no_login_id_gives_no_hash(self, login: object) -> None:
        """Such a field tells nothing."""
        assert LoginKeys.read(NEW).hashed(login) is None

    def test_shows_no_key(self) -> None:
        """Neither itself nor what it complains of."""
        assert NEW not in repr(LoginKeys.read(NEW))
        for text in ("secret", f"{NEW} secret", f"{NEW} {OLD} {'s' * 32}", ""):
            with pytest.raises(LoginKeyError) as raised:
                LoginKeys.read(text)
            assert not [key for key in ("secret", NEW, OLD) if key in str(raised.value)]
