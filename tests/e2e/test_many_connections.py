"""One person with more connections than there may be."""

from tests.support.api import CONNECTIONS_PER_PERSON, Api
from tests.support.streams import TRANSPORTS


async def test_the_oldest_makes_room_for_the_newest(api: Api) -> None:
    """On either transport: 4409 and not to come back; all others go on, and so does everybody else."""
    busy, other = await api.register("Radia Perlman"), await api.register("Barbara Liskov")
    elsewhere = await api.connect("sse", other)
    transports = TRANSPORTS * (CONNECTIONS_PER_PERSON // len(TRANSPORTS))
    streams = [await api.connect(transport, busy) for transport in transports]
    for stream in (elsewhere, *streams):
        assert (await stream.next()).type == "Connected"
    for transport in TRANSPORTS:
        streams.append(await api.connect(transport, busy))
        assert (await streams[-1].next()).type == "Connected"
        oldest = streams.pop(0)
        seen, code = await oldest.end()
        assert (seen[-1].data["code"], seen[-1].data["reconnect"]) == (4409, False)
        assert code == (4409 if oldest.transport == "websocket" else None)
    post = await api.post(other, "All of you")
    for stream in (elsewhere, *streams):
        assert (await stream.next_of("NewCommunityPost")).data["post_id"] == post["id"]
        await stream.close()
