"""The plain way in: a stream's handshake as most clients send it, answered without the framework.

After a restart all clients come back at once, and what a handshake costs is how long that takes. Most of it
was not the token, the queries or the joining, but tasks, contexts and parsers around them
(docs/why/0023). So a handshake that is whole in the first bytes of its connection, carries a bearer token and
is granted is answered here. Everything else, and each refusal, is the framework's, which gets the same bytes
as if nobody had looked at them: there is one place that refuses, and says why.

Who is let in is not decided here either: it is asked of the same functions as by `blueprints.guard`.
"""

import re
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from hashlib import sha1
from urllib.parse import parse_qsl

from structlog.contextvars import bound_contextvars
from werkzeug.datastructures import MultiDict

from itcook.answers import REQUEST_ID, Answer, Answers
from itcook.auth.cookies import COOKIE
from itcook.auth.credentials import authenticate
from itcook.auth.origins import check_origin
from itcook.auth.principal import Principal
from itcook.auth.ways import SUBPROTOCOL, Carried, Kind, find_credential, refuse_tokens_in
from itcook.errors import RateLimitedError
from itcook.proxies import seen_through
from itcook.quotas.policies import HANDSHAKE
from itcook.services import Services
from transports.connection import Connection
from transports.direct import DirectSink, SSESink, WebSocketSink
from transports.frames import sse_blocks, sse_named_blocks
from transports.parameters import StreamParameters, read_flag
from transports.sse import HEADERS as SSE_HEADERS

MAX_HEAD = 8192  # bytes; what is longer is unusual

_WEBSOCKET = "/api/v1/realtime/ws"
_SSE = "/api/v1/realtime/sse"
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3

# RFC 9112: a request line, then fields of a token, a colon and visible characters, then nothing.
_HEAD = re.compile(
    rb"GET (/api/v1/realtime/(?:ws|sse))(?:\?([!-~]*))? HTTP/1\.1\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~]*\r\n)+)\r\n"
)
_KEY = re.compile(r"[A-Za-z0-9+/]{22}==")  # 16 bytes in base64
# On these the framework acts in ways that are not repeated here.
_UNUSUAL = {"content-length", "transfer-encoding", "expect", "http2-settings"}


@dataclass(frozen=True, slots=True)
class Handshake:
    """A request for a stream: no field is there twice, names are in lower case."""

    path: str
    query: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Granted:
    who: Principal
    parameters: StreamParameters
    named: bool
    client: str
    limits: Mapping[str, str]


def read_handshake(data: bytes) -> Handshake | None:
    """The handshake that `data`, the first bytes of a connection, is; None if it is no plain one."""
    if len(data) > MAX_HEAD or (match := _HEAD.fullmatch(data)) is None:
        return None
    path, query, lines = ((part or b"").decode("ascii") for part in match.groups())
    fields: dict[str, str] = {}
    for line in lines.split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        if (name := name.lower()) in fields:
            return None
        fields[name] = value.strip(" \t")
    usual = "host" in fields and _UNUSUAL.isdisjoint(fields) and COOKIE not in fields.get("cookie", "")
    fitting = _is_upgrade(fields) if path == _WEBSOCKET else _asks_for_no_more(fields)
    return Handshake(path, query, fields) if usual and fitting else None


async def answer(handshake: Handshake, services: Services, answers: Answers, connection: Connection) -> bool:
    """Grant the handshake and begin its stream on `connection`; False, and nothing has happened, if it cannot
    be granted.
    """
    noted = Answer("GET", handshake.fields.get(REQUEST_ID.lower()), handshake.path)
    try:
        granted = await _granted(handshake, services, connection)
    except Exception:  # whatever it is, the framework meets it too, and answers and logs it
        return False
    if granted is None:
        return False
    here = services.stream.connections
    connection_id = here.new_id()
    with bound_contextvars(
        request_id=noted.id, user_id=str(granted.who.user_id), connection_id=connection_id
    ):
        sink: DirectSink
        if handshake.path == _WEBSOCKET:
            answers.note(noted, 101)
            connection.transport.write(_switching(handshake.fields, noted.id))
            sink = WebSocketSink(here, connection)
            session = here.open(granted.who, "websocket", sink, granted.client, connection_id)
        else:
            answers.note(noted, 200)
            connection.transport.write(_streaming(granted.limits, noted.id))
            sink = SSESink(here, connection, sse_named_blocks if granted.named else sse_blocks, "1.1")
            session = here.open(granted.who, "sse", sink, granted.client, connection_id)
        sink.begin(session, granted.parameters)
    return True


