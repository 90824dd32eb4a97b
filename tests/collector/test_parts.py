"""The parts that need no network: laws and examples."""

import re
import uuid
from ipaddress import ip_network
from typing import Any

import click
import orjson
import pytest
from aiokafka.partitioner import murmur2 as java_murmur2
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.cli.collector_settings import CollectorOptionError, base_path_of, read_keys_from
from pipeline.cli.trusted_proxies import Networks, trusted_proxies_option
from pipeline.collector.batch import read_batch
from pipeline.collector.browser import judge
from pipeline.collector.buckets import Buckets
from pipeline.collector.fast_path import read_ordinary, values_of
from pipeline.collector.ids import made_up_id, release_of
from pipeline.collector.keys import App, KeysError, read_keys
from pipeline.collector.murmur2 import murmur2
from pipeline.collector.origins import Origins
from pipeline.collector.peer import address
from pipeline.collector.problem import Problem
from pipeline.collector.skew import corrected, skew_ms
from pipeline.collector.verdict import all_accepted
from pipeline.flinks.catalogue import CATALOGUE
from pipeline.flinks.event import read
from pipeline.flinks.login import LoginKeys
from pipeline.flinks.times import format_ms, parse_ms
from tests.collector.doors import KEYS, WRITE_KEY
from tests.flinks.secrets import IDS, SECRETS, Planter, leaks

NOON = "2026-11-23T12:00:00.000Z"
NOON_MS = 1795435200000
APP = App("lending", "production")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "at", "seq", "data", "step", "flinksCode", "requestId"]), inner, max_size=5
        )
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.binary(max_size=70))
def test_partitions_as_every_other_client(key: bytes) -> None:
    """Or a visit's events would be on two partitions."""
    assert murmur2(key) & 0x7FFFFFFF == java_murmur2(key) & 0x7FFFFFFF


class TestJudge:
    @given(st.lists(json_values, max_size=6))
    def test_whatever_the_events_are(self, events: list[Any]) -> None:
        """One verdict each, in order; what is accepted can be read by the agent; nothing raises."""
        body = (
            orjson.dumps({"v": 1, "key": WRITE_KEY, "connect_session_id": "visit-1", "events": events}, default=str)
            if _is_json(events)
            else b"[]"
        )
        try:
            batch = read_batch(body, 500)
        except Problem:
            assert body == b"[]"
            return
        verdicts, records = judge(batch, App("lending"), NOON_MS, 0)
        assert len(verdicts) == len(events)
        values = [value for values in records.values() for value in values]
        told = [verdict["id"] for verdict in verdicts if verdict["verdict"] == "accepted"]
        assert [read(value)[0].id for value in values] == told

    def test_no_secret_gets_through(self) -> None:
        """Neither to the records nor into verdicts."""
        keys = LoginKeys(("k" * 32,))
        shown = []
        secrets = [text for what, text in SECRETS.items() if what not in IDS]
        for number, message in enumerate(Planter(11).messages(3_000)):
            secret = secrets[number % len(secrets)]
            events = [
                {"id": f"event-{number}", "at": NOON, "seq": 1, "data": message},
                {"id": "1", "at": secret, "data": message},
                {"id": "2", "seq": secret, "data": message},
                {"id": "3", "data": message, secret: secret},
            ]
            body = {"v": 1, "key": WRITE_KEY, "connect_session_id": "visit-1", "events": events}
            verdicts, records = judge(read_batch(orjson.dumps(body), 500), App("lending"), NOON_MS, 0, keys)
            shown += [orjson.dumps(verdicts), *(value for values in records.values() for value in values)]
        found = set(leaks(shown))
        # A login looks like a requestId, and stands where one does: as a visit's other requestId.
        assert not found - {SECRETS[what].lower().encode() for what in IDS}


