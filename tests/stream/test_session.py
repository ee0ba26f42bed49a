"""A session's life, second by second, without a second passing."""

import json
from datetime import datetime, timedelta

import pytest

from itcook.events import Heartbeat, Typing
from itcook.messages import Subscribe
from itcook.stream import ends
from itcook.stream.ends import End
from itcook.stream.envelope import Batch, Envelope, control, ephemeral
from itcook.stream.session import MAX_UNSENT, SKIP_UNSENT, Liveness, Resume, Session
from tests.support.contract import STREAMS, covers
from tests.support.stream import FOREVER, NOON, SOMEONE, FakeSink, cursor, run_of, someone, stored
from tests.support.survival import survives


class Played:
    """A session at second 0 of a clock that `at` moves."""

    def __init__(self, *, expires_at: datetime = FOREVER, sink: FakeSink | None = None) -> None:
        self.now = 0.0
        self.sink = sink or FakeSink()
        self.ends = 0
        self.session = Session(
            "c1",
            someone(1, expires_at),
            "websocket",
            self.sink,
            Liveness(heartbeat=10, timeout=30),
            now=0,
            lease=40_000,
            clock=lambda: NOON + timedelta(seconds=self.now),
            on_end=self._ended,
        )

    def _ended(self, session: Session) -> None:
        assert session.ended is not None
        self.ends += 1

    def join(self) -> "Played":
        """Go live at once."""
        self.session.connected(Resume("fresh", 7, cursor(7)))
        self.session.open_gate(7)
        return self

    def ending(self) -> End | None:
        return self.session.ended

    def say(self, **message: object) -> object:
        return self.session.receive(json.dumps(message), self.now)

    def at(self, now: float, *, awake_since: float = 0) -> None:
        """Let it be `now`, and wake the session."""
        self.now = now
        self.session.wake(now, self._heartbeat, awake_since=awake_since)

    def _heartbeat(self) -> Batch:
        return Batch([control(Heartbeat(timestamp=NOON, cursor=cursor(7)), NOON, cursor=cursor(7))])


@pytest.fixture
def played() -> Played:
    """Live, with nothing said yet."""
    return Played().join()


def test_connected_says_all_there_is_to_know() -> None:
    """And leaves behind the cursor that it names."""
    played = Played(expires_at=NOON + timedelta(minutes=15))
    played.session.reading.add("community", ("community",))
    played.session.connected(Resume("resumed", 7, cursor(7), replayed=3))
    assert played.sink.last("Connected") == {
        "connection_id": "c1",
        "user_id": str(someone(1).user_id),
        "transport": "websocket",
        "channels": ["system", "community"],
        "cursor": cursor(7),
        "resume": "resumed",
        "replayed": 3,
        "heartbeat_seconds": 10,
        "timeout_seconds": 30,
        "expires_at": "2026-11-23T12:15:00.000Z",
    }
    assert played.sink.written[0].cursor == cursor(7)


def test_a_reset_leaves_its_cursor_only_with_resync_required() -> None:
    """Cut between the two, a browser asks with its old cursor again and is told again."""
    played = Played()
    played.session.connected(Resume("reset", 7, cursor(7), reason="history_pruned"))
    assert played.sink.types == ["Connected", "ResyncRequired"]
    assert [envelope.cursor for envelope in played.sink.written] == [None, cursor(7)]
    assert played.sink.last("ResyncRequired") == {
        "reason": "history_pruned",
        "cursor": cursor(7),
        "ref": None,
    }


def test_connected_comes_first_whatever_the_client_says_before() -> None:
    """What it is answered waits, in its order, also behind `ResyncRequired`."""
    played = Played()
    played.session.receive("nonsense", 0)
    played.say(type="Nonsense", ref="r2")
    played.session.deliver(Batch(run_of(8, 9)))
    assert played.sink.types == []
    played.session.connected(Resume("reset", 7, cursor(7), reason="unknown_cursor"))
    assert played.sink.types == ["Connected", "ResyncRequired", "Error", "Error"]
    assert played.sink.last("Error")["ref"] == "r2"


def test_the_gate() -> None:
    """Nothing that is published passes before the session is live, everything after, nothing at the end."""
    played = Played()
    played.session.connected(Resume("resumed", 3, cursor(3), replayed=2))
    played.session.deliver(Batch([stored(6)]))
    played.session.replay(Batch(run_of(4, 5)))
    played.session.open_gate(5)
    played.session.deliver(Batch(run_of(6, 7)))
    played.session.end(ends.NORMAL)
    played.session.deliver(Batch([stored(8)]))
    played.session.replay(Batch([stored(8)]))
    played.session.open_gate(8)
    assert not played.session.live
    assert played.sink.positions == [4, 5, 6, 7]


def test_the_gate_closes_again_for_a_replay(played: Played) -> None:
    """What is published meanwhile is history's to keep, from the position that was told."""
    played.session.close_gate(7)
    played.session.deliver(Batch([stored(8)]))
    played.session.replay(Batch(run_of(2, 3)))
    played.session.caught_up(cursor(7))
    played.at(10)
    assert played.session.position == 7
    assert played.sink.positions == [2, 3]
    assert played.sink.types.count("Heartbeat") == 1
    assert played.sink.written[-1].cursor == cursor(7)


