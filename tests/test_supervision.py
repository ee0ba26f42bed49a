"""What a supervisor decides, step by step, on a clock of the test's own."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from itcook.supervision import (
    AT_ONCE_SECONDS,
    BACK_OFF_SECONDS,
    EXIT_SETTINGS,
    EXIT_UNCLEAN,
    EXIT_WORKERS,
    MAX_BACK_OFF_SECONDS,
    MAX_QUICK_DEATHS,
    START_SECONDS,
    STEADY_SECONDS,
    Action,
    Drain,
    GiveUp,
    Hurry,
    Kill,
    Ready,
    RollFailed,
    Start,
    Supervision,
)

STOP_SECONDS = 15.0
KILLED = -9


def _serving(workers: int) -> Supervision:
    """All ready at time 0."""
    supervision = Supervision(workers, STOP_SECONDS)
    assert supervision.begin(0.0) == [Start(number, number) for number in range(workers)]
    for number in range(workers):
        supervision.ready(number, 0.0)
    return supervision


def test_it_is_told_once_that_all_serve() -> None:
    """With the last of the first workers, and not after a death."""
    supervision = Supervision(2, STOP_SECONDS)
    supervision.begin(0.0)
    assert supervision.ready(1, 1.0) == []
    assert supervision.ready(0, 2.0) == [Ready()]
    assert supervision.ended(0, KILLED, 100.0) == [Start(2, 0)]
    assert supervision.ready(2, 101.0) == []


def test_a_steady_worker_that_dies_is_followed_at_once() -> None:
    """Whatever it died of, also of an end in good order that nobody asked for. The others go on."""
    for code in (KILLED, 1, 0):
        supervision = _serving(2)
        assert supervision.ended(1, code, STEADY_SECONDS) == [Start(2, 1)]
        assert supervision.wake_at == STEADY_SECONDS + START_SECONDS


def test_a_worker_that_dies_at_once_is_started_ever_later() -> None:
    """While another worker serves, it is tried without end: after 0.5 s, then 1 s, up to a bound."""
    supervision = _serving(2)
    now, number, waits = STEADY_SECONDS + 1, 1, []
    supervision.ended(number, KILLED, now)
    for number in range(2, 12):
        assert supervision.ended(number, 1, now) == []
        assert supervision.wake_at is not None
        waits.append(supervision.wake_at - now)
        now = supervision.wake_at
        assert supervision.passed(now) == [Start(number + 1, 1)]
    assert waits[:3] == [BACK_OFF_SECONDS, 2 * BACK_OFF_SECONDS, 4 * BACK_OFF_SECONDS]
    assert max(waits) == MAX_BACK_OFF_SECONDS
    assert supervision.exit_code is None


def test_a_worker_that_was_steady_begins_anew() -> None:
    """The back-off is forgotten."""
    supervision = _serving(1)
    supervision.ended(0, 1, 1.0)
    supervision.passed(1.0 + BACK_OFF_SECONDS)
    supervision.ready(1, 3.0)
    assert supervision.ended(1, 1, 1000.0) == [Start(2, 0)]


def test_when_all_die_at_once_it_gives_up() -> None:
    """After so many deaths that a next start would not help, with a code of its own."""
    supervision = Supervision(1, STOP_SECONDS)
    supervision.begin(0.0)
    now = 0.0
    for number in range(MAX_QUICK_DEATHS - 1):
        assert supervision.ended(number, 1, now) == []
        assert supervision.wake_at is not None
        now = supervision.wake_at
        supervision.passed(now)
    assert supervision.ended(MAX_QUICK_DEATHS - 1, 1, now) == [GiveUp()]
    assert supervision.exit_code == EXIT_WORKERS


def test_a_worker_that_serves_for_a_moment_only_is_no_reason_to_go_on() -> None:
    """Two that become ready and crash in turn are given up; the one that is left is drained first."""
    supervision = _serving(2)
    now, living, number = 1.0, {0: 0, 1: 1}, 2
    for death in range(MAX_QUICK_DEATHS - 1):
        supervision.ended(living[death % 2], 1, now)
        assert supervision.wake_at is not None
        now = supervision.wake_at
        supervision.passed(now)
        living[death % 2], number = number, number + 1
        supervision.ready(living[death % 2], now)
    last = (MAX_QUICK_DEATHS - 1) % 2
    other = living[1 - last]
    assert supervision.ended(living[last], 1, now) == [GiveUp(), Drain(other)]
    assert supervision.exit_code is None
    supervision.ended(other, 0, now + 1)
    assert supervision.exit_code == EXIT_WORKERS


def test_a_first_worker_that_names_a_wrong_setting_ends_everything() -> None:
    """It has said why, and would say so again; the code is its own."""
    supervision = Supervision(2, STOP_SECONDS)
    supervision.begin(0.0)
    assert supervision.ended(0, EXIT_SETTINGS, 1.0) == [Drain(1)]
    supervision.ended(1, EXIT_SETTINGS, 1.1)
    assert supervision.exit_code == EXIT_SETTINGS


def test_a_later_worker_that_names_a_wrong_setting_is_tried_again() -> None:
    """As when the database is away for a while: those that serve go on."""
    supervision = _serving(2)
    supervision.ended(1, KILLED, 100.0)
    assert supervision.ended(2, EXIT_SETTINGS, 101.0) == []
    assert supervision.passed(101.0 + BACK_OFF_SECONDS) == [Start(3, 1)]


def test_one_that_hangs_at_its_start_is_killed() -> None:
    """And then counts as any that dies at once."""
    supervision = Supervision(1, STOP_SECONDS)
    supervision.begin(0.0)
    assert supervision.passed(START_SECONDS) == [Kill(0)]
    supervision.ended(0, KILLED, START_SECONDS)
    assert supervision.wake_at == START_SECONDS + BACK_OFF_SECONDS


def test_the_first_signal_drains_and_the_code_is_0_when_all_ended_well() -> None:
    """Those that have not served yet, too; nothing is started any more."""
    supervision = _serving(3)
    supervision.ended(2, KILLED, 1.0)
    assert supervision.terminate(1.2) == [Drain(0), Drain(1)]
    assert supervision.passed(2.0) == []
    supervision.ended(1, 0, 3.0)
    assert supervision.exit_code is None
    supervision.ended(0, 0, 3.0)
    assert supervision.exit_code == 0


def test_one_that_does_not_drain_in_time_is_killed_and_tells_in_the_code() -> None:
    """The others are left alone."""
    supervision = _serving(2)
    supervision.terminate(1.0)
    supervision.ended(1, 0, 2.0)
    assert supervision.wake_at == 1.0 + STOP_SECONDS
    assert supervision.passed(1.0 + STOP_SECONDS) == [Kill(0)]
    supervision.ended(0, KILLED, 17.0)
    assert supervision.exit_code == EXIT_UNCLEAN


def test_the_second_signal_waits_for_nobody() -> None:
    """Whoever is left is told so, and killed soon after."""
    supervision = _serving(2)
    supervision.terminate(1.0)
    supervision.ended(0, 0, 1.1)
    assert supervision.terminate(2.0) == [Hurry(1)]
    assert supervision.wake_at == 2.0 + AT_ONCE_SECONDS
    assert supervision.terminate(4.0) == [Hurry(1)]
    assert supervision.passed(2.0 + AT_ONCE_SECONDS) == [Kill(1)]


def test_a_rolling_restart_replaces_one_after_the_other() -> None:
    """Each new one serves before the old one is drained, and the old one is gone before the next turn."""
    supervision = _serving(2)
    assert supervision.roll(20.0) == [Start(2, 0)]
    assert supervision.ready(2, 21.0) == [Drain(0)]
    assert supervision.ended(0, 0, 22.0) == [Start(3, 1)]
    assert supervision.ready(3, 23.0) == [Drain(1)]
    assert supervision.ended(1, 0, 24.0) == [Ready()]
    assert supervision.wake_at is None


def test_asked_again_a_rolling_restart_begins_anew() -> None:
    """Whoever was new before the second request may be of old code; the one on its way is finished first."""
    supervision = _serving(1)
    supervision.roll(20.0)
    assert supervision.roll(20.5) == []
    supervision.ready(1, 21.0)
    assert supervision.ended(0, 0, 22.0) == [Start(2, 0)]
    supervision.ready(2, 23.0)
    assert supervision.ended(1, 0, 24.0) == [Ready()]


def test_a_new_worker_that_does_not_start_ends_the_rolling_restart_only() -> None:
    """The old ones go on, and a later request tries again."""
    supervision = _serving(2)
    supervision.roll(20.0)
    assert supervision.ended(2, EXIT_SETTINGS, 21.0) == [RollFailed()]
    assert supervision.wake_at is None
    assert supervision.roll(30.0) == [Start(3, 0)]


def test_an_old_worker_that_dies_while_it_is_replaced_is_no_trouble() -> None:
    """Its successor is on its way already."""
    supervision = _serving(1)
    supervision.roll(20.0)
    assert supervision.ended(0, KILLED, 20.5) == []
    assert supervision.ready(1, 21.0) == [Ready()]


def test_sigterm_during_a_rolling_restart_drains_old_and_new() -> None:
    """Also the one that does not serve yet."""
    supervision = _serving(2)
    supervision.roll(20.0)
    assert supervision.terminate(20.5) == [Drain(0), Drain(1), Drain(2)]
    assert supervision.ready(2, 21.0) == []
    assert supervision.roll(21.0) == []
    for number in range(3):
        supervision.ended(number, 0, 22.0)
    assert supervision.exit_code == 0


class AnyHistory(RuleBasedStateMachine):
    """Whatever happens in whichever order."""

    @initialize(workers=st.integers(1, 3))
    def begin(self, workers: int) -> None:
        self.now = 0.0
        self.count = workers
        self.supervision = Supervision(workers, STOP_SECONDS)
        self.living: dict[int, int] = {}  # worker: slot
        self.ready: set[int] = set()
        self.gave_up = self.told_to_end = False
        self._do(self.supervision.begin(self.now))

    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Start(worker, slot):
                    assert not self.told_to_end, "nothing is started that must end at once"
                    assert list(self.living.values()).count(slot) <= 1
                    self.living[worker] = slot
                case Drain(worker) | Hurry(worker) | Kill(worker):
                    assert worker in self.living, "only who lives can be told anything"
                case GiveUp():
                    self.gave_up = True

    @precondition(lambda self: self.living.keys() - self.ready)
    @rule(data=st.data())
    def becomes_ready(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(sorted(self.living.keys() - self.ready)))
        self.ready.add(worker)
        self._do(self.supervision.ready(worker, self.now))

    @precondition(lambda self: self.living)
    @rule(data=st.data(), code=st.sampled_from([0, 1, EXIT_SETTINGS, KILLED]))
    def ends(self, data: st.DataObject, code: int) -> None:
        worker = data.draw(st.sampled_from(sorted(self.living)))
        del self.living[worker]
        self.ready.discard(worker)
        self._do(self.supervision.ended(worker, code, self.now))

    @rule(seconds=st.sampled_from([0.1, 1.0, STEADY_SECONDS, MAX_BACK_OFF_SECONDS]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self._do(self.supervision.passed(self.now))

    @precondition(lambda self: self.supervision.exit_code is None)
    @rule()
    def rolls(self) -> None:
        self._do(self.supervision.roll(self.now))

    @precondition(lambda self: self.now > 30)
    @rule()
    def is_terminated(self) -> None:
        self._do(self.supervision.terminate(self.now))
        self.told_to_end = True

    @invariant()
    def every_slot_has_somebody_or_will(self) -> None:
        """Until it ends; and then it has ended when, and only when, nobody is left."""
        if not hasattr(self, "supervision"):
            return
        if self.supervision.is_stopping:
            assert (self.supervision.exit_code is not None) == (not self.living)
            return
        taken = set(self.living.values())
        waiting = self.count - len(taken)
        assert waiting == 0 or self.supervision.wake_at is not None


TestAnyHistory = AnyHistory.TestCase
