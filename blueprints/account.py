"""`/api/v1/auth`: a person's account as a whole: its address, all that is kept of them, and its end."""

from quart import Blueprint, Response
from quart_schema import document_response, tag_blueprint, validate_request, validate_response

from blueprints import session_cookie
from blueprints.auth import Account, Headers, keep_out_of_caches
from blueprints.context import principal, services
from blueprints.quotas import count_confirmation, count_taken
from blueprints.requests import Body
from itcook.auth.fields import Email, GivenPassword
from itcook.contract import refuses
from itcook.personal_data import deletion, export

blueprint = Blueprint("account", __name__, url_prefix="/api/v1/auth")
tag_blueprint(blueprint, ["auth"])
blueprint.after_request(keep_out_of_caches)


class NewAddress(Body):
    current_password: GivenPassword
    email: Email


class Confirmation(Body):
    current_password: GivenPassword


@blueprint.put("/email")
@refuses(403, "wrong_password")
@refuses(409, "email_taken")
@validate_request(NewAddress)
@validate_response(Account)
async def change_email(data: NewAddress) -> Account:
    """Sign in with another e-mail address from now on. All other logins of the caller end."""
    await count_confirmation()
    async with count_taken():
        user = await services().accounts.change_email(principal(), data.current_password, data.email)
    return Account.of(user)


@blueprint.get("/export")
@document_response(export.PersonalData)
async def export_data() -> Response:
    """Everything that is kept of the caller, as one JSON document, written while it is read."""
    await export.note_export(principal())
    answer = Response(export.written(principal().user_id), content_type="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="itcook.json"'
    answer.timeout = None
    return answer


@blueprint.post("/deletion")
@refuses(403, "wrong_password")
@refuses(409, "last_admin")
@validate_request(Confirmation)
async def delete_account(data: Confirmation) -> tuple[str, int, Headers]:
    """Delete the caller's account with everything in it, for good. Its connections end at once."""
    await count_confirmation()
    confirmed = await services().accounts.confirm(principal(), data.current_password)
    await deletion.delete_account(principal(), confirmed)
    return "", 204, session_cookie.clearing() if session_cookie.carried() else {}
