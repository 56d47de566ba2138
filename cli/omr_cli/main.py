"""The `omr` command. Its parts are loaded when they are called: `omr --help` is quick."""

from __future__ import annotations

import errno
from importlib import import_module
from typing import Any

import click

from deepscores_tools.errors import InputError, reason

COMMANDS = {
    "detect": "Find the symbols on pages of music.",
    "train": "Train a detector as a TOML file says.",
    "evaluate": "Compare detections with ground truth.",
    "view": "Make one HTML file to see and correct symbols.",
    "dataset": "Make, read and convert ground truth.",
    "models": "List, show, export and calibrate models.",
}
"""Each command's line in the list; the command itself is omr_cli.<name>.<name>."""


class BadInput(click.ClickException):
    """One line on standard error, status 2."""

    exit_code = 2


class LazyGroup(click.Group):
    """A group that imports a command only to run it, and prints bad input as one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"omr_cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InputError as error:
            raise BadInput(str(error)) from None
        except OSError as error:  # of a file that was just looked for, such as in a locked folder
            if error.errno == errno.EPIPE or error.filename is None:
                raise
            raise BadInput(
                f"{error.filename}: cannot be read or written ({reason(error)})"
            ) from None


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="omr-detector", prog_name="omr")
def main() -> None:
    """Optical music recognition: every symbol on a page with its class, box and score."""
