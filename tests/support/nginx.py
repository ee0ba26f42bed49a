"""A real nginx in front of a server."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.certificates import Certificate
from tests.support.documents import ROOT
from tests.support.tools import need

# Everything that nginx writes stays in `directory`; `user` is for a test that runs as root.
MAIN = """
daemon off;
user root;
pid {directory}/nginx.pid;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    {site}
}}
"""

Site = Callable[[str], str]  # the text of a site that listens on the address given


def bare(upstream: str, *directives: str) -> Site:
    """The least that works: HTTP/1.0 to the server, with buffering, as nginx does by default."""
    proxy = " ".join([f"proxy_pass http://{upstream};", *directives])
    return lambda listen: f"server {{ listen {listen}; location / {{ {proxy} }} }}"


SECOND_NODE = "    server 127.0.0.1:3001 max_fails=2 fail_timeout=5s;\n"


def deployed(
    upstream: str, certificate: Certificate, *changes: tuple[str, str], second: str | None = None
) -> Site:
    """`deploy/nginx.conf`, with the names changed that it says to change, and further `changes`. Without a
    `second` node its line is left out, as the file says.
    """

    def site(listen: str) -> str:
        text = (ROOT / "deploy/nginx.conf").read_text()
        for old, new in [
            ("127.0.0.1:3000 ", f"{upstream} "),
            (SECOND_NODE, SECOND_NODE.replace("127.0.0.1:3001", second) if second else ""),
            ("listen 443", f"listen {listen}"),
            ("/etc/itcook/fullchain.pem", str(certificate.cert_file)),
            ("/etc/itcook/privkey.pem", str(certificate.key_file)),
            *changes,
        ]:
            assert text.count(old) == 1, f"{old!r} stands once in deploy/nginx.conf"
            text = text.replace(old, new)
        return text

    return site


@asynccontextmanager
async def nginx(directory: Path, site: Site) -> AsyncIterator[tuple[str, int]]:
    """Run `site`; gives the address that it listens on."""
    program = need("nginx")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address: tuple[str, int] = listener.getsockname()
        configuration = directory / "nginx.conf"
        configuration.write_text(MAIN.format(directory=directory, site=site("{}:{}".format(*address))))
        # In NGINX it finds sockets that are open already, as when it replaces itself. Without that there
        # would be no port but a guessed one.
        process = await asyncio.create_subprocess_exec(
            program,
            *("-p", directory, "-c", configuration),
            pass_fds=[listener.fileno()],
            env={**os.environ, "NGINX": f"{listener.fileno()};"},
        )
    try:
        yield address
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
