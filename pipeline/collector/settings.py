"""How a collector is set up, and the limits it keeps to."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from pipeline.collector.keys import Keys
from pipeline.flinks.login import LoginKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one collector takes at a time, and how long it waits for whom."""

    body_bytes: int = 256 * 1024
    """Of a browser's request."""
    answer_bytes: int = 8 * 1024 * 1024
    """Of an answer of the API or a webhook: they come with all accounts and transactions."""
    events: int = 500
    """In one request."""
    requests: int = 1_000
    """At most that are worked on at a time; more are refused with 503 before their body is read."""
    usual_requests: int = 450
    """So many at first, and after a rest: more only while they are done in time."""
    few_requests: int = 30
    """So many however slow it goes."""
    wait_s: float = 0.25
    """When Kafka has not acknowledged a request's records after so long, fewer are let in."""
    waiting_bytes: int = 64 * 1024 * 1024
    """Of bodies being read, and of records that Kafka has not acknowledged; more is refused with 503."""
    connections: int = 10_000
    header_bytes: int = 16 * 1024
    header_s: float = 10.0
    """From the first byte to the end of the headers."""
    body_s: float = 30.0
    """For the body to come: 64 KiB take so long at 2 kB/s."""
    idle_s: float = 60.0
    """Between two requests on a connection."""
    acknowledged_s: float = 10.0
    """For Kafka to acknowledge; then the sender gets 503 and is to try again."""
    app_events_per_s: float = 5_000.0
    """That the browsers of one app may send; 0 is no limit. A burst may have ten seconds' worth."""
    address_requests_per_s: float = 50.0
    """From one address, behind which may be a whole company; 0 is no limit. A burst may have ten seconds' worth."""
    app_rejected_per_s: float = 2.0
    """Rejected events of one app's browsers, of its backends, and of its webhooks, of which the topic is told: 100 MB
    a day at most. More is only counted. A burst may have ten seconds' worth."""
    address_rejected_per_s: float = 0.5
    """The same of browsers at one address, for anybody may have a write key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a collector is told at its start."""

    keys: Keys
    topic: str
    rejected_topic: str
    """Is told of what was rejected."""
    webhooks_topic: str | None = None
    """On which collectors tell each other which webhooks came; without it each knows its own."""
    host: str = "127.0.0.1"
    port: int = 8080
    """0 takes a free one."""
    base_path: str = ""
    """Before every path, such as /flinks: with a slash at its beginning and none at its end."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Whose X-Forwarded-For, -Proto and -Host are believed."""
    login_keys: LoginKeys | None = None
    limits: Limits = field(default_factory=Limits)
