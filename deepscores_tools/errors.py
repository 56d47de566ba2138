"""The one exception that means "your input is the problem, and here is what to do"."""

from __future__ import annotations

from pathlib import Path


class InputError(Exception):
    """Bad input. The message is one line: the file at fault, what is wrong, the remedy.

    Raised by every reader of user data; the command line prints it and exits with status 2.
    """

    def __init__(self, where: Path | str, problem: str) -> None:
        super().__init__(f"{where}: {problem}".replace("\n", " "))
        self.where = str(where)
        self.problem = problem

    def __reduce__(self) -> tuple[type[InputError], tuple[str, str]]:
        return InputError, (self.where, self.problem)  # so that it crosses process borders
