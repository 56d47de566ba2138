"""Worker processes that may abort or hang without harm to the rest.

Each worker gets one task a message over its own pipe. A worker that dies or passes its time
limit is replaced and its task reported as failed; all other tasks go on. Processes are
spawned, never forked: a parent that has loaded torch holds locks that a fork would copy.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Generic, TypeVar

from deepscores_tools.errors import InputError

Task = TypeVar("Task")
Result = TypeVar("Result")

AWAKENING = 300.0
"""Seconds a new process may take to load what it needs; a busy machine is slow at that."""

MEMORY = 8 << 30
"""Bytes of address space for a worker."""

_PROCESSOR_ALARM = 27 if not hasattr(signal, "SIGPROF") else signal.SIGPROF

CRASHED = "crashed"
"""Why a task failed whose process died, of whatever."""

AHEAD = 3
"""Tasks begun or finished out of order, for each worker: bounds the memory held."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Task, Result]):
    """What came of a task: its result, or the reason why there is none."""

    task: Task
    result: Result | None = None
    failure: str | None = None


def supervised(
    work: Callable[[Task], Result],
    tasks: Iterable[Task],
    *,
    workers: int,
    time_limit: float,
    processor_limit: float = 0.0,
    ahead: int | None = None,
) -> Generator[Outcome[Task, Result], None, None]:
    """Run work on every task; outcomes come in the order of the tasks.

    work must be importable from its module. time_limit: seconds for one task. processor_limit:
    seconds of processor time for one task, which do not depend on how busy the machine is; 0
    for none. ahead: so many tasks at the most are taken before the outcome of the first of them
    was asked for. The iterator may be closed early; its workers are then ended.
    """
    pool = [_Worker[Task, Result](work, processor_limit) for _ in range(max(1, workers))]
    window = AHEAD * len(pool) if ahead is None else min(AHEAD * len(pool), ahead)
    source = iter(enumerate(tasks))
    done: dict[int, Outcome[Task, Result]] = {}
    following = 0
    exhausted = False
    try:
        while True:
            for worker in pool:
                begun = following + len(done) + sum(w.busy for w in pool)
                if worker.busy or exhausted or begun - following >= window:
                    continue
                item = next(source, None)
                if item is None:
                    exhausted = True
                else:
                    worker.start(*item, time_limit)
            while following in done:
                yield done.pop(following)
                following += 1
            busy = [w for w in pool if w.busy]
            if not busy:
                if exhausted:
                    return
                continue
            pause = max(0.0, min(w.deadline for w in busy) - time.monotonic())
            ready = wait([w.pipe for w in busy], timeout=pause)
            for worker in busy:
                answered = worker.pipe in ready
                if answered and worker.awakes():
                    continue
                if answered or time.monotonic() > worker.deadline:
                    number, outcome = worker.finish(answered)
                    done[number] = outcome
    finally:
        for worker in pool:
            worker.end()


class _Worker(Generic[Task, Result]):
    """One process and the task it is on."""

    def __init__(self, work: Callable[[Task], Result], processor_limit: float) -> None:
        self._work = work
        self._limit = processor_limit
        self._context = multiprocessing.get_context("spawn")
        self._current: tuple[int, Task] | None = None
        self._time_limit = 0.0
        self.deadline = 0.0
        self._spawn()

    def _spawn(self) -> None:
        self.pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(
            target=_serve, args=(self._work, theirs, self._limit), daemon=True
        )
        self._process.start()
        self._awake = False
        theirs.close()

    @property
    def busy(self) -> bool:
        return self._current is not None

    def start(self, number: int, task: Task, time_limit: float) -> None:
        self._current = (number, task)
        self._time_limit = time_limit
        try:
            self.pipe.send(task)
        except OSError:  # it died while idle
            self.end()
            self._spawn()
            self.pipe.send(task)
        self.deadline = time.monotonic() + (time_limit if self._awake else AWAKENING)

    def awakes(self) -> bool:
        """Whether what has come is the first message of a process: that it begins to work."""
        if self._awake:
            return False
        try:
            self.pipe.recv()
        except (EOFError, OSError):
            return False
        self._awake = True
        self.deadline = time.monotonic() + self._time_limit
        return True

    def finish(self, answered: bool) -> tuple[int, Outcome[Task, Result]]:
        """Take the answer, or replace a process that died or ran out of time."""
        assert self._current is not None
        number, task = self._current
        self._current = None
        if answered:
            try:
                failure, result = self.pipe.recv()
                return number, Outcome(task, result, failure)
            except (EOFError, OSError):
                self._process.join(1)
                late = self._process.exitcode == -_PROCESSOR_ALARM
                reason = "took longer than the time limit" if late else CRASHED
        else:
            reason = "took longer than the time limit"
        self.end()
        self._spawn()
        return number, Outcome(task, None, reason)

    def end(self) -> None:
        self.pipe.close()
        self._process.kill()
        self._process.join()


def _serve(work: Callable[[Task], Result], pipe: Connection, processor_limit: float) -> None:
    """The worker's loop: one task in, one answer out, until the pipe closes.

    The alarm ends the process from within, even where the parent has been killed meanwhile.
    """
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers itself
    cv2.setNumThreads(1)
    _bound_memory()
    with suppress(OSError, EOFError):  # the parent is gone
        pipe.send(None)
        while True:
            task = pipe.recv()
            _set_alarm(processor_limit)
            answer = _answer(work, task)
            _set_alarm(0.0)
            try:
                pipe.send(answer)
            except (TypeError, AttributeError, ValueError) as error:  # what cannot be pickled
                pipe.send((f"{type(error).__name__}: {error}", None))


def _answer(work: Callable[[Task], Result], task: Task) -> tuple[str | None, Result | None]:
    """Why the task failed, if it did, and its result."""
    try:
        return None, work(task)
    except InputError as error:
        return error.problem, None
    except MemoryError:
        return CRASHED, None
    except Exception as error:
        return f"{type(error).__name__}: {error}", None


def _set_alarm(seconds: float) -> None:
    if hasattr(signal, "setitimer"):  # not on Windows
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _bound_memory() -> None:
    """Let a task that asks for memory without end fail alone."""
    try:
        import resource  # not on Windows
    except ImportError:
        return
    limit = min((m for m in resource.getrlimit(resource.RLIMIT_AS) if m > 0), default=MEMORY)
    resource.setrlimit(resource.RLIMIT_AS, (min(limit, MEMORY), min(limit, MEMORY)))