def test_what_history_gave_is_not_taken_again() -> None:
    """The gate opens at history's head, to which the broadcaster may still be on its way."""
    played = Played()
    played.session.connected(Resume("fresh", 3, cursor(3)))
    played.session.replay(Batch(run_of(4, 6)))
    played.session.open_gate(6)
    played.session.deliver(Batch(run_of(5, 6)))
    assert played.sink.positions == [4, 5, 6]
    played.session.deliver(Batch([stored(7)]))
    assert played.sink.positions == [4, 5, 6, 7]


def test_heartbeats(played: Played) -> None:
    """Every ten seconds an event and a ping; neither before the session is live."""
    joining = Played()
    joining.at(10)
    assert (joining.sink.types, joining.sink.pings) == ([], 0)
    for second in (9.9, 10, 10.5, 19.9, 20.4, 30.3, 30.4):
        played.at(second)
    assert played.sink.types == ["Connected", "Heartbeat", "Heartbeat", "Heartbeat"]
    assert played.sink.pings == 3
    assert played.session.wake_at(30.4) == pytest.approx(40.4)


@survives("sse: half an hour")
@pytest.mark.parametrize("answers", [True, False], ids=["websocket", "sse"])
def test_half_an_hour(played: Played, answers: bool) -> None:
    """With nothing but 180 heartbeats, whether or not the transport can tell that the client answers."""
    for second in range(1, 30 * 60 + 2):
        played.sink.heard_at = second if answers else None
        played.at(second)
    assert played.ending() is None
    assert played.sink.types.count("Heartbeat") == played.sink.pings == 180


def test_heartbeats_do_not_bunch_up(played: Played) -> None:
    """After a pause one is due, not one for each that was missed."""
    for second in (100, 101, 102):
        played.at(second)
    assert played.sink.types.count("Heartbeat") == 1


@pytest.mark.parametrize("sign", ["message", "bytes"])
def test_silence(played: Played, sign: str) -> None:
    """More than thirty seconds after the last sign of life, whether a message or any bytes."""
    played.sink.heard_at = 0
    played.at(30)
    assert played.ending() is None
    if sign == "message":
        played.now = 31
        played.say(type="Heartbeat")
    else:
        played.sink.heard_at = 31
    played.at(61)
    assert played.ending() is None
    played.at(61.1)
    assert played.ending() is ends.SILENT


def test_who_cannot_answer_is_not_silent(played: Played) -> None:
    """Where the transport cannot tell, nothing is concluded."""
    played.at(10_000)
    assert played.ending() is None


@pytest.mark.parametrize(("heard_at", "stuck"), [(0.0, 0.0), (None, 500.0)])
def test_a_standstill_of_the_server_is_not_the_clients(
    played: Played, heard_at: float | None, stuck: float
) -> None:
    """After a minute of SIGSTOP everyone has their full time again."""
    played.sink.heard_at = heard_at
    played.sink.stuck = stuck
    played.at(500, awake_since=500)
    played.at(530, awake_since=500)
    assert played.ending() is None
    played.at(530.1, awake_since=500)
    assert played.ending() in (ends.SILENT, ends.TOO_SLOW)


def test_stuck_bytes(played: Played) -> None:
    """Unsent bytes that did not move for more than thirty seconds."""
    played.sink.stuck = 30
    played.at(100)
    assert played.ending() is None
    played.sink.stuck = 30.1
    played.at(101)
    assert played.ending() is ends.TOO_SLOW


def typing() -> Batch:
    """Someone writes."""
    event = Typing(post_id=SOMEONE, user_id=SOMEONE, user_name="Grace", state="started")
    return Batch([ephemeral(event, "post:1", NOON, left_out=SOMEONE)])


@covers("backpressure: skipping", on=STREAMS, sink="session")
def test_what_may_be_skipped_is_offered_to_clients_that_keep_up(played: Played) -> None:
    """One that is behind does without, and is never ended for it; so does one that is not live yet."""
    joining = Played()
    joining.session.connected(Resume("fresh", 7, cursor(7)))
    joining.session.offer(typing())
    assert "Typing" not in joining.sink.types
    played.sink.unsent = SKIP_UNSENT
    played.session.offer(typing())
    played.sink.unsent = SKIP_UNSENT + 1
    played.session.offer(typing())
    played.sink.unsent = MAX_UNSENT + 1
    played.session.offer(typing())
    assert played.sink.types.count("Typing") == 1
    assert played.session.ended is None


def test_too_slow_at_the_bound(played: Played) -> None:
    """A mebibyte is allowed, a byte more is not, whatever is being written."""
    played.sink.unsent = MAX_UNSENT
    played.session.deliver(Batch([stored(8)]))
    assert played.ending() is None
    played.sink.unsent += 1
    played.session.deliver(Batch(run_of(9, 10)))
    assert played.ending() is ends.TOO_SLOW
    assert played.sink.last("Disconnecting")["reconnect"] is True


