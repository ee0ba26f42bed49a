"""Accounts: how a person comes to have one, and in and out of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from tortoise.exceptions import IntegrityError

from itcook.auth import cookies
from itcook.auth.audit_log import Action, note
from itcook.auth.cookies import SessionCookie
from itcook.auth.password_rules import check_password
from itcook.auth.passwords import Passwords
from itcook.auth.principal import Principal
from itcook.auth.sessions import (
    Device,
    Opened,
    continue_session,
    open_session,
    renew_session,
    revoke_person,
    revoke_session,
)
from itcook.auth.tokens import Tokens
from itcook.database import Transaction, transactional
from itcook.errors import ConflictError, ForbiddenError, UnauthenticatedError
from itcook.models import User

Welcome = Callable[[Transaction, User], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What a person registers with; checked by the types in `itcook.auth.fields`."""

    email: str
    first_name: str
    last_name: str
    time_zone: str = "UTC"
    language: str = "en"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person and what proves it from now on. `expires_in` is the access token's, in seconds."""

    user: User
    session_id: UUID
    access_token: str
    refresh_token: str
    expires_in: int


class Accounts:
    """The use cases around an account. `welcome` is what else a registration does, in its transaction."""

    def __init__(self, passwords: Passwords, tokens: Tokens, session_days: int, welcome: Welcome) -> None:
        self._passwords = passwords
        self._tokens = tokens
        self._session_days = session_days
        self._welcome = welcome

    async def register(self, account: NewAccount, password: str, device: Device) -> SignedIn:
        """Create an account and sign in. Raises `ConflictError` `email_taken`, and `ValidationError` for a
        password that everybody tries first.

        What is costly is done before the address is looked up: it takes as long whether it is taken or not.
        """
        names = account.first_name, account.last_name
        check_password(password, "/password", email=account.email, names=names)
        password_hash = await self._passwords.hash(password)
        opened = await _register(account, password_hash, device, self._session_days, self._welcome)
        return self._signed_in(opened)

    async def login(self, email: str, password: str, device: Device) -> SignedIn:
        """Sign in. An address nobody has takes as long as a wrong password and gets the same answer.

        Raises `UnauthenticatedError`, and `ForbiddenError` for a disabled account with the right password.
        """
        while True:
            user = await self._verified(email, password)
            opened = await _open_if_unchanged(user, device, self._session_days)
            if opened is not None:
                await self._renew_hash(user, password)
                return self._signed_in(opened)

    async def refresh(self, refresh_token: str) -> SignedIn:
        """Exchange a refresh token, which works once. Raises `UnauthenticatedError`."""
        opened = await continue_session(refresh_token, self._session_days)
        if opened is None:
            raise UnauthenticatedError(
                "this refresh token is unknown, used or expired; log in again", code="invalid_refresh_token"
            )
        return self._signed_in(opened)

    async def logout(self, principal: Principal) -> None:
        """End the session of `principal`, its access and refresh tokens with it."""
        await revoke_session(principal.session_id)

    async def change_password(self, principal: Principal, current: str, new: str) -> SignedIn:
        """Have `new` be the password from now on; all other logins of the person end, and this one goes on
        with the tokens of the answer: a refresh token that was stolen before is worth nothing.

        Raises `ForbiddenError` `wrong_password` if `current` is not the one, and `ValidationError` as
        `register` does.
        """
        user, password_hash = await self._new_password(principal, current, new)
        return self._signed_in(await _change_password(user, password_hash, principal))

    async def change_password_in_cookie(self, principal: Principal, current: str, new: str) -> SessionCookie:
        """The same for a login that lives in a cookie: it goes on in the one of the answer."""
        user, password_hash = await self._new_password(principal, current, new)
        return await _change_password_in_cookie(user, password_hash, principal)

    async def change_email(self, principal: Principal, password: str, email: str) -> User:
        """Have `email` be the address from now on; all other logins of the person end. The same address again
        changes nothing.

        Raises `ForbiddenError` `wrong_password`, and `ConflictError` `email_taken`; whether it is taken is
        only looked at for whoever knows the password.
        """
        user = await self.confirm(principal, password)
        return user if user.email == email else await _change_email(user, email, principal)

    async def _new_password(self, principal: Principal, current: str, new: str) -> tuple[User, str]:
        user = await self.confirm(principal, current)
        names = user.first_name, user.last_name
        check_password(new, "/new_password", email=user.email, names=names)
        return user, await self._passwords.hash(new)

    async def confirm(self, principal: Principal, password: str) -> User:
        """The row of `principal`, who knows the password. Raises `ForbiddenError` `wrong_password`."""
        user = await User.get(id=principal.user_id)
        if not await self._passwords.verify(user.password_hash, password):
            raise _wrong_password()
        return user

    async def _verified(self, email: str, password: str) -> User:
        user = await User.get_or_none(email=email)
        matches = await self._passwords.verify(user.password_hash if user else None, password)
        if user is None or not matches:
            raise UnauthenticatedError(
                "this e-mail and password belong to no account", code="invalid_credentials"
            )
        if user.disabled_at is not None:
            raise ForbiddenError("this account is disabled; ask an administrator", code="account_disabled")
        return user

    async def _renew_hash(self, user: User, password: str) -> None:
        if self._passwords.is_outdated(user.password_hash):
            await _set_password_hash(user, await self._passwords.hash(password))

    def _signed_in(self, opened: Opened) -> SignedIn:
        return SignedIn(
            user=opened.user,
            session_id=opened.session.id,
            access_token=self._tokens.issue(opened.user.id, opened.session.id, opened.now),
            refresh_token=opened.refresh_token,
            expires_in=self._tokens.lifetime_seconds,
        )


