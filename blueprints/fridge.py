"""`/api/v1/fridge`: what is in the caller's kitchens, and until when."""

from typing import Annotated, cast
from uuid import UUID

from pydantic import Field
from quart import Blueprint, Response
from quart_schema import (
    document_headers,
    document_response,
    tag_blueprint,
    validate_querystring,
    validate_request,
    validate_response,
)

from blueprints.context import principal
from blueprints.creation import CreationHeaders, IdempotencyKey, create, perform
from blueprints.requests import Body, Day, Id, Query
from blueprints.stream_cursor import with_stream_cursor
from itcook.contract import refuses
from itcook.fridge import items, lists, views
from itcook.fridge.fields import Brand, Category, ItemName, Location, Notes, Quantity, Unit
from itcook.fridge.order import MAX_MARK_LENGTH, OrderName, order_of
from itcook.pages import DEFAULT_LIMIT, MAX_LIMIT

PATH = "/api/v1/fridge"
MAX_DAYS = 365  # of looking ahead

blueprint = Blueprint("fridge", __name__, url_prefix=PATH)
tag_blueprint(blueprint, ["fridge"])

ItemUnit = Annotated[Unit, Field(strict=False)]
ItemCategory = Annotated[Category, Field(strict=False)]
ItemLocation = Annotated[Location, Field(strict=False)]
CLEARABLE = {"brand", "expires_on", "purchased_on", "notes"}


class NewItem(Body):
    """Without `kitchen_id` it goes into the caller's home."""

    kitchen_id: Id | None = None
    name: ItemName
    brand: Brand | None = None
    quantity: Quantity
    unit: ItemUnit
    category: ItemCategory
    location: ItemLocation = Location.FRIDGE
    expires_on: Day | None = None
    purchased_on: Day | None = None
    notes: Notes | None = None

    def draft(self) -> items.ItemDraft:
        return items.ItemDraft(**self.model_dump(exclude={"kitchen_id"}))


class ItemEdit(Body):
    """What is absent stays as it is. Null clears `brand`, `expires_on`, `purchased_on` and `notes`, and
    leaves the others, which every item has.
    """

    name: ItemName | None = None
    brand: Brand | None = None
    quantity: Quantity | None = None
    unit: ItemUnit | None = None
    category: ItemCategory | None = None
    location: ItemLocation | None = None
    expires_on: Day | None = None
    purchased_on: Day | None = None
    notes: Notes | None = None

    def changes(self) -> items.ItemChanges:
        given = self.model_dump(exclude_unset=True)
        return cast(
            "items.ItemChanges",
            {name: value for name, value in given.items() if value is not None or name in CLEARABLE},
        )


class Taking(Body):
    quantity: Quantity = Field(description="In the item's own unit.")


class PlaceQuery(Query):
    """Which kitchen; all of the caller's without `kitchen_id`."""

    kitchen_id: UUID | None = None


class ItemsQuery(PlaceQuery):
    """Which page of which items, in which order; `q` is looked for in names and brands."""

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    before: str | None = Field(default=None, max_length=MAX_MARK_LENGTH)
    sort: OrderName = OrderName.NEWEST_FIRST
    category: Category | None = None
    location: Location | None = None
    expiring_before: Day | None = None
    q: str | None = Field(default=None, min_length=1, max_length=120)

    def wanted(self) -> lists.ItemFilter:
        return lists.ItemFilter(
            kitchen_id=self.kitchen_id,
            category=self.category,
            location=self.location,
            expiring_before=self.expiring_before,
            text=self.q,
        )


class ExpiringQuery(PlaceQuery):
    """Within how many days; as many as each kitchen has chosen without `days`."""

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    before: str | None = Field(default=None, max_length=MAX_MARK_LENGTH)
    days: int | None = Field(default=None, ge=0, le=MAX_DAYS)


@blueprint.post("/items")
@validate_request(NewItem)
@document_headers(IdempotencyKey)
@document_response(views.Item, 201, CreationHeaders)
@refuses(404, "not_found")
@refuses(409, "too_many_items")
async def add_item(data: NewItem) -> Response:
    """Put an item into the fridge."""
    return await create(f"{PATH}/items", data, items.add_item, principal(), data.kitchen_id, data.draft())


@blueprint.get("/items")
@with_stream_cursor
@validate_querystring(ItemsQuery)
@validate_response(views.ItemPage[views.Item])
@refuses(404, "not_found")
async def list_items(query_args: ItemsQuery) -> views.ItemPage[views.Item]:
    """What is there, the newest first unless `sort` says otherwise."""
    order = order_of(query_args.sort)
    return await lists.items(
        principal(), query_args.wanted(), order, limit=query_args.limit, before=query_args.before
    )


@blueprint.get("/items/<uuid:item_id>")
@with_stream_cursor
@validate_response(views.Item)
async def one_item(item_id: UUID) -> views.Item:
    """One item."""
    return await items.one_item(principal(), item_id)


@blueprint.patch("/items/<uuid:item_id>")
@validate_request(ItemEdit)
@validate_response(views.Item)
async def edit_item(item_id: UUID, data: ItemEdit) -> views.Item:
    """Change an item."""
    return await items.edit_item(principal(), item_id, data.changes())


@blueprint.delete("/items/<uuid:item_id>")
async def remove_item(item_id: UUID) -> tuple[str, int]:
    """Take an item out of the fridge for good."""
    await items.remove_item(principal(), item_id)
    return "", 204


@blueprint.post("/items/<uuid:item_id>/take")
@validate_request(Taking)
@document_headers(IdempotencyKey)
@document_response(views.Taken)
@refuses(422, "not_enough")
async def take(item_id: UUID, data: Taking) -> Response:
    """Take a part of an item; who takes all of it removes it."""
    return await perform(data, items.take, principal(), item_id, data.quantity)


@blueprint.get("/expiring")
@with_stream_cursor
@validate_querystring(ExpiringQuery)
@validate_response(views.ItemPage[views.ExpiringItem])
@refuses(404, "not_found")
async def expiring(query_args: ExpiringQuery) -> views.ItemPage[views.ExpiringItem]:
    """What goes bad soon or has, soonest first, by the day that it is in each kitchen."""
    return await lists.expiring(
        principal(),
        query_args.days,
        query_args.kitchen_id,
        limit=query_args.limit,
        before=query_args.before,
    )


@blueprint.get("/categories")
@with_stream_cursor
@validate_querystring(PlaceQuery)
@validate_response(views.Categories)
@refuses(404, "not_found")
async def categories(query_args: PlaceQuery) -> views.Categories:
    """How many items there are of each category."""
    return await lists.categories(principal(), query_args.kitchen_id)
