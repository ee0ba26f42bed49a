"""A personal event: what one costs among ten thousand connections, and among a hundred.

The person has ten connections either way, so the deliveries are the same; a server that looked through
everybody for them would need a hundred times as long. Heartbeats are rare here: those of the other 9,990
are no part of the question.
"""

from functools import partial
from pathlib import Path

from benchmarks.crowd import Crowd, crowd, handshake
from benchmarks.figures import MANY_CLIENTS, Benchmark, Figure
from benchmarks.people import people
from benchmarks.server import ADDED_TO, Server, serving
from itcook.stream.channels import personal

FEW_CLIENTS = 100
OWN = 10  # connections of the person
EVENTS = 3_000  # long enough for the collection of the garbage that joining left to weigh little
FIRST = 200
GROUP = f"A personal event to {OWN} connections"
CPU = "CPU per event"
QUIET = {"ITCOOK_HEARTBEAT_SECONDS": "60", "ITCOOK_TIMEOUT_SECONDS": "300"}


async def _send(others: int, directory: Path) -> list[Figure]:
    with serving(directory, await people(), ADDED_TO, QUIET) as server, crowd(server.port) as clients:
        person, *rest = server.people.everybody
        await clients.join([handshake("ws", rest[number % len(rest)].token) for number in range(others)])
        await clients.join([handshake("ws", person.token)] * OWN)
        channel = personal(person.id)
        await _one_by_one(server, clients, channel, FIRST)
        cpu = server.cpu_seconds()
        await _one_by_one(server, clients, channel, EVENTS)
        cpu = server.cpu_seconds() - cpu
    return [Figure(CPU, cpu / EVENTS * 1e6, "µs")]


async def _one_by_one(server: Server, clients: Crowd, channel: str, events: int) -> None:
    for _ in range(events):
        target = clients.events.count + OWN
        server.publish(1, channel)
        await clients.events.reach(target)


def name(connections: int) -> str:
    return f"{GROUP}: among {connections:,}"


BENCHMARKS = [
    Benchmark(
        name(connections),
        partial(_send, connections - OWN),
        group=GROUP,
        row=f"among {connections:,}",
        large=True,
    )
    for connections in (FEW_CLIENTS, MANY_CLIENTS)
]
