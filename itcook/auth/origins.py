"""Origins: which web pages may act for the person in front of them."""

from collections.abc import Collection, Sequence

from itcook.errors import ForbiddenError


def check_origin(origins: Sequence[str], host: str, allowed: Collection[str]) -> None:
    """Refuse a page from elsewhere.

    `origins` are the request's Origin headers: none for clients that are no browser. The server's own
    pages are always allowed; only the host is compared, as TLS may end at a proxy that this process
    cannot see. Raises `ForbiddenError`.
    """
    if not origins:
        return
    if len(origins) == 1 and (origins[0] in allowed or _is_own(origins[0], host)):
        return
    raise ForbiddenError(
        "pages of this origin may not use this server; its operator can add it to ITCOOK_ALLOWED_ORIGINS",
        code="origin_forbidden",
    )


def _is_own(origin: str, host: str) -> bool:
    return origin in {f"http://{host}", f"https://{host}"}
