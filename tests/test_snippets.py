"""What follows the guides' snippets can tell when one does not do what its page says."""

from pathlib import Path

import pytest

from tests.support import snippets
from tests.support.processes import Server
from tests.support.snippets import Block, blocks, of, run_shell, settle, unexplained

PAGE = "page.md"


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """One that does not run: what is tried here asks it nothing."""
    return Server(tmp_path, {})


def write(root: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Have `text` be the page."""
    (root / PAGE).write_text(text)
    monkeypatch.setattr(snippets, "ROOT", root)


def showing(expected: str) -> Block:
    return Block(PAGE, 1, "sh", {}, "", expected)


@pytest.mark.parametrize(
    ("expected", "printed", "shown"),
    [
        ("a\nb\n", "x\na\nb\n", True),
        ("a\nb\n", "a\nx\nb\n", False),
        ("a…c\n", "abc\n", True),
        ("a…c\n", "abcd\n", False),
        ("a\n…\nb\n", "a\nx\ny\nb\n", True),
        ("a\n…\nb\n", "a\nb\n", True),
        ("b\n…\na\n", "a\nb\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_output_is_what_the_page_says_or_it_is_not(
    server: Server, expected: str, printed: str, shown: bool
) -> None:
    """Line by line; `…` is anything within a line, or any lines."""
    assert showing(expected).shows(printed, server) is shown


async def test_commands_that_end_otherwise_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    """By their code, by what they print, or by never coming to their end. Variables outlive their block."""
    page = "```sh\nWORD=one\n```\n\n```sh exits=3\necho $WORD; (exit 3)\n```\n\n```text\none\n```\n"
    for number, (changed, problem) in enumerate(
        {
            page: "",
            page.replace("exits=3", "exits=4"): "ended with 3",
            page.replace("\none\n", "\ntwo\n"): "says it prints",
            page.replace("(exit 3)", "exit 3"): "stopped in page.md:5",
        }.items()
    ):
        write(tmp_path, monkeypatch, changed)
        directory = settle(PAGE, tmp_path / str(number), server)
        if problem:
            with pytest.raises(AssertionError, match=problem):
                await run_shell(PAGE, directory, server)
        else:
            await run_shell(PAGE, directory, server)


def test_blocks_are_found_wherever_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Indented in a list, too; what is skipped or is a file is not followed where it stands."""
    listed, file = "1. First\n\n   ```js\n   let a;\n   ```\n\n", "```js file=a.js\nlet b;\n```\n\n"
    text = f'{listed}{file}```js skip="why"\nlet c;\n```\n'
    write(tmp_path, monkeypatch, text)
    assert [(block.line, block.text) for block in of(PAGE, "js")] == [(3, "let a;\n")]
    assert len(blocks(PAGE)) == 3


def test_a_block_that_nothing_follows_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown language, no language, and a skip without a reason."""
    write(
        tmp_path,
        monkeypatch,
        '```go\n```\n\n```\n```\n\n```sh skip=""\n```\n\n```sh\n```\n\n```go skip="why"\n```\n',
    )
    assert [block.line for block in unexplained(PAGE)] == [1, 4, 7]
