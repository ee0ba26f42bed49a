"""The checker finds what it is there for: each kind of fault in an account that is otherwise clean."""

import json
from collections.abc import Callable

import pytest

from tests.chaos.ledger import Account, Ledger, Row, Verdict, judge

EVENTS = 5
POSTS = {f"id {number}": f"post {number}" for number in range(1, EVENTS + 1)}


def text(position: int, post_id: str | None = None) -> bytes:
    data = {"post_id": post_id or f"id {position}"}
    return json.dumps({"id": f"abc.{position}", "type": "NewCommunityPost", "data": data}).encode()


ROWS = [Row(number, ("community",), text(number), f"id {number}") for number in range(1, EVENTS + 1)]


class Story:
    """Two clients that saw everything, and every post answered; then something of it is changed."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.rows = list(ROWS)
        self.posts = dict(POSTS)
        for name in ("first", "second"):
            self.see(self.ledger.open(name), *range(1, EVENTS + 1))
        for post_id, content in POSTS.items():
            self.ledger.post_answered(content, post_id, 0)

    def see(self, account: Account, *positions: int) -> None:
        account.start = 0
        for position in positions:
            account.saw(self.ledger.place(text(position), 0))

    def another(self, *positions: int) -> Account:
        account = self.ledger.open("another")
        self.see(account, *positions)
        return account

    def verdict(self) -> Verdict:
        return judge(self.ledger, self.rows, self.posts)


def test_nothing_is_wrong_where_everybody_saw_everything() -> None:
    """Also with a client that began later, and an event that is not for them."""
    story = Story()
    late = story.another(4, 5)
    late.start = 3
    story.rows.append(Row(6, ("kitchen:1",), text(6), None))
    late.was_told(6)
    assert story.verdict(), str(story.verdict())
    assert story.ledger.head == EVENTS


def _missed(story: Story) -> None:
    story.another(1, 2, 4, 5)


def _missed_the_last(story: Story) -> None:
    story.another(1, 2, 3, 4)


def _never_came(story: Story) -> None:
    story.another().start = 0


def _post_is_gone(story: Story) -> None:
    story.ledger.post_answered("a post", "id 9", 0)


def _post_without_event(story: Story) -> None:
    story.posts["id 9"] = "post 9"


def _never_stamped(story: Story) -> None:
    story.posts["id 9"] = "post 9"
    story.rows.append(Row(None, ("community",), b"", "id 9"))


def _told_too_much(story: Story) -> None:
    hasty = story.another(1, 2)
    hasty.was_told(4)
    story.see(hasty, 3, 4, 5)


def _came_twice(story: Story) -> None:
    story.another(1, 2, 2, 3, 4, 5)


def _stored_twice(story: Story) -> None:
    story.posts["id 9"] = "post 1"
    story.rows.append(Row(6, ("system",), text(6, "id 9"), "id 9"))


def _told_twice(story: Story) -> None:
    story.rows.append(Row(6, ("system",), text(6, "id 1"), "id 1"))


def _swapped(story: Story) -> None:
    story.another(1, 3, 2, 4, 5)


def _gap_in_the_table(story: Story) -> None:
    story.posts["id 9"] = "post 9"
    story.rows.append(Row(7, ("system",), text(7, "id 9"), "id 9"))


def _rolled_back(story: Story) -> None:
    del story.posts["id 3"]
    del story.ledger.answered["post 3"]


def _another_at_the_same_place(story: Story) -> None:
    story.ledger.place(text(3, "id 9"), 0)


def _two_answers(story: Story) -> None:
    story.ledger.post_answered("post 1", "id 2", 0)


def _complained(story: Story) -> None:
    story.ledger.accounts[0].complain("ResyncRequired")


def _never_connected(story: Story) -> None:
    story.ledger.open("third")


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("lost", _missed),
        ("lost", _missed_the_last),
        ("lost", _never_came),
        ("lost", _post_is_gone),
        ("lost", _post_without_event),
        ("lost", _never_stamped),
        ("lost", _told_too_much),
        ("doubled", _came_twice),
        ("doubled", _stored_twice),
        ("doubled", _told_twice),
        ("disordered", _swapped),
        ("disordered", _gap_in_the_table),
        ("unfounded", _rolled_back),
        ("unfounded", _another_at_the_same_place),
        ("complaints", _two_answers),
        ("complaints", _complained),
        ("complaints", _never_connected),
    ],
)
def test_each_fault_is_found(kind: str, change: Callable[[Story], None]) -> None:
    """And nothing else is found with it."""
    story = Story()
    change(story)
    verdict = story.verdict()
    assert not verdict
    assert [name for name, found in vars(verdict).items() if found] == [kind], str(verdict)
