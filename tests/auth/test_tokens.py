import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from itcook.auth.signing import SigningKey
from itcook.auth.tokens import MAX_LENGTH, Claims, Tokens
from itcook.errors import UnauthenticatedError

SECRET = b"0123456789abcdef0123456789abcdef"
OURS = SigningKey("ours", "HS256", SECRET, SECRET)
_PRIVATE = Ed25519PrivateKey.generate()
ED25519 = SigningKey("edwards", "EdDSA", _PRIVATE, _PRIVATE.public_key())

USER, SESSION = uuid4(), uuid4()


def header(**changes: Any) -> dict[str, Any]:
    return {"alg": "HS256", "kid": "ours", "typ": "at+jwt", **changes}


def claims(**changes: Any) -> dict[str, Any]:
    now = int(datetime.now(UTC).timestamp())
    good = {
        "iss": "itcook",
        "aud": "itcook",
        "sub": str(USER),
        "sid": str(SESSION),
        "iat": now,
        "exp": now + 900,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(payload: dict[str, Any], head: dict[str, Any] | None = None, secret: bytes = SECRET) -> str:
    """A token with any content and a signature that is right for `secret`."""
    head = head or header()
    parts = b".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, payload)
    )
    signature = jwt.get_algorithm_by_name("HS256").sign(parts, secret)
    return (parts + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def replaced(token: str, index: int, part: str) -> str:
    parts = token.split(".")
    parts[index] = part
    return ".".join(parts)


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
    assert Tokens(OURS, 900).read(signed(claims())).user_id == USER


FUTURE = int(datetime.now(UTC).timestamp()) + 3600
GOOD = signed(claims())
ATTACKS = {
    "empty": "",
    "not a token": "abc",
    "two parts": GOOD.rpartition(".")[0],
    "four parts": GOOD + ".AAAA",
    "padded": GOOD + "=",
    "not ASCII": GOOD[:-1] + "é",
    "unsigned": replaced(signed(claims(), header(alg="none")), 2, ""),
    "algorithm none with a signature": signed(claims(), header(alg="none")),
    "another algorithm": jwt.encode(claims(), SECRET * 2, "HS512", headers=header(alg="HS512")),
    "another kind of key": jwt.encode(claims(), _PRIVATE, "EdDSA", headers=header(alg="EdDSA")),
    "another secret": signed(claims(), secret=b"another secret of thirty-two byte"),
    "tampered payload": replaced(GOOD, 1, signed(claims(sub=str(uuid4()))).split(".")[1]),
    "tampered signature": replaced(GOOD, 2, "A" * 43),
    "another key id": signed(claims(), header(kid="theirs")),
    "no key id": signed(claims(), {"alg": "HS256", "typ": "at+jwt"}),
    "another kind": signed(claims(), header(typ="JWT")),
    "a refresh token's kind": signed(claims(), header(typ="rt+jwt")),
    "unknown crit": signed(claims(), header(crit=["exp-soft"])),
    "b64 off": signed(claims(), header(crit=["b64"], b64=False)),
    "a key of its own": signed(claims(), header(jwk={"kty": "oct", "k": "AAAA"})),
    "a key from elsewhere": signed(claims(), header(jku="https://evil.example/keys")),
    "another audience": signed(claims(aud="elsewhere")),
    "several audiences": signed(claims(aud=["itcook", "elsewhere"])),
    "another issuer": signed(claims(iss="elsewhere")),
    "not yet valid": signed(claims(nbf=FUTURE)),
    "issued in the future": signed(claims(iat=FUTURE)),
    "expiry beyond all time": signed(claims(exp=10**30)),
    "expiry that is no number": signed(claims(exp="soon")),
    "a subject that is no id": signed(claims(sub="root")),
    "a subject that is no text": signed(claims(sub=1)),
    "a session that is no text": signed(claims(sid=["x"])),
    **{f"no {name}": signed(claims(**{name: None})) for name in claims()},
    "a payload that is no object": replaced(GOOD, 1, "W10"),
    "a megabyte": "A" * 1_000_000 + GOOD,
    "too long by one": signed(claims(pad="A" * MAX_LENGTH)),
    "deeply nested header": replaced(GOOD, 0, base64.urlsafe_b64encode(b"[" * 2900).decode().rstrip("=")),
    "deeply nested payload": replaced(GOOD, 1, base64.urlsafe_b64encode(b"[" * 2900).decode().rstrip("=")),
}


@pytest.mark.parametrize("token", ATTACKS.values(), ids=ATTACKS)
def test_a_forged_token_is_refused(token: str) -> None:
    """Whatever is wrong with it, the answer is the same."""
    with pytest.raises(UnauthenticatedError) as caught:
        Tokens(OURS, 900).read(token)
    assert caught.value.code == "invalid_token"


def test_a_public_key_is_no_secret() -> None:
    """HS256 with the public Ed25519 key as the secret is the classic confusion."""
    public = _PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    forged = signed(claims(), header(kid="edwards"), public)
    with pytest.raises(UnauthenticatedError):
        Tokens(ED25519, 900).read(forged)
