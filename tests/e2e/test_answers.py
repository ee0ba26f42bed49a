"""What a real server notes of each answer: who asks can find the lines, and so can whoever is asked."""

import re
from collections.abc import Mapping

import pytest

from tests.support.api import Api
from tests.support.people import Person
from tests.support.processes import LogLine, Server
from tests.support.streams import TRANSPORTS, Transport


@pytest.fixture(scope="module")
def server_settings() -> Mapping[str, object]:
    return {"log_level": "debug"}


async def _answered(server: Server, request_id: str) -> LogLine:
    """The one line of the answer to a request."""
    line = await server.logged(lambda line: line.get("request_id") == request_id)
    lines = [one for one in server.lines if one["event"] == "answered" and one["request_id"] == request_id]
    assert lines == [line]
    return line


async def test_an_answer_has_one_line(api: Api, server: Server, ada: Person) -> None:
    """With the pattern of its route, its status and its duration; whose it is, and nothing of the query."""
    response = await api.request("GET", "/community/posts?limit=7", ada)
    line = await _answered(server, response.headers["X-Request-ID"])
    assert (line["method"], line["route"], line["status"]) == ("GET", "/api/v1/community/posts", 200)
    assert line["duration_ms"] > 0
    assert (line["level"], line["user_id"]) == ("info", str(ada.id))
    assert "limit" not in str(line)


async def test_what_is_not_served_has_no_route(api: Api, server: Server, ada: Person) -> None:
    """An address is whatever somebody has typed, be it a token, and is not logged."""
    response = await api.request("GET", f"/{ada.access_token}", ada)
    line = await _answered(server, response.headers["X-Request-ID"])
    assert (line["route"], line["status"]) == (None, 404)
    assert ada.access_token not in str(server.lines)


@pytest.mark.parametrize("given", ["from-a-proxy.1", "x" * 64])
async def test_a_client_may_name_its_request(api: Api, server: Server, given: str) -> None:
    """It finds the same name in the answer, and the operator in the log."""
    response = await api.request("GET", "/auth/me", headers={"X-Request-ID": given})
    assert response.headers["X-Request-ID"] == given
    assert (await _answered(server, given))["status"] == 401


@pytest.mark.parametrize("given", ["", "x" * 65, "two words", "<script>", '"'])
async def test_what_does_not_fit_a_log_is_replaced(api: Api, given: str) -> None:
    """By a name of the server's own."""
    response = await api.request("GET", "/auth/me", headers={"X-Request-ID": given})
    assert re.fullmatch("[0-9a-f]{16}", response.headers["X-Request-ID"])


async def test_machines_that_ask_often_fill_no_log(api: Api, server: Server) -> None:
    """Whoever looks for them finds them at level debug."""
    response = await api.http.get(f"{server.url}/health/ready")
    assert (await _answered(server, response.headers["X-Request-ID"]))["level"] == "debug"


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("way", ["plain", "of the framework"])
async def test_a_stream_has_one_line_that_leads_to_its_connection(
    api: Api, server: Server, grace: Person, transport: Transport, way: str
) -> None:
    """By the id that its end has, too; whichever way its handshake went."""
    seen = len(server.lines)
    parameters = {}
    if way != "plain":
        parameters["ticket"] = (await api.done("POST", "/realtime/tickets", grace))["ticket"]
    async with await api.connect(transport, None if parameters else grace, **parameters) as stream:
        connection_id = (await stream.next_of("Connected")).data["connection_id"]
    ended = await server.logged(
        lambda line: line["event"] == "connection ended" and line["connection_id"] == connection_id
    )
    (line,) = [
        one
        for one in server.lines[seen:]
        if one["event"] == "answered" and one.get("connection_id") == connection_id
    ]
    assert (line["status"], line["user_id"]) == (101 if transport == "websocket" else 200, ended["user_id"])
    assert line["route"].endswith("/ws" if transport == "websocket" else "/sse")
