import pytest

from itcook.auth.origins import check_origin
from itcook.errors import ForbiddenError

ALLOWED = ("https://app.example", "http://localhost:5173")


@pytest.mark.parametrize(
    "origins",
    [
        [],
        ["https://app.example"],
        ["http://localhost:5173"],
        ["https://cook.example"],
        ["http://cook.example"],
    ],
)
def test_no_page_an_allowed_page_and_our_own_may(origins: list[str]) -> None:
    """Native clients send no Origin; the server's own pages need no setting."""
    check_origin(origins, "cook.example", ALLOWED)


@pytest.mark.parametrize(
    "origins",
    [
        ["https://evil.example"],
        ["null"],
        [""],
        ["https://app.example.evil.example"],
        ["https://notapp.example"],
        ["http://app.example"],
        ["https://app.example:8443"],
        ["https://app.example/"],
        ["https://APP.example"],
        ["https://app.example@evil.example"],
        ["https://cook.example:1234"],
        ["https://app.example", "https://app.example"],
        ["https://app.example https://evil.example"],
    ],
)
def test_every_other_page_may_not(origins: list[str]) -> None:
    """What only looks alike is foreign."""
    with pytest.raises(ForbiddenError):
        check_origin(origins, "cook.example", ALLOWED)
