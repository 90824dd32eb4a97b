"""`alerts` as a process of its own, on a real broker; and its options."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from faust.types import TP
from prometheus_client import CollectorRegistry

from pipeline.alerts.alert import Alert, read
from pipeline.alerts.notify.alertmanager import told_after
from pipeline.alerts.notify.webhook import Webhook
from pipeline.alerts.settings import AlertSettings, Maintenance
from pipeline.broker.ports import free_ports
from pipeline.cli import main
from pipeline.cli.alerts_job import alerts_job
from pipeline.cli.alerts_worker import Alerting, Teller
from pipeline.cli.failures import Failure
from pipeline.cli.maintenance import read_maintenance
from pipeline.cli.receivers import read_receivers
from pipeline.cli.topic_plan import TopicNames
from pipeline.engine import Engine, KafkaSettings, StreamClock
from pipeline.engine.mark import Mark
from pipeline.engine.task import PartitionTask
from pipeline.flinks.institutions import INSTITUTIONS
from pipeline.metrics.alerts import AlertMetrics
from tests.alerts.counted import MINUTE_MS, minute_of, run
from tests.alerts.made import Door, alert
from tests.alerts.test_courier import until
from tests.alerts.test_fold import alerts_of
from tests.cli.records import committed, new_prefix, produce
from tests.cli.running import eventually, fetch, finish, started

TIMES = "1970-01-01T00:10Z/1970-01-01T00:11Z"
OUTAGE = range(60, 75)
KILLED_AFTER = 65
MINUTES = 90


class TestAlerts:
    async def test_an_outage_over_a_kill(self, kafka: str, tmp_path: Path) -> None:
        """No alert is lost, doubled or fired again; the receiver is told at least once."""
        prefix = new_prefix()
        made = await asyncio.to_thread(
            CliRunner().invoke, main, ["topics", "--broker", kafka, "--topic-prefix", prefix]
        )
        assert made.exit_code == 0, made.output
        # Until now, for what is over for an hour when it is found nobody is told.
        begin_ms = (time.time_ns() // 1_000_000 // MINUTE_MS - MINUTES) * MINUTE_MS
        expected = alerts_of(run(MINUTES, OUTAGE, begin_ms=begin_ms))
        (port,) = free_ports(1)
        async with Door() as door:
            command = ["alerts", "--broker", kafka, "--topic-prefix", prefix, "--admin-host", "127.0.0.1"]
            command += ["--admin-port", str(port), "--webhook", door.url, "--alertmanager", door.url]

            def told() -> list[Alert]:
                return [read(body) for headers, body in door.requests if "webhook-id" in headers]

            async def tell(minutes: range) -> None:
                values = [value for number in minutes for value in minute_of(number, _failing(number), begin_ms)]
                await asyncio.to_thread(produce, kafka, f"{prefix}counts", values)

            with started(tmp_path / "first.log", *command) as process:
                await asyncio.to_thread(eventually, lambda: fetch(f"http://127.0.0.1:{port}/readyz")[0] == 200, "ready")
                await tell(range(KILLED_AFTER))
                await until(lambda: len(told()) > 0)
                process.kill()
            with started(tmp_path / "second.log", *command):
                await tell(range(KILLED_AFTER, MINUTES))
                await until(lambda: any(alert.state == "resolved" for alert in told()))
                metrics = await asyncio.to_thread(fetch, f"http://127.0.0.1:{port}/metrics")
            found = await asyncio.to_thread(committed, kafka, f"{prefix}alerts")
        assert [(alert["id"], alert["revision"]) for alert in found] == [(one.id, one.revision) for one in expected]
        assert {(one.id, one.revision) for one in told()} == {(one.id, one.revision) for one in expected}
        assert 'flinks_notifications_total{outcome="sent",receiver="webhook"}' in metrics[1]
        assert "flinks_heartbeat_age_seconds" in metrics[1]
        logs = (tmp_path / "first.log").read_text() + (tmp_path / "second.log").read_text()
        assert "secret-path" not in logs

    async def test_a_month_of_counts(self, kafka: str, tmp_path: Path) -> None:
        """Is learned from, and all of it is on the topic; others are told of what still goes on."""
        prefix = new_prefix()
        made = await asyncio.to_thread(
            CliRunner().invoke, main, ["topics", "--broker", kafka, "--topic-prefix", prefix]
        )
        assert made.exit_code == 0, made.output
        values = [value for number in range(MINUTES) for value in minute_of(number, _failing(number))]
        values += [value for number in range(MINUTES, MINUTES + 5) for value in minute_of(number, {"RBC": 24})]
        await asyncio.to_thread(produce, kafka, f"{prefix}counts", values)
        async with Door() as door:
            command = ["alerts", "--broker", kafka, "--topic-prefix", prefix, "--admin-port", "0"]
            with started(tmp_path / "log", *command, "--webhook", door.url, "--alertmanager", door.url):
                await until(lambda: len({"webhook-id" in headers for headers, _ in door.requests}) == 2)
            found = await asyncio.to_thread(committed, kafka, f"{prefix}alerts")
        past, present = {one["id"]: one["state"] for one in found}.items()
        assert (past[1], present[1]) == ("resolved", "firing")
        assert past[0] not in str(door.requests)

    def test_topics_are_missing(self, kafka: str) -> None:
        """One line that tells what to do."""
        done = finish("alerts", "--broker", kafka, "--topic-prefix", new_prefix(), "--admin-port", "0")
        assert done.returncode == 1
        assert b"create them with `flinks-pipeline topics`" in done.stderr.splitlines()[-1]


def _failing(number: int) -> dict[str, int] | None:
    return {"RBC": 24} if number in OUTAGE else None


class TestTeller:
    def test_by_the_brokers_clock(self) -> None:
        """Alertmanager is told of ends by it, whatever this machine's says, and by whoever has the partition."""
        teller = Teller(Alerting(), AlertMetrics(CollectorRegistry()))
        task = PartitionTask(TP("counts", 0))
        teller.engine = Engine(
            alerts_job(TopicNames("x."), AlertSettings(), [], teller.made), KafkaSettings("localhost:1")
        )
        teller.engine.tasks[task.tp] = task
        teller._told = told_after([], alert())
        clock = StreamClock(0, watermark_ms=1_780_000_000_000)
        teller.engine.job.make_fold(0, clock)
        task.committed_to(Mark("counts", 0, 1, 0, None, 0, 0, 1), 0, 1_780_000_000_000)
        assert teller.told == []
        task.running = True
        assert [one.alert.id for one in teller.told] == ["incident"]
        assert timedelta(0) <= teller._now() - datetime(2026, 5, 28, 20, 26, 40, tzinfo=UTC) < timedelta(minutes=2)

    def test_while_it_catches_up(self) -> None:
        """Nobody is told how things were; when nobody counts any more, that is how they are."""
        teller = Teller(Alerting(), AlertMetrics(CollectorRegistry()))
        task = PartitionTask(TP("counts", 0))
        job = alerts_job(TopicNames("x."), AlertSettings(), [], teller.made)
        teller.engine = Engine(job, KafkaSettings("localhost:1"))
        teller.engine.tasks[task.tp] = task
        teller._told = told_after([], alert())
        task.running = True
        for minutes, position, count in ((90, 50, 0), (90, 100, 1), (30, 50, 1)):
            job.make_fold(0, StreamClock(0, watermark_ms=time.time_ns() // 1_000_000 - minutes * MINUTE_MS))
            task.position, task.end = position, 100
            assert len(teller.told) == count


class TestMaintenance:
    def test_is_read(self) -> None:
        """A bank and a time; what is begun counts as a whole minute."""
        spec = "RBC@1970-01-01T00:10:30Z/1970-01-01T02:00:30+01:00"
        assert read_maintenance(spec, INSTITUTIONS) == Maintenance(start=10, end=61, institution="RBC")

    @pytest.mark.parametrize(
        ("name", "label"),
        [
            ("*", "*"),
            ("other", "other"),
            ("rbc", "RBC"),
            ("Banque de Montréal", "BMO"),
            ("coastcapital", "Coast Capital"),
            ("FlinksCapital", "FlinksCapital"),
        ],
    )
    def test_a_bank_in_any_spelling(self, name: str, label: str) -> None:
        """It is meant as the counts call it."""
        assert read_maintenance(f"{name}@{TIMES}", INSTITUTIONS).institution == label

    def test_a_bank_that_nobody_knows(self) -> None:
        """It would go unnoticed that its maintenance is told of; the nearest names are said."""
        with pytest.raises(click.BadParameter, match=r"no institution is called 'Tangerin'; did you mean Tangerine\?"):
            read_maintenance(f"Tangerin@{TIMES}", INSTITUTIONS)
        with pytest.raises(click.BadParameter, match=r"there are ATB, BMO, CIBC, .*, TD, and other"):
            read_maintenance(f"Wells Fargo@{TIMES}", INSTITUTIONS)
        command = ["alerts", "--broker", "localhost:1", "--maintenance", f"Vancity@{TIMES}"]
        refused = CliRunner().invoke(main, command)
        assert (refused.exit_code, "no institution is called 'Vancity'" in refused.stderr) == (2, True)
        known = CliRunner().invoke(main, [*command, "--institutions", "RBC, Vancity"])
        assert "no Kafka broker answers" in known.stderr

    def test_a_listed_bank_is_called_as_it_is_listed(self) -> None:
        """And a bank of Flinks' pages that is not listed is among the others."""
        assert read_maintenance(f"Royal Bank of Canada@{TIMES}", ("Royal Bank",)).institution == "Royal Bank"
        with pytest.raises(click.BadParameter, match="no institution is called 'TD'"):
            read_maintenance(f"TD@{TIMES}", ("Royal Bank",))

    @pytest.mark.parametrize(
        ("spec", "complaint"),
        [
            ("RBC", "is not BANK@START/END"),
            ("@1970-01-01T00:10Z/1970-01-01T00:11Z", "is not BANK@START/END"),
            ("RBC@noon/1970-01-01T00:11Z", "'noon' in .* is no RFC 3339 time"),
            ("RBC@1970-01-01T00:10/1970-01-01T00:11Z", "has no offset from UTC"),
            ("RBC@1970-01-01T00:10Z/1970-01-01T00:10Z", "ends before it begins"),
        ],
    )
    def test_says_what_is_wrong(self, spec: str, complaint: str) -> None:
        """In one line."""
        with pytest.raises(click.BadParameter, match=complaint):
            read_maintenance(spec, INSTITUTIONS)


class TestReceivers:
    def test_nobody(self) -> None:
        """Incidents stand on the topic all the same."""
        assert read_receivers(None, {}) == []

    def test_both(self, tmp_path: Path) -> None:
        """Secrets come from the environment or a file."""
        (tmp_path / "slack").write_text("https://hooks.example.com/x\n")
        environment = {
            "FLINKS_PIPELINE_WEBHOOK_SECRET": "s",
            "FLINKS_PIPELINE_SLACK_URL_FILE": str(tmp_path / "slack"),
        }
        assert [one.name for one in read_receivers("https://example.com", environment)] == ["webhook", "slack"]

    def test_a_secret_for_nothing(self) -> None:
        """Nobody is to believe that requests are signed which are not sent."""
        with pytest.raises(Failure, match="FLINKS_PIPELINE_WEBHOOK_SECRET is set, and there is no --webhook"):
            read_receivers(None, {"FLINKS_PIPELINE_WEBHOOK_SECRET": "s"})

    @pytest.mark.parametrize("url", ["example.com/hook", "alertmanager:9093", "htps://a", "https://", "http://[::1"])
    def test_a_url_that_is_none(self, url: str) -> None:
        """It is told at the start and not at the first incident, without what may be a secret."""
        with pytest.raises(Failure, match="--webhook is no URL"):
            read_receivers(url, {})
        with pytest.raises(Failure, match="FLINKS_PIPELINE_SLACK_URL is no URL"):
            read_receivers(None, {"FLINKS_PIPELINE_SLACK_URL": url})
        command = ["alerts", "--broker", "localhost:1", "--alertmanager", url]
        assert "--alertmanager is no URL" in CliRunner().invoke(main, command).stderr

    def test_a_secret_as_standard_webhooks_write_it(self) -> None:
        """After whsec_ it is base64, as their libraries read it."""
        (webhook,) = read_receivers("https://example.com", {"FLINKS_PIPELINE_WEBHOOK_SECRET": "whsec_c2VjcmV0"})
        assert isinstance(webhook, Webhook)
        assert webhook._secret == b"secret"
        with pytest.raises(Failure, match="FLINKS_PIPELINE_WEBHOOK_SECRET begins with whsec_") as failure:
            read_receivers("https://example.com", {"FLINKS_PIPELINE_WEBHOOK_SECRET": "whsec_?"})
        assert "?" not in failure.value.message

    def test_a_file_that_is_not_there(self) -> None:
        """It is named."""
        with pytest.raises(Failure, match="FLINKS_PIPELINE_SLACK_URL_FILE /nowhere: No such file"):
            read_receivers(None, {"FLINKS_PIPELINE_SLACK_URL_FILE": "/nowhere"})
