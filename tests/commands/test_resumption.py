"""What a client of the stream decides when its connection ends, without any connection."""

from typing import Any

import pytest

from itcook.commands.api import RefusedError
from itcook.commands.exits import CommandError, Exit
from itcook.commands.resumption import LONGEST_PAUSE, Resumption, Return
from itcook.stream import ends
from itcook.stream.ends import End


def resumption(*, can_renew: bool = False) -> Resumption:
    """One that waits as long as it may."""
    return Resumption(None, can_renew=can_renew, jitter=lambda shortest, longest: longest)


def connected(resume: str = "fresh") -> dict[str, Any]:
    return {"type": "Connected", "data": {"cursor": "e.5", "resume": resume, "timeout_seconds": 12.0}}


def goodbye(end: End) -> dict[str, Any]:
    data = {"code": end.code, "reason": end.reason, "reconnect": end.reconnect}
    return {"type": "Disconnecting", "data": {**data, "retry_after_ms": end.retry_after_ms}}


ENDS = [end for end in vars(ends).values() if isinstance(end, End)]


@pytest.mark.parametrize("end", [end for end in ENDS if end.reconnect and end.code != 4401])
def test_an_end_that_lets_it_come_back_is_obeyed(end: End) -> None:
    """It waits as long as it is told, the first time."""
    one = resumption()
    for event in (connected(), goodbye(end)):
        one.saw(event)
    assert one.after_end("closed").seconds == end.retry_after_ms / 1000


@pytest.mark.parametrize("end", [end for end in ENDS if not end.reconnect])
def test_an_end_for_good_is_a_clear_exit_code(end: End) -> None:
    """4 where the login has ended, 6 for all others, and the reason is told."""
    one = resumption()
    for event in (connected(), goodbye(end)):
        one.saw(event)
    with pytest.raises(CommandError, match=end.reason) as ended:
        one.after_end("closed")
    assert ended.value.exit_code == (Exit.REFUSED if end.code == 4403 else Exit.ENDED)


def test_an_expired_token_is_renewed_once_and_then_blamed_on_the_clock() -> None:
    """Without a connection in between, a new token that has expired too is no reason to ask for ever."""
    one = resumption(can_renew=True)
    for event in (connected(), goodbye(ends.TOKEN_EXPIRED)):
        one.saw(event)
    assert one.after_end("closed") == Return(0.0, "4401 token expired: refresh it, then resume", renews=True)
    with pytest.raises(CommandError, match="clock") as ended:
        one.after_refusal(RefusedError(401, "token_expired", "the access token has expired; refresh it"))
    assert ended.value.exit_code == Exit.REFUSED


def test_a_token_that_cannot_be_renewed_ends_it() -> None:
    """With 4, and a word on how it would go on."""
    one = resumption()
    for event in (connected(), goodbye(ends.TOKEN_EXPIRED)):
        one.saw(event)
    with pytest.raises(CommandError, match="--email") as ended:
        one.after_end("closed")
    assert ended.value.exit_code == Exit.REFUSED


def test_silence_doubles_the_pause_until_something_comes() -> None:
    """Up to half a minute; an event begins anew, a mere `Connected` does not."""
    one = resumption()
    one.saw(connected())
    pauses = [one.after_silence("refused").seconds for _ in range(8)]
    assert pauses == [0.5, 1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE]
    one.saw(connected("resumed"))
    assert one.after_end("cut").seconds == LONGEST_PAUSE
    one.saw({"type": "Heartbeat", "data": {"cursor": "e.6"}})
    assert one.after_end("cut").seconds == 0.5


def test_who_is_sent_away_again_and_again_does_not_come_at_once_for_ever() -> None:
    """ "At once" is obeyed once; then it is backed off until something comes."""
    one = resumption()
    pauses = []
    for _ in range(3):
        for event in (connected(), goodbye(ends.LEASE_OVER)):
            one.saw(event)
        pauses.append(one.after_end("closed").seconds)
    assert pauses == [0, 1, 2]


def test_retry_after_is_obeyed_and_bounded() -> None:
    """503 and 429 wait as long as they say, at least as long as the back-off, ten minutes at most."""
    one = resumption()
    assert one.after_refusal(RefusedError(503, "overloaded", "full", 7)).seconds == 7
    assert one.after_refusal(RefusedError(429, "rate_limited", "slowly", 86_400)).seconds == 600
    assert one.after_refusal(RefusedError(502, "unknown", "a proxy")).seconds == 2


@pytest.mark.parametrize(
    ("status", "code"), [(401, Exit.REFUSED), (403, Exit.REFUSED), (404, Exit.FAILED), (422, Exit.FAILED)]
)
def test_a_refusal_that_waiting_does_not_help_ends_it(status: int, code: Exit) -> None:
    """With the exit code of its kind."""
    with pytest.raises(CommandError) as ended:
        resumption().after_refusal(RefusedError(status, "whatever", "no"))
    assert ended.value.exit_code == code


def test_a_server_that_never_answered_ends_it() -> None:
    """With 5: nobody waits for an address with a typo in it."""
    with pytest.raises(CommandError) as ended:
        resumption().after_silence("no server answers")
    assert ended.value.exit_code == Exit.UNREACHABLE


def test_the_cursor_is_the_last_that_came() -> None:
    """An event's id, a control event's cursor; but not that of a `Connected` whose resync has not come."""
    one = resumption()
    for event, cursor in [
        (connected(), "e.5"),
        ({"type": "NewFollower", "id": "e.7", "data": {}}, "e.7"),
        ({"type": "Typing", "data": {}}, "e.7"),
        ({"type": "Heartbeat", "data": {"cursor": "e.9"}}, "e.9"),
        (connected("reset"), "e.9"),
        ({"type": "ResyncRequired", "data": {"cursor": "f.1"}}, "f.1"),
    ]:
        one.saw(event)
        assert one.cursor == cursor
    assert one.patience_seconds == 12
