"""The life of a demonstration, without a server."""

from collections import Counter
from itertools import islice

import pytest

from itcook.commands.demo.content import FIRST_NAMES, LAST_NAMES
from itcook.commands.demo.deeds import Arrive, Comment, Like, Share, Stock, Take
from itcook.commands.demo.village import HABITS, Village


@pytest.mark.parametrize("people", [2, 12])
def test_the_same_seed_makes_the_same_community(people: int) -> None:
    """Deed for deed, its days too; another seed makes another."""
    first, second, other = Village(7, people), Village(7, people), Village(8, people)
    assert first.founding(20) == second.founding(20) != other.founding(20)
    assert [*islice(first.life(), 300)] == [*islice(second.life(), 300)]


def test_nobody_is_there_twice() -> None:
    """As many names and addresses as people, also where there are more people than names."""
    arrivals = [deed for deed in Village(1, 500).founding(0) if isinstance(deed, Arrive)]
    assert (
        len({deed.email for deed in arrivals}) == len({(d.first_name, d.last_name) for d in arrivals}) == 500
    )
    assert len(FIRST_NAMES) * len(LAST_NAMES) > 500


def test_a_deed_is_about_what_is_there_already() -> None:
    """Posts are liked and commented on after they were shared, and food is taken after it was put in, never
    more than there is; nobody likes a post twice, or their own.
    """
    village = Village(3, 6)
    posts: list[int] = []
    left: list[float] = []
    likes: Counter[tuple[int, int]] = Counter()
    for deed in [*village.founding(10), *islice(village.life(), 3000)]:
        match deed:
            case Share(who):
                posts.append(who)
            case Like(who, post, author):
                likes[who, post] += 1
                assert posts[post] == author != who
            case Comment(_, post):
                assert post < len(posts)
            case Stock(_, food):
                left.append(food.quantity)
            case Take(_, item, quantity):
                left[item] = round(left[item] - quantity, 3)
                assert left[item] >= 0
    assert set(likes.values()) == {1}


def test_people_do_all_that_there_is_to_do() -> None:
    """A few hundred deeds have every habit in them."""
    village = Village(5, 10)
    village.founding(5)
    kinds = {type(deed).__name__ for deed in islice(village.life(), 2000)}
    assert len(kinds) >= len(HABITS)
