"""Several workers on one port: starts them, starts them again when they die, and stops them.

Workers are fresh interpreters that inherit two sockets each. One is the listener of their slot. The other is
the line to this process: by it a worker says that it serves, and hears that it shall end; where it closes,
the other end is gone. What is done here is decided in `supervision`.
"""

import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import assert_never

import structlog

from itcook.listening import SharedAddress
from itcook.settings import Settings
from itcook.supervision import (
    EXIT_UNCLEAN,
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

READY, DRAIN, HURRY = b"r", b"d", b"h"  # what is said on the line
SLACK_SECONDS = 7.0  # on top of the drain, for the last requests and a slow end, until a worker is killed
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)

log = structlog.get_logger(__name__)


def run(settings: Settings) -> int:
    """Serve with `settings.workers` processes until SIGTERM or SIGINT; the exit code.

    Raises `SettingsError` for an address that cannot be had.
    """
    address = SharedAddress(settings)
    return _Supervisor(settings, address).run()


@dataclass(frozen=True, slots=True)
class _Process:
    slot: int
    popen: subprocess.Popen[bytes]
    line: socket.socket


class _Supervisor:
    def __init__(self, settings: Settings, address: SharedAddress) -> None:
        self._workers = settings.workers
        self._supervision = Supervision(settings.workers, settings.drain_seconds + SLACK_SECONDS)
        self._address = address
        self._listeners: dict[int, socket.socket] = {}  # by slot
        self._processes: dict[int, _Process] = {}  # by worker
        self._unstarted: list[int] = []  # workers for which the system had no process
        self._selector = selectors.DefaultSelector()
        self._signals = self._catch_signals()

    def run(self) -> int:
        self._do(self._supervision.begin(time.monotonic()))
        while self._supervision.exit_code is None:
            self._wait()
            self._reap()
            self._do(self._supervision.passed(time.monotonic()))
            if self._supervision.is_stopping:
                self._close_listeners()
        log.info("supervisor stopped", code=self._supervision.exit_code)
        return self._supervision.exit_code

    def _catch_signals(self) -> socket.socket:
        """Have each signal written to a socket, as its number, so that there is one thing to wait for."""
        reading, writing = socket.socketpair()
        reading.setblocking(False)
        writing.setblocking(False)
        for number in SIGNALS:
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(writing.detach(), warn_on_full_buffer=False)
        self._selector.register(reading, selectors.EVENT_READ)
        return reading

    def _wait(self) -> None:
        wake_at = self._supervision.wake_at
        timeout = None if wake_at is None else max(0.0, wake_at - time.monotonic())
        if self._unstarted:
            timeout = 0
        for key, _ in self._selector.select(timeout):
            if key.fileobj is self._signals:
                for number in self._signals.recv(4096):
                    self._signalled(number)
            else:
                self._heard(key.data)

    def _signalled(self, number: int) -> None:
        if number == signal.SIGHUP:
            log.info("rolling restart")
            self._do(self._supervision.roll(time.monotonic()))
        elif number in (signal.SIGTERM, signal.SIGINT):
            log.info("stopping", workers=len(self._processes), signal=signal.Signals(number).name)
            self._do(self._supervision.terminate(time.monotonic()))

    def _heard(self, worker: int) -> None:
        line = self._processes[worker].line
        try:
            word = line.recv(1)
        except OSError:
            word = b""
        if word == READY:
            self._do(self._supervision.ready(worker, time.monotonic()))
        else:
            self._selector.unregister(line)  # it has ended, or is about to

    def _reap(self) -> None:
        while self._unstarted:
            self._do(self._supervision.ended(self._unstarted.pop(), EXIT_UNCLEAN, time.monotonic()))
        for worker, process in list(self._processes.items()):
            code = process.popen.poll()
            if code is not None:
                self._ended(worker, process, code)

    def _ended(self, worker: int, process: _Process, code: int) -> None:
        if process.line in self._selector.get_map():
            self._heard(worker)  # its last word may be that it served
        if process.line in self._selector.get_map():
            self._selector.unregister(process.line)
        del self._processes[worker]
        process.line.close()
        if not any(other.slot == process.slot for other in self._processes.values()):
            # Connections must not wait at a socket that nobody accepts from: they get another worker's.
            self._listeners.pop(process.slot).close()
        was_told = self._supervision.is_leaving(worker)
        if code or not was_told:
            log.warning("a worker died", worker=process.slot, pid=process.popen.pid, code=code)
        else:
            log.info("worker ended", worker=process.slot, pid=process.popen.pid)
        self._do(self._supervision.ended(worker, code, time.monotonic()))

    def _do(self, actions: Sequence[Action]) -> None:
        for action in actions:
            match action:
                case Start():
                    self._start(action.worker, action.slot)
                case Drain():
                    self._say(action.worker, DRAIN)
                case Hurry():
                    self._say(action.worker, HURRY)
                case Kill():
                    self._kill(action.worker)
                case Ready():
                    log.info("all workers serve", workers=self._workers)
                case RollFailed():
                    log.error("rolling restart given up, as a new worker does not start")
                case GiveUp():
                    log.error("workers die as soon as they are started")
                case _:
                    assert_never(action)

    def _start(self, worker: int, slot: int) -> None:
        try:
            self._processes[worker] = self._new_process(slot)
        except OSError as error:
            log.error("a worker cannot be started", worker=slot, error=str(error))
            self._unstarted.append(worker)
            return
        self._selector.register(self._processes[worker].line, selectors.EVENT_READ, worker)
        log.info("worker started", worker=slot, pid=self._processes[worker].popen.pid)

    def _new_process(self, slot: int) -> _Process:
        """In a process group of its own, so that a terminal's Ctrl-C comes here alone."""
        if slot not in self._listeners:
            self._listeners[slot] = self._address.bind()
        listener = self._listeners[slot]
        line, its_line = socket.socketpair()
        line.setblocking(False)
        with its_line:
            descriptors = (listener.fileno(), its_line.fileno())
            command = [sys.executable, "-P", "-m", "itcook", "worker", str(slot), *map(str, descriptors)]
            popen = subprocess.Popen(command, pass_fds=descriptors, process_group=0)  # noqa: S603 # itself
        return _Process(slot, popen, line)

    def _say(self, worker: int, word: bytes) -> None:
        process = self._processes.get(worker)  # none, if the system had none for it
        if process is not None:
            with suppress(OSError):  # it is ending by itself
                process.line.send(word)

    def _kill(self, worker: int) -> None:
        process = self._processes[worker]
        log.error("a worker hangs and is killed", worker=process.slot, pid=process.popen.pid)
        process.popen.kill()

    def _close_listeners(self) -> None:
        """Let the port go as soon as the workers do."""
        self._address.close()
        for listener in self._listeners.values():
            listener.close()
