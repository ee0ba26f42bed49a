"""The page: what `make web` built of `web/`, at the addresses that it has (web/src/shell/router.tsx)."""

from pathlib import Path

from quart import Blueprint, Response, send_from_directory

from blueprints.guard import public
from itcook.contract import answers, carries, refuses
from itcook.errors import NotFoundError

DIST = Path(__file__).parent.parent / "web" / "dist"
FOR_EVER = 31_536_000  # seconds: what is called by its hash never changes

# Whatever is not of this server stays out, and so does whatever could be written into a page.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

blueprint = Blueprint("page", __name__)


@blueprint.get("/")
@blueprint.get("/account")
@blueprint.get("/admin")
@blueprint.get("/goals")
@blueprint.get("/inbox")
@blueprint.get("/kitchen")
@blueprint.get("/recipes")
@public
@answers(200, "The page.", "text/html")
@answers(304, "What the client has is right.")
@refuses(404, "not_found")
@carries("ETag")
async def page() -> Response:
    """The page; it shows by itself what its address is about."""
    response = await _file("index.html", "no-cache")  # it names what is in assets/ now
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


@blueprint.get("/favicon.svg")
@public
@answers(200, "The icon.", "image/svg+xml")
@answers(304, "What the client has is right.")
@refuses(404, "not_found")
@carries("ETag")
async def icon() -> Response:
    """The page's icon."""
    return await _file("favicon.svg", "no-cache")


@blueprint.get("/assets/<path:name>")
@public
@answers(200, "The file.", "*/*")
@answers(304, "What the client has is right.")
@carries("ETag")
async def asset(name: str) -> Response:
    """A script or style sheet of the page, by its hash."""
    return await _file(f"assets/{name}", f"public, max-age={FOR_EVER}, immutable")


async def _file(name: str, caching: str) -> Response:
    if not (DIST / "index.html").exists():
        raise NotFoundError("the page is not built here: make web")
    response = await send_from_directory(DIST, name)
    response.headers["Cache-Control"] = caching
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
