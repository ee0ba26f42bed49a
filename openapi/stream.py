"""The event stream as an AsyncAPI 3.0 document: both transports, and every message in both directions."""

import re
from collections.abc import Iterable
from typing import get_args

from itcook import __version__, messages
from itcook.auth.cookies import COOKIE
from itcook.auth.ways import TICKET_PARAMETER
from itcook.messages import MAX_MESSAGE_BYTES
from itcook.stream import ends
from openapi import words
from openapi.examples import example
from openapi.models import reference, stream_schemas
from openapi.schema import Schema, kinds

ADDRESS = "/api/v1/realtime"
PORT = 3000  # where the server listens if nobody says otherwise
DESCRIPTION = """\
One typed event stream over two transports. What a client can see over the WebSocket it can see over \
Server-Sent Events, and the JSON of an event is the same on both, byte for byte.

Keep the newest cursor: the `id` of durable events, the `cursor` of others. It resumes on either transport, \
without gap or double. Before a connection ends comes `Disconnecting`; obey its `reconnect`, and ignore \
types and members that you do not know.\
"""
_NAMED = re.compile(r"`(\w+)`")
_WEBSOCKET, _SSE, _POST = "websocket", "sse", "messages"


def stream_document() -> Schema:
    """What goes over the stream, how, and how it ends."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "IT Cook",
            "version": __version__,
            "description": DESCRIPTION,
            "license": {"name": "MIT"},
            "tags": [{"name": kind.lower(), "description": said} for kind, said in _kinds().items()],
        },
        "defaultContentType": "application/json",
        "servers": SERVERS,
        "channels": _channels(),
        "operations": _operations(),
        "components": {
            "messages": _event_messages() | _client_messages(),
            "schemas": dict(sorted(stream_schemas().items())),
            "securitySchemes": SECURITY,
        },
    }


def _kinds() -> dict[str, str]:
    return {
        name: " ".join((classes[0].__mro__[1].__doc__ or "").split()) for name, classes in kinds().items()
    } | {"Client": "What a client says."}


def _event_names() -> list[str]:
    return [event.__name__ for classes in kinds().values() for event in classes]


def _said_names() -> list[str]:
    return [f"{message.__name__}Message" for message in get_args(messages.Message)]


def _event_messages() -> Schema:
    return {
        event.__name__: _message(event.__name__, event.__name__, event.__doc__, kind, "data/ref")
        for kind, classes in kinds().items()
        for event in classes
    }


def _client_messages() -> Schema:
    return {
        f"{said.__name__}Message": _message(
            said.__name__, f"{said.__name__}Message", said.__doc__, "Client", "ref"
        )
        for said in get_args(messages.Message)
    }


def _message(name: str, schema: str, text: str | None, kind: str, ref: str) -> Schema:
    schemas = stream_schemas()
    value = example(reference(schema), schemas)
    found: Schema = {
        "name": name,
        "title": name,
        "summary": " ".join((text or "").split()),
        "tags": [{"name": kind.lower()}],
        "payload": reference(schema),
        "examples": [{"name": name, "payload": value}],
    }
    if "ref" in (value if ref == "ref" else value["data"]):
        description = "The client's own mark: the answer has the one of the message."
        found["correlationId"] = {"description": description, "location": f"$message.payload#/{ref}"}
    return found


def _channels() -> Schema:
    return {
        _WEBSOCKET: {
            "address": f"{ADDRESS}/ws",
            "title": "WebSocket",
            "description": "One JSON event per text message, and client messages the other way.",
            "servers": [{"$ref": "#/servers/websocket"}],
            "messages": _component_messages([*_event_names(), *_said_names()]),
            "bindings": {
                "ws": {"method": "GET", "query": QUERY, "headers": OFFER, "bindingVersion": "0.1.0"}
            },
            "x-ends": ENDS,
            "x-closes": [{"code": code, "when": when} for code, when in words.closes().items()],
            "x-max-message-bytes": MAX_MESSAGE_BYTES,
        },
        _SSE: {
            "address": f"{ADDRESS}/sse",
            "title": "Server-Sent Events",
            "description": "A `text/event-stream`: one JSON event per `data:` line; `id:` is the cursor.",
            "servers": [{"$ref": "#/servers/http"}],
            "messages": _component_messages(_event_names()),
            "x-ends": ENDS,
        },
        _POST: {
            "address": f"{ADDRESS}/connections/{{connection_id}}/messages",
            "title": "Client messages by POST",
            "description": "What a WebSocket client says in a message, for clients of Server-Sent Events.",
            "parameters": {"connection_id": {"description": words.PARAMETERS["connection_id"]}},
            "servers": [{"$ref": "#/servers/http"}],
            "messages": _component_messages(_said_names()),
            "x-max-message-bytes": MAX_MESSAGE_BYTES,
        },
    }


def _operations() -> Schema:
    """As AsyncAPI has it, from the server's side: it sends events and receives messages."""
    found: Schema = {
        "sendOverWebSocket": _operation("send", _WEBSOCKET, _event_names(), "Events, over the WebSocket."),
        "sendOverSSE": _operation("send", _SSE, _event_names(), "Events, as Server-Sent Events.")
        | {"bindings": {"http": {"method": "GET", "query": SSE_QUERY, "bindingVersion": "0.3.0"}}},
    }
    for said in get_args(messages.Message):
        name = f"{said.__name__}Message"
        summary = " ".join((said.__doc__ or "").split())
        answers = _answers(said)
        found[f"receive{said.__name__}"] = _operation("receive", _WEBSOCKET, [name], summary) | {
            "reply": _reply(_WEBSOCKET, answers)
        }
        found[f"receive{said.__name__}ByPost"] = _operation("receive", _POST, [name], summary) | {
            "reply": _reply(_SSE, answers),
            "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
        }
    return found


