"""The documentation: links lead somewhere, pages are in the menu, every command is explained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest
import yaml
from omr_cli.main import main

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md")), *sorted(ROOT.glob("models/**/*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def text_of(page: Path) -> str:
    """What is outside of code, with the pages that are included."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(r'--8<-- "(.+)"', lambda m: (ROOT / m[1]).read_text(encoding="utf-8"), text)
    return FENCE.sub("", text)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h).strip().lower().replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(text_of(page)):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        file = page.parent / place if place else page
        assert file.exists(), target
        if DOCS in page.parents:
            assert file.resolve().is_relative_to(DOCS), f"{target} is not on the site"
        assert not anchor or anchor in anchors(file), target


def test_every_page_is_in_the_menu() -> None:
    class Loader(yaml.SafeLoader):
        pass

    menu = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loader)["nav"]

    def files(entry: object) -> Iterator[str]:
        if isinstance(entry, str):
            yield entry
        else:
            for inner in entry.values() if isinstance(entry, dict) else entry:  # type: ignore[attr-defined]
                yield from files(inner)

    assert set(files(menu)) == {p.relative_to(DOCS).as_posix() for p in DOCS.rglob("*.md")}


def test_released_models_have_their_cards_on_the_site() -> None:
    cards = {f'--8<-- "{card.relative_to(ROOT)}"' for card in ROOT.glob("models/**/README.md")}
    assert cards == {p.read_text().strip() for p in (DOCS / "models").glob("*.md")}


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            yield from commands(found, f"{name} {inner}")


@pytest.mark.parametrize(("name", "command"), list(commands(main, "omr")))
def test_every_command_and_option_is_documented(name: str, command: click.Command) -> None:
    assert (command.help or "").strip(), name
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert (parameter.help or "").strip(), f"{name} {parameter.opts[0]}"
    written = "\n".join(p.read_text(encoding="utf-8") for p in PAGES)
    assert name in written, f"{name} is in no guide"


def test_the_references_are_generated() -> None:
    assert ":module: omr_cli.main" in (DOCS / "cli.md").read_text()
    for name in re.findall(r"^::: (\S+)$", (DOCS / "api.md").read_text(), re.MULTILINE):
        try:
            import_module(name)
        except ModuleNotFoundError:
            module, _, member = name.rpartition(".")
            assert hasattr(import_module(module), member), name


def test_pictures_are_small() -> None:
    assert sum(f.stat().st_size for f in DOCS.rglob("*.png")) < 300_000
