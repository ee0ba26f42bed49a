"""Tokens that look like ours and are not, as someone would make them who knows everything but the secret.

Where only an unknown member or a wrong claim is the fault, the signature is right: without that the token
would be refused for its signature, and the check behind it would never be met.
"""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from itcook.auth.signing import SigningKey
from itcook.auth.tokens import MAX_LENGTH


class Forger:
    """Makes tokens for one login session, with the server's own HS256 key."""

    def __init__(self, key: SigningKey, user_id: UUID, session_id: UUID) -> None:
        assert isinstance(key.private, bytes), "an HS256 key is bytes"
        self._key = key
        self._secret = key.private
        self._user_id = user_id
        self._session_id = session_id

    def header(self, **changes: Any) -> dict[str, Any]:
        return {"alg": "HS256", "kid": self._key.id, "typ": "at+jwt", **changes}

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Good claims with these changes; None leaves one out."""
        now = int(datetime.now(UTC).timestamp())
        good = {
            "iss": "itcook",
            "aud": "itcook",
            "sub": str(self._user_id),
            "sid": str(self._session_id),
            "iat": now,
            "exp": now + 900,
        }
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    def signed(
        self, payload: dict[str, Any], head: dict[str, Any] | None = None, secret: bytes | None = None
    ) -> str:
        """A token with any content and a signature that is right for `secret`."""
        parts = b".".join(
            base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
            for part in (head or self.header(), payload)
        )
        signature = jwt.get_algorithm_by_name("HS256").sign(parts, secret or self._secret)
        return (parts + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()

    def attacks(self) -> Mapping[str, str]:
        """Every forgery by its name."""
        good = self.signed(self.claims())
        future = int(datetime.now(UTC).timestamp()) + 3600
        return {
            "empty": "",
            "not a token": "abc",
            "two parts": good.rpartition(".")[0],
            "four parts": good + ".AAAA",
            "padded": good + "=",
            "not ASCII": good[:-1] + "é",
            "unsigned": replaced(self.signed(self.claims(), self.header(alg="none")), 2, ""),
            "algorithm none with a signature": self.signed(self.claims(), self.header(alg="none")),
            "another algorithm": jwt.encode(
                self.claims(), self._secret * 2, "HS512", headers=self.header(alg="HS512")
            ),
            "another kind of key": jwt.encode(
                self.claims(), Ed25519PrivateKey.generate(), "EdDSA", headers=self.header(alg="EdDSA")
            ),
            "another secret": self.signed(self.claims(), secret=b"another secret of thirty-two byte"),
            "tampered payload": replaced(good, 1, self.signed(self.claims(sub=str(uuid4()))).split(".")[1]),
            "tampered signature": replaced(good, 2, "A" * 43),
            "another key id": self.signed(self.claims(), self.header(kid="theirs")),
            "no key id": self.signed(self.claims(), {"alg": "HS256", "typ": "at+jwt"}),
            "another kind": self.signed(self.claims(), self.header(typ="JWT")),
            "a refresh token's kind": self.signed(self.claims(), self.header(typ="rt+jwt")),
            "unknown crit": self.signed(self.claims(), self.header(crit=["exp-soft"])),
            "b64 off": self.signed(self.claims(), self.header(crit=["b64"], b64=False)),
            "a key of its own": self.signed(self.claims(), self.header(jwk={"kty": "oct", "k": "AAAA"})),
            "a key from elsewhere": self.signed(self.claims(), self.header(jku="https://evil.example/keys")),
            "another audience": self.signed(self.claims(aud="elsewhere")),
            "several audiences": self.signed(self.claims(aud=["itcook", "elsewhere"])),
            "another issuer": self.signed(self.claims(iss="elsewhere")),
            "not yet valid": self.signed(self.claims(nbf=future)),
            "issued in the future": self.signed(self.claims(iat=future)),
            "expiry beyond all time": self.signed(self.claims(exp=10**30)),
            "expiry that is no number": self.signed(self.claims(exp="soon")),
            "a subject that is no id": self.signed(self.claims(sub="root")),
            "a subject that is no text": self.signed(self.claims(sub=1)),
            "a session that is no text": self.signed(self.claims(sid=["x"])),
            **{f"no {name}": self.signed(self.claims(**{name: None})) for name in self.claims()},
            "a payload that is no object": replaced(good, 1, "W10"),
            "a megabyte": "A" * 1_000_000 + good,
            "too long by one": self.signed(self.claims(pad="A" * MAX_LENGTH)),
            "deeply nested header": replaced(good, 0, _nested()),
            "deeply nested payload": replaced(good, 1, _nested()),
        }


def replaced(token: str, index: int, part: str) -> str:
    """The same token with another part."""
    parts = token.split(".")
    parts[index] = part
    return ".".join(parts)


def _nested() -> str:
    return base64.urlsafe_b64encode(b"[" * 2900).decode().rstrip("=")