def _operation(action: str, channel: str, names: Iterable[str], summary: str) -> Schema:
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": _channel_messages(channel, names),
    }


def _reply(channel: str, names: Iterable[str]) -> Schema:
    return {"channel": {"$ref": f"#/channels/{channel}"}, "messages": _channel_messages(channel, names)}


def _answers(said: type[messages.ClientMessage]) -> list[str]:
    """The events that the message's docstring names; and whatever is said may be refused."""
    named = [name for name in _NAMED.findall(said.__doc__ or "") if name in _event_names()]
    return list(dict.fromkeys([*named, "Error"]))


def _component_messages(names: Iterable[str]) -> Schema:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names}


def _channel_messages(channel: str, names: Iterable[str]) -> list[Schema]:
    return [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names]


def _texts(**described: str) -> Schema:
    """The schema of parameters that are text."""
    properties = {name: {"type": "string", "description": said} for name, said in described.items()}
    return {"type": "object", "properties": properties}


QUERY = _texts(
    channels=words.PARAMETERS["channels"],
    cursor=words.PARAMETERS["cursor"],
    ticket="What says who is there, where no header can.",
)
SSE_QUERY: Schema = {
    "type": "object",
    "properties": QUERY["properties"]
    | {"named": {"type": "boolean", "default": False, "description": words.PARAMETERS["named"]}},
}
OFFER: Schema = {
    "type": "object",
    "properties": {
        "Sec-WebSocket-Protocol": {
            "type": "string",
            "description": "`itcook.v1`, and beside it `bearer.TOKEN` where no other header can be set.",
            "examples": ["itcook.v1, bearer.TOKEN"],
        }
    },
}
ENDS = [
    {
        "code": end.code,
        "reason": end.reason,
        "reconnect": end.reconnect,
        "retry_after_ms": end.retry_after_ms,
        "when": words.ends()[end.code, end.reason],
    }
    for end in vars(ends).values()
    if isinstance(end, ends.End)
]
_BEARER: Schema = {"$ref": "#/components/securitySchemes/bearer"}
_TICKET: Schema = {"$ref": "#/components/securitySchemes/ticket"}
_COOKIE: Schema = {"$ref": "#/components/securitySchemes/cookie"}
SERVERS: Schema = {
    "websocket": {
        "host": f"localhost:{PORT}",
        "protocol": "ws",
        "description": "With TLS it is `wss`.",
        "security": [_BEARER, {"$ref": "#/components/securitySchemes/subprotocol"}, _TICKET, _COOKIE],
    },
    "http": {
        "host": f"localhost:{PORT}",
        "protocol": "http",
        "description": "With TLS it is `https`, and HTTP/2 too.",
        "security": [_BEARER, _TICKET, _COOKIE],
    },
}
SECURITY: Schema = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "For whoever can set headers.",
    },
    "subprotocol": {
        "type": "httpApiKey",
        "in": "header",
        "name": "Sec-WebSocket-Protocol",
        "description": "`itcook.v1, bearer.TOKEN`, for a browser's `WebSocket`; `itcook.v1` is selected.",
    },
    "ticket": {
        "type": "httpApiKey",
        "in": "query",
        "name": TICKET_PARAMETER,
        "description": "Of `POST /api/v1/realtime/tickets`, good once, for a browser's `EventSource`.",
    },
    "cookie": {
        "type": "httpApiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "The login of a page, from an allowed origin.",
    },
}
