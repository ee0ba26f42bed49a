"""Figures that a test measures or chooses, shown by `pytest -rP` and with every failure."""


def report(text: str) -> None:
    """Say `text` in the test's output."""
    print(text)  # noqa: T201 # a test's output is where it belongs
