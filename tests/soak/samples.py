"""What is looked at all the while, and what is made of it."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from statistics import median

PARTS = 6  # of a run: the first warms up, the second is the beginning, the last the end
MAX_GROWTH = 0.02  # of the memory, between the beginning and the end


@dataclass(frozen=True, slots=True)
class Sample:
    """The server at one moment, which was due `seconds` after the last client had come for the first time.

    `resident` and `anonymous` are bytes, as the kernel counts them; `blocks` is how many pieces of memory
    Python has given out.
    """

    seconds: float
    resident: int
    anonymous: int
    connections: int
    tasks: int
    files: int
    blocks: int


@dataclass(frozen=True, slots=True)
class Trend:
    """The medians of a beginning and an end."""

    beginning: float
    end: float

    @property
    def growth(self) -> float:
        """As a part of the beginning."""
        return self.end / self.beginning - 1


@dataclass(frozen=True, slots=True)
class Windows:
    """The samples of the beginning and of the end of a run that took `seconds`, after it has warmed up."""

    beginning: Sequence[Sample]
    end: Sequence[Sample]

    @classmethod
    def of(cls, samples: Sequence[Sample], seconds: float) -> "Windows":
        part = seconds / PARTS
        return cls(
            [sample for sample in samples if part <= sample.seconds < 2 * part],
            [sample for sample in samples if (PARTS - 1) * part <= sample.seconds],
        )

    def trend(self, name: str) -> Trend:
        """Of the samples' field `name`."""
        return Trend(_median(self.beginning, name), _median(self.end, name))


def _median(samples: Sequence[Sample], name: str) -> float:
    values: list[float] = [getattr(sample, name) for sample in samples]
    return median(values)


def table(samples: Sequence[Sample]) -> str:
    """All of them, as CSV with a line of names."""
    names = ",".join(field.name for field in fields(Sample))
    return "\n".join([names, *(_row(sample) for sample in samples)]) + "\n"


def _row(sample: Sample) -> str:
    return ",".join(f"{value:.1f}" if isinstance(value, float) else str(value) for value in astuple(sample))
