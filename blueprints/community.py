"""`/api/v1/community`: posts, likes, comments and follows."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, HttpUrl, StringConstraints, TypeAdapter, ValidationError
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
from blueprints.creation import CreationHeaders, IdempotencyKey, create
from blueprints.requests import Body, Id, Query
from blueprints.stream_cursor import with_stream_cursor
from itcook.community import comments, follows, likes, people, posts, trending, views
from itcook.contract import refuses
from itcook.events import PostType
from itcook.pages import DEFAULT_LIMIT, MAX_LIMIT, Page, PageQuery

PATH = "/api/v1/community"
MAX_MEDIA = 10  # of one post: what a screen shows of it

blueprint = Blueprint("community", __name__, url_prefix=PATH)
tag_blueprint(blueprint, ["community"])

_http_url = TypeAdapter(HttpUrl)


def _media_url(text: str) -> str:
    try:
        # As browsers read it (the WHATWG rules), so that no two readers see different addresses.
        return str(_http_url.validate_python(text))
    except ValidationError as error:
        raise ValueError(f"must be an http or https URL: {error.errors()[0]['msg']}") from None


MediaUrl = Annotated[
    str,
    StringConstraints(max_length=2000),
    AfterValidator(_media_url),
    Field(json_schema_extra={"format": "uri"}),
]
MediaUrls = Annotated[list[MediaUrl], Field(max_length=MAX_MEDIA)]
PostKind = Annotated[PostType, Field(strict=False)]


class NewPost(Body):
    content: posts.PostContent
    post_type: PostKind = PostType.GENERAL
    media_urls: MediaUrls = Field(default_factory=list)
    recipe_id: Id | None = None
    goal_id: Id | None = None

    def draft(self) -> posts.PostDraft:
        return posts.PostDraft(
            content=self.content,
            post_type=self.post_type,
            media_urls=tuple(self.media_urls),
            recipe_id=self.recipe_id,
            goal_id=self.goal_id,
        )


class PostEdit(Body):
    """What is absent, or null, stays as it is."""

    content: posts.PostContent | None = None
    post_type: PostKind | None = None
    media_urls: MediaUrls | None = None

    def changes(self) -> posts.PostChanges:
        return posts.PostChanges(
            content=self.content,
            post_type=self.post_type,
            media_urls=None if self.media_urls is None else tuple(self.media_urls),
        )


class NewComment(Body):
    content: comments.CommentContent


class ListQuery(PageQuery, Query):
    """Which page of a list."""


class FeedQuery(ListQuery):
    """Which page, and of which posts."""

    post_type: PostType | None = None
    following: bool = False


class TrendingQuery(Query):
    """How many of the best."""

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)


@blueprint.post("/posts")
@validate_request(NewPost)
@document_headers(IdempotencyKey)
@document_response(views.Post, 201, CreationHeaders)
async def create_post(data: NewPost) -> Response:
    """Share a post with everyone."""
    return await create(f"{PATH}/posts", data, posts.create_post, principal(), data.draft())


@blueprint.get("/posts")
@with_stream_cursor
@validate_querystring(FeedQuery)
@validate_response(Page[views.Post])
async def feed(query_args: FeedQuery) -> Page[views.Post]:
    """Everyone's posts, newest first; of one type, or by whom the caller follows."""
    return await posts.feed(
        principal(), query_args, post_type=query_args.post_type, following=query_args.following
    )


@blueprint.get("/posts/<uuid:post_id>")
@with_stream_cursor
@validate_response(views.Post)
async def one_post(post_id: UUID) -> views.Post:
    """One post."""
    return await posts.one_post(principal(), post_id)


@blueprint.patch("/posts/<uuid:post_id>")
@validate_request(PostEdit)
@validate_response(views.Post)
async def edit_post(post_id: UUID, data: PostEdit) -> views.Post:
    """Change a post of one's own."""
    return await posts.edit_post(principal(), post_id, data.changes())


