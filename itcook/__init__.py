"""The core of IT Cook: the domain and its event stream, without HTTP and without frames."""

from importlib.metadata import version

__version__ = version("itcook")
