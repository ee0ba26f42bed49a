"""The life of a demonstration: decides who does what, does no I/O. The same seed gives the same."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from itcook.commands.demo import content
from itcook.commands.demo.deeds import (
    Arrive,
    AskForRecipe,
    Aspire,
    Comment,
    Deed,
    Follow,
    Join,
    Like,
    OpenKitchen,
    Progress,
    Share,
    Stock,
    Take,
)

PEOPLE_OF_A_KITCHEN = 4
LATEST_POSTS = 15  # that people look at
LATEST_ITEMS = 40
REPLIES = {
    "achievement": content.CONGRATULATIONS,
    "recipe": content.COMMENTS,
    "general": content.COMMENTS,
}
WORDS = {
    "recipe": content.RECIPES,
    "question": (*content.QUESTIONS,),
    "achievement": content.ACHIEVEMENTS,
    "general": content.GENERAL,
}
# How often each is done, of a hundred deeds of an ordinary day.
HABITS = {
    "like": 38,
    "comment": 24,
    "share": 12,
    "stock": 10,
    "take": 7,
    "progress": 5,
    "follow": 3,
    "ask": 1,
}


@dataclass(frozen=True, slots=True)
class _Post:
    author: int
    kind: str
    replies: tuple[str, ...]  # that make sense


@dataclass(slots=True)
class _Goal:
    owner: int
    aim: content.Aim
    steps: int = 0


@dataclass(slots=True)
class _Item:
    kitchen: int | None
    owner: int
    left: float


@dataclass(slots=True)
class Village:
    """So many people, and what they have made so far."""

    seed: int
    people: int
    _random: random.Random = field(init=False)
    _posts: list[_Post] = field(default_factory=list)
    _likes: set[tuple[int, int]] = field(default_factory=set)  # who, and which post
    _kitchens: list[list[int]] = field(default_factory=list)  # members
    _items: list[_Item] = field(default_factory=list)
    _goals: list[_Goal] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 # no secret: it must be the same each time

    def founding(self, posts: int) -> list[Deed]:
        """Everything that makes a community out of nothing, with so many posts."""
        deeds: list[Deed] = [*self._arrivals(), *self._acquaintances(), *self._households()]
        for who in range(self.people):
            deeds += [self._stock(who) for _ in range(self._random.randint(3, 6))]
            deeds.append(self._aspire(who))
        for _ in range(posts):
            deeds += self._conversation()
        deeds += [deed for _ in range(self.people) for deed in self._progress()]
        return deeds

    def life(self) -> Iterator[Deed]:
        """An ordinary day that does not end."""
        habits, weights = [*HABITS], [*HABITS.values()]
        while True:
            yield from self._habit(self._random.choices(habits, weights)[0])

    def _habit(self, name: str) -> Iterator[Deed]:
        who = self._somebody()
        match name:
            case "share":
                yield self._share(who)
            case "like" if self._posts:
                yield from self._like(who, self._post())
            case "comment" if self._posts:
                yield self._comment(who, self._post())
            case "stock":
                yield self._stock(who)
            case "take" if self._items:
                yield from self._take()
            case "progress":
                yield from self._progress() or [self._aspire(who)]
            case "follow":
                yield Follow(who, self._another(who))
            case "ask":
                yield AskForRecipe(who)

    def _arrivals(self) -> Iterator[Deed]:
        firsts = self._random.sample(content.FIRST_NAMES, len(content.FIRST_NAMES))
        lasts = self._random.sample(content.LAST_NAMES, len(content.LAST_NAMES))
        round_trip = math.lcm(len(firsts), len(lasts))  # after which the same pairs would come again
        for who in range(self.people):
            first, last = firsts[who % len(firsts)], lasts[(who + who // round_trip) % len(lasts)]
            email = f"{first}.{last}@demo-{self.seed}.example.org".lower()
            yield Arrive(who, first, last, email, self._random.choice(content.TIME_ZONES))

    def _acquaintances(self) -> Iterator[Deed]:
        for who in range(self.people):
            others = [other for other in range(self.people) if other != who]
            for other in self._random.sample(others, min(len(others), self._random.randint(1, 5))):
                yield Follow(who, other)

    def _households(self) -> Iterator[Deed]:
        for number in range(max(1, self.people // PEOPLE_OF_A_KITCHEN)):
            members = self._random.sample(range(self.people), min(self.people, PEOPLE_OF_A_KITCHEN))
            self._kitchens.append(members)
            yield OpenKitchen(members[0], content.KITCHENS[number % len(content.KITCHENS)])
            yield from (Join(who, number) for who in members[1:])

    def _conversation(self) -> Iterator[Deed]:
        """A post, and what becomes of it."""
        yield self._share(self._somebody())
        post = len(self._posts) - 1
        for who in self._random.sample(range(self.people), self._random.randint(0, min(6, self.people))):
            yield from self._like(who, post)
        for _ in range(self._random.randint(0, 3)):
            yield self._comment(self._somebody(), post)

    def _like(self, who: int, post: int) -> Iterator[Deed]:
        """Nobody likes what is their own, or likes it twice."""
        author = self._posts[post].author
        if who != author and (who, post) not in self._likes:
            self._likes.add((who, post))
            yield Like(who, post, author)

    def _share(self, who: int) -> Deed:
        [kind] = self._random.choices([*WORDS], [5, 3, 1, 2])
        words = self._random.choice(WORDS[kind])
        text = words.format(
            dish=self._random.choice(content.DISHES), detail=self._random.choice(content.DETAILS)
        )
        self._posts.append(_Post(who, kind, content.QUESTIONS.get(words) or REPLIES[kind]))
        return Share(who, text[0].upper() + text[1:], kind)

    def _comment(self, who: int, post: int) -> Deed:
        about = self._posts[post]
        if who == about.author:
            return Comment(who, post, "Thank you all!")
        return Comment(who, post, self._random.choice(about.replies))

    def _stock(self, who: int) -> Deed:
        food = self._random.choice(content.FOODS)
        shared = [number for number, members in enumerate(self._kitchens) if who in members]
        kitchen = self._random.choice([None, *shared])
        # Some of it was bought a while ago.
        days = None if food.days is None else max(0, food.days - self._random.randint(0, min(food.days, 10)))
        self._items.append(_Item(kitchen, who, food.quantity))
        return Stock(who, food, kitchen, days)

    def _take(self) -> Iterator[Deed]:
        first = max(0, len(self._items) - LATEST_ITEMS)
        number = self._random.randrange(first, len(self._items))
        item = self._items[number]
        if item.left <= 0:
            return
        who = item.owner if item.kitchen is None else self._random.choice(self._kitchens[item.kitchen])
        quantity = item.left if self._random.random() < 0.4 else round(item.left / 2, 2)
        item.left = round(item.left - quantity, 3)
        yield Take(who, number, quantity)

    def _aspire(self, who: int) -> Deed:
        aim = self._random.choice(content.AIMS)
        self._goals.append(_Goal(who, aim))
        return Aspire(who, aim)

    def _progress(self) -> list[Deed]:
        """Somebody comes nearer to a goal, if there is one that is not reached."""
        open_goals = [number for number, goal in enumerate(self._goals) if goal.steps < goal.aim.steps]
        if not open_goals:
            return []
        number = self._random.choice(open_goals)
        goal = self._goals[number]
        goal.steps += 1
        return [Progress(goal.owner, number, round(goal.aim.target * goal.steps / goal.aim.steps, 2))]

    def _somebody(self) -> int:
        return self._random.randrange(self.people)

    def _another(self, who: int) -> int:
        return (who + self._random.randrange(1, self.people)) % self.people

    def _post(self) -> int:
        """One of the latest, the newest most likely."""
        seen = min(LATEST_POSTS, len(self._posts))
        return len(self._posts) - 1 - int(self._random.triangular(0, seen, 0)) % seen
