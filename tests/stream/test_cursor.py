"""Cursors are opaque to clients, so anything may come back as one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itcook.stream.cursor import Cursor, new_epoch

EPOCHS = st.from_regex(r"[0-9a-z]{1,16}", fullmatch=True)


@given(EPOCHS, st.integers(0, 10**18 - 1))
def test_a_cursor_survives_its_text(epoch: str, position: int) -> None:
    """What is written is read back."""
    assert Cursor.parse(str(Cursor(epoch, position))) == Cursor(epoch, position)


@given(st.text() | st.from_regex(r"[0-9a-z]*\.[0-9]*"))
def test_any_other_text_is_no_cursor(text: str) -> None:
    """Parsing never fails, and what parses has exactly one spelling."""
    parsed = Cursor.parse(text)
    assert parsed is None or str(parsed) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "k3f9",
        ".1",
        "k3f9.",
        "k3f9.-1",
        "k3f9.+1",
        "k3f9.01",
        "k3f9.1.1",
        "k3f9.1 ",
        " k3f9.1",
        "k3f9.1\n",
        "K3F9.1",
        "k3f9.1e3",
        "k3f9.0x10",
        "k3f9.\u0661",  # an Arabic-Indic digit, which int() would read as 1
        "k3f9." + "9" * 19,  # beyond 64 bits
        "k" * 17 + ".1",
        "k3f9.1\x00",
        "k3f9.1" * 100_000,
    ],
)
def test_hostile_cursors_are_none(text: str) -> None:
    """Every form that a lenient reader would take."""
    assert Cursor.parse(text) is None


def test_epochs_are_cursors_and_differ() -> None:
    """A new history's name parses, and two histories do not share one."""
    epochs = {new_epoch() for _ in range(1000)}
    assert len(epochs) == 1000
    assert all(re.fullmatch(r"[0-9a-z]{8}", epoch) for epoch in epochs)
