"""What a client may say."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from itcook.messages import (
    MAX_ERROR_LENGTH,
    MAX_NAMES,
    MAX_REF_LENGTH,
    AnyMessage,
    Authenticate,
    Heartbeat,
    InvalidMessageError,
    Subscribe,
    Unsubscribe,
    parse,
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type":"Subscribe","channels":["a"]}', Subscribe(type="Subscribe", channels=["a"])),
        (
            '{"channels":["a"],"ref":"1","type":"Unsubscribe"}',
            Unsubscribe(type="Unsubscribe", channels=["a"], ref="1"),
        ),
        (' {"type": "Heartbeat", "ref": null}\n', Heartbeat(type="Heartbeat")),
        (
            '{"type":"Authenticate","token":"a.b.c"}',
            Authenticate(type="Authenticate", token="a.b.c"),
        ),
    ],
)
def test_valid(text: str, message: object) -> None:
    """In any order and spacing."""
    assert parse(text) == message


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("", "invalid_json", "not JSON"),
        ('{"type":"Heartbeat","type":"Heartbeat"}', "invalid_json", "appears twice"),
        ("[" * 1000, "invalid_json", "nested deeper"),
        ("null", "invalid_message", ""),
        ("[]", "invalid_message", ""),
        ('"Heartbeat"', "invalid_message", ""),
        ("{}", "unknown_type", "type"),
        ('{"type":"Nonsense"}', "unknown_type", "Subscribe"),
        ('{"type":"NewCommunityPost"}', "unknown_type", ""),
        ('{"type":1}', "unknown_type", ""),
        ('{"type":"Subscribe"}', "invalid_message", "channels: "),
        ('{"type":"Subscribe","channels":[]}', "invalid_message", "channels: "),
        ('{"type":"Subscribe","channels":"community"}', "invalid_message", "channels: "),
        ('{"type":"Subscribe","channels":[1]}', "invalid_message", "channels/0: "),
        ('{"type":"Heartbeat","is_admin":true}', "invalid_message", "is_admin: "),
        ('{"type":"Heartbeat","ref":1}', "invalid_message", "ref: "),
    ],
)
def test_invalid(text: str, code: str, message: str) -> None:
    """A stable code, and where and what is wrong."""
    with pytest.raises(InvalidMessageError) as caught:
        parse(text)
    assert caught.value.code == code
    assert message in caught.value.message
    assert caught.value.message


@pytest.mark.parametrize("ref", ["r1", "x" * MAX_REF_LENGTH, ""])
def test_the_ref_of_what_is_invalid(ref: str) -> None:
    """It is carried back wherever it can be made out."""
    with pytest.raises(InvalidMessageError) as caught:
        parse(json.dumps({"type": "Nonsense", "ref": ref}))
    assert caught.value.ref == ref


@pytest.mark.parametrize("ref", [1, None, ["r"], "x" * (MAX_REF_LENGTH + 1)])
def test_what_is_no_ref_is_not_carried_back(ref: object) -> None:
    """Nothing of any other type or length."""
    with pytest.raises(InvalidMessageError) as caught:
        parse(json.dumps({"type": "Nonsense", "ref": ref}))
    assert caught.value.ref is None


@pytest.mark.parametrize("message", [{"type": "x" * 60_000}, {"type": "Heartbeat", "k" * 60_000: 1}])
def test_an_error_does_not_repeat_the_message(message: object) -> None:
    """A client cannot have its own bytes sent back to it."""
    with pytest.raises(InvalidMessageError) as caught:
        parse(json.dumps(message))
    assert len(caught.value.message) <= MAX_ERROR_LENGTH


@pytest.mark.parametrize("kind", ["Subscribe", "Unsubscribe"])
def test_names_are_kept_once_and_no_more_than_could_be_honoured(kind: str) -> None:
    """A message of 64 KiB has room for ten thousand, and sixty such messages may wait."""
    names = [str(number // 2) for number in range(10_000)]
    message = parse(json.dumps({"type": kind, "channels": names}))
    assert isinstance(message, Subscribe | Unsubscribe)
    assert message.channels == [str(number) for number in range(MAX_NAMES)]


def test_only_the_first_wrong_name_is_looked_at() -> None:
    """Thirty thousand of them cost a tenth of a second to report."""
    with pytest.raises(ValidationError) as caught:
        AnyMessage.model_validate({"type": "Subscribe", "channels": [1, 2, 3]})
    assert caught.value.error_count() == 1


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_any_text_is_a_message_or_an_error(text: str) -> None:
    """Never another exception."""
    code = ""
    try:
        parse(text)
    except InvalidMessageError as error:
        code = error.code
    assert code in {"", "invalid_json", "invalid_message", "unknown_type"}
