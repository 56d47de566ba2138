"""Kill commands at random moments; then nothing half-written lies about, and a rerun is equal.

    python tests/kill_runs.py [--kills 100] [--seed 1] [detect] [convert] [render] [train]

Every other kill is a Ctrl-C (SIGINT), the others SIGKILL. A command is killed up to three times
in a row, then runs to its end: its output must be, byte for byte, that of a run never disturbed.
After every kill each file under its real name is read. Prints what went wrong and exits with 1.
Only for systems with fork: the libraries are loaded once.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

import numpy as np
from omr_cli.main import main as omr
from PIL import Image
from safetensors import safe_open

from deepscores_tools.formats import coco
from deepscores_tools.symbols import Box, Page, Symbol

LOADED = ("deepscores_tools.conversion", "deepscores_tools.dataset_reading",
          "deepscores_tools.engraving", "omr.batch", "omr.detector", "omr.training")  # fmt: skip
"""Before the forks, but not as this file is imported, which render's own processes do."""

SCORE = """<mei xmlns="http://www.music-encoding.org/ns/mei"><music><body><mdiv><score><scoreDef>
<staffGrp><staffDef n="1" lines="5" clef.shape="G" clef.line="2"/></staffGrp></scoreDef><section>
<measure n="1"><staff n="1"><layer n="1">%s</layer></staff></measure></section></score></mdiv>
</body></music></mei>"""
NOTE = '<note pname="%s" oct="4" dur="4"/>'
RECIPE = """[model]
name = "tiny"
[model.families]
heads = ["notehead"]
[model.network]
widths = [16, 16, 16, 16, 16]
neck = 16
features = 16
hidden = 8
[data]
train = ["{data}"]
val = ["{data}"]
[training]
steps = 6
batch = 1
crop = 96
workers = 0
checkpoint_every = 2
"""
READERS: dict[str, Callable[[Path], object]] = {
    ".json": lambda file: json.loads(file.read_bytes()),
    ".xml": lambda file: ElementTree.parse(file),
    ".png": lambda file: Image.open(file).load(),
    ".safetensors": lambda file: safe_open(file, "np").keys(),
}


def music_page(number: int) -> Page:
    """A staff with a few noteheads: 200 x 120 pixels, interline 8."""
    heads = [40 + 17 * k + 3 * number % 11 for k in range(6)]
    symbols = [Symbol(name="notehead", box=Box(x, 50, x + 10, 58)) for x in heads]
    return Page(name=f"p{number:02}.png", width=200, height=120, symbols=symbols, interline=8.0)


def make_inputs(root: Path) -> None:
    """Pages with their truth, a tiny model, scores and a recipe."""
    import torch

    from omr.config import DecodeConfig, ModelConfig, NetworkConfig
    from omr.model_store import save_model
    from omr.network import WatershedNet

    pages = []
    (root / "pages").mkdir()
    for number in range(6):
        page = music_page(number)
        gray = np.full((page.height, page.width), 255, np.uint8)
        for y in range(40, 80, 8):
            gray[y : y + 1, 10:190] = 0
        for symbol in page.symbols:
            x0, y0, x1, y1 = (int(v) for v in symbol.box)
            gray[y0:y1, x0:x1] = 0
        Image.fromarray(gray).save(root / "pages" / page.name)
        pages.append(page)
    coco.write([_with_image(page, root / "pages") for page in pages], root / "data")
    torch.manual_seed(1)
    config = ModelConfig(
        name="tiny", families={"heads": ("notehead",)}, decode=DecodeConfig(merge_iou=0.9),
        network=NetworkConfig(widths=(16,) * 5, neck=16, features=16, hidden=0),
    )  # fmt: skip
    net = WatershedNet(config)
    torch.nn.init.normal_(net.energy.weight)
    torch.nn.init.constant_(net.energy.bias, -1.0)  # finds this and that on every page
    save_model(root / "model", net, config)
    (root / "scores").mkdir()
    for number in range(4):
        notes = "".join(NOTE % "cdefgab"[(number + k) % 7] for k in range(6))
        (root / "scores" / f"s{number}.mei").write_text(SCORE % notes)
    (root / "recipe.toml").write_text(RECIPE.format(data=root / "data"))


