"""Posts: shared, edited, deleted, and read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from itcook import models
from itcook.auth.audit_log import Action, note
from itcook.auth.principal import Principal
from itcook.community import audience, views
from itcook.community.people import find_user
from itcook.database import Transaction, inserts_only, transactional
from itcook.errors import FieldError, NotFoundError, ValidationError
from itcook.events import NewCommunityPost, PostDeleted, PostType, PostUpdated
from itcook.goals import goals
from itcook.pages import Page, PageQuery, read_page
from itcook.recipes import recipes
from itcook.stream import channels
from itcook.stream.outbox import record

PostContent = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]


@dataclass(frozen=True, slots=True)
class PostDraft:
    """A post that someone wants to share."""

    content: str
    post_type: PostType = PostType.GENERAL
    media_urls: tuple[str, ...] = ()
    recipe_id: UUID | None = None
    goal_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PostChanges:
    """What an edit sets; None leaves a field as it is."""

    content: str | None = None
    post_type: PostType | None = None
    media_urls: tuple[str, ...] | None = None


@transactional
@inserts_only
async def create_post(transaction: Transaction, author: Principal, draft: PostDraft) -> views.Post:
    """Share a post with everyone. Raises `ValidationError` if it names what does not exist."""
    await _check_references(transaction, author, draft)
    row = models.Post(
        author_id=author.user_id,
        content=draft.content,
        post_type=draft.post_type,
        recipe_id=draft.recipe_id,
        goal_id=draft.goal_id,
        media_urls=list(draft.media_urls),
        likes_count=0,
        comments_count=0,
        created_at=transaction.now,
        updated_at=transaction.now,
    )
    transaction.inserts.add(row)
    event = NewCommunityPost(
        post_id=row.id,
        author_id=author.user_id,
        author_name=author.name,
        content=draft.content,
        post_type=draft.post_type,
        timestamp=transaction.now,
    )
    record(transaction, event, channels.COMMUNITY, channels.author(author.user_id))
    return views.Post.of(row, _shown_author(author), is_liked=False)


@transactional
async def edit_post(
    transaction: Transaction, editor: Principal, post_id: UUID, changes: PostChanges
) -> views.Post:
    """Change a post of one's own; what changes nothing is no event.

    Raises `NotFoundError`, for other people's posts too.
    """
    row = await lock_post(transaction, post_id)
    if row.author_id != editor.user_id:
        raise NotFoundError("this post is not yours to edit")
    if _apply(changes, row):
        row.updated_at = transaction.now
        await row.save(
            using_db=transaction.connection,
            update_fields=["content", "post_type", "media_urls", "updated_at"],
        )
        record(transaction, _updated(row, editor), *audience.readers(row))
    likes = models.Like.filter(post_id=post_id, user_id=editor.user_id)
    is_liked = await likes.using_db(transaction.connection).exists()
    return views.Post.of(row, _shown_author(editor), is_liked=is_liked)


@transactional
async def delete_post(transaction: Transaction, deleter: Principal, post_id: UUID) -> None:
    """Delete a post with its likes and comments: its author may, and administrators.

    Raises `NotFoundError`, for everyone else too.
    """
    row = await lock_post(transaction, post_id)
    if not deleter.is_admin and row.author_id != deleter.user_id:
        raise NotFoundError("this post is not yours to delete")
    await row.delete(using_db=transaction.connection)
    if row.author_id != deleter.user_id:
        await note(transaction, Action.POST_DELETED, deleter, post_id, f"by {row.author_id}")
    record(transaction, PostDeleted(post_id=post_id, author_id=row.author_id), *audience.readers(row))


async def lock_post(transaction: Transaction, post_id: UUID) -> models.Post:
    """The post's row, which nobody else changes until the transaction ends. Raises `NotFoundError`.

    Whoever changes a post, its likes or its comments locks the post first: the counts are exact, the
    events of one post are in the order of its changes, and no two can wait for each other.
    """
    row = await (
        models.Post.filter(id=post_id)
        .using_db(transaction.connection)
        .select_for_update(no_key=True)
        .get_or_none()
    )
    if row is None:
        raise NotFoundError("there is no such post")
    return row


async def check_post(post_id: UUID) -> None:
    """Raises `NotFoundError` unless there is the post."""
    if not await models.Post.filter(id=post_id).exists():
        raise NotFoundError("there is no such post")


async def one_post(reader: Principal, post_id: UUID) -> views.Post:
    """One post, as `reader` sees it. Raises `NotFoundError`."""
    row = await models.Post.get_or_none(id=post_id).select_related("author")
    if row is None:
        raise NotFoundError("there is no such post")
    return (await show_posts(reader, [row]))[0]


async def feed(
    reader: Principal, asked: PageQuery, *, post_type: PostType | None = None, following: bool = False
) -> Page[views.Post]:
    """Everyone's posts, newest first; of one type, or by whom `reader` follows, if asked for."""
    query = models.Post.all()
    if post_type is not None:
        query = query.filter(post_type=post_type)
    if following:
        query = query.filter(author__followers__follower_id=reader.user_id)
    rows, next_before = await read_page(query.select_related("author"), asked)
    return Page[views.Post].of(await show_posts(reader, rows), next_before)


async def posts_of(reader: Principal, user_id: UUID, asked: PageQuery) -> Page[views.Post]:
    """One person's posts, newest first. Raises `NotFoundError`."""
    await find_user(user_id)
    query = models.Post.filter(author_id=user_id).select_related("author")
    rows, next_before = await read_page(query, asked)
    return Page[views.Post].of(await show_posts(reader, rows), next_before)


async def show_posts(reader: Principal, rows: Sequence[models.Post]) -> list[views.Post]:
    """The views of rows that were read with their authors, in one query however many there are."""
    likes = models.Like.filter(user_id=reader.user_id, post_id__in=[row.id for row in rows])
    liked = set(await likes.values_list("post_id", flat=True)) if rows else set()
    return [views.Post.of(row, views.Person.of(row.author), is_liked=row.id in liked) for row in rows]


async def _check_references(transaction: Transaction, author: Principal, draft: PostDraft) -> None:
    errors = []
    if draft.recipe_id is not None and not await recipes.is_readable(transaction, author, draft.recipe_id):
        errors.append(FieldError("/recipe_id", "there is no such recipe"))
    if draft.goal_id is not None and not await goals.is_own(transaction, author, draft.goal_id):
        errors.append(FieldError("/goal_id", "there is no such goal"))
    if errors:
        raise ValidationError("the post names what does not exist", errors=tuple(errors))


def _apply(changes: PostChanges, row: models.Post) -> bool:
    """Set what `changes` sets; whether that made a difference."""
    before = (row.content, row.post_type, row.media_urls)
    if changes.content is not None:
        row.content = changes.content
    if changes.post_type is not None:
        row.post_type = changes.post_type
    if changes.media_urls is not None:
        row.media_urls = list(changes.media_urls)
    return before != (row.content, row.post_type, row.media_urls)


def _updated(row: models.Post, author: Principal) -> PostUpdated:
    return PostUpdated(
        post_id=row.id,
        author_id=author.user_id,
        author_name=author.name,
        content=row.content,
        post_type=PostType(row.post_type),
        timestamp=row.updated_at,
    )


def _shown_author(author: Principal) -> views.Person:
    return views.Person(id=author.user_id, name=author.name)
