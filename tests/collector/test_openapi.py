"""The description of the API against the API, by schemathesis."""

from typing import Any

import orjson
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks

from pipeline.collector.scripts import assembled
from tests.collector.doors import BEARER, WRITE_KEY, Door, batch, event, signed

load_all_checks()
ON_EVERY = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    )
]


DESCRIPTION = orjson.loads(assembled()["/openapi.json"][1])
schema = schemathesis.openapi.from_dict(DESCRIPTION)


@schema.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_answers_are_as_described(case: Any, door: Door) -> None:
    """Whatever is sent: status, type, headers and body of the answer are among those that are described."""
    if isinstance(case.body, dict) and case.operation.path == "/v1/events":
        case.body["key"] = WRITE_KEY
    headers = {"Authorization": f"Bearer {BEARER}"} if case.operation.path == "/v1/api-events" else {}
    answer = case.call(base_url=f"http://127.0.0.1:{door.port}", headers=headers)
    case.validate_response(answer, checks=ON_EVERY)


def test_every_path_is_described(door: Door) -> None:
    """And nothing else."""
    assert door.ask("GET", "/openapi.json").json == DESCRIPTION
    for path, methods in DESCRIPTION["paths"].items():
        for method in methods:
            assert door.ask(method.upper(), path, b"{}").status not in {404, 405}
    assert set(DESCRIPTION["paths"]) == set(door.collector.router.paths)


def test_what_is_described_is_taken(door: Door) -> None:
    """One good example of each."""
    hook = orjson.dumps({"RequestId": "3eb951d4-5738-4004-81b2-fb28c5e4c1a0", "HttpStatusCode": 200})
    assert door.send(batch(event())).verdicts == ["accepted"]
    assert door.answered(orjson.loads(hook)).verdicts == ["accepted"]
    assert door.webhook(hook, x_flinks_signature=signed(hook)).verdicts == ["accepted"]
