"""The documents as pages for people. They need no script, so that a browser may be told to run none."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

HERE = Path(__file__).parent
DOCUMENTS = HERE.parents[1] / "openapi"

Document = Mapping[str, Any]

_CODE = re.compile(r"`([^`]+)`")
_PARAGRAPHS = re.compile(r"\n\n+")


@cache
def page(name: str) -> bytes:
    """One of the pages `index`, `rest` and `stream`, in HTML."""
    template = _environment().get_template(f"{name}.html")
    return template.render(rest=document("openapi.json"), stream=document("asyncapi.json")).encode()


@cache
def style() -> bytes:
    """The style sheet of all of them."""
    return (HERE / "style.css").read_bytes()


@cache
def document(name: str) -> Document:
    """A document of the contract."""
    found: Document = json.loads((DOCUMENTS / name).read_text())
    return found


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"prose": prose, "pretty": pretty, "last": last}
    environment.globals |= {"operations": operations, "resolve": resolve, "curl": curl}
    return environment


def prose(text: str) -> Markup:
    """Paragraphs of text, with code where backticks say so."""
    paragraphs = [_CODE.sub(r"<code>\1</code>", str(escape(part))) for part in _PARAGRAPHS.split(text)]
    return Markup("".join(f"<p>{part}</p>" for part in paragraphs))  # noqa: S704 # escaped above


def pretty(value: Any) -> str:
    """A value as JSON for people."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def last(reference: str) -> str:
    """The name that a reference ends in."""
    return reference.rpartition("/")[2]


def resolve(document: Document, part: Document) -> Document:
    """`part`, or what it refers to."""
    found: Any = part
    while "$ref" in found:
        reference = found["$ref"]
        found = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
    resolved: Document = found
    return resolved


def operations(document: Document, tag: str) -> Iterator[tuple[str, str, Document]]:
    """The operations with a tag: method, path, and what they are."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                yield method.upper(), path, operation


def curl(method: str, path: str, operation: Document) -> str:
    """A command that asks for the operation, with `$URL` and `$TOKEN` of whoever tries it."""
    parts = ["curl" if method == "GET" else f"curl -X {method}", f'"$URL{path}"']
    if operation["security"]:
        parts.append('-H "Authorization: Bearer $TOKEN"')
    body = operation.get("requestBody")
    if body:
        sent = json.dumps(body["content"]["application/json"]["example"], ensure_ascii=False)
        parts += ["-H 'Content-Type: application/json'", "-d '" + sent.replace("'", "'\\''") + "'"]
    return " \\\n  ".join(parts)
