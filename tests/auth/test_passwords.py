import asyncio

from argon2 import PasswordHasher

from itcook.auth.passwords import Passwords


async def test_only_the_right_password_matches(passwords: Passwords) -> None:
    """The hash is salted argon2id and names its parameters."""
    first, second = await asyncio.gather(passwords.hash("secret words"), passwords.hash("secret words"))
    assert first != second
    assert first.startswith("$argon2id$")
    assert await passwords.verify(first, "secret words")
    assert not await passwords.verify(first, "secret word")


async def test_nobody_has_no_password(passwords: Passwords) -> None:
    """Without a hash nothing matches."""
    assert not await passwords.verify(None, "")


async def test_a_password_matches_in_either_unicode_form(passwords: Passwords) -> None:
    """A phone may send a letter and its accent where a computer sends one character."""
    assert await passwords.verify(
        await passwords.hash("cr\u00e8me br\u00fbl\u00e9e"), "cre\u0300me bru\u0302le\u0301e"
    )


async def test_a_hash_with_other_parameters_is_outdated(passwords: Passwords) -> None:
    """Stronger parameters reach old accounts at their next login."""
    weaker = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash("secret words")
    assert passwords.is_outdated(weaker)
    assert not passwords.is_outdated(await passwords.hash("secret words"))
