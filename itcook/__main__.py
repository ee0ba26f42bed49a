"""`python -m itcook` is `itcook`."""

from itcook.cli import main

main()
