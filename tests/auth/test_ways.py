from typing import Any

import pytest

from itcook.auth.ways import Carried, Credential, Kind, find_credential, refuse_tokens_in
from itcook.errors import InvalidRequestError, UnauthenticatedError

EACH: dict[str, Any] = {
    "authorization": ["Bearer a.b.c"],
    "subprotocols": ["itcook.v1", "bearer.a.b.c"],
    "tickets": ["ticket"],
    "cookies": ["secret"],
}
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("way", "found"),
    [
        ("authorization", Credential(Kind.ACCESS_TOKEN, "a.b.c")),
        ("subprotocols", Credential(Kind.ACCESS_TOKEN, "a.b.c")),
        ("tickets", Credential(Kind.TICKET, "ticket")),
        ("cookies", Credential(Kind.COOKIE, "secret")),
    ],
)
def test_each_way_in_leads_to_its_credential(way: str, found: Credential) -> None:
    """A token is a token, whichever header it came in."""
    assert find_credential(Carried(**{way: EACH[way]})) == found


@pytest.mark.parametrize("first", EACH)
@pytest.mark.parametrize("second", EACH)
def test_two_credentials_are_refused(first: str, second: str) -> None:
    """Of different ways, or of one way twice."""
    both = EACH[first] + EACH[second] if first == second else None
    carried = Carried(**({first: both} if both else {first: EACH[first], second: EACH[second]}))
    with pytest.raises(InvalidRequestError, match="one credential, not several"):
        find_credential(carried)


def test_nothing_carried_is_nobody() -> None:
    """401, and a subprotocol that is no token is no credential."""
    with pytest.raises(UnauthenticatedError) as caught:
        find_credential(Carried(subprotocols=["itcook.v1", "graphql-ws"]))
    assert caught.value.code == "unauthenticated"


def test_a_token_is_not_offered_alone() -> None:
    """The server must have a subprotocol to select, and it never selects the token."""
    with pytest.raises(InvalidRequestError, match=r"offer the subprotocol itcook\.v1"):
        find_credential(Carried(subprotocols=["bearer.a.b.c"]))


def test_another_way_in_may_come_with_the_subprotocol() -> None:
    """`itcook.v1` without a token says what is spoken, not who speaks."""
    found = find_credential(Carried(subprotocols=["itcook.v1"], cookies=["secret"]))
    assert found == Credential(Kind.COOKIE, "secret")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("token", "x"),
        ("Access_Token", "x"),
        ("refresh_token", "x"),
        ("authorization", ""),
        ("q", JWT),
        ("ticket", JWT),
        ("channels", f"community,{JWT}"),
        ("x", f"Bearer {JWT}"),
        ("x", f"bearer.{JWT}"),
        ("x", JWT.rpartition(".")[0] + "."),
        ("x", "ewogICJhbGciOiJub25lIn0.eyJhIjoxfQ."),
        (JWT, ""),
    ],
)
def test_a_token_in_the_query_is_refused(name: str, value: str) -> None:
    """By the parameter's name, or by what it looks like; and the answer does not repeat it."""
    with pytest.raises(InvalidRequestError) as caught:
        refuse_tokens_in([("cursor", "k3f9.1042"), (name, value)])
    assert caught.value.code == "token_in_query"
    assert JWT not in caught.value.detail


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cursor", "eyjafjalla.1042"),
        ("q", "honey.mustard.dressing"),
        ("q", "eyJ"),
        ("channels", "community,post:01a209cd-6229-70b9-a020-06dcfbbeb084"),
        ("ticket", "eyJhbGciOiJIUzI1NiJ9"),
    ],
)
def test_what_is_no_token_is_none_of_its_business(name: str, value: str) -> None:
    """A cursor, a search, a ticket."""
    refuse_tokens_in([(name, value)])
