"""The follower: keeps this node's end of the stream whole, whatever the broker does."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from itcook.stream.envelope import Envelope
from itcook.stream.history import History
from itcook.stream.table import StreamTable

PAGE = 500  # rows a query when a gap is filled
POLL_SECONDS = 5.0  # behind the broker: finds what it lost without anything following it
BEREFT_POLL_SECONDS = 0.25  # without the broker the table is all there is
RETRY_SECONDS = 0.5

log = structlog.get_logger(__name__)


class Follower:
    """Takes batches as the broker brings them and passes events on once, in order, without a gap.

    `publish` is called with the events that follow the history's head, after they were added to it;
    `lost` when retention took events that this node had not read yet, as after a day in a frozen process.
    `has_broker` says whether the broker brings what other nodes publish.
    """

    def __init__(
        self,
        table: StreamTable,
        history: History,
        publish: Callable[[Sequence[Envelope]], None],
        lost: Callable[[], None],
        has_broker: Callable[[], bool] = lambda: True,
    ) -> None:
        self._table = table
        self._history = history
        self._publish = publish
        self._lost = lost
        self._has_broker = has_broker
        self._gap = asyncio.Event()
        self._reaching = asyncio.Lock()

    def receive(self, batch: Sequence[Envelope]) -> None:
        """Pass on what is new in `batch`; what is missing before it is fetched by `run`."""
        fresh: list[Envelope] = []
        for envelope in batch:
            ahead = envelope.position - self._history.head - len(fresh)
            if ahead == 1:
                fresh.append(envelope)
            elif ahead > 1:
                self._gap.set()
        if fresh:
            self._history.extend(fresh)
            self._publish(fresh)

    def behind(self, position: int) -> None:
        """The table has events up to `position`: if that is news, they are fetched by `run`."""
        if position > self._history.head:
            self._gap.set()

    async def run(self) -> None:
        """Fill gaps from the table until cancelled."""
        while True:
            await self._wait()
            self._gap.clear()
            try:
                await self.catch_up()
            except Exception as error:
                log.warning("cannot read the stream's table yet", error=str(error))
                self._gap.set()
                await asyncio.sleep(RETRY_SECONDS)

    async def reach(self, position: int) -> None:
        """Pass on what the table has, up to `position` at least if it has that much. Of many who ask at once,
        as when a node is back that all others are ahead of, the first one's reading is enough.
        """
        async with self._reaching:
            if position > self._history.head:
                await self.catch_up()

    async def _wait(self) -> None:
        """Until there is a gap, or it is time to look for one: soon, where there is no broker, or was none
        a moment ago.
        """
        waited, had_broker = 0.0, True
        while waited < POLL_SECONDS and had_broker:
            had_broker = self._has_broker()
            try:
                async with asyncio.timeout(BEREFT_POLL_SECONDS):
                    await self._gap.wait()
                return
            except TimeoutError:
                waited += BEREFT_POLL_SECONDS

    async def catch_up(self) -> None:
        """Pass on everything the table has beyond the head. What is stamped meanwhile comes by the broker: to
        go after it would be to race the relay, with a query for every few events.
        """
        read = PAGE
        while read == PAGE:
            page = await self._table.read(self._history.head, PAGE)
            read = len(page)
            if page and page[0].position > self._history.head + 1:
                log.error("retention was faster than this node", head=self._history.head)
                self._history.restart(page[0].position - 1)
                self._lost()
            self.receive(page)
