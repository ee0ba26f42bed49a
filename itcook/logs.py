"""Logs: structured, one line an event, to standard error."""

import logging
import os
import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor

from itcook.settings import Settings

OWN = ("itcook", "transports", "blueprints")  # the libraries' lines below info are for their developers


def configure(settings: Settings, worker: int | None = None) -> None:
    """Send this process's logs, the libraries' included, where `ITCOOK_LOG_*` say.

    As one of several workers, each line says which, and in which process.
    """
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([] if worker is None else [_Origin(worker)]),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderer(settings)],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.INFO), force=True)
    for package in OWN:
        logging.getLogger(package).setLevel(level)


class _Origin:
    """Says where a line comes from, as several processes write to one place."""

    def __init__(self, worker: int) -> None:
        self._origin = {"worker": worker, "pid": os.getpid()}

    def __call__(self, logger: object, method: str, event: EventDict) -> EventDict:
        return {**self._origin, **event}


# Tracebacks are shown without local variables: those hold tokens and passwords.
def _renderer(settings: Settings) -> list[Processor]:
    if settings.log_format == "json":
        return [
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    return [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    ]