@blueprint.delete("/posts/<uuid:post_id>")
async def delete_post(post_id: UUID) -> tuple[str, int]:
    """Delete a post of one's own, with its likes and comments. Administrators may delete any."""
    await posts.delete_post(principal(), post_id)
    return "", 204


@blueprint.get("/trending")
@with_stream_cursor
@validate_querystring(TrendingQuery)
@validate_response(views.TrendingPosts)
async def trending_posts(query_args: TrendingQuery) -> views.TrendingPosts:
    """What is talked about, of the last seven days, best first."""
    return await trending.trending(principal(), query_args.limit)


@blueprint.put("/posts/<uuid:post_id>/like")
@validate_response(views.LikeState)
async def like(post_id: UUID) -> views.LikeState:
    """Like a post. Again is the same as once."""
    return await likes.like(principal(), post_id)


@blueprint.delete("/posts/<uuid:post_id>/like")
@validate_response(views.LikeState)
async def unlike(post_id: UUID) -> views.LikeState:
    """Take the like back. Again is the same as once."""
    return await likes.unlike(principal(), post_id)


@blueprint.post("/posts/<uuid:post_id>/comments")
@validate_request(NewComment)
@document_headers(IdempotencyKey)
@document_response(views.Comment, 201, CreationHeaders)
async def create_comment(post_id: UUID, data: NewComment) -> Response:
    """Answer below a post."""
    return await create(f"{PATH}/comments", data, comments.comment, principal(), post_id, data.content)


@blueprint.get("/posts/<uuid:post_id>/comments")
@with_stream_cursor
@validate_querystring(ListQuery)
@validate_response(Page[views.Comment])
async def comments_of(post_id: UUID, query_args: ListQuery) -> Page[views.Comment]:
    """The comments of a post, the latest first."""
    return await comments.comments(post_id, query_args)


@blueprint.delete("/comments/<uuid:comment_id>")
async def delete_comment(comment_id: UUID) -> tuple[str, int]:
    """Delete a comment of one's own, or below one's own post. Administrators may delete any."""
    await comments.delete_comment(principal(), comment_id)
    return "", 204


@blueprint.get("/users/<uuid:user_id>")
@with_stream_cursor
@validate_response(views.Profile)
async def profile(user_id: UUID) -> views.Profile:
    """A person, with what they share and whom they follow in numbers."""
    return await people.profile(principal(), user_id)


@blueprint.get("/users/<uuid:user_id>/posts")
@with_stream_cursor
@validate_querystring(ListQuery)
@validate_response(Page[views.Post])
async def posts_of(user_id: UUID, query_args: ListQuery) -> Page[views.Post]:
    """One person's posts, newest first."""
    return await posts.posts_of(principal(), user_id, query_args)


@blueprint.put("/users/<uuid:user_id>/follow")
@validate_response(views.FollowState)
@refuses(422, "self_follow")
async def follow(user_id: UUID) -> views.FollowState:
    """Follow a person. Again is the same as once."""
    return await follows.follow(principal(), user_id)


@blueprint.delete("/users/<uuid:user_id>/follow")
@validate_response(views.FollowState)
async def unfollow(user_id: UUID) -> views.FollowState:
    """No longer follow a person. Again is the same as once."""
    return await follows.unfollow(principal(), user_id)


@blueprint.get("/users/<uuid:user_id>/followers")
@with_stream_cursor
@validate_querystring(ListQuery)
@validate_response(Page[views.Person])
async def followers(user_id: UUID, query_args: ListQuery) -> Page[views.Person]:
    """Who follows a person, the latest first."""
    return await follows.followers(user_id, query_args)


@blueprint.get("/users/<uuid:user_id>/following")
@with_stream_cursor
@validate_querystring(ListQuery)
@validate_response(Page[views.Person])
async def following(user_id: UUID, query_args: ListQuery) -> Page[views.Person]:
    """Whom a person follows, the latest first."""
    return await follows.following(user_id, query_args)
