"""The table of settings: made from the settings, wherever a page wants it."""

import pytest

from itcook.settings import PREFIX, Settings
from openapi.settings_table import with_settings

PAGE = "# Page\n\n<!-- table: settings -->\n| stale |\n\nMore.\n"


def rows() -> dict[str, list[str]]:
    """The cells of each row, by the setting's name."""
    table = with_settings(PAGE).partition("-->\n")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return {row[0].strip("`").removeprefix(PREFIX).lower(): row[1:] for row in cells}


def test_every_setting_is_in_the_table_and_says_what_it_is() -> None:
    """With its default, its bounds or forms, and a sentence: a setting without one would be a riddle."""
    assert rows().keys() == Settings.model_fields.keys()
    assert [name for name, (*_, meaning) in rows().items() if not meaning] == []
    assert rows()["heartbeat_seconds"][:2] == ["`10`", "0.1 to 60 seconds"]
    assert rows()["history_hours"][:2] == ["`24`", "more than 0 to 8760 hours"]
    assert rows()["log_format"][:2] == ["`console`", "`console`, `json`"]
    assert rows()["allowed_origins"][:2] == ["none", "`SCHEME://HOST[:PORT],…`"]


def test_the_rest_of_the_page_stays_as_it_was() -> None:
    """And writing it again changes nothing."""
    written = with_settings(PAGE)
    assert written.startswith("# Page\n\n<!-- table: settings -->\n| setting |")
    assert written.endswith(" |\n\nMore.\n")
    assert with_settings(written) == written


def test_a_page_without_the_table_is_refused() -> None:
    """It was lost in editing: to write nothing would leave it lost."""
    with pytest.raises(ValueError, match="must have one table of settings"):
        with_settings("# Page\n")
