"""A run: clients follow, others post, one fault after the other strikes, and in the end all is added up."""

import asyncio
import random
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.chaos.clients import STAY_SECONDS, Crowd, crowd
from tests.chaos.faults import Fault, Scene
from tests.chaos.ledger import Ledger, Verdict, judge
from tests.chaos.posters import Posters, posters
from tests.chaos.site import Site
from tests.support.api import Api
from tests.support.people import Person

RECOVERY_SECONDS = 90.0  # until all is well again after a fault; what takes longer is a failure
LOOK_SECONDS = 0.01  # between looks at where everybody is: no measured time is more exact
CALM_SECONDS = 1.0  # between two faults, on average

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens in a run. Faults strike until `seconds` are over, each of them once at least, and in any
    case `at_least` of them; with a chance of `pairs` another one strikes at the same time. Each client leaves
    by itself after `stay` seconds, on average. At most `at_once` posts wait for an answer: a machine that
    cannot take `rate` a second is not buried under those that are tried again.
    """

    seed: int
    faults: Sequence[Fault]
    seconds: float = 0.0
    at_least: int = 0
    clients: int = 300
    rate: float = 50.0
    at_once: int = 200
    people: int = 20
    pairs: float = 0.0
    stay: float = STAY_SECONDS
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Struck:
    """One fault, in seconds: how long it lasted; from its end until every client had something newer; and the
    longest time from its beginning until then without any 201, and without any new event anywhere.
    """

    fault: str
    lasted: float
    recovered: float
    unanswered: float
    silent: float


@dataclass
class Outcome:
    """What came of a run."""

    plan: Plan
    struck: list[Struck] = field(default_factory=list)
    posts: int = 0
    sights: int = 0
    connections: int = 0
    ends: Counter[int | None] = field(default_factory=Counter)
    silences: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    left_out: int = 0
    seconds: float = 0.0
    verdict: Verdict = field(default_factory=Verdict)
    ledger: Ledger = field(default_factory=Ledger)


async def run(site: Site, plan: Plan, say: Say) -> Outcome:
    """Do what `plan` says. Raises `AssertionError` or `TimeoutError` if the site does not do its part."""
    chance = random.Random(plan.seed)
    outcome = Outcome(plan)
    ledger = outcome.ledger
    prefix = f"{plan.seed} {plan.faults[0].name} "
    people = await _register(site, plan)
    before, began = await site.head(), _now()
    async with crowd(site, ledger, people, plan.clients, chance, plan.stay) as clients:
        load = posters(site, ledger, people, prefix, chance, rate=plan.rate, most=plan.at_once)
        async with load as posting:
            say(f"{plan.clients} clients, {plan.rate:g} posts a second")
            await _recovered(clients)
            await _strike(Scene(site, chance, plan.scale), clients, outcome, say)
        clients.calm = True
        await _caught_up(site, clients)
    outcome.seconds = _now() - began
    outcome.verdict = judge(ledger, await site.rows(before), await site.posts(prefix))
    outcome.verdict.complaints += site.errors()
    _count(outcome, posting)
    return outcome


async def _register(site: Site, plan: Plan) -> list[Person]:
    api = Api(site.nodes[0].server)
    try:
        return [
            await api.register(f"Cook {_letters(plan.seed)}{_letters(number)}")
            for number in range(plan.people)
        ]
    finally:
        await api.aclose()


def _letters(number: int) -> str:
    """A name: it has no digits."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


async def _strike(scene: Scene, clients: Crowd, outcome: Outcome, say: Say) -> None:
    """Have faults strike, each when everybody has recovered from the one before."""
    plan, began = outcome.plan, _now()
    waiting: list[Fault] = []
    least = max(plan.at_least, len(plan.faults))
    while len(outcome.struck) < least or _now() - began < plan.seconds:
        if not waiting:
            waiting += scene.chance.sample(plan.faults, len(plan.faults))
        together = [waiting.pop()]
        if scene.chance.random() < plan.pairs:
            together += _beside(together[0], waiting)
        await _strike_together(scene, clients, together, outcome)
        for struck in outcome.struck[-len(together) :]:
            after = f"{struck.lasted:.1f} s, well after {struck.recovered:.2f} s"
            say(f"{_now() - began:6.1f} s  {struck.fault}: {after}")
        await asyncio.sleep(scene.scale * scene.chance.expovariate(1 / CALM_SECONDS))


def _beside(first: Fault, waiting: list[Fault]) -> list[Fault]:
    """The next of those that wait, if it can strike together with the first one."""
    if not waiting or (waiting[-1].target == first.target and first.target != "node"):
        return []
    return [waiting.pop()]


async def _strike_together(scene: Scene, clients: Crowd, faults: Sequence[Fault], outcome: Outcome) -> None:
    began, lasted = _now(), []

    async def strike(fault: Fault) -> None:
        await fault.strike(scene)
        lasted.append((fault.name, _now() - began))

    async with asyncio.TaskGroup() as tasks:
        for fault in faults:
            tasks.create_task(strike(fault))
    recovered = await _recovered(clients)
    ledger, well_at = clients.ledger, _now()
    unanswered = longest_gap(ledger.answered_at, began, well_at)
    silent = longest_gap(ledger.first_seen_at, began, well_at)
    outcome.struck += [Struck(name, seconds, recovered, unanswered, silent) for name, seconds in lasted]


def longest_gap(moments: "array[float]", start: float, stop: float) -> float:
    """The longest time between `start` and `stop` in which there is none of `moments`, which ascend."""
    inside = moments[bisect_left(moments, start) : bisect_right(moments, stop)]
    return max(after - before for before, after in pairwise((start, *inside, stop)))


async def _recovered(clients: Crowd) -> float:
    """Seconds until every client has an event that nobody had before now."""
    began, head = _now(), clients.ledger.head
    try:
        await _until_seen(clients, head + 1)
    except TimeoutError:
        late = [str(client) for client in clients.behind(head + 1)]
        now = f"the head was {head} and is {clients.ledger.head}"
        raise AssertionError(f"not well again: {now}; {len(late)} are behind: {late[:5]}") from None
    return _now() - began


async def _caught_up(site: Site, clients: Crowd) -> None:
    """Until everything is stamped, and every client has it."""
    async with asyncio.timeout(RECOVERY_SECONDS):
        while await site.unstamped():  # noqa: ASYNC110 # another process's state
            await asyncio.sleep(LOOK_SECONDS)
    await _until_seen(clients, await site.head())


async def _until_seen(clients: Crowd, position: int) -> None:
    async with asyncio.timeout(RECOVERY_SECONDS):
        while clients.behind(position):  # noqa: ASYNC110 # three hundred clients tell nobody
            await asyncio.sleep(LOOK_SECONDS)


def _count(outcome: Outcome, posting: Posters) -> None:
    accounts = outcome.ledger.accounts
    outcome.posts = len(outcome.ledger.answered)
    outcome.sights = sum(len(account.positions) for account in accounts)
    outcome.connections = sum(1 + account.resumed for account in accounts)
    outcome.silences = sum(account.silences for account in accounts)
    for account in accounts:
        outcome.ends.update(account.ends)
    outcome.answers = posting.outcomes
    outcome.left_out = posting.left_out


def _now() -> float:
    return asyncio.get_running_loop().time()
