"""Revocations that overtook someone who was let in."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from itcook.stream.revocations import LET_IN_SECONDS, Revocations
from tests.support.stream import someone

ADA = someone(1)


class Clock:
    now = 0.0


@pytest.fixture
def clock() -> Clock:
    """The time, which stands."""
    return Clock()


@pytest.fixture
def revocations(clock: Clock) -> Revocations:
    """Nothing was revoked."""
    return Revocations(lambda: clock.now)


def test_a_revoked_login_is_certain(revocations: Revocations) -> None:
    """It never comes back, and another login of the same person is another matter."""
    revocations.login_revoked(ADA.session_id)
    assert revocations.are_certain(ADA)
    assert not revocations.are_certain(replace(ADA, session_id=uuid4()))
    assert not revocations.are_possible(ADA)


def test_a_revoked_person_may_have_logged_in_again(revocations: Revocations) -> None:
    """Which login is which cannot be told here."""
    revocations.person_revoked(ADA.user_id)
    assert revocations.are_possible(ADA)
    assert not revocations.are_certain(ADA)
    assert not revocations.are_possible(someone(2))


def test_nothing_is_remembered_for_ever(clock: Clock, revocations: Revocations) -> None:
    """No longer than someone can be on their way in; what happened again counts from then."""
    revocations.login_revoked(UUID(int=1))
    revocations.login_revoked(UUID(int=2))
    clock.now = LET_IN_SECONDS
    revocations.login_revoked(UUID(int=1))
    clock.now = LET_IN_SECONDS + 1
    revocations.login_revoked(UUID(int=3))
    assert len(revocations) == 2
    assert revocations.are_certain(replace(ADA, session_id=UUID(int=1)))