uuids = st.uuids().map(str)
names = st.sampled_from([*CATALOGUE])
usual = {
    "institution": st.sampled_from(["RBC", "rbc", "", "Bank of Ünknown", "9876543210", None]),
    "cached": st.booleans() | st.none(),
    "mfaTypes": st.sampled_from(["SMS", "", ["SMS", "Question"], [], None, "What is your pet called?"]),
    "requestId": uuids | uuids.map(str.upper) | st.none(),
}
unusual = {
    "institution": st.sampled_from(['"', "\n", 14, {"id": 14}]),
    "requestId": st.sampled_from(["", "secret", 7]),
    "flinksCode": names,
    "url": st.just("https://example.com/?requestId=3eb951d4-5738-4004-81b2-fb28c5e4c1a0"),
}
usual_steps = st.fixed_dictionaries({"step": names}, optional=usual)
steps = st.fixed_dictionaries({"step": names | st.sampled_from(["NEW_STEP", "", "no step"])}, optional=unusual)
times = st.sampled_from(
    [NOON, "2026-11-23T11:59:58.123Z", "2027-01-01T00:00:00.000Z", "2026-11-23T07:00:00-05:00", "no"]
)
told = st.fixed_dictionaries(
    {"id": uuids | st.sampled_from(["1", "", "no id", f"{uuid.UUID(int=1)} {uuid.UUID(int=2)}"])},
    optional={"at": times, "seq": st.integers(0, 5), "data": steps, "more": st.just(1)},
)
ordinary_told = st.fixed_dictionaries(
    {"id": uuids, "at": times.filter(lambda at: at != "no"), "seq": st.integers(0, 2**53 - 1), "data": usual_steps},
)


class TestOrdinary:
    """The quick way comes to what the long way comes to, or does not try."""

    @given(
        st.lists(ordinary_told, min_size=1, max_size=4) | st.lists(told | ordinary_told, max_size=3),
        uuids | st.just("visit-1"),
        st.sampled_from([0, 5_000, -90_000_000]),
        st.sampled_from([None, "7.1", "a release", "x" * 70]),
        st.sampled_from([None, "web", "ios"]),
    )
    def test_as_the_long_way(
        self, events: list[Any], visit: str, behind_ms: int, release: str | None, platform: str | None
    ) -> None:
        body = {"v": 1, "key": WRITE_KEY, "connect_session_id": visit, "events": events, "release": release}
        sent = orjson.dumps(body | ({} if platform is None else {"platform": platform}))
        ordinary = read_ordinary(sent, 500)
        values = ordinary and values_of(ordinary, APP, NOON_MS, behind_ms)
        if not ordinary or not values:
            return
        verdicts, records = judge(read_batch(sent, 500), APP, NOON_MS, behind_ms)
        assert records == {visit.encode(): values}
        assert orjson.loads(all_accepted([told.id for told in ordinary.events]).body)["events"] == verdicts

    def test_most_steps_go_it(self) -> None:
        """All but those with an address, and what is no step."""
        for name, entry in CATALOGUE.items():
            data = {"step": name, "institution": "RBC", "mfaTypes": ["SMS"], "requestId": str(uuid.UUID(int=1))}
            event = {"id": str(uuid.UUID(int=2)), "at": NOON, "seq": 1, "data": data}
            body = {"v": 1, "key": WRITE_KEY, "connect_session_id": str(uuid.UUID(int=3)), "events": [event]}
            ordinary = read_ordinary(orjson.dumps(body), 500)
            assert ordinary is not None
            (value,) = values_of(ordinary, APP, NOON_MS, 0) or [b""]
            assert read(value)[0].name == entry.name

    @pytest.mark.parametrize(
        "ids",
        [
            ["3eb951d45-738-4004-81b2-fb28c5e4c1a0"],
            ["3EB951D4-5738-4004-81b2-fb28c5e4c1a0"],
            ["3eb951d4-5738-4004-81b2-fb28c5e4c1a\u0660"],
            ["3eb951d4-5738-4004-81b2-fb28c5e4c1a0-"],
            ["3eb951d4-5738-4004-81b2-fb28c5e4c1a", "03eb951d4-5738-4004-81b2-fb28c5e4c1a0"],
            ["", "3eb951d4-5738-4004-81b2-fb28c5e4c1a0 3eb951d4-5738-4004-81b2-fb28c5e4c1a0"],
            ["4540123456789010"],
        ],
    )
    def test_ids_that_are_not_quite_uuids(self, ids: list[str]) -> None:
        """Are looked at one by one."""
        events = [{"id": id_, "at": NOON, "seq": 1, "data": {"step": "APP_MOUNTED"}} for id_ in ids]
        body = {"v": 1, "key": WRITE_KEY, "connect_session_id": str(uuid.UUID(int=3)), "events": events}
        assert read_ordinary(orjson.dumps(body), 500) is None

    def test_too_many(self) -> None:
        """Are told so by the long way."""
        event = {"id": str(uuid.UUID(int=2)), "at": NOON, "seq": 1, "data": {"step": "APP_MOUNTED"}}
        body = {"v": 1, "key": WRITE_KEY, "connect_session_id": str(uuid.UUID(int=3)), "events": [event] * 501}
        assert read_ordinary(orjson.dumps(body), 500) is None
        assert read_ordinary(orjson.dumps(body), 501) is not None


