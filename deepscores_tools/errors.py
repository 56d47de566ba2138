"""The one exception that means "your input is the problem, and here is what to do"."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

MAX_NAMED = 8  # names spelled out in a message; the rest is counted
MAX_REASON = 120  # characters of another's error that a message repeats


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


def listed(names: Sequence[str]) -> str:
    """Names for a message: the first few, and how many more there are."""
    more = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


def reason(error: Exception) -> str:
    """Why something failed, for a message: in the system's words, or the error's first line."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    first = str(error).strip().partition("\n")[0]
    return first[:MAX_REASON] or type(error).__name__
