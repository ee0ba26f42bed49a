"""Who asks and about what, for Schemathesis: it loads this module by `SCHEMATHESIS_HOOKS`.

`ITCOOK_FUZZ` names a file of JSON: the `token` and `email` of an administrator, the server's `url`, and by
the names of paths' parameters the `ids` of things that are theirs.
"""

import hashlib
import itertools
import json
import os
import threading
from pathlib import Path
from typing import Any

import httpx
import schemathesis

from tests.support.people import PASSWORD, registration

WORLD: dict[str, Any] = json.loads(Path(os.environ["ITCOOK_FUZZ"]).read_text())
# What ends the login that asks: each gets a login of its own.
ENDING = {"POST /api/v1/auth/logout", "DELETE /api/v1/auth/sessions", "PUT /api/v1/auth/password"}

_numbers = itertools.count()
_refused = threading.Event()  # since the administrator's token was looked at
_people = httpx.Client(base_url=WORLD["url"], trust_env=False, timeout=60)


@schemathesis.auth(refresh_interval=None)
class Login:
    """The administrator's token, or that of somebody new where the login would not survive."""

    def get(self, case: schemathesis.Case[Any], context: Any) -> str:
        if case.operation.label not in ENDING:
            return _living()
        person = registration("Passer By", email=f"passer.by.{next(_numbers)}@example.org")
        return str(_people.post("/api/v1/auth/register", json=person).json()["access_token"])

    def set(self, case: schemathesis.Case[Any], data: str, context: Any) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


def _living() -> str:
    """The administrator's token; a new one if what was asked has ended their login."""
    if not _refused.is_set():
        return str(WORLD["token"])
    _refused.clear()
    headers = {"Authorization": f"Bearer {WORLD['token']}"}
    if _people.get("/api/v1/auth/me", headers=headers).status_code == 401:
        login = {"email": WORLD["email"], "password": PASSWORD}
        WORLD["token"] = _people.post("/api/v1/auth/login", json=login).json()["access_token"]
    return str(WORLD["token"])


@schemathesis.hook
def before_call(context: Any, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Have every second id be that of something that is there: random ones are 404, and nothing else. And
    nobody waits for events that nobody causes.
    """
    for name, value in (case.path_parameters or {}).items():
        ids = WORLD["ids"].get(name)
        chosen = hashlib.sha256(str(value).encode()).digest()[0]
        if ids and chosen % 2:
            case.path_parameters[name] = ids[chosen % len(ids)]
    wait = (case.query or {}).get("wait")
    if isinstance(wait, int | float) and wait > 0:
        case.query["wait"] = 0


@schemathesis.hook
def after_call(context: Any, case: schemathesis.Case[Any], response: schemathesis.Response) -> None:
    """Note that somebody was not known: it may have been the administrator."""
    if response.status_code == 401:
        _refused.set()
