"""What clients see of the community: the bodies of the answers."""

from uuid import UUID

from itcook import models
from itcook.events import PostType, Timestamp
from itcook.views import Person as Person
from itcook.views import View


class Post(View):
    """A post, for one reader: `is_liked` says whether that reader likes it."""

    id: UUID
    author: Person
    content: str
    post_type: PostType
    media_urls: list[str]
    recipe_id: UUID | None
    goal_id: UUID | None
    likes_count: int
    comments_count: int
    is_liked: bool
    created_at: Timestamp
    updated_at: Timestamp

    @classmethod
    def of(cls, row: models.Post, author: Person, *, is_liked: bool) -> "Post":
        return cls(
            id=row.id,
            author=author,
            content=row.content,
            post_type=PostType(row.post_type),
            media_urls=row.media_urls,
            recipe_id=row.recipe_id,
            goal_id=row.goal_id,
            likes_count=row.likes_count,
            comments_count=row.comments_count,
            is_liked=is_liked,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


class TrendingPosts(View):
    """The posts that are talked about, best first. There is no next page: the order changes by the minute."""

    data: list[Post]


class LikeState(View):
    """Whether the caller likes a post now, and how many do."""

    post_id: UUID
    is_liked: bool
    likes_count: int


class Comment(View):
    """An answer below a post."""

    id: UUID
    post_id: UUID
    author: Person
    content: str
    created_at: Timestamp

    @classmethod
    def of(cls, row: models.Comment, author: Person) -> "Comment":
        return cls(
            id=row.id,
            post_id=row.post_id,
            author=author,
            content=row.content,
            created_at=row.created_at,
        )


class FollowState(View):
    """Whether the caller follows a person now, and how many do."""

    user_id: UUID
    is_following: bool
    followers_count: int


class Profile(View):
    """A person, for one reader: `is_following` says whether that reader follows them."""

    id: UUID
    name: str
    created_at: Timestamp
    posts_count: int
    followers_count: int
    following_count: int
    is_following: bool
