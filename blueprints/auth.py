"""`/api/v1/auth`: accounts and sessions."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, RootModel
from quart import Blueprint, Response, request
from quart_schema import tag_blueprint, validate_querystring, validate_request, validate_response

from blueprints import session_cookie
from blueprints.context import principal, services
from blueprints.guard import public
from blueprints.quotas import count_confirmation, count_login, count_taken
from blueprints.requests import Body, Query
from itcook.auth import cookies, logins, views
from itcook.auth.accounts import NewAccount, SignedIn
from itcook.auth.fields import Email, GivenPassword, Language, NewPassword, PersonName, TimeZone
from itcook.auth.sessions import Device
from itcook.contract import answers, carries, refuses
from itcook.errors import NotFoundError
from itcook.events import Timestamp
from itcook.models import User
from itcook.pages import Page, PageQuery

Headers = dict[str, str]

blueprint = Blueprint("auth", __name__, url_prefix="/api/v1/auth")
tag_blueprint(blueprint, ["auth"])


class Registration(Body):
    email: Email
    password: NewPassword
    first_name: PersonName
    last_name: PersonName
    time_zone: TimeZone = "UTC"
    language: Language = "en"
    cookie: bool = False


class Login(Body):
    """With `cookie` the login lives in a cookie that no script can read."""

    email: Email
    password: GivenPassword
    cookie: bool = False


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


class CookieSession(BaseModel):
    """The account of a login that lives in a cookie. Whatever changes something repeats `csrf_token` in the
    header `X-CSRF-Token`.
    """

    model_config = ConfigDict(frozen=True)

    csrf_token: str
    expires_at: Timestamp
    user: Account


class SignIn(RootModel[TokenPair | CookieSession]):
    """Tokens, or with `cookie` none."""


@blueprint.after_request
async def keep_out_of_caches(response: Response) -> Response:
    """RFC 6749 section 5.1: answers with tokens are never stored."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/register")
@public
@validate_request(Registration)
@validate_response(SignIn, 201)
@refuses(409, "email_taken")
@refuses(422, "weak_password")
@refuses(503, "unavailable")
@carries("Set-Cookie")
async def register(data: Registration) -> tuple[SignIn, int, Headers]:
    """Create an account and sign in."""
    account = NewAccount(
        email=data.email,
        first_name=data.first_name,
        last_name=data.last_name,
        time_zone=data.time_zone,
        language=data.language,
    )
    async with count_taken():
        signed_in = await services().accounts.register(account, data.password, _device())
    answer, headers = await _answer(signed_in, in_cookie=data.cookie)
    return answer, 201, headers


@blueprint.post("/login")
@public
@validate_request(Login)
@validate_response(SignIn)
@refuses(401, "invalid_credentials")
@refuses(403, "account_disabled")
@refuses(503, "unavailable")
@carries("Set-Cookie")
async def login(data: Login) -> tuple[SignIn, int, Headers]:
    """Sign in with e-mail and password."""
    await count_login(data.email)
    signed_in = await services().accounts.login(data.email, data.password, _device())
    answer, headers = await _answer(signed_in, in_cookie=data.cookie)
    return answer, 200, headers


@blueprint.post("/refresh")
@public
@validate_request(Refresh)
@validate_response(TokenPair)
@refuses(401, "invalid_refresh_token")
@refuses(503, "unavailable")
async def refresh(data: Refresh) -> TokenPair:
    """Exchange a refresh token for the next pair. It works once; used again, it ends the session."""
    return TokenPair.of(await services().accounts.refresh(data.refresh_token))


@blueprint.post("/logout")
@carries("Set-Cookie")
async def logout() -> tuple[str, int, Headers]:
    """End this session, with its tokens, its cookie and its connections."""
    await services().accounts.logout(principal())
    return "", 204, _cleared()


@blueprint.get("/cookie")
@validate_response(CookieSession)
@refuses(404, "not_found")
async def read_cookie() -> CookieSession:
    """What a page must know that was loaded with a session cookie. 404 for whoever came in another way."""
    secret = session_cookie.carried()
    if secret is None:
        raise NotFoundError("you did not come in with a session cookie")
    user = await User.get(id=principal().user_id)
    return _cookie_session(cookies.SessionCookie(secret, principal().expires_at), user)


@blueprint.get("/me")
@validate_response(Account)
async def me() -> Account:
    """The account of whoever asks."""
    return Account.of(await User.get(id=principal().user_id))


@blueprint.put("/password")
@validate_request(NewPasswordChoice)
@validate_response(TokenPair)
@answers(204, "The login lives in a cookie, and has another one now.")
@refuses(403, "wrong_password")
@refuses(422, "weak_password")
@carries("Set-Cookie")
async def change_password(data: NewPasswordChoice) -> tuple[TokenPair | str, int, Headers]:
    """Choose another password. All other logins of the caller end, with their connections.

    This one goes on with other tokens, which are the answer, or in another cookie, with 204: whoever has
    stolen the ones before has nothing more.
    """
    await count_confirmation()
    accounts, given = services().accounts, (data.current_password, data.new_password)
    if session_cookie.carried() is None:
        return TokenPair.of(await accounts.change_password(principal(), *given)), 200, {}
    renewed = await accounts.change_password_in_cookie(principal(), *given)
    return "", 204, session_cookie.setting(renewed.secret, renewed.expires_at)


@blueprint.get("/sessions")
@validate_querystring(LoginPageQuery)
@validate_response(Page[views.LoginSession])
async def list_sessions(query_args: LoginPageQuery) -> Page[views.LoginSession]:
    """Where the caller is signed in, the latest login first."""
    return await logins.login_sessions(principal(), query_args)


@blueprint.delete("/sessions/<uuid:session_id>")
async def end_session(session_id: UUID) -> tuple[str, int, Headers]:
    """End one of the caller's logins, with its tokens and its connections."""
    await logins.end_login(principal(), session_id)
    return "", 204, _cleared() if session_id == principal().session_id else {}


@blueprint.delete("/sessions")
@validate_querystring(SessionsQuery)
@carries("Set-Cookie")
async def end_sessions(query_args: SessionsQuery) -> tuple[str, int, Headers]:
    """End all logins of the caller, with their tokens and their connections."""
    await logins.end_logins(principal(), others=query_args.others)
    return "", 204, {} if query_args.others else _cleared()


async def _answer(signed_in: SignedIn, *, in_cookie: bool) -> tuple[SignIn, Headers]:
    if not in_cookie:
        return SignIn(TokenPair.of(signed_in)), _cleared()
    cookie = await cookies.issue(signed_in.session_id)
    headers = session_cookie.setting(cookie.secret, cookie.expires_at)
    return SignIn(_cookie_session(cookie, signed_in.user)), headers


def _cookie_session(cookie: cookies.SessionCookie, user: User) -> CookieSession:
    return CookieSession(
        csrf_token=cookies.csrf_token(cookie.secret),
        expires_at=cookie.expires_at,
        user=Account.of(user),
    )


def _cleared() -> Headers:
    # Left behind, the cookie of another login would be a second credential beside every token.
    return session_cookie.clearing() if cookies.COOKIE in request.cookies else {}


def _device() -> Device:
    return Device(user_agent=request.headers.get("User-Agent", ""), address=request.remote_addr or "")
