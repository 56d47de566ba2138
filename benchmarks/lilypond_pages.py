"""Pages of test works as LilyPond engraves them: `python -m benchmarks.lilypond_pages SCORES OUT`.

SCORES: the folder that `omr dataset render` takes, its works named as in recipes/scores.csv. Works
of the set `test` at equal distances are taken, three pages of each, until there are --pages. OUT
gets an SVG of each page, for `omr dataset convert OUT PAGES --to coco`. A work that LilyPond cannot
do is named and left out; a quartet takes it ten minutes. Its programs must be on the PATH (`pip
install lilypond` brings them).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

from deepscores_tools import lilypond
from deepscores_tools.engraving.sources import find_scores, of_set

INDEX = Path(__file__).parent.parent / "recipes" / "scores.csv"
EVERY = 12  # of the works in the set
MOST = 3  # pages of a work


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scores", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pages", type=int, default=30)
    options = parser.parse_args()
    options.out.mkdir(parents=True)
    left = options.pages
    for score in of_set(find_scores([options.scores]), INDEX, "test")[::EVERY]:
        with tempfile.TemporaryDirectory() as folder:
            try:
                pages = engraved(score, Path(folder))[: min(MOST, left)]
            except subprocess.CalledProcessError as error:
                print(f"{score.name}: left out, {Path(error.cmd[0]).name} cannot do it")
                continue
            for page in pages:
                shutil.copy(page, options.out)
        print(f"{score.name}: {len(pages)} pages")
        left -= len(pages)
        if not left:
            break


def engraved(score: Path, folder: Path) -> list[Path]:
    """The work's pages, one SVG each, in their order."""
    tags = Path(lilypond.__file__).with_name("tags.ily")
    music = folder / f"{score.stem}.ly"
    run("musicxml2ly", "-o", music, score)
    run("lilypond", f"-dinclude-settings={tags}", "--svg", "-o", music.with_suffix(""), music)
    return sorted(folder.glob("*.svg"), key=lambda page: (len(page.name), page.name))


def run(*command: str | Path) -> None:
    """Raises CalledProcessError, with the command, where it fails."""
    subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    main()
