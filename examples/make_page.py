"""Make the example page: engrave a minuet, then make it look like a scan.

    python examples/make_page.py

`minuet.krn` is our own encoding of Christian Petzold's menuet in G (about 1725).
"""

from __future__ import annotations

from pathlib import Path

import cv2

from deepscores_tools.degradation import PRESETS, degrade_page
from deepscores_tools.engraving import RenderPlan, render_scores

HERE = Path(__file__).parent

if __name__ == "__main__":
    plan = RenderPlan(pages=1, seed=4, fonts=("Bravura",), composed_fraction=0)
    rendered = next(render_scores([HERE / "minuet.krn"], plan))
    scan, _ = degrade_page(rendered.gray, rendered.page, PRESETS["flatbed-1bit"], seed=1)
    cv2.imwrite(str(HERE / "page.png"), scan, [cv2.IMWRITE_PNG_BILEVEL, 1])
