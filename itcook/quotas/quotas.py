"""What is left of each quota, and for whom."""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from limits import RateLimitItemPerSecond
from limits.aio.storage import Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from itcook.quotas.memory import BoundedMemory
from itcook.quotas.policies import POLICIES, Policy

REST = 64  # bits of an IPv6 address that are its subscriber's to choose; those before are the subscriber


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a quota: `remaining` requests, and more after `reset` seconds; `granted`: whether
    the request that asked is within it.
    """

    policy: Policy
    granted: bool
    remaining: int
    reset: int

    def fields(self) -> dict[str, str]:
        """The header fields that tell a client, of draft-ietf-httpapi-ratelimit-headers-10."""
        policy = self.policy
        return {
            "RateLimit-Policy": f'"{policy.name}";q={policy.quota};w={policy.window}',
            "RateLimit": f'"{policy.name}";r={self.remaining};t={self.reset}',
        }


class Quotas:
    """Counts requests by sliding windows. `storage` gives where each policy's counters are."""

    def __init__(self, storage: Callable[[Policy], Storage], policies: Iterable[Policy] = POLICIES) -> None:
        self._limited = {
            policy: (
                SlidingWindowCounterRateLimiter(storage(policy)),
                RateLimitItemPerSecond(policy.quota, policy.window, namespace=policy.name),
            )
            for policy in policies
        }

    async def spend(self, policy: Policy, key: str) -> Left:
        """Count one request of `key`'s, if it is within the quota."""
        limiter, item = self._limited[policy]
        granted = await limiter.hit(item, key)
        return await self._left(policy, key, granted)

    async def look(self, policy: Policy, key: str) -> Left:
        """What is left, where nothing is counted; `granted`: whether one more request would be."""
        limiter, item = self._limited[policy]
        return await self._left(policy, key, await limiter.test(item, key))

    async def _left(self, policy: Policy, key: str, granted: bool) -> Left:
        limiter, item = self._limited[policy]
        stats = await limiter.get_window_stats(item, key)
        reset = max(1, math.ceil(stats.reset_time - time.time()))
        return Left(policy, granted, stats.remaining, reset)


def own_quotas() -> Quotas:
    """Quotas that this process counts by itself."""
    # Each policy has its own bound: who floods one pushes nobody's counters out of another.
    return Quotas(lambda policy: BoundedMemory())


@lru_cache(maxsize=10_000)  # as many as may be connected: who asks once mostly asks again
def key_of_address(address: str) -> str:
    """Who is counted as one: an IPv4 address, or the network of an IPv6 subscriber."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"  # a UNIX socket, or a test client
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> REST << REST)}/{128 - REST}"
