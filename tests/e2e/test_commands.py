"""The commands that talk to a server, each as a process, with a real server."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from itcook.commands.exits import Exit
from tests.support.api import Api
from tests.support.commands import Command, command, itcook, on_terminal, signing_in
from tests.support.people import PASSWORD, Person
from tests.support.ports import free_port
from tests.support.processes import Server, running


@pytest.fixture(scope="module")
def server_settings() -> Mapping[str, object]:
    """On a port of its own also after a restart, which whoever comes back to must find again."""
    return {"bind": f"127.0.0.1:{free_port()}", "heartbeat_seconds": 0.5, "drain_seconds": 0.5}


@pytest.fixture(scope="module")
async def alan(api: Api, server: Server) -> Person:
    """An administrator."""
    alan = await api.register("Alan Turing")
    server.change("UPDATE users SET role = 'admin' WHERE email = ?", alan.email)
    return alan


async def _connected(tail: Command) -> None:
    """With `--control`, which says so."""
    while (await tail.event())["type"] != "Connected":
        pass


async def _durable(tail: Command) -> dict[str, Any]:
    while "id" not in (event := await tail.event()):
        pass
    return event


async def test_tail_resumes_over_a_restart_without_gap_or_double(
    server: Server, api: Api, grace: Person, tmp_path: Path
) -> None:
    """Over either transport, what happens before, while it is away and after comes once each, in order; every
    line is an event as documented; Ctrl-C ends it with 130 and the cursor to go on from.
    """
    arguments = ["tail", *signing_in(grace), "--json", "--control", "--url", server.url, "--transport"]
    async with (
        command(*arguments, "ws", directory=tmp_path) as websocket,
        command(*arguments, "sse", directory=tmp_path) as sse,
    ):
        tails = (websocket, sse)
        for tail in tails:
            await _connected(tail)
        sent = [(await api.post(grace, "before"))["id"]]
        seen = {tail: [await _durable(tail)] for tail in tails}
        async with server.stopped():
            for tail in tails:
                await tail.told("coming back")
        sent += [(await api.post(grace, text))["id"] for text in ("meanwhile", "after")]
        for tail in tails:
            seen[tail] += [await _durable(tail) for _ in range(2)]
            tail.interrupt()
            done = await tail.ended()
            assert [event["data"]["post_id"] for event in seen[tail]] == sent
            assert done.code == Exit.INTERRUPTED
            assert f"--since {seen[tail][-1]['id']}" in done.err
            assert "Traceback" not in done.err


async def test_tail_filters_by_channel_and_type(
    server: Server, api: Api, ada: Person, grace: Person, tmp_path: Path
) -> None:
    """Of all that happens, the named types of the named channels alone; `--count` ends it with 0. The cursor
    file has the next one begin where the last one ended.
    """
    post = await api.post(grace, "to be liked")
    (tmp_path / "cursor").write_text((await _head(api, grace)) + "\n")
    arguments = ["tail", *signing_in(grace), "--url", server.url, "--json", "--cursor-file", "cursor"]
    filters = ["--channel", "community", "--type", "Post*", "--type", "NewComment", "--count", "2"]
    await api.follow(ada, grace)
    await api.like(ada, post["id"])
    await api.post(ada, "neither of these types")
    await api.comment(ada, post["id"], "fine")
    await api.comment(ada, post["id"], "and once more")
    first = await itcook(*arguments, *filters, directory=tmp_path)
    assert (first.code, [event["type"] for event in first.events]) == (0, ["PostLiked", "NewComment"])
    second = await itcook(*arguments, "--count", "1", directory=tmp_path)
    assert [event["data"]["content"] for event in second.events] == ["and once more"]


async def _head(api: Api, person: Person) -> str:
    """The cursor of now."""
    cursor: str = (await api.done("GET", "/realtime/events", person))["cursor"]
    return cursor


async def test_what_people_write_cannot_command_the_terminal(
    server: Server, api: Api, ada: Person, tmp_path: Path
) -> None:
    """Escape sequences and line breaks of a post are shown, and not obeyed: an event is one line."""
    since = await _head(api, ada)
    await api.post(ada, "red \x1b[31malert\r\n\u202eback")
    arguments = ["tail", *signing_in(ada), "--url", server.url, "--since", since, "--count", "1"]
    done = await itcook(*arguments, directory=tmp_path)
    [line] = done.out.splitlines()
    assert line.endswith("Ada Lovelace (general): red \\x1b[31malert \\u202eback")


async def test_a_pipe_that_nobody_reads_ends_tail_though_nothing_happens(
    server: Server, grace: Person, tmp_path: Path
) -> None:
    """With 0 and without a word: whoever read has had enough."""
    arguments = ["tail", *signing_in(grace), "--url", server.url, "--type", "NewFollower"]
    async with command(*arguments, directory=tmp_path) as tail:
        tail.process.stdout._transport.close()  # type: ignore[union-attr] # the reader's own end, as `head` closes it
        done = await tail.ended()
    assert (done.code, "Traceback" in done.err) == (Exit.OK, False)


async def test_the_end_of_a_login_ends_tail_with_its_exit_code(
    server: Server, api: Api, tmp_path: Path
) -> None:
    """4, and a line that says why."""
    katherine = await api.register("Katherine Johnson")
    arguments = ["tail", *signing_in(katherine), "--url", server.url, "--json", "--control"]
    async with command(*arguments, directory=tmp_path) as tail:
        await _connected(tail)
        await api.done("DELETE", "/auth/sessions", katherine)
        done = await tail.ended()
    assert (done.code, "4403 login session revoked" in done.err) == (Exit.REFUSED, True)


async def test_refused_and_unreachable_have_exit_codes(server: Server, tmp_path: Path) -> None:
    """4 for a token that is none, over either transport; 5 where nobody listens; 2 if nobody asks."""
    arguments = ["tail", "--token", "none", "--url"]
    for transport in ("ws", "sse"):
        refused = await itcook(*arguments, server.url, "--transport", transport, directory=tmp_path)
        assert (refused.code, "no valid access token" in refused.err) == (Exit.REFUSED, True)
    away = await itcook(*arguments, f"http://127.0.0.1:{free_port()}", directory=tmp_path)
    assert (away.code, "itcook serve" in away.err) == (Exit.UNREACHABLE, True)
    nobody = await itcook("tail", "--url", server.url, directory=tmp_path)
    assert (nobody.code, "--email" in nobody.err) == (Exit.USAGE, True)


async def test_tail_renews_its_token_and_loses_nothing(tmp_path: Path) -> None:
    """The connection ends with its token; the next one resumes. With a token alone it ends with 4."""
    async with running(tmp_path, access_token_seconds=5) as server:
        api = Api(server)
        ada = await api.register("Ada Lovelace")
        arguments = ["tail", "--url", server.url, "--json", "--control"]
        async with (
            command(*arguments, *signing_in(ada), directory=tmp_path) as renewing,
            command(*arguments, "--token", ada.access_token, directory=tmp_path) as ending,
        ):
            await _connected(renewing)
            assert (await ending.ended()).code == Exit.REFUSED
            while (event := await renewing.event())["type"] != "Connected":
                pass
            assert event["data"]["resume"] == "resumed"
            renewing.interrupt()
            assert (await renewing.ended()).code == Exit.INTERRUPTED
        await api.aclose()


async def test_token_prints_one_that_works(server: Server, api: Api, ada: Person, tmp_path: Path) -> None:
    """The token alone, or the whole answer; a wrong password is 4."""
    plain = await itcook("token", ada.email, "--url", server.url, directory=tmp_path)
    me = await api.done("GET", "/auth/me", None, headers={"Authorization": f"Bearer {plain.out.strip()}"})
    assert me["email"] == ada.email
    whole = await itcook("token", ada.email, "--url", server.url, "--json", directory=tmp_path)
    assert whole.json["user"]["email"] == ada.email
    wrong = {"ITCOOK_PASSWORD": "not the password"}
    refused = await itcook("token", ada.email, "--url", server.url, directory=tmp_path, settings=wrong)
    assert refused.code == Exit.REFUSED


async def test_a_notification_is_seen_by_a_stream(
    server: Server, api: Api, ada: Person, alan: Person, tmp_path: Path
) -> None:
    """At once, or scheduled; whoever is no administrator is refused with 4."""
    asked = ["notify", "Maintenance", "Back at ten.", "--level", "warning", "--url", server.url]
    async with await api.connect("sse", ada) as stream:
        done = await itcook(*asked, *signing_in(alan), directory=tmp_path)
        seen = await stream.next_of("SystemNotification")
    assert done.code == Exit.OK
    assert seen.data == {"title": "Maintenance", "message": "Back at ten.", "level": "Warning"}
    later = [*asked, "--at", "2060-12-24T18:00+01:00", "--to", str(ada.id), "--json"]
    scheduled = (await itcook(*later, *signing_in(alan), directory=tmp_path)).json
    assert (scheduled["status"], scheduled["send_at"]) == ("scheduled", "2060-12-24T17:00:00.000Z")
    assert (await itcook(*asked, *signing_in(ada), directory=tmp_path)).code == Exit.REFUSED


async def test_stats_are_shown_once_or_again_and_again(
    server: Server, api: Api, ada: Person, alan: Person, tmp_path: Path
) -> None:
    """A picture, or an object a line; what administrators alone see is shown to them alone."""
    watching = ["stats", "--watch", "--every", "0.2", "--count", "3", "--url", server.url]
    async with await api.connect("websocket", ada) as stream:
        await stream.next()
        done = await itcook(*watching, "--json", *signing_in(ada), directory=tmp_path)
    looks = [json.loads(line) for line in done.out.splitlines()]
    assert (done.code, len(looks)) == (Exit.OK, 3)
    assert all(look["connected_clients"] >= 1 for look in looks)
    for person, sees_latency in ((ada, False), (alan, True)):
        shown = (await itcook("stats", *signing_in(person), "--url", server.url, directory=tmp_path)).out
        assert ("connections" in shown, "latency" in shown) == (True, sees_latency)


async def test_stats_are_drawn_on_a_terminal(server: Server, ada: Person, tmp_path: Path) -> None:
    """A live picture with colour, and without it where NO_COLOR says so."""
    arguments = ["stats", "--watch", "--every", "0.2", "--count", "2", "--url", server.url, *signing_in(ada)]
    coloured = await on_terminal(*arguments, directory=tmp_path)
    assert ("connections" in coloured, "a second" in coloured, "\x1b[2m" in coloured) == (True, True, True)
    tail = ["tail", *signing_in(ada), "--url", server.url, "--control", "--count", "1"]
    plain = await on_terminal(*tail, directory=tmp_path, settings={"NO_COLOR": "1"})
    assert ("fresh over websocket" in plain, "\x1b[3" in plain) == (True, False)


@pytest.fixture
def copy(server: Server, tmp_path: Path) -> Mapping[str, str]:
    """The settings of nobody's server, whose database is a copy of the one that runs."""
    path = tmp_path / "copy.sqlite3"
    with closing(sqlite3.connect(server.database)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
    return {"ITCOOK_DATABASE_URL": f"sqlite:///{path}"}


def _read(copy: Mapping[str, str], statement: str) -> list[Any]:
    path = copy["ITCOOK_DATABASE_URL"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as database:
        return database.execute(statement).fetchall()


async def test_accounts_are_made_at_a_server_and_in_a_database(
    server: Server, api: Api, ada: Person, copy: Mapping[str, str], tmp_path: Path
) -> None:
    """Everyone's while the server runs; an administrator's in a database that no server has open."""
    create = [
        "user",
        "create",
        "mary@example.com",
        "--first-name",
        "Mary",
        "--last-name",
        "Jackson",
        "--json",
    ]
    there = await itcook(*create, "--url", server.url, directory=tmp_path)
    assert (there.code, there.json["role"]) == (Exit.OK, "user")
    login = {"email": "mary@example.com", "password": PASSWORD}
    assert (await api.request("POST", "/auth/login", json=login)).status_code == 200
    own = {"ITCOOK_DATABASE_URL": f"sqlite:///{server.database}"}
    busy = await itcook(*create, "--admin", directory=tmp_path, settings=own)
    assert (busy.code, "stop that process" in busy.err) == (Exit.USAGE, True)
    made = await itcook(*create, "--admin", directory=tmp_path, settings=copy)
    taken = await itcook(*create, directory=tmp_path, settings=copy)
    create[2] = "nobody"
    wrong = await itcook(*create, directory=tmp_path, settings=copy)
    assert (made.code, taken.code, wrong.code) == (Exit.OK, Exit.FAILED, Exit.USAGE)
    assert _read(copy, "SELECT role FROM users WHERE email = 'mary@example.com'") == [("admin",)]
    left = (
        "SELECT count(*) FROM login_sessions WHERE user_agent = 'itcook user create' AND revoked_at IS NULL"
    )
    assert _read(copy, left) == [(0,)]


async def test_prune_removes_history_and_says_how_much(
    server: Server, api: Api, ada: Person, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """All but the last event, of a database that no server has open."""
    since = await _head(api, ada)
    for number in range(3):
        await api.post(ada, f"post {number}")
    await api.published(ada, since, 3)
    copy = request.getfixturevalue("copy")
    done = await itcook("prune", "--history-entries", "1", "--json", directory=tmp_path, settings=copy)
    assert (done.code, done.json["stream history"] >= 2) == (Exit.OK, True)
    assert _read(copy, "SELECT count(*) FROM stream_entries") == [(1,)]


async def test_demo_fills_a_community_and_keeps_it_alive(
    server: Server, api: Api, ada: Person, tmp_path: Path
) -> None:
    """What it says that it made is there, and on the stream; run again it makes nothing twice. Whoever is
    there can sign in.
    """
    filled = ["demo", "--people", "3", "--posts", "2", "--seed", "5", "--url", server.url]
    since = await _head(api, ada)
    made = (await itcook(*filled, "--pace", "0", "--json", directory=tmp_path)).json
    again = await itcook(*filled, "--pace", "6000", "--deeds", "10", directory=tmp_path)
    assert again.code == Exit.OK
    assert made["made"]["posts"] == 2
    assert 2 < len(again.out.splitlines()) <= 12
    shared = 2 + sum("shares:" in line for line in again.out.splitlines())
    async with await api.connect("sse", ada, channels="community", cursor=since) as stream:
        posts = [await stream.next_of("NewCommunityPost") for _ in range(shared)]
        await api.post(ada, "the last")
        assert (await stream.next_of("NewCommunityPost")).data["content"] == "the last"
    assert len({post.data["post_id"] for post in posts}) == shared
    someone = {"email": made["people"][0]["email"], "password": "a long demo kitchen"}
    assert (await api.request("POST", "/auth/login", json=someone)).status_code == 200


async def test_demo_makes_no_people_with_a_known_password_for_strangers(tmp_path: Path) -> None:
    """On another machine it asks for a password of one's own."""
    done = await itcook("demo", "--url", "https://itcook.example", directory=tmp_path)
    assert (done.code, "--password" in done.err) == (Exit.USAGE, True)
