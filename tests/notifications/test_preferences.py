"""Preferences: what each person has muted."""

import asyncio
from itertools import islice

from itcook.auth.principal import Principal
from itcook.notifications.preferences import Mutable, preferences, set_preferences


async def test_preferences_are_replaced_whole(author: Principal, reader: Principal) -> None:
    """What is not named is no longer muted; twice is once; others keep theirs."""
    assert (await preferences(author)).muted == []
    await set_preferences(author, [Mutable.POST_LIKED, Mutable.EXPIRING_ITEMS, Mutable.POST_LIKED])
    assert (await preferences(author)).muted == ["ExpiringItems", "PostLiked"]
    await set_preferences(author, [Mutable.NEW_COMMENT])
    assert (await preferences(author)).muted == ["NewComment"]
    assert (await preferences(reader)).muted == []


async def test_racing_changes_do_not_mix(author: Principal) -> None:
    """Whichever comes last holds, whole."""
    wishes = [list(islice(Mutable, number)) for number in range(len(Mutable) + 1)]
    results = await asyncio.gather(*(set_preferences(author, wish) for wish in wishes))
    assert (await preferences(author)) in results
