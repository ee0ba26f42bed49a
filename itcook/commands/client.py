"""Running a command that talks to a server: it ends in good order however it is ended."""

import asyncio
import os
import signal
import stat
import sys
from collections.abc import Coroutine
from typing import Any

from itcook.commands.api import RefusedError, UnreachableError
from itcook.commands.exits import CommandError, Exit


def run(work: Coroutine[Any, Any, None]) -> None:
    """Do `work`. Ctrl-C, SIGTERM and a closed pipe end it without a traceback, and after it has tidied up;
    what the server refuses, and that there is none, is one line and an exit code.
    """
    try:
        asyncio.run(_interruptible(work))
    except RefusedError as error:
        wait = "" if error.retry_after is None else f"; try again in {error.retry_after:.0f} seconds"
        raise CommandError(f"the server refuses: {error.detail}{wait}", error.exit_code) from None
    except UnreachableError as error:
        raise CommandError(str(error), Exit.UNREACHABLE) from None
    except KeyboardInterrupt:
        _end(Exit.INTERRUPTED)
    except BrokenPipeError:
        _end(Exit.OK)


async def _interruptible(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    ended_by: list[Exit] = []

    def end(code: Exit) -> None:
        ended_by.append(code)
        task.cancel()

    loop.add_signal_handler(signal.SIGTERM, end, Exit.TERMINATED)
    closes = _is_pipe(sys.stdout.fileno())
    if closes:  # one that nobody reads any more is ready to say so, also while there is nothing to write
        loop.add_reader(sys.stdout.fileno(), end, Exit.OK)
    try:
        await task
    except asyncio.CancelledError:
        if not ended_by:
            raise  # Ctrl-C
        _end(ended_by[0])
    finally:
        if closes:
            loop.remove_reader(sys.stdout.fileno())


def _is_pipe(descriptor: int) -> bool:
    return stat.S_ISFIFO(os.fstat(descriptor).st_mode)


def _end(code: Exit) -> None:
    # What is still buffered would fail once more, loudly, when Python closes standard output.
    if code is Exit.OK:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
