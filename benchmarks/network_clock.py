"""What the network itself costs within a detection: pyramid, energy, heads and refiner."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Any

import torch

from omr.detector import Detector


class NetworkClock:
    """Adds up the time of all calls of a detector's network, from whatever thread.

    wall: seconds by the clock; used: processor seconds of the calling threads, which are all
    there are while torch computes on one.
    """

    def __init__(self, detector: Detector) -> None:
        self.wall = self.used = 0.0
        self._lock = Lock()
        on_gpu = detector.device.type == "cuda"  # which answers before it is done
        self._settle: Callable[[], object] = torch.cuda.synchronize if on_gpu else lambda: None
        net: Any = detector.net
        parts = [(net, "forward"), (net, "classify"), (net, "locate")]
        for part, name in [*parts, (net.refiner, "forward")] if net.refiner else parts:
            setattr(part, name, self._timing(getattr(part, name)))

    def _timing(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            self._settle()
            begun, used = time.perf_counter(), time.thread_time()
            result = function(*arguments)
            self._settle()
            wall, used = time.perf_counter() - begun, time.thread_time() - used
            with self._lock:
                self.wall += wall
                self.used += used
            return result

        return timed
