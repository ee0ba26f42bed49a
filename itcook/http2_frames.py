"""How many frames a client may send: an HTTP/2 frame of nine bytes costs as much to read as a request."""

from itcook.stream.limits import TokenBucket

PREFACE_BYTES = 24  # what a client says before its first frame, RFC 9113 section 3.4
HEADER_BYTES = 9  # of each frame, RFC 9113 section 4.1
BYTES_PER_FRAME = 1024  # sent in one frame need no excuse

# What our own sending calls for: the growth of two windows for each DATA frame, and for a whole answer what a
# client needs to ask for the next. A stream that its client resets has no answer, and so explains nothing.
FRAMES_PER_DATA = 2
FRAMES_PER_STREAM = 8

FRAMES_PER_SECOND = 100.0  # beyond that, sustained
FRAME_BURST = 1000.0
MAX_GRANTED = 10_000


class Allowance:
    """The frames that a client may still send."""

    def __init__(self, now: float) -> None:
        self._bucket = TokenBucket(FRAMES_PER_SECOND, FRAME_BURST, now)
        self._granted = 0
        self._skip = PREFACE_BYTES  # until the next frame begins
        self._header = b""  # as much as came of it

    def grant(self, frames: int) -> None:
        """Expect so many more."""
        self._granted = min(self._granted + frames, MAX_GRANTED)

    def take(self, data: bytes, now: float) -> bool:
        """Whether the frames that begin in `data` are no flood."""
        self.grant(len(data) // BYTES_PER_FRAME)
        excess = self._count(data) - self._granted
        self._granted = max(0, -excess)
        return all(self._bucket.take(now) for _ in range(excess))

    def _count(self, data: bytes) -> int:
        frames = at = 0
        while at < len(data):
            if self._skip:
                step = min(self._skip, len(data) - at)
                self._skip -= step
            else:
                step = min(HEADER_BYTES - len(self._header), len(data) - at)
                self._header += data[at : at + step]
                if len(self._header) == HEADER_BYTES:
                    frames += 1
                    self._skip = int.from_bytes(self._header[:3])
                    self._header = b""
            at += step
        return frames
