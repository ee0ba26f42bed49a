"""What the suite holds every event and message against finds what is wrong with one."""

import json
from typing import Any

import pytest
from jsonschema import ValidationError

from tests.support.schema import check_event, check_message

STAMP = "2026-11-23T07:25:40.123Z"
DATA = {"follower_id": "01a209cd-6229-70b9-a020-06dcfbbeb084", "follower_name": "Ada Lovelace"}
EVENT: dict[str, Any] = {
    "id": "k3f9qw2a.1",
    "type": "NewFollower",
    "channel": "personal",
    "timestamp": STAMP,
    "data": DATA,
}


def test_a_good_event_passes() -> None:
    """As it stands in the protocol."""
    check_event(json.dumps(EVENT))


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"channel": 1},
        {"extra": 1},
        {"data": {**DATA, "extra": 1}},
        {"data": {"follower_id": DATA["follower_id"]}},
        {"data": {**DATA, "follower_id": "nobody"}},
        {"type": "NewCommunityPost"},
    ],
    ids=str,
)
def test_another_does_not(changes: dict[str, Any]) -> None:
    """A member that is missing, wrong, or one more than is documented."""
    with pytest.raises(ValidationError):
        check_event(json.dumps({**EVENT, **changes}))


@pytest.mark.parametrize(
    "message", [{"type": "Subscribe"}, {"type": "Destroy"}, {"type": "Heartbeat", "extra": 1}, []], ids=str
)
def test_nor_does_what_is_no_message(message: Any) -> None:
    """Likewise."""
    check_message({"type": "Heartbeat", "ref": "r"})
    with pytest.raises(ValidationError):
        check_message(message)
