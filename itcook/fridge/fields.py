"""What can be said of an item: types that check."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from itcook.auth.fields import one_line

MAX_QUANTITY = 1_000_000
DECIMALS = 3  # a gram of a kilogram, a millilitre of a litre


class Unit(StrEnum):
    """What quantities are counted in. A closed list: what one client writes, every other can add up."""

    MILLIGRAM = "mg"
    GRAM = "g"
    KILOGRAM = "kg"
    OUNCE = "oz"
    POUND = "lb"
    MILLILITRE = "ml"
    CENTILITRE = "cl"
    DECILITRE = "dl"
    LITRE = "l"
    FLUID_OUNCE = "fl_oz"
    TEASPOON = "tsp"
    TABLESPOON = "tbsp"
    CUP = "cup"
    PINCH = "pinch"
    PIECE = "piece"
    SLICE = "slice"
    CLOVE = "clove"
    BUNCH = "bunch"
    PACK = "pack"
    BOTTLE = "bottle"
    CAN = "can"
    JAR = "jar"


class Category(StrEnum):
    VEGETABLES = "vegetables"
    FRUITS = "fruits"
    MEAT = "meat"
    DAIRY = "dairy"
    GRAINS = "grains"
    BEVERAGES = "beverages"
    OTHER = "other"


class Location(StrEnum):
    FRIDGE = "fridge"
    FREEZER = "freezer"
    PANTRY = "pantry"


def _quantity(value: Any) -> Decimal:
    # `repr` of a float is the shortest text that reads as the same float: the digits the client sent.
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("must be a number")
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


Quantity = Annotated[
    Decimal,
    BeforeValidator(_quantity),
    Field(gt=0, le=MAX_QUANTITY, decimal_places=DECIMALS),
    WithJsonSchema(
        {"type": "number", "exclusiveMinimum": 0, "maximum": MAX_QUANTITY, "multipleOf": 10**-DECIMALS}
    ),
]
ItemName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
    AfterValidator(one_line),
]
Brand = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80),
    AfterValidator(one_line),
]
Notes = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
