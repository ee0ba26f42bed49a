"""How many HTTP/2 frames a client may send."""

from hypothesis import given, settings
from hypothesis import strategies as st

from itcook.http2_frames import BYTES_PER_FRAME, FRAME_BURST, PREFACE_BYTES, Allowance

BURST = int(FRAME_BURST)
EMPTY = bytes(9)  # a DATA frame of nothing


def frame(size: int) -> bytes:
    """A DATA frame with a payload of so many bytes."""
    return size.to_bytes(3) + bytes(6 + size)


def begun() -> Allowance:
    """The preface has been sent, and nothing else."""
    allowance = Allowance(0.0)
    assert allowance.take(bytes(PREFACE_BYTES), 0.0)
    return allowance


def passes(allowance: Allowance, count: int, now: float = 0.0) -> bool:
    """Whether so many empty frames may come, one by one."""
    return all(allowance.take(EMPTY, now) for _ in range(count))


@settings(max_examples=30)
@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=8), st.lists(st.integers(1, 30), min_size=1, max_size=8)
)
def test_frames_are_counted_wherever_the_network_cuts(sizes: list[int], cuts: list[int]) -> None:
    """In pieces of any size, in the middle of a header too: after so many frames exactly the rest is left."""
    allowance = begun()
    data = b"".join(frame(size) for size in sizes)
    while data:
        for cut in cuts:
            assert allowance.take(data[:cut], 0.0)
            data = data[cut:]
    left = BURST - len(sizes)
    assert passes(allowance, left)
    assert not allowance.take(EMPTY, 0.0)


def test_a_flood_is_more_than_the_burst() -> None:
    """And as many more as time has passed for."""
    allowance = begun()
    assert passes(allowance, BURST)
    assert not allowance.take(EMPTY, 0.0)
    assert passes(allowance, 50, 0.5)
    assert not allowance.take(EMPTY, 0.5)


def test_large_frames_explain_themselves() -> None:
    """An upload is no flood, however long it is."""
    allowance = begun()
    assert all(allowance.take(frame(BYTES_PER_FRAME), 0.0) for _ in range(5 * BURST))


def test_what_is_sent_calls_for_answers() -> None:
    """Frames that were granted come on top of the burst."""
    allowance = begun()
    allowance.grant(300)
    assert passes(allowance, BURST + 300)
    assert not allowance.take(EMPTY, 0.0)
