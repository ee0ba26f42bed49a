"""What the supervisor of several workers decides: told what happened and the time, it says what to do.

A slot is the place of one worker, with a listening socket of its own. It holds one worker; two while a
rolling restart replaces one by the next, and none while one that died waits for its restart.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

EXIT_UNCLEAN = 1  # a worker did not end in good order
EXIT_SETTINGS = 2  # also of a worker: a setting, or what it names, cannot be right
EXIT_WORKERS = 3  # workers die as soon as they are started

STEADY_SECONDS = 10.0  # a worker that lived so long did not die of its start
BACK_OFF_SECONDS = 0.5  # until a worker is started again that died at once; doubled each time
MAX_BACK_OFF_SECONDS = 30.0
MAX_QUICK_DEATHS = 5  # over all slots, while no worker is steady: more of them would not help
# From its start until a worker serves; it takes one or two, and on a busy machine twenty.
START_SECONDS = 120.0
AT_ONCE_SECONDS = 3.0  # for a worker that was told not to wait for its clients


@dataclass(frozen=True, slots=True)
class Start:
    """Start `worker`, a number that was never used, in `slot`."""

    worker: int
    slot: int


@dataclass(frozen=True, slots=True)
class Drain:
    """Have `worker` send its clients away, then end."""

    worker: int


@dataclass(frozen=True, slots=True)
class Hurry:
    """Have `worker` end without waiting for its clients."""

    worker: int


@dataclass(frozen=True, slots=True)
class Kill:
    """End `worker`, which did not do so by itself."""

    worker: int


@dataclass(frozen=True, slots=True)
class Ready:
    """Every slot has a worker that serves; the first time, and after each rolling restart."""


@dataclass(frozen=True, slots=True)
class RollFailed:
    """A new worker could not start: the old ones go on."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Workers die as soon as they are started. Those that are left are told to end."""


Action = Start | Drain | Hurry | Kill | Ready | RollFailed | GiveUp


@dataclass(slots=True)
class _Worker:
    number: int
    slot: "_Slot"
    started_at: float
    ready: bool = False
    leaving: bool = False
    kill_at: float | None = None


@dataclass(slots=True)
class _Slot:
    number: int
    workers: list[_Worker] = field(default_factory=list)  # the newest last
    quick_deaths: int = 0  # since a worker here was steady
    restart_at: float | None = None

    @property
    def staying(self) -> list[_Worker]:
        return [worker for worker in self.workers if not worker.leaving]

    @property
    def is_settled(self) -> bool:
        """Whether one worker serves here, and no other is coming or going."""
        return len(self.workers) == 1 and self.workers[0].ready and not self.workers[0].leaving


