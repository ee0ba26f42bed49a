"""What a client asks for when it opens a stream."""

import pytest
from werkzeug.datastructures import MultiDict

from itcook.errors import ValidationError
from itcook.stream import channels
from transports.parameters import StreamParameters, read_flag


def query(*pairs: tuple[str, str]) -> MultiDict[str, str]:
    return MultiDict(pairs)


def test_nothing_is_the_default() -> None:
    """The channels that a client without wishes wants, from now on."""
    assert StreamParameters.read(query()) == StreamParameters(channels.DEFAULT, None)


@pytest.mark.parametrize(
    ("listed", "names"),
    [
        ("community", ("community",)),
        ("community,post:1", ("community", "post:1")),
        ("", ()),
        (",,community,", ("community",)),
        ("a b", ("a b",)),
    ],
)
def test_channels(listed: str, names: tuple[str, ...]) -> None:
    """Separated by commas; whether they are channels is judged elsewhere. None at all is possible."""
    assert StreamParameters.read(query(("channels", listed))).names == names


@pytest.mark.parametrize(("text", "cursor"), [("k3f9.7", "k3f9.7"), ("", None), ("garbage", "garbage")])
def test_a_cursor_is_not_judged_here(text: str, cursor: str | None) -> None:
    """Nonsense is answered on the stream, with `ResyncRequired`; empty is none."""
    assert StreamParameters.read(query(("cursor", text))).cursor == cursor


def test_what_is_not_known_is_named() -> None:
    """With what there is instead."""
    with pytest.raises(ValidationError) as caught:
        StreamParameters.read(query(("chanels", "community")), "named")
    assert caught.value.errors[0].pointer == "/chanels"
    assert caught.value.errors[0].detail == "is no parameter here; there are channels, cursor, named, ticket"


@pytest.mark.parametrize("name", ["channels", "cursor"])
def test_twice_is_refused(name: str) -> None:
    """Two that differ would be read differently by different readers."""
    with pytest.raises(ValidationError, match="must be given once"):
        StreamParameters.read(query((name, "a"), (name, "b")))


def test_a_name_of_any_length_is_not_repeated_whole() -> None:
    """An answer stays small."""
    with pytest.raises(ValidationError) as caught:
        StreamParameters.read(query(("x" * 10_000, "")))
    assert len(caught.value.detail) < 200


def test_more_parameters_where_there_are_some() -> None:
    """One transport's own."""
    parameters = query(("named", "true"))
    StreamParameters.read(parameters, "named")
    with pytest.raises(ValidationError):
        StreamParameters.read(parameters)


def test_flags() -> None:
    """True, false, or not there; nothing else, so that `named=yes` is not silently false."""
    assert read_flag(query(("named", "true")), "named")
    assert not read_flag(query(("named", "false")), "named")
    assert not read_flag(query(), "named")
    for value in ("", "1", "True", "yes"):
        with pytest.raises(ValidationError, match="must be true or false"):
            read_flag(query(("named", value)), "named")
