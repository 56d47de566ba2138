"""How a detector learns: crops of pages, what is to be seen on them, losses, the run itself."""

from .run import train

__all__ = ["train"]
