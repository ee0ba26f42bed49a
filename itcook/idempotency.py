"""Idempotency keys: a POST that is sent again has its effect once, and the same answer each time.

Follows draft-ietf-httpapi-idempotency-key-header-07 ("The Idempotency-Key HTTP Header Field"): the key
is the client's, one for each thing it wants done; the same key with another request is a 422. Where the
draft leaves it open: a request that is sent while the first is still at work waits for its answer instead
of getting a 409; a request that failed left nothing behind, so its key may be used again; and a key is
any visible ASCII, in quotes (as the draft's structured field has it) or without.

The key's row is claimed, and the answer stored in it, by the transaction of the effect: there is no
moment at which one exists without the other.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel

from itcook.database import Transaction, transactional
from itcook.errors import InvalidRequestError, ValidationError
from itcook.models import IdempotencyRecord
from itcook.tracing import tracer

KEPT = timedelta(hours=24)  # longer than any client goes on trying one request
MAX_KEY_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Claim:
    """One request of one person under one key. `fingerprint` tells it from other requests."""

    user_id: UUID
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON body of an answer. `replayed` if an earlier request had the effect."""

    body: str
    replayed: bool = False


def check_key(key: str) -> str:
    """The same key, if it is one. Raises `InvalidRequestError`."""
    if not 1 <= len(key) <= MAX_KEY_LENGTH or not all("!" <= character <= "~" for character in key):
        raise InvalidRequestError(
            f"Idempotency-Key must be 1 to {MAX_KEY_LENGTH} visible ASCII characters, such as a UUID",
            code="idempotency_key_invalid",
        )
    return key


def fingerprint(route: str, body: str) -> str:
    """SHA-256 of a request, in hexadecimal. `route` is method and path, which hold no line break."""
    return hashlib.sha256(f"{route}\n{body}".encode()).hexdigest()


@transactional
async def perform_once(
    transaction: Transaction, claim: Claim, work: Callable[[Transaction], Awaitable[BaseModel]]
) -> Answer:
    """The answer of `work`, which is done unless the key's earlier request did it.

    If it is done, the transaction is traced under the name of `work`. Raises `ValidationError` if the
    earlier request was another one, and what `work` raises.
    """
    record = await _claim(transaction, claim)
    if record.fingerprint != claim.fingerprint:
        raise ValidationError(
            "this Idempotency-Key came with another request before: make a new key for a new request",
            code="idempotency_key_reused",
        )
    if record.response:
        return Answer(record.response, replayed=True)
    tracing = tracer()
    if tracing is not None:
        tracing.performs(f"{work.__module__}.{work.__qualname__}")
    body = (await work(transaction)).model_dump_json()
    await IdempotencyRecord.filter(id=record.id).using_db(transaction.connection).update(response=body)
    return Answer(body)


@transactional
async def prune(transaction: Transaction, now: datetime) -> int:
    """Forget the keys that nobody will send again; how many."""
    old = IdempotencyRecord.filter(created_at__lt=now - KEPT)
    return await old.using_db(transaction.connection).delete()


async def _claim(transaction: Transaction, claim: Claim) -> IdempotencyRecord:
    """The key's row, inserted if there was none; its `response` is empty until its work is done."""
    fresh = IdempotencyRecord(
        user_id=claim.user_id,
        key=claim.key,
        fingerprint=claim.fingerprint,
        response="",
        created_at=transaction.now,
    )
    # The update that changes nothing locks a row that is there already: it waits for a transaction that
    # is still at work on it, and nothing can prune the row before it is read.
    await IdempotencyRecord.bulk_create(
        [fresh], on_conflict=("user_id", "key"), update_fields=("key",), using_db=transaction.connection
    )
    return await IdempotencyRecord.get(user_id=claim.user_id, key=claim.key, using_db=transaction.connection)
