"""The documents say what the code does: each table is compared with what it is a table of."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import click
import pytest
from quart import Quart

from itcook import cli, errors, events, messages
from itcook.app import create_app
from itcook.auth.audit_log import Action
from itcook.commands.exits import Exit
from itcook.quotas.policies import POLICIES, Policy
from itcook.settings import Settings
from itcook.stream import ends
from itcook.stream.history import Reason
from tests.support.documents import ROOT, code, codes, table
from tests.support.sources import calls, literals

PROTOCOL = "docs/reference/protocol.md"
REST = "docs/reference/rest.md"
OPERATIONS = "docs/OPERATIONS.md"
GUIDE = "docs/WEBSOCKET_GUIDE.md"
CLI = "docs/reference/cli.md"

PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "benchmarks/README.md"]
SOURCE = re.compile(
    r"`((?:benchmarks|blueprints|client|deploy|docs|itcook|openapi|tests|transports|web)/[\w./-]+)`"
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
LEVELS = {"warning", "error", "exception"}


def fields(model: type[Any]) -> list[str]:
    return list(model.model_fields)


@pytest.mark.parametrize("base", [events.DurableEvent, events.EphemeralEvent, events.ControlEvent])
def test_the_tables_of_events_are_the_events(base: type[events.Event]) -> None:
    """Every type with its members in their order, and no type besides."""
    name = base.__name__.removesuffix("Event").lower()
    documented = {code(row[0]): codes(row[1]) for row in table(PROTOCOL, name)}
    assert documented == {event.__name__: fields(event) for event in base.__subclasses__()}


@pytest.mark.parametrize("base", [events.DurableEvent, events.EphemeralEvent])
def test_events_go_where_their_docstrings_say(base: type[events.Event]) -> None:
    """The channels of each event are those that its class names."""
    name = base.__name__.removesuffix("Event").lower()
    documented = {code(row[0]): codes(row[2]) for row in table(PROTOCOL, name)}
    named = {event.__name__: codes(event.__doc__ or "") for event in base.__subclasses__()}
    assert documented == named


def test_the_table_of_client_messages_is_the_messages() -> None:
    """Every message a client may send, with its members."""
    documented = {code(row[0]): set(codes(row[1])) for row in table(PROTOCOL, "messages")}
    known = {message.__name__: {*fields(message)} - {"type"} for message in get_args(messages.Message)}
    assert documented == known


def test_the_codes_of_stream_errors_are_in_the_code() -> None:
    """No `Error` is documented that nothing sends."""
    assert {code(row[0]) for row in table(PROTOCOL, "errors")} <= literals() | {errors.UnavailableError.code}


def test_the_table_of_reasons_is_the_reasons() -> None:
    """Why a replay cannot be whole."""
    assert [code(row[0]) for row in table(PROTOCOL, "reasons")] == list(get_args(Reason))


def test_the_table_of_ends_is_the_ends() -> None:
    """Every end with its code, its reason, and what a client does next."""
    documented = {
        ends.End(int(number), code(reason), reconnect=reconnect == "yes", retry_after_ms=int(retry_after))
        for number, reason, reconnect, retry_after, _ in table(PROTOCOL, "ends")
    }
    assert documented == {end for end in vars(ends).values() if isinstance(end, ends.End)}


def test_the_table_of_routes_is_what_is_served() -> None:
    """Every method and path; HEAD and OPTIONS come by themselves."""
    documented = [(code(row[0]), code(row[1])) for row in table(REST, "routes")]
    assert sorted(documented) == sorted(_served(create_app(Settings(_env_file=None))))


def _served(app: Quart) -> list[tuple[str, str]]:
    return [
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]


def test_the_tables_of_problems_are_the_problems() -> None:
    """Every status and code that a request can be refused with, and none besides."""
    rows = table(REST, "problems") + table(REST, "codes")
    documented = [(int(row[0]), code(row[1])) for row in rows]
    assert sorted(documented) == sorted(_raised())


def _raised() -> set[tuple[int, str]]:
    made = ((_problem_class(call.func), call) for call in calls())
    return {(kind.status, _keyword(call, "code") or kind.code) for kind, call in made if kind}


def _problem_class(function: ast.expr) -> type[errors.ProblemError] | None:
    kind = getattr(errors, function.id, None) if isinstance(function, ast.Name) else None
    return kind if isinstance(kind, type) and issubclass(kind, errors.ProblemError) else None


def _keyword(call: ast.Call, name: str) -> str | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return str(ast.literal_eval(keyword.value))
    return None


def test_the_table_of_quotas_is_the_policies() -> None:
    """Every policy with its figures."""
    rows = table(REST, "quotas")
    assert [Policy(code(row[0]), int(row[1]), int(row[2])) for row in rows] == [*POLICIES]


def test_the_table_of_actions_is_the_audit_logs() -> None:
    """Every action, in its order."""
    assert [action for row in table(REST, "actions") for action in codes(row[0])] == [*Action]


def test_the_table_of_warnings_is_what_is_logged() -> None:
    """Every line of level warning and above, with its level."""
    documented = {code(row[1]): row[0] for row in table(OPERATIONS, "warnings")}
    assert documented == _warnings()


def _warnings() -> Mapping[str, str]:
    return {
        ast.literal_eval(call.args[0]): "warning" if call.func.attr == "warning" else "error"
        for call in calls()
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and (call.func.value.id, call.func.attr in LEVELS) == ("log", True)
    }


def test_the_guide_lists_all_there_is() -> None:
    """Every event, message, channel, way to resume and end of the contract, in its words for beginners."""
    for name in ("durable", "ephemeral", "control", "messages", "channels", "resume"):
        listed = [code(row[0]) for row in table(GUIDE, f"guide-{name}")]
        assert sorted(listed) == sorted(code(row[0]) for row in table(PROTOCOL, name)), name
    ways = {(row[0], row[1]) for row in table(GUIDE, "guide-ends")}
    assert ways == {(row[0], row[2]) for row in table(PROTOCOL, "ends")}


def test_the_table_of_commands_is_the_commands() -> None:
    """Every command that is not hidden, and which of them print JSON."""
    documented = {code(row[0]): "`--json`" in row[-1] for row in table(CLI, "commands")}
    assert documented == dict(_commands("itcook", cli.main))


def _commands(name: str, command: click.Command) -> Iterator[tuple[str, bool]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for part in command.list_commands(context):
            found = command.get_command(context, part)
            assert found is not None, part
            yield from _commands(f"{name} {part}", found)
    elif not command.hidden:
        yield name, any("--json" in option.opts for option in command.params)


def test_the_table_of_findings_is_what_the_doctor_finds() -> None:
    """Everything that it looks at."""
    documented = [what for row in table(CLI, "findings") for what in codes(row[0])]
    sources = (ROOT / "itcook/commands/doctor").glob("*.py")
    made = re.compile(r'\b(?:ok|note|warning|broken|compared)\(\s*"([^"]+)"')
    found = {what for source in sources for what in made.findall(source.read_text())}
    assert found <= set(documented)
    assert set(documented) - found <= {"WebSocket", "SSE", "trusted proxies"}, "these are named by a variable"


def test_the_table_of_exit_codes_is_the_exit_codes() -> None:
    """Every one, and none besides."""
    assert [int(row[0]) for row in table(CLI, "exits")] == sorted(Exit)


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_files_that_are_named_are_there(page: Path) -> None:
    """Every file of the project that a page has in backticks, but for what is built."""
    named = SOURCE.findall(page.read_text())
    assert [path for path in named if "/dist" not in path and not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link names a file, and every fragment a heading in it."""
    for link in LINK.findall(page.read_text()):
        if "://" in link:
            continue
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not fragment or fragment in _anchors(target), link


def _anchors(page: Path) -> set[str]:
    """The fragments of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
