"""Idempotency keys in the core."""

import asyncio
from datetime import timedelta

import pytest

from itcook.auth.principal import Principal
from itcook.clock import utc_now
from itcook.community import posts, views
from itcook.database import Transaction
from itcook.errors import InvalidRequestError, ValidationError
from itcook.idempotency import KEPT, Answer, Claim, check_key, fingerprint, perform_once, prune
from itcook.models import IdempotencyRecord, Post
from tests.support.community import recorded, sign_up
from tests.support.core import backend, database, everywhere
from tests.support.survival import survives

__all__ = ["backend", "database", "everywhere"]


@pytest.fixture
async def author() -> Principal:
    return await sign_up("Ada Lovelace")


async def share(author: Principal, key: str = "key", content: str = "Soup") -> Answer:
    async def work(transaction: Transaction) -> views.Post:
        return await posts.create_post.within(transaction, author, posts.PostDraft(content))

    return await perform_once(Claim(author.user_id, key, fingerprint("POST /posts", content)), work)


@survives("rest: a key raced fifty times")
async def test_fifty_racing_requests_have_one_effect_and_one_answer(author: Principal) -> None:
    """One row, one event, one answer that is not a replay, and forty-nine that are."""
    answers = await asyncio.gather(*(share(author) for _ in range(50)))
    assert len({answer.body for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 49
    assert await Post.all().count() == 1
    assert len(await recorded()) == 1
    shared = views.Post.model_validate_json(answers[0].body)
    assert shared == await posts.one_post(author, shared.id)


async def test_a_key_is_for_one_request(author: Principal) -> None:
    """Another body under the same key is refused, and has no effect."""
    await share(author)
    with pytest.raises(ValidationError) as refused:
        await share(author, content="Bread")
    assert refused.value.code == "idempotency_key_reused"
    assert await Post.all().count() == 1


async def test_keys_are_each_persons_own(author: Principal) -> None:
    """Two people may choose the same key, and one person two keys."""
    other = await sign_up("Grace Hopper")
    answers = [await share(author), await share(other), await share(author, key="second")]
    assert [answer.replayed for answer in answers] == [False] * 3
    assert await Post.all().count() == 3


async def test_a_request_that_failed_left_its_key_free(author: Principal) -> None:
    """The rollback takes the claim with it."""

    async def fail(transaction: Transaction) -> views.Post:
        await posts.create_post.within(transaction, author, posts.PostDraft("Soup"))
        raise ValidationError("no")

    with pytest.raises(ValidationError):
        await perform_once(Claim(author.user_id, "key", fingerprint("POST /posts", "Soup")), fail)
    assert await recorded() == []
    assert not (await share(author)).replayed


async def test_keys_are_forgotten_after_a_day(author: Principal) -> None:
    """Not a moment earlier, and other keys stay."""
    await share(author, key="old")
    record = await IdempotencyRecord.get(key="old")
    assert await prune(record.created_at + KEPT) == 0
    await share(author, key="young")
    await IdempotencyRecord.filter(key="old").update(created_at=utc_now() - KEPT - timedelta(seconds=1))
    assert await prune(utc_now()) == 1
    assert [record.key for record in await IdempotencyRecord.all()] == ["young"]


@pytest.mark.parametrize("key", ["a", "~" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"'])
def test_what_is_a_key(key: str) -> None:
    """Visible ASCII, in quotes or not."""
    assert check_key(key) == key


@pytest.mark.parametrize("key", ["", "a" * 256, "a b", "a\tb", "ключ", "\x7f", "\ud800"])
def test_what_is_no_key(key: str) -> None:
    """Empty, too long, invisible or beyond ASCII."""
    with pytest.raises(InvalidRequestError):
        check_key(key)


def test_the_route_belongs_to_the_fingerprint() -> None:
    """The same body sent elsewhere is another request; where route ends and body begins is clear."""
    assert fingerprint("POST /a", "b") != fingerprint("POST /c", "b")
    assert fingerprint("POST /a", "b") != fingerprint("POST /ab", "")