def _is_json(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


class TestSkew:
    @given(st.integers(-(10**9), 10**9), st.integers(0, 1_000))
    def test_events_keep_their_distance_to_the_sending(self, wrong_ms: int, way_ms: int) -> None:
        """Whatever the sender's clock shows, an event of 5 s before is one of 5 s before, less the way."""
        sent_at, at = format_ms(NOON_MS - way_ms + wrong_ms), format_ms(NOON_MS - way_ms + wrong_ms - 5_000)
        found = parse_ms(corrected(at, skew_ms(sent_at, NOON_MS), NOON_MS))
        assert abs(found - (NOON_MS - 5_000)) <= 3_000

    def test_bounds(self) -> None:
        """Never after the receipt, nor before 1970; other spellings of a time are written as ours."""
        assert corrected("2100-01-01T00:00:00Z", 0, NOON_MS) == NOON
        assert corrected("1970-01-01T00:00:00Z", -(10**12), NOON_MS) == "1970-01-01T00:00:00.000Z"
        assert corrected("2026-11-23T07:00:00-05:00", 0, NOON_MS) == NOON
        assert corrected(NOON, 0, NOON_MS) == NOON
        assert skew_ms(None, NOON_MS) == 0
        for wrong in ("noon", "", "2026-11-23"):
            with pytest.raises(ValueError, match="RFC 3339"):
                skew_ms(wrong, NOON_MS)


class TestIds:
    @pytest.mark.parametrize(
        "good", ["1", "visit-1", "3EB951D4-5738-4004-81b2-fb28c5e4c1a0", "a.b_c-1", "x" * 64, "1" * 32]
    )
    def test_good(self, good: str) -> None:
        """What programs make up."""
        assert made_up_id(good) == good

    @pytest.mark.parametrize(
        "bad", ["", "x" * 65, "zoe@x", "4540123456789010", "a-514-555-0199", "é", "a\n", "a b", 7, None, []]
    )
    def test_bad(self, bad: Any) -> None:
        """What may be somebody's."""
        assert made_up_id(bad) is None

    def test_releases(self) -> None:
        """Anything else is left out."""
        assert release_of("2026.11.2+b1") == "2026.11.2+b1"
        assert [release_of(bad) for bad in ("", " 1", "<b>", "x" * 65, 7, None)] == [None] * 6


class TestBuckets:
    def test_a_burst_and_then_its_rate(self) -> None:
        """Two a second, twenty at once."""
        buckets = Buckets(2.0)
        assert [buckets.take("a", 1, 0.0) for _ in range(20)] == [0.0] * 20
        assert buckets.take("a", 1, 0.0) == 0.5
        assert buckets.take("b", 1, 0.0) == 0.0
        assert buckets.take("a", 1, 0.5) == 0.0
        assert buckets.take("a", 1, 0.4) == 0.5  # a clock that goes back gives nothing

    def test_more_than_a_full_bucket(self) -> None:
        """Is let through when the bucket is full, and paid for afterwards."""
        buckets = Buckets(1.0)
        assert buckets.take("a", 500, 0.0) == 0.0
        assert buckets.take("a", 1, 100.0) == 391.0
        assert buckets.take("a", 1, 500.0) == 0.0

    def test_memory_is_bounded(self) -> None:
        """Strangers come by the million."""
        buckets = Buckets(1.0, most=100)
        for number in range(1_000):
            buckets.take(number, 1, 0.0)
        assert len(buckets) == 100

    def test_no_limit(self) -> None:
        """0."""
        assert Buckets(0).take("a", 1e9, 0.0) == 0.0


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
