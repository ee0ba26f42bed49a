"""Quantities: the numbers that JSON can say, and no others."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from itcook.fridge.fields import DECIMALS, MAX_QUANTITY, Quantity

QUANTITY: TypeAdapter[Decimal] = TypeAdapter(Quantity)


@given(st.integers(1, MAX_QUANTITY * 10**DECIMALS))
def test_every_quantity_is_exact(thousandths: int) -> None:
    """From a thousandth to a million, through the double that JSON makes of it, and back."""
    value = thousandths / 10**DECIMALS
    read = QUANTITY.validate_python(value, strict=True)
    assert read == Decimal(thousandths) / 10**DECIMALS
    assert float(read) == value


@pytest.mark.parametrize(
    "value",
    [0, 0.0, -0.0, -1, 0.0001, 1.0005, 1_000_000.001, 1_000_001, 2**70, 1e300, 5e-324, True, "1", None, [1]],
)
def test_what_is_no_quantity(value: object) -> None:
    """Nothing, less than nothing, too fine, too much, or no number."""
    with pytest.raises(ValidationError):
        QUANTITY.validate_python(value, strict=True)
