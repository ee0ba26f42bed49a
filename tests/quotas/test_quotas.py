"""Quotas are counted apart, and by whom it concerns."""

import pytest

from itcook.quotas.memory import BoundedMemory
from itcook.quotas.policies import POLICIES, Policy
from itcook.quotas.quotas import Quotas, key_of_address
from itcook.quotas.shared import open_quotas
from itcook.settings import Settings

FEW = Policy("few", 3, 3600)
MANY = Policy("many", 5, 3600)


@pytest.fixture
def quotas() -> Quotas:
    return Quotas(lambda policy: BoundedMemory(), (FEW, MANY))


async def test_what_is_left_is_told(quotas: Quotas) -> None:
    """Down to nothing; from then on requests are not granted, until a time within the window."""
    asked = [await quotas.spend(FEW, "ada") for _ in range(5)]
    assert [(left.granted, left.remaining) for left in asked] == [
        (True, 2),
        (True, 1),
        (True, 0),
        (False, 0),
        (False, 0),
    ]
    assert all(1 <= left.reset <= 3600 for left in asked)


async def test_looking_counts_nothing(quotas: Quotas) -> None:
    """And tells the same: whether one more would be granted, and how many."""
    looked = [(left.granted, left.remaining) for left in [await quotas.look(FEW, "ada") for _ in range(5)]]
    assert looked == [(True, 3)] * 5
    for _ in range(3):
        await quotas.spend(FEW, "ada")
    left = await quotas.look(FEW, "ada")
    assert (left.granted, left.remaining) == (False, 0)


async def test_policies_and_people_are_counted_apart(quotas: Quotas) -> None:
    """Who has used up one quota has the others, and so has everybody else."""
    for _ in range(3):
        await quotas.spend(FEW, "ada")
    assert (await quotas.spend(MANY, "ada")).remaining == 4
    assert (await quotas.spend(FEW, "grace")).remaining == 2


async def test_they_can_be_turned_off(settings: Settings) -> None:
    """`on` is the default, and knows every policy."""
    assert open_quotas(settings, None) is None
    opened = open_quotas(Settings(_env_file=None), None)
    assert opened is not None
    assert [(await opened.spend(policy, "ada")).policy for policy in POLICIES] == [*POLICIES]


def test_policies_have_different_names() -> None:
    """A client tells them apart by that."""
    assert len({policy.name for policy in POLICIES}) == len(POLICIES)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("<local>", "unknown"),
    ],
)
def test_an_ipv6_subscriber_is_one_client(address: str, key: str) -> None:
    """Whoever has a network of 2⁶⁴ addresses has one quota all the same."""
    assert key_of_address(address) == key