class Supervision:
    """`stop_seconds` is how long a worker may take to drain before it is killed. `exit_code` is None until
    the last worker has ended.
    """

    def __init__(self, workers: int, stop_seconds: float) -> None:
        self.exit_code: int | None = None
        self._slots = [_Slot(number) for number in range(workers)]
        self._workers: dict[int, _Worker] = {}
        self._stop_seconds = stop_seconds
        self._started = 0
        self._code: int | None = None  # to end with; None while serving
        self._has_served = False
        self._is_complete = False  # as was told
        self._rolling: _Slot | None = None
        self._to_roll: deque[_Slot] = deque()

    @property
    def is_stopping(self) -> bool:
        return self._code is not None

    @property
    def wake_at(self) -> float | None:
        """When to call `passed`, if nothing happens before."""
        times = [worker.kill_at for worker in self._workers.values()]
        times += [slot.restart_at for slot in self._slots]
        return min((at for at in times if at is not None), default=None)

    def is_leaving(self, number: int) -> bool:
        """Whether `number` was told to end."""
        return self._workers[number].leaving

    def begin(self, now: float) -> list[Action]:
        """Start the first workers."""
        return [self._start(slot, now) for slot in self._slots]

    def ready(self, number: int, now: float) -> list[Action]:
        """`number` serves. In a rolling restart the worker that it replaces may go now."""
        worker = self._workers[number]
        worker.ready = self._has_served = True
        if worker.leaving:
            return []
        worker.kill_at = None
        replaced = [other for other in worker.slot.staying if other is not worker]
        return [*self._drain(replaced, now), *self._go_on(now)]

    def ended(self, number: int, code: int, now: float) -> list[Action]:
        """`number` is gone; `code` is as of `subprocess`: negative for a signal."""
        worker = self._workers.pop(number)
        slot = worker.slot
        slot.workers.remove(worker)
        if self.is_stopping:
            return self._stopped(code)
        if worker.leaving:
            return self._go_on(now)
        if not slot.staying:
            return self._died(worker, code, now)
        return [] if worker.ready else self._roll_failed()

    def terminate(self, now: float) -> list[Action]:
        """The operator wants everything to end: in good order, or, asked again, at once."""
        if self.is_stopping:
            return self._hurry(now)
        return self._stop(0, now)

    def roll(self, now: float) -> list[Action]:
        """Replace one worker after the other by a new process; asked again meanwhile, all of them anew."""
        if self.is_stopping:
            return []
        self._to_roll = deque(self._slots)
        self._is_complete = False
        return self._go_on(now)

    def passed(self, now: float) -> list[Action]:
        """Time has passed."""
        overdue = [one for one in self._workers.values() if one.kill_at is not None and one.kill_at <= now]
        for worker in overdue:
            worker.kill_at = None
        due = [slot for slot in self._slots if slot.restart_at is not None and slot.restart_at <= now]
        return [*(Kill(worker.number) for worker in overdue), *(self._start(slot, now) for slot in due)]

    def _start(self, slot: _Slot, now: float) -> Start:
        slot.restart_at = None
        worker = _Worker(self._started, slot, now, kill_at=now + START_SECONDS)
        self._started += 1
        self._workers[worker.number] = worker
        slot.workers.append(worker)
        return Start(worker.number, slot.number)

    def _died(self, worker: _Worker, code: int, now: float) -> list[Action]:
        """The only worker of its slot ended of its own accord, or was killed."""
        slot = worker.slot
        if self._is_steady(worker, now):
            slot.quick_deaths = 0
            return [self._start(slot, now)]
        slot.quick_deaths += 1
        if code == EXIT_SETTINGS and not self._has_served:
            return self._stop(EXIT_SETTINGS, now)  # it has said why, and the next would say the same
        if self._is_hopeless(now):
            return [GiveUp(), *self._stop(EXIT_WORKERS, now)]
        slot.restart_at = now + min(BACK_OFF_SECONDS * 2 ** (slot.quick_deaths - 1), MAX_BACK_OFF_SECONDS)
        return []

    def _is_hopeless(self, now: float) -> bool:
        deaths = sum(slot.quick_deaths for slot in self._slots)
        steady = any(self._is_steady(worker, now) for worker in self._workers.values())
        return deaths >= MAX_QUICK_DEATHS and not steady

    @staticmethod
    def _is_steady(worker: _Worker, now: float) -> bool:
        return worker.ready and now - worker.started_at >= STEADY_SECONDS

    def _go_on(self, now: float) -> list[Action]:
        """Take the next step of a rolling restart, or tell that everything is ready."""
        if self._rolling is not None and not self._rolling.is_settled:
            return []
        self._rolling = None
        if self._to_roll:
            if not self._to_roll[0].is_settled:
                return []
            self._rolling = self._to_roll.popleft()
            return [self._start(self._rolling, now)]
        if self._is_complete or not all(slot.is_settled for slot in self._slots):
            return []
        self._is_complete = True
        return [Ready()]

    def _roll_failed(self) -> list[Action]:
        self._rolling = None
        self._to_roll.clear()
        self._is_complete = True
        return [RollFailed()]

    def _stop(self, code: int, now: float) -> list[Action]:
        self._code = code
        for slot in self._slots:
            slot.restart_at = None
        self._end_with_the_last()
        return self._drain([one for one in self._workers.values() if not one.leaving], now)

    def _drain(self, workers: Iterable[_Worker], now: float) -> list[Action]:
        actions: list[Action] = []
        for worker in workers:
            worker.leaving = True
            worker.kill_at = now + self._stop_seconds
            actions.append(Drain(worker.number))
        return actions

    def _hurry(self, now: float) -> list[Action]:
        for worker in self._workers.values():
            worker.kill_at = min(worker.kill_at or math.inf, now + AT_ONCE_SECONDS)
        return [Hurry(number) for number in self._workers]

    def _stopped(self, code: int) -> list[Action]:
        if code and not self._code:
            self._code = EXIT_UNCLEAN
        self._end_with_the_last()
        return []

    def _end_with_the_last(self) -> None:
        if not self._workers:
            self.exit_code = self._code
