"""Memory that is freed stays with the process, so that the next map need not be cleared anew.

glibc asks the system for every large array anew, and the system hands it out page by page, cleared
at first touch: a third of the time of a network's maps (docs/experiments.md).
"""

from __future__ import annotations

import ctypes
import platform
from functools import cache

KEPT = 1 << 30  # bytes: arrays up to this come from the heap, and so much of it stays when freed
# glibc's mallopt(3): numbers of malloc.h
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8


@cache
def keep_freed_memory() -> None:
    """Tell glibc so, for the whole process; nothing is changed where there is another library."""
    if platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL(None)
    libc.mallopt(MMAP_THRESHOLD, KEPT)
    libc.mallopt(TRIM_THRESHOLD, KEPT)
    libc.mallopt(ARENA_MAX, 1)  # a thread's own heap holds no large array
