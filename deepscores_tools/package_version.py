"""Which version of this project is at work."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def package_version() -> str | None:
    """The version that is installed; None for a checkout that is not."""
    try:
        return version("omr-detector")
    except PackageNotFoundError:
        return None
