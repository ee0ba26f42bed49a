"""The command line: which commands there are, and in which module of `itcook.commands` each is.

They are imported when they are called: what `tail` needs would be dead weight in a server.
"""

from importlib import import_module

import click

from itcook import __version__

COMMANDS = {
    "serve": "serve",
    "worker": "serve",
    "migrate": "database",
    "prune": "database",
    "user": "users",
    "token": "token",
    "tail": "tail",
    "notify": "notify",
    "stats": "stats",
    "demo": "demo",
    "doctor": "doctor",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"itcook.commands.{COMMANDS[cmd_name]}"), cmd_name)
        return command


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="itcook")
def main() -> None:
    """The real-time backend of a cooking community.

    serve, migrate, prune and user work with this machine's settings, ITCOOK_* and a .env file, and with its
    database; token, tail, notify, stats and demo talk to a running server, by default the one of those
    settings; doctor looks at both. Exit codes and shell completion are in docs/reference/cli.md.

    \b
    Examples:
      itcook serve
      itcook user create ada@example.com --first-name Ada --last-name Lovelace --url http://127.0.0.1:3000
      itcook tail --email ada@example.com
      itcook demo
    """
