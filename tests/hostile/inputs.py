"""Generated input: near enough to what is right to get past the first check, and anything at all."""

import json
import os
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.hostile import scene
from tests.support.people import registration
from tests.support.recipes import BORSCHT

TARGETS = 8  # tests that share the inputs
SHORT = 25  # examples for each of them in `make unit`
INPUTS = int(os.environ.get("FUZZ_INPUTS", "0"))

# With inputs asked for they are new each time, by the seed that pytest is given; else always the same.
EXAMPLES = settings(
    max_examples=max(1, INPUTS // TARGETS) if INPUTS else SHORT,
    derandomize=not INPUTS,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

ODD_TEXT = st.sampled_from(
    [
        "",
        "\0",
        "\ud800",
        "\u2028",
        "\u202e",
        "../",
        "*",
        "%",
        "'",
        '"',
        "a" * 5_000,
        "🍲",
        "NaN",
        "null",
        "-1",
    ]
)
TEXT = st.one_of(st.text(max_size=40), ODD_TEXT)
IDS = st.one_of(st.uuids().map(str), TEXT)
NUMBERS = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([2**31, 2**63, 2**70, -1, 0, 1e308, float("nan"), float("inf")]),
)
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXT, st.uuids().map(str))
JSON = st.recursive(
    LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4))
)

# Right bodies, to be spoiled.
RIGHT: Mapping[tuple[str, str], dict[str, Any]] = {
    ("POST", "/auth/register"): registration(),
    ("POST", "/auth/login"): {"email": "ada@example.com", "password": "x"},
    ("POST", "/auth/refresh"): {"refresh_token": "x"},
    ("PUT", "/auth/password"): {"current_password": "x", "new_password": "y"},
    ("POST", "/community/posts"): scene.POST,
    ("PATCH", f"/community/posts/{UUID(int=0)}"): scene.POST,
    ("POST", f"/community/posts/{UUID(int=0)}/comments"): scene.COMMENT,
    ("POST", "/fridge/items"): scene.ITEM,
    ("POST", "/goals"): scene.GOAL,
    ("POST", "/kitchens"): scene.KITCHEN,
    ("POST", "/kitchens/join"): {"code": "ABCD-EFGH"},
    ("POST", "/notifications"): scene.WORD,
    ("PUT", "/notifications/preferences"): {"muted": []},
    ("POST", "/recipes"): BORSCHT,
    ("POST", "/recipes/generate"): scene.WISH,
    ("POST", f"/realtime/connections/{UUID(int=0)}/messages"): {"type": "Heartbeat"},
}
QUERIES: Mapping[str, tuple[str, ...]] = {
    "/community/posts": ("limit", "before", "post_type", "following"),
    "/community/trending": ("limit",),
    "/fridge/items": (
        "kitchen_id",
        "limit",
        "before",
        "sort",
        "category",
        "location",
        "expiring_before",
        "q",
    ),
    "/fridge/expiring": ("kitchen_id", "limit", "before", "days"),
    "/fridge/suggestions": (
        "limit",
        "kitchen_id",
        "diets",
        "allergies",
        "max_minutes",
        "servings",
        "language",
    ),
    "/goals": ("limit", "before", "status", "goal_type"),
    "/kitchens": ("limit", "before"),
    "/notifications": ("limit", "before", "unread"),
    "/notifications/scheduled": ("limit", "before", "status"),
    "/recipes": ("limit", "before", "q", "cuisine", "category", "diet", "tag", "max_minutes", "mine"),
    "/realtime/events": ("after", "channels", "limit"),
    "/realtime/presence": ("channel",),
    "/realtime/connections": ("limit", "before"),
    "/auth/sessions": ("limit", "before"),
}
HEADERS = (
    "Accept",
    "Authorization",
    "Content-Length",
    "Content-Type",
    "Cookie",
    "Expect",
    "Idempotency-Key",
    "Last-Event-ID",
    "Origin",
    "Transfer-Encoding",
    "Upgrade",
    "X-CSRF-Token",
    "X-Forwarded-For",
    "X-Forwarded-Host",
)
MESSAGES: tuple[dict[str, Any], ...] = (
    {"type": "Subscribe", "channels": ["community"], "ref": "r", "since": None},
    {"type": "Unsubscribe", "channels": ["kitchens"], "ref": "r"},
    {"type": "Heartbeat", "ref": "r"},
    {"type": "Authenticate", "token": "x", "ref": "r"},
    {"type": "TypingStart", "post_id": str(UUID(int=0)), "ref": "r"},
    {"type": "TypingStop", "post_id": str(UUID(int=0)), "ref": "r"},
)


@st.composite
def spoiled(draw: st.DrawFn, right: Mapping[str, Any]) -> dict[str, Any]:
    """With something else in one place, something missing, or something more."""
    body = dict(right)
    for _ in range(draw(st.integers(0, 2))):
        name = draw(st.sampled_from([*right, "id", "is_admin"]))
        if draw(st.booleans()):
            body[name] = draw(JSON)
        else:
            body.pop(name, None)
    return body


def encoded(value: object) -> st.SearchStrategy[bytes]:
    """As JSON, in two spellings, whole or cut."""
    texts = [
        json.dumps(value, ensure_ascii=ascii_).encode(errors="surrogatepass") for ascii_ in (True, False)
    ]
    return st.one_of(
        st.sampled_from(texts),
        st.integers(0, len(texts[1])).map(lambda length: texts[1][:length]),
    )


CURSORS = st.one_of(
    TEXT, st.from_regex(r"[a-z0-9]{1,10}\.[0-9]{1,30}", fullmatch=True), st.integers(0, 2**70).map(str)
)
CHANNELS = st.one_of(
    TEXT,
    st.sampled_from(["community", "system", "personal", "kitchens"]),
    st.builds("{}:{}".format, st.sampled_from(["post", "author", "kitchen", "personal", "system"]), IDS),
)
CLIENT_MESSAGES = st.one_of(
    st.sampled_from(MESSAGES).flatmap(spoiled).map(json.dumps), JSON.map(json.dumps), st.text(max_size=200)
)
FRAMES = st.builds(
    lambda first, second, rest: bytes([first, second]) + rest,
    st.integers(0, 255),
    st.one_of(st.integers(0, 255), st.integers(0x80, 0xFF)),
    st.binary(max_size=200),
)
LINES = st.one_of(
    st.sampled_from(
        [
            b"GET /health/live HTTP/1.1",
            b"POST /api/v1/auth/login HTTP/1.1",
            b"PRI * HTTP/2.0",
            b"Host: x",
            b"Transfer-Encoding: chunked",
            b"Content-Length: 5",
            b"Connection: Upgrade",
            b"Upgrade: websocket",
            b"Sec-WebSocket-Version: 13",
            b"Expect: 100-continue",
            b"5\r\nhello\r\n0",
            b"",
        ]
    ),
    st.binary(max_size=40),
)
RAW = st.one_of(
    st.binary(max_size=300), st.lists(LINES, max_size=10).map(b"\r\n".join).map(lambda b: b + b"\r\n\r\n")
)
