"""The journeys that made-up users make, and how many make each."""

from collections.abc import Callable
from typing import Final, NamedTuple

from pipeline.simulator import backend, ordinary, returning, unusual
from pipeline.simulator.scene import Scene


class Journey(NamedTuple):
    """A way through Flinks Connect, or a backend's request."""

    name: str
    share: float
    """Of users, in per mille of all."""
    play: Callable[[Scene], None]


JOURNEYS: Final = (
    Journey("connected", 220, ordinary.connected),
    Journey("connected_with_mfa", 210, ordinary.connected_with_mfa),
    Journey("connected_by_oauth", 45, ordinary.connected_by_oauth),
    Journey("wrong_password", 65, ordinary.wrong_password),
    Journey("wrong_password_gives_up", 30, ordinary.wrong_password_gives_up),
    Journey("too_many_mistakes", 6, ordinary.too_many_mistakes),
    Journey("mfa_failed", 25, ordinary.mfa_failed),
    Journey("bank_trouble", 35, ordinary.bank_trouble),
    Journey("drop_off", 150, ordinary.drop_off),
    Journey("session_expired", 25, ordinary.session_expired),
    Journey("consent_denied", 12, unusual.consent_denied),
    Journey("terms_denied", 4, unusual.terms_denied),
    Journey("denied_then_accepted", 3, unusual.denied_then_accepted),
    Journey("denied_after_failure", 1, unusual.denied_after_failure),
    Journey("careful_reader", 8, unusual.careful_reader),
    Journey("provider_consent", 3, unusual.provider_consent),
    Journey("popup_blocked", 3, unusual.popup_blocked),
    Journey("enhanced_mfa", 10, unusual.enhanced_mfa),
    Journey("upload", 6, unusual.upload),
    Journey("help_wanted", 8, unusual.help_wanted),
    Journey("network_lost", 4, unusual.network_lost),
    Journey("other_bank", 8, unusual.other_bank),
    Journey("no_such_bank", 3, unusual.no_such_bank),
    Journey("told_apart", 1, unusual.told_apart),
    Journey("cascade", 1.5, unusual.cascade),
    Journey("old_cookies", 1, unusual.old_cookies),
    Journey("surprises", 2, unusual.surprises),
    Journey("redirect_lost", 4, unusual.redirect_lost),
    Journey("storm", 0.3, unusual.storm),
    Journey("long_pause", 10, returning.long_pause),
    Journey("back_within_the_hour", 6, returning.back_within_the_hour),
    Journey("back_later", 5, returning.back_later),
    Journey("close_then_more", 4, returning.close_then_more),
    Journey("all_afternoon", 1, returning.all_afternoon),
    Journey("two_tabs", 6, returning.two_tabs),
    Journey("resumed_elsewhere", 3, returning.resumed_elsewhere),
    Journey("reloaded", 5, returning.reloaded),
    Journey("resumed_earlier", 2, returning.resumed_earlier),
    Journey("pending_in_browser", 3, returning.pending_in_browser),
    Journey("refresh", 30, backend.refresh),
    Journey("refresh_pending", 8, backend.refresh_pending),
    Journey("refresh_timed_out", 1.5, backend.refresh_timed_out),
    Journey("refresh_refused", 8, backend.refresh_refused),
    Journey("webhook", 8, backend.webhook),
    Journey("webhook_repeated", 2, backend.webhook_repeated),
    Journey("connected_and_told", 6, backend.connected_and_told),
    Journey("told_by_webhook", 4, backend.told_by_webhook),
    Journey("foreign_client", 2, backend.foreign_client),
)
