"""A run: clients come and go for some minutes, and the server is looked at all the while."""

import asyncio
import random
import resource
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.crowd import crowd, handshake
from itcook.stream.history import CAPACITY
from tests.soak.clients import STAY_SECONDS, Account, coming_and_going
from tests.soak.load import Cook, Load, cooks, repeat
from tests.soak.samples import MAX_GROWTH, Sample, Trend, Windows
from tests.support.api import Api
from tests.support.people import Person
from tests.support.processes import LogLine, Server

CLIENTS_PER_PERSON = 20
# Of connections: those that were aborted may not be gone yet when their clients come back.
MOST_PER_PERSON = 200
FULL = CAPACITY * 5 // 4  # events after which what memory keeps of them has once been cut, and grows no more
EVENTS = 500  # made by requests; the others are like them
SAMPLES = 360  # of a run
LEAST_SECONDS = 0.5  # between two
SAID = 60  # of the samples are told while it runs
REST_SECONDS = 90.0  # for the server to let go of everybody, after the last client has left

SETTINGS = {
    "connections_per_user": MOST_PER_PERSON,
    "access_token_seconds": 86_400,  # nobody here has to sign in anew
    "log_requests": "off",
}

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """`rate` is of events a second, `stay` of seconds that a client stays, on average. So many `events` are
    before these clients, and then the same again so many `times`, so that the history in memory is as full
    as it ever is. `memory` is the most bytes of data that the server may have.
    """

    seed: int
    minutes: float = 30.0
    clients: int = 2_000
    rate: float = 25.0
    stay: float = STAY_SECONDS
    events: int = EVENTS
    times: int = FULL // EVENTS
    memory: int = 768 * 1024 * 1024

    @property
    def seconds(self) -> float:
        return self.minutes * 60