async def _granted(handshake: Handshake, services: Services, connection: Connection) -> _Granted | None:
    """In the order of the framework's way; raises what that answers with, which it then does."""
    fields, is_websocket = handshake.fields, handshake.path == _WEBSOCKET
    client, host = _client_and_host(fields, services, connection)
    query = MultiDict(parse_qsl(handshake.query, keep_blank_values=True, errors="strict"))
    refuse_tokens_in(query.items(multi=True))
    origins = [fields["origin"]] if "origin" in fields else []
    check_origin(origins, host, services.settings.allowed_origins)
    credential = find_credential(_carried(fields, is_websocket=is_websocket))
    if "ticket" in query or credential.kind is not Kind.ACCESS_TOKEN:
        return None
    who = await authenticate(services.tokens, credential)
    services.last_seen.note(who.session_id)
    parameters = StreamParameters.read(query, *(() if is_websocket else ("named",)))
    named = not is_websocket and read_flag(query, "named")
    if not is_websocket:
        parameters = StreamParameters(parameters.names, fields.get("last-event-id") or parameters.cursor)
    services.stream.connections.check_room()
    return _Granted(who, parameters, named, client, await _counted(services, who))


async def _counted(services: Services, who: Principal) -> Mapping[str, str]:
    """The fields that tell what is left of the quota."""
    if services.quotas is None:
        return {}
    left = await services.quotas.spend(HANDSHAKE, str(who.user_id))
    if not left.granted:
        raise RateLimitedError("too many handshakes", retry_after=left.reset)
    return left.fields()


def _client_and_host(
    fields: Mapping[str, str], services: Services, connection: Connection
) -> tuple[str, str]:
    """Whose request it is, and for which host, as trusted proxies tell."""
    peer = connection.transport.get_extra_info("peername")
    trusted = services.settings.trusted_proxies
    if not trusted:
        return peer[0], fields["host"]
    headers = [(name.encode(), value.encode()) for name, value in fields.items()]
    seen = seen_through({"type": "http", "client": peer[:2], "headers": headers}, trusted)
    host = next(value for name, value in seen["headers"] if name == b"host")
    return seen["client"][0], host.decode()


def _carried(fields: Mapping[str, str], *, is_websocket: bool) -> Carried:
    return Carried(
        authorization=[fields["authorization"]] if "authorization" in fields else (),
        subprotocols=_listed(fields, "sec-websocket-protocol") if is_websocket else (),
    )


def _is_upgrade(fields: Mapping[str, str]) -> bool:
    return (
        fields.get("upgrade", "").lower() == "websocket"
        and "upgrade" in (token.lower() for token in _listed(fields, "connection"))
        and fields.get("sec-websocket-version") == "13"
        and _KEY.fullmatch(fields.get("sec-websocket-key", "")) is not None
    )


def _asks_for_no_more(fields: Mapping[str, str]) -> bool:
    # A page of another origin needs fields of CORS in the answer.
    return "upgrade" not in fields and "origin" not in fields


def _listed(fields: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in fields.get(name, "").split(",")]


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def _switching(fields: Mapping[str, str], request_id: str) -> bytes:
    """RFC 6455 section 4.2.2."""
    accept = b64encode(sha1(fields["sec-websocket-key"].encode() + _GUID, usedforsecurity=False).digest())
    head = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": accept.decode(),
        REQUEST_ID: request_id,
        "Date": _date(int(time.time())),
    }
    if SUBPROTOCOL in _listed(fields, "sec-websocket-protocol"):
        head["Sec-WebSocket-Protocol"] = SUBPROTOCOL
    return _head("101 Switching Protocols", head)


def _streaming(limits: Mapping[str, str], request_id: str) -> bytes:
    head = {
        **SSE_HEADERS,
        **limits,
        REQUEST_ID: request_id,
        "Vary": "Origin",  # as with CORS for those that have one
        "Date": _date(int(time.time())),
        "Transfer-Encoding": "chunked",
    }
    return _head("200 OK", head)


def _head(status: str, fields: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode("ascii")
