"""The names of channels."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itcook.stream import channels


@pytest.mark.parametrize(
    "name", ["community", "system", "personal", "kitchens", "post:0193570c", "kitchen:a_B-9", "x:" + "a" * 64]
)
def test_names(name: str) -> None:
    """Everything of the documented form."""
    assert channels.is_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Community",
        "post:",
        ":1",
        "post:a:b",
        "post:../x",
        "post:*",
        "post:a b",
        "community\n",
        "post:\u202e1",
        "p\u043est:1",  # a Cyrillic o
        "post:\x00",
        "x:" + "a" * 65,
        "a" * 10_000,
    ],
)
def test_no_names(name: str) -> None:
    """Control, bidirectional, look-alike and path characters, and names without end."""
    assert not channels.is_name(name)


@given(st.text(max_size=100))
def test_what_is_a_name_needs_no_escape(text: str) -> None:
    """Names are put into JSON and into the outbox's list as they are."""
    if channels.is_name(text):
        assert text.isascii()
        assert not set(text) & set('"\\ \n')


def test_nobody_sees_whose_personal_channel_it_is() -> None:
    """The owner's id stays inside, other ids are shown."""
    person, post = uuid4(), uuid4()
    assert channels.on_the_wire(channels.personal(person)) == "personal"
    assert channels.on_the_wire(channels.post(post)) == f"post:{post}"
    assert channels.on_the_wire("community") == "community"


def test_kinds() -> None:
    """Counting groups ids."""
    assert channels.kind(channels.author(uuid4())) == "author"
    assert channels.kind("system") == "system"
