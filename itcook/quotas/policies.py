"""The quota policies: which kinds of requests there are, and how many of each are honest.

    name               counted by  what it protects
    register           address     the processor, which hashes each password; from heaps of accounts
    email-taken        address     people, from who wants to know whether they have accounts
    login              address     accounts, from one password that is tried on all of them
    login-account      both        one account, from many passwords; its owner, who is elsewhere, goes on
    login-account-day  both        the same, from whoever has the patience: who goes on guessing waits longer
    login-everywhere   account     the same, from whoever has many addresses
    confirm            login       the password, from who has stolen a login
    export             person      the database, which reads everything of theirs
    refresh            address     the database, from made-up refresh tokens
    read               person      everybody else, from one person's program
    write              person      the same; each write is an event for many
    handshake          person      the same; a stream costs some queries to begin
    message            person      the same as the bound on a WebSocket's messages, for those that are POSTed
    anonymous          address     the same: what nobody has signed for, and refused credentials

A page of the product takes some 30 requests, and people write once or twice a second at most. Many people
share an address: a school, a company, a whole town behind its provider's translation.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """`quota` requests within the last `window` seconds; `name` is what clients see."""

    name: str
    quota: int
    window: int


REGISTER = Policy("register", 200, 600)
EMAIL_TAKEN = Policy("email-taken", 30, 3_600)
LOGIN = Policy("login", 200, 600)
LOGIN_ACCOUNT = Policy("login-account", 20, 900)
LOGIN_ACCOUNT_DAY = Policy("login-account-day", 100, 86_400)
LOGIN_EVERYWHERE = Policy("login-everywhere", 300, 3_600)
CONFIRM = Policy("confirm", 10, 900)
EXPORT = Policy("export", 10, 3_600)
REFRESH = Policy("refresh", 1_000, 600)
READ = Policy("read", 3_000, 60)
WRITE = Policy("write", 1_500, 60)
HANDSHAKE = Policy("handshake", 600, 60)
MESSAGE = Policy("message", 1_200, 60)
ANONYMOUS = Policy("anonymous", 1_200, 60)

POLICIES = (
    REGISTER,
    EMAIL_TAKEN,
    LOGIN,
    LOGIN_ACCOUNT,
    LOGIN_ACCOUNT_DAY,
    LOGIN_EVERYWHERE,
    CONFIRM,
    EXPORT,
    REFRESH,
    READ,
    WRITE,
    HANDSHAKE,
    MESSAGE,
    ANONYMOUS,
)
