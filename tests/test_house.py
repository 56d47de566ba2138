"""The house keeps its promises: what README says of the command is so, and quick; the wheel."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from omr_cli.main import COMMANDS, main

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def command(name: str) -> click.Command:
    found = main.get_command(click.Context(main), name)
    assert found is not None
    return found


@pytest.mark.parametrize("told", [["models", "list"], ["models", "show", "printed"]])
def test_what_models_are_is_told_without_pytorch(told: list[str]) -> None:
    code = (
        "import sys; from click.testing import CliRunner; from omr_cli.main import main\n"
        f"result = CliRunner().invoke(main, {told}); assert result.exit_code == 0\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "False", done.stderr


def test_help_is_quick_and_imports_nothing_large() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from omr_cli.main import main\n"
        "result = CliRunner().invoke(main, ['--help']); assert result.exit_code == 0\n"
        "print(*{'torch', 'cv2', 'numpy', 'scipy', 'verovio', 'PIL'} & set(sys.modules))"
    )
    before = os.times()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    after = os.times()  # processor time, as the machine may be busy with other things
    spent = after.children_user + after.children_system
    spent -= before.children_user + before.children_system
    assert spent < 1, "omr --help within a second"
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_is_in_the_readme(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert (command(name).help or "").strip()
    assert f"omr {name} " in README


def test_the_readme_has_every_option_of_detect() -> None:
    table = README.split("| option |")[1].split("| file |")[0]
    documented = set(re.findall(r"`.*?(--[a-z-]+)", table))
    assert documented == {
        max(parameter.opts, key=len)
        for parameter in command("detect").params
        if isinstance(parameter, click.Option)
    }


def test_what_the_readme_runs_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z]+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for folder in re.findall(r"^\| `([a-z_/]+)/`", README, re.MULTILINE):
        assert (ROOT / folder).is_dir(), folder
    used = re.findall(r"^omr (\w+) ", README, re.MULTILINE)
    assert set(used) == set(COMMANDS)
    for recipe in re.findall(r"recipes/\w+\.toml", README):
        assert (ROOT / recipe).is_file(), recipe


def test_the_wheel_takes_three_names_and_no_more(tmp_path: Path) -> None:
    wheel = pytest.importorskip("hatchling.builders.wheel")
    (built,) = wheel.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    names = zipfile.ZipFile(built).namelist()
    top = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert top == {"omr", "omr_cli", "deepscores_tools"}
    for config in ROOT.glob("models/*/config.json"):
        for file in config.parent.iterdir():
            assert f"omr/models/{file.parent.name}/{file.name}" in names
    assert not [name for name in names if name.startswith("omr/models/") and name.endswith(".py")]
    for package in ("omr", "deepscores_tools", "cli/omr_cli"):  # data files as well as code
        for file in (ROOT / package).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                assert file.relative_to((ROOT / package).parent).as_posix() in names
    (commands,) = (name for name in names if name.endswith(".dist-info/entry_points.txt"))
    assert b"omr = omr_cli.main:main" in zipfile.ZipFile(built).read(commands)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_nothing_names_a_registry_or_this_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    if listed == [""]:
        pytest.skip("not a git checkout")
    home = re.compile(r"--(?:extra-)?index-url|pythonhosted\.org|pypi\.org|/(?:home|root|Users)/\w")
    for name in filter(None, listed):
        file = ROOT / name
        if file.suffix in {".py", ".toml", ".md", ".txt", ".cfg", ".json", ""} and file.is_file():
            text = file.read_text(encoding="utf-8", errors="ignore")
            if file != Path(__file__):
                assert not home.search(text), f"{name}: {home.search(text)}"