def _with_image(page: Page, folder: Path) -> Page:
    return replace(page, image=folder / page.name)


COMMANDS: dict[str, list[str]] = {
    "detect": ["detect", "pages", "-m", "model", "--overlay", "-f", "coco", "-f", "mung",
               "-f", "csv", "--min-score", "0", "-o"],
    "convert": ["dataset", "convert", "data", "--to", "mung"],
    "render": ["dataset", "render", "scores", "--pages", "4", "-o"],
    "train": ["train", "recipe.toml", "--threads", "1", "-o"],
}  # fmt: skip

REFUSES_OUT = ("convert", "render")


def start(name: str, out: Path) -> int:
    """The process id of a command that writes to `out`."""
    child = os.fork()
    if child:
        return child
    silent = os.open("messages", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    status = 70
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        arguments = [*COMMANDS[name], str(out)]
        omr(arguments, standalone_mode=True)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except KeyboardInterrupt:
        status = 130
    except BaseException:
        import traceback

        traceback.print_exc()
    os._exit(status)


def run(name: str, out: Path) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(start(name, out), 0)[1])


def content(out: Path) -> dict[str, bytes]:
    """All that a run leaves for its user; of a training run, the model."""
    out = out / "model" if (out / "model").is_dir() else out
    return {str(f.relative_to(out)): f.read_bytes() for f in out.rglob("*") if f.is_file()}


def torn_files(out: Path) -> list[str]:
    """Files under their real names that cannot be read."""
    torn = []
    for file in out.rglob("*"):
        read = READERS.get(file.suffix)
        if read is None or any(p.startswith(".") for p in file.relative_to(out.parent).parts):
            continue
        try:
            read(file)
        except FileNotFoundError:
            continue
        except Exception as error:
            torn.append(f"{file.name}: {error!r}")
    return torn


def trouble(name: str, kills: int, seed: int) -> list[str]:
    """What goes wrong in `kills` kills of a command, in the current folder's inputs."""
    chance = random.Random(f"{seed} {name}")
    wrong: list[str] = []
    out = Path("out") / name
    begun = time.monotonic()
    if status := run(name, out):
        return [f"{name}: exit status {status} undisturbed: {Path('messages').read_text()[-2000:]}"]
    whole = time.monotonic() - begun
    expected = content(out)
    done = ended = 0
    while done < kills:
        shutil.rmtree("out")
        for _ in range(min(chance.randint(1, 3), kills - done)):
            how = signal.SIGINT if done % 2 else signal.SIGKILL
            child = start(name, out)
            time.sleep(chance.uniform(0, whole))
            ended += bool(os.waitpid(child, os.WNOHANG)[0]) or _killed(child, how)
            done += 1
            wrong += [f"{name} {done}: torn {file}" for file in torn_files(out)]
            if name in REFUSES_OUT and out.exists():
                break  # a finished OUT is refused, as it should be
        if name in REFUSES_OUT and out.exists():
            status = 0
        elif status := run(name, out):
            wrong.append(f"{name} {done}: exit status {status} of the rerun")
        if done // 10 > (done - 3) // 10:
            print(f"{name}: {done} kills, {len(wrong)} wrong", flush=True)
        if content(out) != expected:
            odd = [f for f in {*content(out), *expected}
                   if content(out).get(f) != expected.get(f)]  # fmt: skip
            wrong.append(f"{name} {done}: another output after {how.name}: {odd[:5]}")
    left = [p.name for p in Path("out").iterdir() if p.name != name]
    print(f"{name}: {done} kills, {done - ended} of them in time, {len(wrong)} wrong"
          f"{', left beside OUT: ' + str(left) if left else ''}", flush=True)  # fmt: skip
    return wrong


def _killed(child: int, how: signal.Signals) -> bool:
    """Kill a child; True where it had come to its end by itself."""
    os.kill(child, how)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commands", nargs="*", help=f"of {', '.join(COMMANDS)}; all by default")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    wrong: list[str] = []
    for module in LOADED:
        import_module(module)
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        if (child := os.fork()) == 0:  # threads of torch would not outlive the forks to come
            make_inputs(Path(folder))
            os._exit(0)
        os.waitpid(child, 0)
        for name in options.commands or COMMANDS:
            wrong += trouble(name, options.kills, options.seed)
        os.chdir("/")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
