"""The sockets that connections come in by."""

import socket

from itcook.setting_values import address_of
from itcook.settings import PREFIX, Settings, SettingsError

BACKLOG = 2048  # connections the kernel holds while the loop is busy; a reconnect storm is not refused


def listen(settings: Settings) -> socket.socket:
    """A socket on `settings.bind`. Raises `SettingsError` for an address that cannot be had."""
    try:
        listener = _bind(settings, _address(settings.bind))
        listener.listen(BACKLOG)
    except OSError as error:
        raise _refused("BIND", settings.bind, error) from None
    return listener


def listen_for_metrics(settings: Settings) -> socket.socket | None:
    """A socket on `settings.metrics_bind`, None if that is not set. The next process may have one there too,
    in a rolling restart. Raises `SettingsError` for an address that cannot be had.
    """
    if settings.metrics_bind is None:
        return None
    try:
        listener = _bind(settings, _address(settings.metrics_bind), shared=True)
        listener.listen()
    except OSError as error:
        raise _refused("METRICS_BIND", settings.metrics_bind, error) from None
    return listener


class SharedAddress:
    """An address on which several processes of this machine listen, each on a socket of its own.

    Linux gives a connection to one of those sockets, chosen by a hash of its addresses and ports: evenly over
    many connections, and wherever fewer are open or less is to do. Whoever comes again from another port
    may reach another process. What was not accepted when a socket is closed is reset.
    """

    def __init__(self, settings: Settings) -> None:
        """Hold the address, so that a port that the system chose stays the same.

        Raises `SettingsError` for one that cannot be had, or on which somebody listens: the kernel would
        share it with another server of the same user in silence.
        """
        self._settings = settings
        try:
            _bind(settings, _address(settings.bind)).close()
            self._held = _bind(settings, _address(settings.bind), shared=True)
        except OSError as error:
            raise _refused("BIND", settings.bind, error) from None

    def bind(self) -> socket.socket:
        """One more socket. It takes part in what comes once `listen` was called on it."""
        return _bind(self._settings, (self._held.family, self._held.getsockname()), shared=True)

    def close(self) -> None:
        """Hold it no longer; the sockets that were made stay."""
        self._held.close()


_Address = tuple[int, tuple[object, ...]]


def _address(bind: str) -> _Address:
    kind, flags = socket.SOCK_STREAM, socket.AI_PASSIVE
    first, *_ = socket.getaddrinfo(*address_of(bind), type=kind, flags=flags)
    return first[0], first[4]


def _bind(settings: Settings, address: _Address, *, shared: bool = False) -> socket.socket:
    listener = socket.socket(address[0], socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # Accepted sockets inherit it: a client that acknowledges nothing for so long is gone.
            milliseconds = int(settings.timeout_seconds * 1000)
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        listener.bind(address[1])
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _refused(name: str, bind: str, error: OSError) -> SettingsError:
    return SettingsError(f"{PREFIX}{name}: cannot listen on {bind}: {error.strerror}")
