"""The server's HTTP interface and streams, for the people of an end-to-end test."""

import asyncio
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

import httpx

from tests.support.certificates import Certificate
from tests.support.people import Person, registration
from tests.support.processes import Server
from tests.support.rest import check_response
from tests.support.streams import SSEStream, Stream, Transport, WebSocketStream

CONNECTIONS_PER_PERSON = 10  # what one person may have at once


class Api:
    """Requests to `server`, wherever it listens after its latest start, or to `url` if something is in front
    of it. `tls` is the certificate to trust; `http2` asks for HTTP/2, but for WebSockets. Close it with
    `aclose`.
    """

    def __init__(
        self,
        server: Server | None = None,
        *,
        url: str | None = None,
        tls: Certificate | None = None,
        http2: bool = False,
    ) -> None:
        assert server or url, "there is somewhere to go"
        self._server = server
        self._url = url
        self._tls = tls.trusting() if tls else None
        self.http = httpx.AsyncClient(
            trust_env=False,
            verify=tls.trusting() if tls else True,  # one of its own: httpx tells it what to offer by ALPN
            http2=http2,
            event_hooks={"response": [check_response]},
            timeout=httpx.Timeout(20, read=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        )

    @property
    def url(self) -> str:
        """Where requests go."""
        return self._url or cast("Server", self._server).url

    async def aclose(self) -> None:
        await self.http.aclose()

    async def request(
        self, method: str, path: str, person: Person | None = None, **more: Any
    ) -> httpx.Response:
        """Any request below `/api/v1`; `headers` in `more` come on top of the person's own."""
        headers = {**(person.headers if person else {}), **more.pop("headers", {})}
        return await self.http.request(method, f"{self.url}/api/v1{path}", headers=headers, **more)

    async def done(self, method: str, path: str, person: Person | None, **more: Any) -> dict[str, Any]:
        """A request that must succeed; what it answers, which is nothing where there is no body."""
        response = await self.request(method, path, person, **more)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        body: dict[str, Any] = response.json() if response.content else {}
        return body

    async def register(self, name: str) -> Person:
        """A new person."""
        body = await self.done("POST", "/auth/register", None, json=registration(name))
        return Person(
            id=UUID(body["user"]["id"]),
            name=body["user"]["name"],
            email=body["user"]["email"],
            access_token=body["access_token"],
            refresh_token=body["refresh_token"],
        )

    async def register_many(self, count: int) -> list[Person]:
        """Several people, in parallel."""
        return await asyncio.gather(*[self.register(f"Person {_word(number)}") for number in range(count)])

    async def post(self, person: Person, content: str) -> dict[str, Any]:
        """Share a post; the post as answered."""
        return await self.done("POST", "/community/posts", person, json={"content": content})

    async def comment(self, person: Person, post_id: str, content: str) -> dict[str, Any]:
        """Answer below a post; the comment as answered."""
        path = f"/community/posts/{post_id}/comments"
        return await self.done("POST", path, person, json={"content": content})

    async def published(self, person: Person, after: str, count: int) -> None:
        """Wait for so many events behind a cursor: an answer may be there before its event is."""
        parameters = {"after": after, "wait": "20"}
        while len((await self.done("GET", "/realtime/events", person, params=parameters))["data"]) < count:
            pass

    async def like(self, person: Person, post_id: str) -> None:
        await self.done("PUT", f"/community/posts/{post_id}/like", person)

    async def follow(self, person: Person, other: Person) -> None:
        await self.done("PUT", f"/community/users/{other.id}/follow", person)

    async def connect(
        self,
        transport: Transport,
        person: Person | None,
        *,
        last_event_id: str | None = None,
        **parameters: str,
    ) -> Stream:
        """A stream of `person`, or of whoever the parameters say; `parameters` are those of the query."""
        if transport == "websocket":
            assert last_event_id is None, "a header of Server-Sent Events"
            return await self.websocket(person, **parameters)
        headers = {**person.headers} if person else {}
        if last_event_id is not None:
            headers["Last-Event-ID"] = last_event_id
        return await SSEStream.open(self.http, self.address("sse", **parameters), headers)

    async def websocket(self, person: Person | None, **parameters: str) -> WebSocketStream:
        """A stream that can also send."""
        headers = person.headers if person else {}
        return await WebSocketStream.open(self.address("websocket", **parameters), headers, tls=self._tls)

    def address(self, transport: Transport, **parameters: str) -> str:
        """The URL of a stream."""
        url = f"{self.url}/api/v1/realtime/{'sse' if transport == 'sse' else 'ws'}"
        url = url if transport == "sse" else url.replace("http", "ws", 1)
        return f"{url}?{urlencode(parameters)}" if parameters else url


def _word(number: int) -> str:
    """A name of letters only, another for each number."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number)).capitalize()
