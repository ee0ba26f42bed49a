"""The Russian pages say what the English ones do: same headings, tables, codes and examples."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.documents import ROOT, codes
from tests.support.snippets import blocks

ENGLISH, RUSSIAN = ROOT / "docs", ROOT / "docs/ru"
PAGES = sorted(path.name for path in RUSSIAN.glob("*.md") if path.name != "README.md")

BLOCK = re.compile(r"^(?P<indent> *)```.*?^(?P=indent)```$", re.DOTALL | re.MULTILINE)
# Where a comment begins in any of the languages that the guides have.
COMMENT = re.compile(r"(?:^|(?<=\s))(?:#|//) .*$|<!--.*?-->", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_twins_have_the_same_headings(page: str) -> None:
    """As many, of the same levels, in the same order."""
    assert [level for level, _, _ in sections(RUSSIAN / page)] == [
        level for level, _, _ in sections(ENGLISH / page)
    ]


@pytest.mark.parametrize("page", PAGES)
def test_twins_name_the_same_things_in_each_section(page: str) -> None:
    """Whatever is in backticks: events, codes, settings, commands, members."""
    for (_, title, ours), (_, _, theirs) in zip(
        sections(ENGLISH / page), sections(RUSSIAN / page), strict=True
    ):
        assert set(codes(theirs)) == set(codes(ours)), f"{page}, {title}"


@pytest.mark.parametrize("page", PAGES)
def test_twins_have_the_same_tables(page: str) -> None:
    """The same rows, with the same codes and numbers in each cell."""
    assert list(tables(RUSSIAN / page)) == list(tables(ENGLISH / page))


@pytest.mark.parametrize("page", PAGES)
def test_twins_have_the_same_examples(page: str) -> None:
    """Character by character but for comments; so those that are run need to be run once."""
    ours, theirs = blocks(f"docs/{page}"), blocks(f"docs/ru/{page}")
    assert len(theirs) == len(ours)
    for block, twin in zip(ours, theirs, strict=True):
        assert (twin.language, twin.words, twin.expected) == (block.language, block.words, block.expected)
        assert COMMENT.sub("", twin.text) == COMMENT.sub("", block.text), f"{twin} is not what {block} is"


def sections(page: Path) -> list[tuple[int, str, str]]:
    """Level, title and text of each section, without blocks of code."""
    parts = re.split(r"^(#+) (.+)$", BLOCK.sub("", page.read_text()), flags=re.MULTILINE)
    return [
        (len(level), title, " ".join(text.split()))  # a name may be broken over two lines
        for level, title, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    ]


def tables(page: Path) -> Iterator[tuple[str, list[list[list[str]]]]]:
    """Of each table its name, and in each cell the codes, or the number that it is."""
    text = page.read_text()
    for match in re.finditer(r"^<!-- table: ([\w-]+) -->\n(.*?)(?:\n\n|\Z)", text, re.DOTALL | re.MULTILINE):
        rows = [line.strip("| ").split(" | ") for line in match[2].splitlines()[2:]]
        yield match[1], [[_essence(cell) for cell in row] for row in rows]


def _essence(cell: str) -> list[str]:
    return sorted(codes(cell)) or re.findall(r"^\d+$", cell.strip())
