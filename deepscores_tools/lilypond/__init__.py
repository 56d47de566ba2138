"""Pages engraved by LilyPond, whose SVG says what each shape is: see `tags.ily`."""

from deepscores_tools.lilypond.pages import draw_page, read_page

__all__ = ["draw_page", "read_page"]
