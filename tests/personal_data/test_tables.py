"""No table that refers to people is forgotten by the export."""

from itcook import models
from itcook.personal_data.columns import columns_of
from itcook.personal_data.tables import TABLES

# Of ids without a foreign key, those that are no person's.
OTHER_IDS = {"Post.recipe_id", "Post.goal_id", "Achievement.goal_id", "RecipeRequest.recipe_id"}
# References to people through which a row is not theirs, and why.
NOT_THEIRS = {"Kitchen.home_of_id": "the home is found by its members, of whom its person is always one"}
# Tables without people, or whose people are told of in the documents.
WITHOUT_PEOPLE = {"ExpiryNotice", "Lease", "StreamEntry", "StreamHead"}


def test_every_reference_to_a_person_is_exported() -> None:
    """By foreign key or by a bare id; a new column must be named here or in the tables."""
    owners = {f"{table.model.__name__}.{table.owner}" for table in TABLES}
    for name in models.__all__:
        model = getattr(models, name)
        for column in columns_of(model):
            place = f"{name}.{column.name}"
            by_key = column.refers_to == "User"
            bare = column.name.endswith("_id") and column.refers_to is None
            if by_key or (bare and place not in OTHER_IDS):
                assert place in owners or place in NOT_THEIRS, place


def test_every_table_is_exported_or_of_nobody() -> None:
    """A new model must say which it is."""
    exported = {table.model.__name__ for table in TABLES}
    assert exported | WITHOUT_PEOPLE == set(models.__all__)
    assert not exported & WITHOUT_PEOPLE


def test_no_secret_is_exported() -> None:
    """Nothing by which anybody signs in, or comes into a kitchen."""
    shown = {f"{table.model.__name__}.{column.name}" for table in TABLES for column in table.columns}
    assert not {place for place in shown if "hash" in place or place.endswith((".code", ".secret"))}
