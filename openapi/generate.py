"""Write the documents that are made from the code. `make generate` runs this in the checkout."""

import json
from collections.abc import Mapping
from pathlib import Path

from itcook.app import create_app
from itcook.settings import Settings
from openapi.rest import rest_document
from openapi.schema import Schema, event_schema
from openapi.settings_table import with_settings
from openapi.status_report import REPORT, status_report
from openapi.stream import stream_document
from openapi.typescript import typescript

ROOT = Path(__file__).parents[1]
OPERATIONS = "docs/OPERATIONS.md"


def documents() -> Mapping[str, str]:
    """What each generated file must hold, by its path in the checkout."""
    schema = event_schema()
    return {
        "openapi/events.schema.json": _written(schema),
        "openapi/asyncapi.json": _written(stream_document()),
        "openapi/openapi.json": _written(rest_document(create_app(Settings(_env_file=None)))),
        "client/src/events.ts": typescript(schema),
        OPERATIONS: with_settings((ROOT / OPERATIONS).read_text()),
        REPORT: status_report(ROOT, (ROOT / REPORT).read_text(), None),
    }


def _written(document: Schema) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    for path, text in documents().items():
        (ROOT / path).write_text(text)


if __name__ == "__main__":
    main()
