import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from itcook.auth import tokens as module
from itcook.auth.signing import SigningKey
from itcook.auth.tokens import Claims, Tokens
from itcook.errors import UnauthenticatedError
from tests.support.forgery import Forger
from tests.support.survival import survives
from tests.support.waiting import until

SECRET = b"0123456789abcdef0123456789abcdef"
OURS = SigningKey("ours", "HS256", SECRET, SECRET)
_PRIVATE = Ed25519PrivateKey.generate()
ED25519 = SigningKey("edwards", "EdDSA", _PRIVATE, _PRIVATE.public_key())

USER, SESSION = uuid4(), uuid4()


FORGER = Forger(OURS, USER, SESSION)
ATTACKS = FORGER.attacks()


@pytest.mark.parametrize("key", [OURS, ED25519], ids=lambda key: key.algorithm)
def test_what_was_issued_is_read(key: SigningKey) -> None:
    """A token says who, which session and until when, with either algorithm."""
    now = datetime.now(UTC).replace(microsecond=0)
    tokens = Tokens(key, 900)
    assert tokens.read(tokens.issue(USER, SESSION, now)) == Claims(
        USER, SESSION, now + timedelta(seconds=900)
    )


def test_an_expired_token_says_so() -> None:
    """A client must be able to tell that refreshing helps."""
    tokens = Tokens(OURS, 900)
    with pytest.raises(UnauthenticatedError) as caught:
        tokens.read(tokens.issue(USER, SESSION, datetime.now(UTC) - timedelta(seconds=901)))
    assert caught.value.code == "token_expired"


def test_the_token_maker_of_these_tests_is_right() -> None:
    """Without this the attacks below could be refused for their form."""
    assert Tokens(OURS, 900).read(FORGER.signed(FORGER.claims())).user_id == USER


@survives("handshake: a token that is not right")
@pytest.mark.parametrize("token", ATTACKS.values(), ids=ATTACKS)
def test_a_forged_token_is_refused(token: str) -> None:
    """Whatever is wrong with it, the answer is the same."""
    with pytest.raises(UnauthenticatedError) as caught:
        Tokens(OURS, 900).read(token)
    assert caught.value.code == "invalid_token"


def test_a_public_key_is_no_secret() -> None:
    """HS256 with the public Ed25519 key as the secret is the classic confusion."""
    public = _PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    forged = FORGER.signed(FORGER.claims(), FORGER.header(kid="edwards"), public)
    with pytest.raises(UnauthenticatedError):
        Tokens(ED25519, 900).read(forged)


def test_a_token_that_is_known_expires_all_the_same() -> None:
    """What was verified once is not asked for its signature again, but for its time."""
    lifetime = 900
    tokens = Tokens(OURS, lifetime)
    nearly_over = datetime.now(UTC) - timedelta(seconds=lifetime - 1.5)
    token = tokens.issue(USER, SESSION, nearly_over)
    assert tokens.read(token).session_id == SESSION

    def expired() -> bool:
        try:
            tokens.read(token)
        except UnauthenticatedError as error:
            return error.code == "token_expired"
        return False

    asyncio.run(until(expired))


def test_a_known_token_makes_no_other_one_good() -> None:
    """One with the same claims and another signature is refused, before and after."""
    tokens = Tokens(OURS, 900)
    now = datetime.now(UTC)
    stranger = SigningKey("ours", "HS256", b"f" * 32, b"f" * 32)
    token, forged = (Tokens(key, 900).issue(USER, SESSION, now) for key in (OURS, stranger))
    mixed = token.rpartition(".")[0] + "." + forged.rpartition(".")[2]
    for _ in range(2):
        assert tokens.read(token).session_id == SESSION
        for wrong in (forged, mixed):
            with pytest.raises(UnauthenticatedError):
                tokens.read(wrong)


def test_known_tokens_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest is forgotten, and verified anew when it comes again."""
    monkeypatch.setattr(module, "MAX_KNOWN", 3)
    tokens = Tokens(OURS, 900)
    sessions = [uuid4() for _ in range(5)]
    issued = [tokens.issue(USER, session, datetime.now(UTC)) for session in sessions]
    for _ in range(2):
        assert [tokens.read(token).session_id for token in issued] == sessions
    assert len(tokens._known) == 3
