"""`/api/v1/auth`: accounts and sessions."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from quart import Blueprint, Response, request
from quart_schema import tag_blueprint, validate_querystring, validate_request, validate_response

from blueprints.context import principal, services
from blueprints.guard import public
from blueprints.quotas import count_login
from blueprints.requests import Body, Query
from itcook.auth import logins, views
from itcook.auth.accounts import NewAccount, SignedIn
from itcook.auth.fields import Email, GivenPassword, Language, NewPassword, PersonName, TimeZone
from itcook.auth.sessions import Device
from itcook.events import Timestamp
from itcook.models import User
from itcook.pages import Page, PageQuery

blueprint = Blueprint("auth", __name__, url_prefix="/api/v1/auth")
tag_blueprint(blueprint, ["auth"])


class Registration(Body):
    email: Email
    password: NewPassword
    first_name: PersonName
    last_name: PersonName
    time_zone: TimeZone = "UTC"
    language: Language = "en"


class Login(Body):
    email: Email
    password: GivenPassword


class Refresh(Body):
    refresh_token: Annotated[str, Field(min_length=1, max_length=256)]


class NewPasswordChoice(Body):
    current_password: GivenPassword
    new_password: NewPassword


class SessionsQuery(Query):
    """With `others` the login that asks is kept."""

    others: bool = False


class LoginPageQuery(PageQuery, Query):
    """Which page."""


class Account(BaseModel):
    """A person's own account."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    email: str
    first_name: str
    last_name: str
    name: str
    role: str
    time_zone: str
    language: str
    created_at: Timestamp

    @classmethod
    def of(cls, user: User) -> "Account":
        return cls.model_validate(user, from_attributes=True)


class TokenPair(BaseModel):
    """The account, an access token for `expires_in` seconds, and what to refresh it with."""

    model_config = ConfigDict(frozen=True)

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 # the name of a scheme
    expires_in: int
    user: Account

    @classmethod
    def of(cls, signed_in: SignedIn) -> "TokenPair":
        return cls(
            access_token=signed_in.access_token,
            refresh_token=signed_in.refresh_token,
            expires_in=signed_in.expires_in,
            user=Account.of(signed_in.user),
        )


@blueprint.after_request
async def keep_out_of_caches(response: Response) -> Response:
    """RFC 6749 section 5.1: answers with tokens are never stored."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/register")
@public
@validate_request(Registration)
@validate_response(TokenPair, 201)
async def register(data: Registration) -> tuple[TokenPair, int]:
    """Create an account and sign in."""
    account = NewAccount(
        email=data.email,
        first_name=data.first_name,
        last_name=data.last_name,
        time_zone=data.time_zone,
        language=data.language,
    )
    return TokenPair.of(await services().accounts.register(account, data.password, _device())), 201


@blueprint.post("/login")
@public
@validate_request(Login)
@validate_response(TokenPair)
async def login(data: Login) -> TokenPair:
    """Sign in with e-mail and password."""
    await count_login(data.email)
    return TokenPair.of(await services().accounts.login(data.email, data.password, _device()))


@blueprint.post("/refresh")
@public
@validate_request(Refresh)
@validate_response(TokenPair)
async def refresh(data: Refresh) -> TokenPair:
    """Exchange a refresh token for the next pair. It works once; used again, it ends the session."""
    return TokenPair.of(await services().accounts.refresh(data.refresh_token))


@blueprint.post("/logout")
async def logout() -> tuple[str, int]:
    """End this session, with its tokens and its connections."""
    await services().accounts.logout(principal())
    return "", 204


@blueprint.get("/me")
@validate_response(Account)
async def me() -> Account:
    """The account of whoever asks."""
    return Account.of(await User.get(id=principal().user_id))


@blueprint.put("/password")
@validate_request(NewPasswordChoice)
async def change_password(data: NewPasswordChoice) -> tuple[str, int]:
    """Choose another password. All other logins of the caller end, with their connections."""
    await services().accounts.change_password(principal(), data.current_password, data.new_password)
    return "", 204


@blueprint.get("/sessions")
@validate_querystring(LoginPageQuery)
@validate_response(Page[views.LoginSession])
async def list_sessions(query_args: LoginPageQuery) -> Page[views.LoginSession]:
    """Where the caller is signed in, the latest login first."""
    return await logins.login_sessions(principal(), query_args)


@blueprint.delete("/sessions/<uuid:session_id>")
async def end_session(session_id: UUID) -> tuple[str, int]:
    """End one of the caller's logins, with its tokens and its connections."""
    await logins.end_login(principal(), session_id)
    return "", 204


@blueprint.delete("/sessions")
@validate_querystring(SessionsQuery)
async def end_sessions(query_args: SessionsQuery) -> tuple[str, int]:
    """End all logins of the caller, with their tokens and their connections."""
    await logins.end_logins(principal(), others=query_args.others)
    return "", 204


def _device() -> Device:
    return Device(user_agent=request.headers.get("User-Agent", ""), address=request.remote_addr or "")
