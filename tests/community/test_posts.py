"""Posts in the core: rows, events, rights."""

from uuid import UUID

import pytest

from itcook import models
from itcook.auth.principal import Principal
from itcook.community import comments, follows, likes, posts, views
from itcook.database import Transaction, transactional
from itcook.errors import FieldError, NotFoundError, ValidationError
from itcook.events import PostType
from itcook.goals import goals
from itcook.goals.fields import GoalType
from itcook.identifiers import new_id
from itcook.pages import PageQuery
from tests.support.community import count_recorded, last_recorded, recorded, sign_up

EVERYTHING = PageQuery(limit=100)


async def test_a_post_is_recorded_with_its_event(author: Principal) -> None:
    """One row and one NewCommunityPost, to everyone and to the author's readers."""
    draft = posts.PostDraft("Soup", PostType.QUESTION, ("https://example.com/soup.jpg",))
    post = await posts.create_post(author, draft)
    assert await models.Post.all().count() == 1
    [event] = await recorded()
    assert event.type == "NewCommunityPost"
    assert event.channels == ("community", f"author:{author.user_id}")
    assert event.data == {
        "post_id": str(post.id),
        "author_id": str(author.user_id),
        "author_name": "Ada Lovelace",
        "content": "Soup",
        "post_type": "question",
        "timestamp": post.model_dump(mode="json")["created_at"],
    }
    assert await posts.one_post(author, post.id) == post


async def test_a_post_that_names_no_recipe_is_refused_whole(author: Principal) -> None:
    """Both wrong places are named, and there is neither row nor event."""
    draft = posts.PostDraft("Soup", recipe_id=new_id(), goal_id=new_id())
    with pytest.raises(ValidationError) as refused:
        await posts.create_post(author, draft)
    assert refused.value.errors == (
        FieldError("/recipe_id", "there is no such recipe"),
        FieldError("/goal_id", "there is no such goal"),
    )
    assert await models.Post.all().count() == 0
    assert await recorded() == []


async def test_a_post_may_name_a_goal_of_its_author(author: Principal, reader: Principal) -> None:
    """And nobody else's."""
    goal = await goals.create_goal(author, goals.GoalDraft("Drink", GoalType.WATER, 2, "l"))
    draft = posts.PostDraft("Done", goal_id=goal.id)
    assert (await posts.create_post(author, draft)).goal_id == goal.id
    with pytest.raises(ValidationError) as refused:
        await posts.create_post(reader, draft)
    assert [error.pointer for error in refused.value.errors] == ["/goal_id"]


async def test_a_rollback_takes_the_event_with_it(author: Principal, post: views.Post) -> None:
    """A use case that fails after recording leaves neither its rows nor its events."""

    @transactional
    async def everything_then_fail(transaction: Transaction) -> None:
        await posts.create_post.within(transaction, author, posts.PostDraft("Soup"))
        await likes.like.within(transaction, author, post.id)
        await comments.comment.within(transaction, author, post.id, "Mine")
        raise ValidationError("no")

    before = await recorded()
    with pytest.raises(ValidationError):
        await everything_then_fail()
    assert await recorded() == before
    assert await posts.one_post(author, post.id) == post
    assert await models.Post.all().count() == 1


async def test_an_edit_changes_what_it_names(author: Principal, post: views.Post) -> None:
    """The rest stays; PostUpdated goes to everyone, the author's readers, and who has it open."""
    edited = await posts.edit_post(author, post.id, posts.PostChanges(content="Borscht, again"))
    assert edited == post.model_copy(update={"content": "Borscht, again", "updated_at": edited.updated_at})
    assert edited.updated_at >= post.updated_at
    event = await last_recorded()
    assert event.type == "PostUpdated"
    assert event.channels == ("community", f"author:{author.user_id}", f"post:{post.id}")
    assert event.data["content"] == "Borscht, again"
    assert await posts.one_post(author, post.id) == edited


@pytest.mark.parametrize(
    "changes",
    [
        posts.PostChanges(),
        posts.PostChanges(content="Borscht, at last"),
        posts.PostChanges(content="Borscht, at last", post_type=PostType.GENERAL, media_urls=()),
    ],
)
async def test_an_edit_that_changes_nothing_is_no_event(
    author: Principal, post: views.Post, changes: posts.PostChanges
) -> None:
    """Nor does it touch `updated_at`."""
    assert await posts.edit_post(author, post.id, changes) == post
    assert await count_recorded("PostUpdated") == 0


