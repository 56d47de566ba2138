"""Where the network computes: device, precision, threads."""

from __future__ import annotations

import os

import cv2
import torch

from deepscores_tools.errors import InputError


def pick_device(device: str) -> torch.device:
    """The device of "auto", "cpu" or "cuda". Raises InputError for CUDA where there is none."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda", "no CUDA device here; use --device cpu")
    return torch.device(device)


def fast_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the processor computes in it, float32 elsewhere."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if _has("avx512_bf16", "amx_bf16") else torch.float32


def multiplies_bytes(device: torch.device) -> bool:
    """Whether the processor has instructions for products of bytes (VNNI, AMX)."""
    here = device.type == "cpu" and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return bool(here) and _has("avx512_vnni", "avx_vnni", "amx_int8")


def _has(*instructions: str) -> bool:
    known = torch.cpu.get_capabilities()
    return any(known.get(name) for name in instructions)


def usable_cores() -> int:
    """The processor cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def set_threads(threads: int | None = None) -> None:
    """Give torch and OpenCV this many threads (by default one per usable core)."""
    threads = threads or usable_cores()
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