@dataclass
class Outcome:
    """What came of a run. `before` is the server before the first client, `after` when all have left."""

    plan: Plan
    before: Sample
    account: Account = field(default_factory=Account)
    samples: list[Sample] = field(default_factory=list)
    answers: dict[int, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    after: Sample | None = None

    def trend(self, name: str) -> Trend:
        """Of the samples' field `name`, from the beginning to the end."""
        return Windows.of(self.samples, self.plan.seconds).trend(name)

    def wrongs(self) -> list[str]:
        """Everything that must not be; empty if all is well."""
        wrongs = [*self.account.complaints, *self.errors]
        growth = self.trend("resident").growth
        if growth > MAX_GROWTH:
            wrongs.append(f"memory grew by {growth:.1%}")
        if self.after is None or not is_as_before(self.after, self.before):
            wrongs.append(f"not let go of: {self.after}, and it was {self.before}")
        wrongs += [
            f"{count} requests were answered with {status}"
            for status, count in self.answers.items()
            if status >= 400
        ]
        return wrongs


def is_as_before(now: Sample, before: Sample) -> bool:
    """Whether there is nothing left of any client."""
    return now.tasks <= before.tasks and now.files <= before.files and not now.connections


async def soak(server: Server, plan: Plan, say: Say) -> Outcome:
    """Do what `plan` says to a server that nobody has used yet."""
    chance = random.Random(plan.seed)
    resource.prlimit(server.pid, resource.RLIMIT_DATA, (plan.memory, plan.memory))
    everybody = await _cooks(server, max(1, plan.clients // CLIENTS_PER_PERSON))
    watch = _Watch(server)
    outcome = Outcome(plan, await _settled(watch))
    people = [cook.person for cook in everybody]
    port = server.address[1]
    going_on = Load(port, everybody, chance)
    say(f"{plan.events * (1 + plan.times):,} events, to fill what memory keeps of them")
    await _fill(server, people, going_on, plan)
    say(f"{plan.clients:,} clients come")
    async with (
        coming_and_going(port, people, plan.clients, outcome.account, chance, plan.stay),
        _meanwhile(going_on.go_on(plan.rate)),
    ):
        await _look(watch, outcome, say)
    outcome.answers = dict(going_on.outcomes)
    say("all leave")
    outcome.after = await _left(watch, outcome.before)
    outcome.errors = watch.errors
    return outcome


async def _cooks(server: Server, count: int) -> list[Cook]:
    api = Api(server)
    try:
        return await cooks(api, count)
    finally:
        await api.aclose()


async def _fill(server: Server, people: Sequence[Person], going_on: Load, plan: Plan) -> None:
    """Have events happen, under the eyes of somebody on each transport for each person: the bytes that are
    sent of an event are kept with it.
    """
    port = server.address[1]
    with crowd(port) as readers:
        await readers.join(
            [handshake(transport, person.access_token) for person in people for transport in ("ws", "sse")]
        )
        await going_on.begin(plan.events)
        async for _ in repeat(server, plan.times):
            await going_on.begin(1)  # which has the relay look


@asynccontextmanager
async def _meanwhile(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """`work` goes on inside; what makes it fail fails this."""
    async with asyncio.TaskGroup() as tasks:
        going = tasks.create_task(work)
        yield
        going.cancel()


async def _look(watch: "_Watch", outcome: Outcome, say: Say) -> None:
    """Look at the server until the time is over."""
    seconds = outcome.plan.seconds
    every = max(seconds / SAMPLES, LEAST_SECONDS)
    watch.start()
    number = 0
    while (due := number * every) <= seconds:
        await asyncio.sleep(due - watch.seconds)
        outcome.samples.append(await watch.look(due))
        if number % max(1, SAMPLES // SAID) == 0:
            say(line(outcome.samples[-1]))
        number += 1


async def _settled(watch: "_Watch") -> Sample:
    """The server once it has let go of those who registered."""
    before, now = None, await watch.at_rest()
    while before is None or (now.tasks, now.files) != (before.tasks, before.files):
        await asyncio.sleep(LEAST_SECONDS)
        before, now = now, await watch.at_rest()
    return now


async def _left(watch: "_Watch", before: Sample) -> Sample:
    """The server once there is nothing left of any client; as it is, if it takes too long."""
    try:
        async with asyncio.timeout(REST_SECONDS):
            while not is_as_before(now := await watch.at_rest(), before):  # noqa: ASYNC110 # another process's state
                await asyncio.sleep(LEAST_SECONDS)
    except TimeoutError:
        return await watch.at_rest()
    return now


def line(sample: Sample) -> str:
    """A sample, for people."""
    minutes, seconds = divmod(int(sample.seconds), 60)
    return (
        f"{minutes:3}:{seconds:02}  {sample.resident / 2**20:7.1f} MiB resident,"
        f" {sample.anonymous / 2**20:7.1f} anonymous, {sample.blocks / 1000:7.0f} thousand blocks;"
        f" {sample.connections:5} connections, {sample.tasks:5} tasks, {sample.files:5} descriptors"
    )


class _Watch:
    """Looks at a server, and keeps what it has logged that must not be."""

    def __init__(self, server: Server) -> None:
        self.errors: list[str] = []
        self._server = server
        self._started = 0.0
        self.start()

    @property
    def seconds(self) -> float:
        return asyncio.get_running_loop().time() - self._started

    def start(self) -> None:
        """Count seconds from now on."""
        self._started = asyncio.get_running_loop().time()

    async def at_rest(self) -> Sample:
        """Likewise, once nothing is held by a cycle."""
        return await self._ask(signal.SIGUSR1, self.seconds)

    async def look(self, due: float) -> Sample:
        """The server now, as the sample that was `due` then: an answer may be late, and belongs where it was
        asked for.
        """
        return await self._ask(signal.SIGUSR2, due)

    async def _ask(self, number: int, seconds: float) -> Sample:
        self._server.signal(number)
        told = await self._server.logged(lambda line: line["event"] == "watched", within=REST_SECONDS)
        self.errors += [str(line) for line in self._server.lines if _is_error(line)]
        self._server.lines.clear()
        memory = _memory(self._server.pid)
        return Sample(
            seconds=seconds,
            resident=memory["VmRSS"],
            anonymous=memory["RssAnon"],
            connections=told["connections"],
            tasks=told["tasks"],
            files=told["files"],
            blocks=told["blocks"],
        )


def _is_error(line: LogLine) -> bool:
    return (
        line["event"] == "not a log line" or line.get("level") in {"error", "critical"} or "exception" in line
    )


def _memory(pid: int) -> dict[str, int]:
    """Bytes by name (proc_pid_status(5))."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    sizes = (line.removesuffix(" kB").split(":") for line in lines if line.endswith(" kB"))
    return {name: int(kibibytes) * 1024 for name, kibibytes in sizes}
