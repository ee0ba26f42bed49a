"""Who competes, and how each of them is started: the peers, the floor below them all, and IT Cook."""

import json
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import jwt

from benchmarks import event
from benchmarks.crowd import Opening, opening, text_frame
from benchmarks.people import TOKEN_SECONDS, People
from benchmarks.process import Process, running
from benchmarks.server import ADDED_TO, serving

BACKLOG = 4096
PEERS = Path(__file__).with_name("peers")
PYTHON = Path(__file__).parents[1] / ".venv" / "peers" / "bin" / "python"
NODE = shutil.which("node")
MODULES = PEERS / "node" / "node_modules"

_SECRET = secrets.token_hex(32)


@dataclass(frozen=True, slots=True)
class Stage:
    """A contestant that runs: how clients come in, and how it is told to publish so many events."""

    process: Process
    port: int
    openings: Callable[[int], list[Opening]]
    publish: Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Contestant:
    """`start`, given an empty directory and the people, runs it. `large`: also with 10,000 clients."""

    name: str
    start: Callable[[Path, People], AbstractContextManager[Stage]]
    large: bool = False


@contextmanager
def _itcook(transport: str, directory: Path, people: People) -> Iterator[Stage]:
    with serving(directory, people, ADDED_TO) as server:
        yield Stage(server.process, server.port, partial(server.openings, transport), server.publish)


@contextmanager
def _peer(
    command: Sequence[str | Path], client: Callable[[], Opening], directory: Path, _: People
) -> Iterator[Stage]:
    with _listening() as listener:
        number = listener.fileno()
        environment = {"PEER_FD": str(number), "PEER_SECRET": _SECRET, "PEER_EVENT": event.text()}
        with running(command, directory, environment, (number,)) as process:
            port: int = listener.getsockname()[1]
            listener.close()  # the peer has its own: without it, who comes too late is refused
            yield Stage(
                process,
                port,
                lambda count: [client()] * count,
                lambda count: process.order(str(count)),
            )


def _listening() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def _token() -> str:
    now = int(time.time())
    claims = {"iss": "itcook", "aud": "itcook", "sub": "ann", "iat": now, "exp": now + TOKEN_SECONDS}
    return jwt.encode(claims, _SECRET, "HS256")


def _over_websocket() -> Opening:
    return opening("/stream", _token(), upgrade=True)


def _over_sse() -> Opening:
    return opening("/stream", _token(), upgrade=False)


def _over_socket_io() -> Opening:
    # Engine.IO's 4 is a message, Socket.IO's 0 a connect: the token travels in it.
    connect = text_frame("40" + json.dumps({"token": _token()}))
    return opening("/socket.io/?EIO=4&transport=websocket", None, upgrade=True, then=connect)


def _python(name: str, file: str, client: Callable[[], Opening], *, large: bool = False) -> Contestant:
    return Contestant(name, partial(_peer, (PYTHON, PEERS / file), client), large)


def _node(name: str, file: str, client: Callable[[], Opening], *, large: bool = False) -> Contestant:
    return Contestant(name, partial(_peer, (NODE or "node", PEERS / "node" / file), client), large)


FLOOR = _python("bare uvloop write loop (the floor)", "floor.py", _over_websocket, large=True)
WEBSOCKET = Contestant("IT Cook, WebSocket", partial(_itcook, "ws"), large=True)
SSE = Contestant("IT Cook, SSE", partial(_itcook, "sse"), large=True)
WS = _node("Node ws", "ws.js", _over_websocket, large=True)
SOCKET_IO = _node("Socket.IO", "socketio.js", _over_socket_io)
WEBSOCKETS = _python("websockets broadcast", "websockets_broadcast.py", _over_websocket, large=True)
FASTAPI = _python("FastAPI on uvicorn", "fastapi_manager.py", _over_websocket, large=True)
SSE_STARLETTE = _python("FastAPI with sse-starlette", "sse_starlette_queues.py", _over_sse, large=True)
LITESTAR = _python("Litestar channels", "litestar_channels.py", _over_websocket)
DJANGO = _python("Django Channels", "django_channels.py", _over_websocket)
QUART = _python("Quart on Hypercorn, queues", "quart_queues.py", _over_websocket)

ASGI = (FASTAPI, SSE_STARLETTE, LITESTAR, DJANGO, QUART)
ALL = (FLOOR, WEBSOCKET, SSE, WS, SOCKET_IO, WEBSOCKETS, *ASGI)


def missing() -> dict[Contestant, str]:
    """Who cannot compete on this machine, and why not."""
    reasons: dict[Contestant, str] = {}
    if not PYTHON.exists():
        reasons |= dict.fromkeys((FLOOR, WEBSOCKETS, *ASGI), f"no {PYTHON.parent}: make bench installs it")
    if NODE is None or not MODULES.exists():
        reasons |= dict.fromkeys((WS, SOCKET_IO), "no Node.js")
    return reasons


def versions() -> list[str]:
    """What the peers consist of, as `name version`."""
    return [*_python_versions(), *_node_versions()]


def _python_versions() -> list[str]:
    names = (
        "websockets fastapi starlette uvicorn sse-starlette litestar django channels quart hypercorn uvloop"
    )
    program = (
        "import sys, importlib.metadata as m;print(*(f'{n} {m.version(n)}' for n in sys.argv[1:]), sep='\\n')"
    )
    if not PYTHON.exists():
        return []
    done = subprocess.run([PYTHON, "-c", program, *names.split()], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def _node_versions() -> list[str]:
    if NODE is None or not MODULES.exists():
        return []
    done = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True)
    packages = (json.loads((MODULES / name / "package.json").read_text()) for name in ("ws", "socket.io"))
    return [f"node {done.stdout.strip()}", *(f"{one['name']} {one['version']}" for one in packages)]
