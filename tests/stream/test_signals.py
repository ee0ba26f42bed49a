"""Signals travel as JSON, between nodes of one version and of two."""

import json
from uuid import UUID

import pytest

from itcook.stream.signals import (
    ConnectionDisplaced,
    ConnectionRevoked,
    CredentialReplaced,
    MembershipChanged,
    PersonRevoked,
    SessionRevoked,
    Signal,
    decode,
    encode,
)

ID = UUID(int=2**128 - 1)
SIGNALS: list[Signal] = [
    SessionRevoked(session_id=ID),
    PersonRevoked(user_id=ID),
    PersonRevoked(user_id=ID, kept=ID),
    CredentialReplaced(session_id=ID),
    ConnectionRevoked(connection_id="0123abcd-" + "x" * 22),
    ConnectionDisplaced(connection_id="0123abcd-" + "x" * 22),
    MembershipChanged(user_id=ID, kitchen_id=ID, joined=True),
]


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.type)
def test_what_is_sent_arrives(signal: Signal) -> None:
    """Equal, and in less than a tenth of what PostgreSQL's NOTIFY carries."""
    text = encode(signal)
    assert decode(text) == signal
    assert len(text.encode()) < 800
    assert "\n" not in text


def test_members_of_a_newer_version_are_passed_over() -> None:
    """Nodes are updated one after the other."""
    assert decode(json.dumps({**json.loads(encode(SIGNALS[0])), "why": "logout"})) == SIGNALS[0]


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", "null", '{"type":"Newer"}', '{"type":"SessionRevoked"}']
)
def test_what_is_no_signal_here(text: str) -> None:
    """Is none, instead of an error."""
    assert decode(text) is None
