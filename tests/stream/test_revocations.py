"""Revocations that overtook someone who was let in."""

from collections.abc import Callable
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


def test_a_credential_is_compared_with_when_it_was_checked(clock: Clock, revocations: Revocations) -> None:
    """One that was checked before it was replaced is the old one; the login goes on with the other."""
    clock.now = 5.0
    revocations.credential_replaced(ADA.session_id)
    assert revocations.are_of_the_credential(replace(ADA, asked_at=4.0))
    assert not revocations.are_of_the_credential(replace(ADA, asked_at=6.0))
    assert not revocations.are_of_the_credential(replace(ADA, asked_at=4.0, session_id=uuid4()))
    assert not revocations.are_certain(ADA)


def test_what_came_before_the_check_concerns_nobody(clock: Clock, revocations: Revocations) -> None:
    """The check knew of it; only what came later it may not know."""
    revocations.login_revoked(ADA.session_id)
    revocations.person_revoked(ADA.user_id)
    assert not revocations.may_concern(replace(ADA, asked_at=1.0))
    revocation: list[tuple[Callable[[UUID], None], UUID]] = [
        (revocations.login_revoked, ADA.session_id),
        (revocations.person_revoked, ADA.user_id),
        (revocations.credential_replaced, ADA.session_id),
    ]
    for revoke, revoked in revocation:
        clock.now += 2
        assert not revocations.may_concern(replace(ADA, asked_at=clock.now))
        revoke(revoked)
        assert revocations.may_concern(replace(ADA, asked_at=clock.now - 1))