async def test_an_edit_can_change_type_and_media(author: Principal, post: views.Post) -> None:
    """Each counts as a change, and the likes stay what they were."""
    await likes.like(author, post.id)
    await posts.edit_post(author, post.id, posts.PostChanges(post_type=PostType.RECIPE))
    edited = await posts.edit_post(author, post.id, posts.PostChanges(media_urls=("https://a.example/",)))
    assert (edited.post_type, edited.media_urls) == (PostType.RECIPE, ["https://a.example/"])
    assert (edited.is_liked, edited.likes_count) == (True, 1)
    assert await count_recorded("PostUpdated") == 2


async def test_only_the_author_edits(reader: Principal, admin: Principal, post: views.Post) -> None:
    """Not even an administrator puts words into someone's mouth."""
    for other in (reader, admin):
        with pytest.raises(NotFoundError, match="not yours"):
            await posts.edit_post(other, post.id, posts.PostChanges(content="Mine"))
    assert await count_recorded("PostUpdated") == 0


async def test_a_deleted_post_takes_everything_with_it(
    author: Principal, reader: Principal, post: views.Post
) -> None:
    """Its likes and comments go, others' stay, and PostDeleted says so."""
    kept = await posts.create_post(reader, posts.PostDraft("Kept"))
    for identifier in (post.id, kept.id):
        await likes.like(reader, identifier)
        await comments.comment(reader, identifier, "Yum")
    await posts.delete_post(author, post.id)
    assert await models.Like.all().values_list("post_id", flat=True) == [kept.id]
    assert await models.Comment.all().values_list("post_id", flat=True) == [kept.id]
    event = await last_recorded()
    assert event.type == "PostDeleted"
    assert event.channels == ("community", f"author:{author.user_id}", f"post:{post.id}")
    assert event.data == {"post_id": str(post.id), "author_id": str(author.user_id)}


async def test_others_do_not_delete_but_administrators_may(
    reader: Principal, admin: Principal, post: views.Post
) -> None:
    """And a post that is gone is gone for them too."""
    with pytest.raises(NotFoundError, match="not yours"):
        await posts.delete_post(reader, post.id)
    await posts.delete_post(admin, post.id)
    with pytest.raises(NotFoundError, match="no such post"):
        await posts.delete_post(admin, post.id)
    assert await count_recorded("PostDeleted") == 1


async def test_the_feed_filters_by_type_and_by_whom_one_follows(
    author: Principal, reader: Principal, post: views.Post
) -> None:
    """Newest first; the filters work together; one's own posts are not whom one follows."""
    question = await posts.create_post(author, posts.PostDraft("Why?", PostType.QUESTION))
    own = await posts.create_post(reader, posts.PostDraft("Mine"))
    third = await sign_up("Edsger Dijkstra")
    await follows.follow(reader, author.user_id)
    await follows.follow(third, author.user_id)

    async def ids(post_type: PostType | None = None, following: bool = False) -> list[UUID]:
        page = await posts.feed(reader, EVERYTHING, post_type=post_type, following=following)
        return [post.id for post in page.data]

    assert await ids() == [own.id, question.id, post.id]
    assert await ids(following=True) == [question.id, post.id]
    assert await ids(post_type=PostType.QUESTION) == [question.id]
    assert await ids(post_type=PostType.GENERAL, following=True) == [post.id]


async def test_is_liked_is_the_readers_own(author: Principal, reader: Principal, post: views.Post) -> None:
    """Everyone sees the count; only who likes it sees that they do."""
    await likes.like(reader, post.id)
    for person, liked in ((reader, True), (author, False)):
        [seen] = (await posts.feed(person, EVERYTHING)).data
        assert (seen.is_liked, seen.likes_count) == (liked, 1)


async def test_posts_of_one_person(author: Principal, reader: Principal, post: views.Post) -> None:
    """Only theirs, and 404 for nobody's."""
    await posts.create_post(reader, posts.PostDraft("Mine"))
    page = await posts.posts_of(reader, author.user_id, EVERYTHING)
    assert [seen.id for seen in page.data] == [post.id]
    with pytest.raises(NotFoundError):
        await posts.posts_of(reader, new_id(), EVERYTHING)