@transactional
async def _register(
    transaction: Transaction,
    account: NewAccount,
    password_hash: str,
    device: Device,
    days: int,
    welcome: Welcome,
) -> Opened:
    user = await _create_user(transaction, account, password_hash)
    await welcome(transaction, user)
    return await open_session.within(transaction, user, device, days)


async def _create_user(transaction: Transaction, account: NewAccount, password_hash: str) -> User:
    try:
        user = await User.create(
            using_db=transaction.connection,
            email=account.email,
            password_hash=password_hash,
            first_name=account.first_name,
            last_name=account.last_name,
            role="user",
            time_zone=account.time_zone,
            language=account.language,
            created_at=transaction.now,
        )
    except IntegrityError:
        raise _email_taken() from None
    return user


@transactional
async def _set_password_hash(transaction: Transaction, user: User, password_hash: str) -> None:
    # Not if the password was changed meanwhile.
    await (
        User.filter(id=user.id, password_hash=user.password_hash)
        .using_db(transaction.connection)
        .update(password_hash=password_hash)
    )


@transactional
async def _open_if_unchanged(
    transaction: Transaction, user: User, device: Device, days: int
) -> Opened | None:
    """A session of `user`, unless the account was closed or got another password since `user` was read: that
    ended all sessions, and this one would be left over.
    """
    # Locked until the commit, so that whoever changes it waits, and then ends this session too.
    unchanged = User.filter(id=user.id, password_hash=user.password_hash, disabled_at=None)
    if await unchanged.using_db(transaction.connection).select_for_update().get_or_none() is None:
        return None
    return await open_session.within(transaction, user, device, days)


@transactional
async def _change_password(
    transaction: Transaction, user: User, password_hash: str, principal: Principal
) -> Opened:
    await _store_password(transaction, user, password_hash, principal)
    return await renew_session.within(transaction, principal.session_id)


@transactional
async def _change_password_in_cookie(
    transaction: Transaction, user: User, password_hash: str, principal: Principal
) -> SessionCookie:
    await _store_password(transaction, user, password_hash, principal)
    return await cookies.issue.within(transaction, principal.session_id)


async def _store_password(
    transaction: Transaction, user: User, password_hash: str, principal: Principal
) -> None:
    await _update_unchanged(transaction, user, password_hash=password_hash)
    await revoke_person.within(transaction, user.id, principal.session_id)
    await note(transaction, Action.PASSWORD_CHANGED, principal, user.id)


@transactional
async def _change_email(transaction: Transaction, user: User, email: str, principal: Principal) -> User:
    try:
        await _update_unchanged(transaction, user, email=email)
    except IntegrityError:
        raise _email_taken() from None
    await revoke_person.within(transaction, user.id, principal.session_id)
    await note(transaction, Action.EMAIL_CHANGED, principal, user.id)
    return await User.get(id=user.id, using_db=transaction.connection)


async def _update_unchanged(transaction: Transaction, user: User, **values: str) -> None:
    unchanged = User.filter(id=user.id, password_hash=user.password_hash)
    if not await unchanged.using_db(transaction.connection).update(**values):
        raise _wrong_password()  # it was changed while this one was verified


def _wrong_password() -> ForbiddenError:
    return ForbiddenError("this is not the current password", code="wrong_password")


def _email_taken() -> ConflictError:
    return ConflictError("this e-mail has an account; log in", code="email_taken")
