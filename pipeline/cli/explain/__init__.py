"""`explain`: what a name means, or what happened in a session."""

import re
from pathlib import Path
from typing import Any, BinaryIO

import click
from click.core import ParameterSource

from pipeline.cli.command import Command
from pipeline.cli.failures import Failure
from pipeline.cli.options import broker_options, option

_UNITS_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Span(click.ParamType):
    """A length of time like 90m, 36h or 7d, in ms."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it; fails with a usage error."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"([1-9]\d{0,5})([mhd])", value.strip())
        if match is None:
            self.fail(f"{value!r} is no length of time; write it like 90m, 36h or 7d", param, ctx)
        return int(match[1]) * _UNITS_MS[match[2]]


@click.command(
    cls=Command,
    short_help="Tell what a name means, or what happened in a session.",
    epilog="""\b
Examples:
  flinks-pipeline explain INVALID_LOGIN
  flinks-pipeline explain 8f14e45f-ceea-467f-9575-1f5e0b3a6c2d --broker kafka:9092
  flinks-pipeline explain 8f14e45f-ceea-467f-9575-1f5e0b3a6c2d --file events.jsonl
  flinks-pipeline explain 8f14e45f-ceea-467f-9575-1f5e0b3a6c2d --json | jq '.sessions[].why'""",
)
@click.argument("what", metavar="NAME|ID")
@option(
    "--file", "file", type=click.File("rb"), metavar="FILE", help="Look in events, one a line; - is standard input."
)
@broker_options(broker_help="Where Kafka is; several with commas between.")
@option(
    "--since",
    type=Span(),
    metavar="SPAN",
    help="How far back to look on the topics, like 36h: else 7d for results, 3h for sessions without one.",
)
@option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_context
def explain(
    context: click.Context,
    what: str,
    file: BinaryIO | None,
    broker: str,
    kafka_config: Path | None,
    topic_prefix: str,
    since: int | None,
    as_json: bool,
) -> None:
    """Tell what an event or code of Flinks means and what to do about it, or what happened in a session.

    NAME is one of Flinks' names, in capitals or not. ID is a request_id; or a connect_session_id, for all sessions of
    a visit; or a session_id. Sessions are looked up on the topics, and with --file in a file of events: every event
    with its time and meaning, the result in all its revisions, and the rule that decided.

    On the topics the newest result is looked for first, then the events that it was made of. A session that has no
    result yet is looked for among the events of the last 3 hours.
    """
    from pipeline.flinks.lookup import find, near

    if (entry := find(what)) is not None:
        from pipeline.cli.explain.name import entry_json, entry_parts

        _tell(entry_json(entry), entry_parts(entry), as_json=as_json)
        return
    asked_where = file is not None or context.get_parameter_source("broker") is not ParameterSource.DEFAULT
    alike = near(what)
    if alike and not asked_where:
        raise Failure(f"no event or code is called {what}; did you mean {' or '.join(alike)}?")
    if not asked_where and re.fullmatch(r"[A-Za-z_]+", what):
        raise Failure(
            f"no event or code is called {what}: it would be counted as unknown. If it is an id, say where to look "
            "for it, with --broker or --file"
        )
    from pipeline.cli.explain.session import session_json, session_parts

    if file is not None:
        from pipeline.cli.explain.from_file import explain_file

        found = explain_file(file, what, show=click.get_text_stream("stderr"))
    else:
        from pipeline.cli.connection import kafka_settings
        from pipeline.cli.explain.from_topics import explain_topics
        from pipeline.cli.topic_plan import TopicNames

        found = explain_topics(kafka_settings(broker, kafka_config), TopicNames(topic_prefix), what, since_ms=since)
    parts: list[Any] = []
    for explanation in found:
        parts += ([""] if parts else []) + list(session_parts(explanation))
    _tell({"id": what, "sessions": [session_json(each) for each in found]}, parts, as_json=as_json)


def _tell(structure: dict[str, Any], parts: Any, *, as_json: bool) -> None:
    if as_json:
        import orjson

        click.echo(orjson.dumps(structure).decode())
        return
    from pipeline.cli.explain.show import show

    show(parts)