def test_a_burst_is_not_its_readers_fault() -> None:
    """However much comes at once, who had read all before gets it; not so who has not read it by the next."""

    class Keeping(FakeSink):
        def write(self, batch: Batch) -> None:
            super().write(batch)
            self.unsent += batch.size

    played = Played(sink=Keeping()).join()
    burst = [Envelope("x" * (MAX_UNSENT // 10), "T", cursor(position), position) for position in range(8, 28)]
    played.session.deliver(Batch(burst))
    assert played.ending() is None
    assert played.sink.positions == list(range(8, 28))
    played.session.deliver(Batch([stored(28)]))
    assert played.ending() is ends.TOO_SLOW


def test_the_token_expires() -> None:
    """At the very second, which is when the session asks to be woken."""
    played = Played(expires_at=NOON + timedelta(seconds=4)).join()
    assert played.session.wake_at(1) == pytest.approx(1 + 4)  # the wall clock still shows noon
    played.at(3.9)
    assert played.ending() is None
    assert played.session.wake_at(3.9) == pytest.approx(4)
    played.at(4)
    assert played.ending() is ends.TOKEN_EXPIRED


def test_disconnecting_is_last_and_comes_once(played: Played) -> None:
    """The first end counts; later ones, and whatever else happens, are too late."""
    played.session.end(ends.RESTARTING.after(1234))
    played.session.end(ends.DEFECT)
    played.session.refuse("code", "message", None)
    played.session.subscribed(cursor(7), None)
    played.session.deliver(Batch([stored(8)]))
    assert played.session.receive('{"type":"Heartbeat"}', 1) is None
    assert played.session.receive(b"", 1) is None
    assert played.sink.types == ["Connected", "Disconnecting"]
    assert played.sink.last("Disconnecting") == {
        "code": 1012,
        "reason": "server restarts",
        "reconnect": True,
        "retry_after_ms": 1234,
    }
    assert played.ends == 1
    assert not played.session.live


def test_messages_come_through(played: Played) -> None:
    """What is valid is handed on."""
    message = played.say(type="Subscribe", channels=["system"], ref="r1")
    assert message == Subscribe(type="Subscribe", channels=["system"], ref="r1")


def test_an_error_carries_the_ref_and_the_session_goes_on(played: Played) -> None:
    """Wherever it could be made out."""
    assert played.say(type="Subscribe", channels=[], ref="r1") is None
    assert played.sink.last("Error")["ref"] == "r1"
    assert played.session.receive('{"ref":"r1"', 0) is None
    assert played.sink.last("Error") == {
        "code": "invalid_json",
        "message": "not JSON: Expecting ',' delimiter at character 11",
        "ref": None,
    }
    assert played.ending() is None


@pytest.mark.parametrize("message", [b"{}", b"", None])
def test_binary(played: Played, message: object) -> None:
    """Text is the only thing that is read here; an empty binary frame is None in Quart."""
    assert played.session.receive(message, 0) is None
    assert played.ending() is ends.BINARY


def test_twenty_invalid_messages_in_a_minute(played: Played) -> None:
    """The twentieth is still answered, and the end."""
    for second in range(19):
        played.session.receive("nonsense", second)
    assert played.ending() is None
    played.session.receive("nonsense", 60)
    assert played.ending() is ends.TOO_MANY_INVALID
    assert played.sink.types[-2:] == ["Error", "Disconnecting"]


def test_nineteen_a_minute_go_on_for_ever(played: Played) -> None:
    """The window slides."""
    for number in range(200):
        played.session.receive("nonsense", number * 60 / 18.9)
    assert played.ending() is None


def test_too_many_messages(played: Played) -> None:
    """Sixty at once, twenty a second from then on; valid or not."""
    for _ in range(60):
        assert played.say(type="Heartbeat") is not None
    played.now = 1
    for _ in range(20):
        assert played.say(type="Heartbeat") is not None
    assert played.say(type="Heartbeat") is None
    assert played.ending() is ends.TOO_MANY_MESSAGES
    assert played.sink.last("Disconnecting")["retry_after_ms"] > 0


def test_acknowledgements_carry_the_ref(played: Played) -> None:
    """And the channels as they are now."""
    played.session.reading.add("community", ("community",))
    played.session.subscribed(cursor(9), "r1")
    assert played.sink.last("Subscribed") == {
        "channels": ["system", "community"],
        "cursor": cursor(9),
        "replayed": 0,
        "ref": "r1",
    }
    played.session.reading.remove("community")
    played.session.unsubscribed(cursor(9), "r2")
    assert played.sink.last("Unsubscribed") == {"channels": ["system"], "cursor": cursor(9), "ref": "r2"}


def test_a_lease_ends(played: Played) -> None:
    """The client comes back at once and resumes, whatever its token is good for."""
    played.at(39_999, awake_since=39_999)
    assert played.ending() is None
    assert played.session.wake_at(39_999) == 40_000
    played.at(40_000, awake_since=39_999)
    assert played.ending() is ends.LEASE_OVER
    assert played.sink.last("Disconnecting")["reconnect"]
