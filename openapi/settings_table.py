"""The table of settings in the documents: names, defaults, bounds and words as `Settings` has them."""

import re
from collections.abc import Iterator
from typing import Literal, get_args, get_origin

import annotated_types
from pydantic.fields import FieldInfo

from itcook.settings import PREFIX, Settings

_TABLE = re.compile(r"(?<=<!-- table: settings -->\n).*?(?=\n\n)", re.DOTALL)
_HEAD = ("| setting | default | values | meaning |", "| --- | --- | --- | --- |")
_UNITS = ("seconds", "hours", "days")  # what a name ends in


def with_settings(page: str) -> str:
    """The page with its table of settings as it must be. Raises `ValueError` if it has none."""
    filled, count = _TABLE.subn(lambda _: "\n".join([*_HEAD, *_rows()]), page)
    if count != 1:
        raise ValueError("the page must have one table of settings, after `<!-- table: settings -->`")
    return filled


def _rows() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        default = "none" if field.default in (None, ()) else f"`{field.default}`"
        values = " to ".join(_bounds(field)) or ", ".join(f"`{value}`" for value in _values(field))
        cells = (f"`{PREFIX}{name.upper()}`", default, values + _unit(name, values), field.description or "")
        yield f"| {' | '.join(cells)} |"


def _bounds(field: FieldInfo) -> Iterator[str]:
    """The lowest and the highest value, where it is a number."""
    for bound in field.metadata:
        match bound:
            case annotated_types.Ge(number) | annotated_types.Le(number):
                yield f"{number}"
            case annotated_types.Gt(number):
                yield f"more than {number}"


def _values(field: FieldInfo) -> tuple[object, ...]:
    """All values there are, or what they look like."""
    if get_origin(field.annotation) is Literal:
        return get_args(field.annotation)
    return tuple(field.examples or ())


def _unit(name: str, values: str) -> str:
    unit = name.rpartition("_")[2]
    return f" {unit}" if values and unit in _UNITS else ""
