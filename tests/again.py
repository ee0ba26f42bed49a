"""Run what failed beside the others once more, alone: the second half of `make unit`.

Some tests wait, with bounded patience, for servers that share the machine with three tests more. One that
failed for want of time passes alone; what is broken fails again, and fails the run. Either way the first
failure stays in what the run prints, and is named in the end: a test that needs this is one to mend. More
than `FEW` are no accident of time, and are not run again. CPython's own continuous integration does
likewise (`python -m test --rerun`).
"""

import json
import subprocess
import sys
from pathlib import Path

FEW = 3
FAILED = Path(".pytest_cache/v/cache/lastfailed")


def main() -> None:
    failed = sorted(json.loads(FAILED.read_text()))
    if len(failed) > FEW:
        sys.exit(f"{len(failed)} tests failed, and are not run again: more than {FEW} are no accident")
    names = "\n  ".join(failed)
    _say(f"failed beside the others, and run once more alone:\n  {names}")
    command = [sys.executable, "-m", "pytest", "--numprocesses", "0", "--last-failed"]
    alone = subprocess.run([*command, "--junitxml", "build/junit-again.xml"])
    if alone.returncode:
        sys.exit(f"failed beside the others, and alone too, at least one of:\n  {names}")
    _say(f"FAILED ONCE, and passed alone; to be mended:\n  {names}")


def _say(text: str) -> None:
    print(f"\n{text}", flush=True)  # noqa: T201 # a command's output


if __name__ == "__main__":
    main()
