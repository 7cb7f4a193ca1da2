"""`docs/architecture.md` names the layers that the import contract holds."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_layers_on_the_page_are_those_of_the_contract() -> None:
    """The fenced block under `## Layers`, line by line."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    under = page.split("\n## Layers\n", 1)[1].split("\n## ", 1)[0]
    fenced = re.search(r"^```\w*\n(.+?)\n```$", under, flags=re.MULTILINE | re.DOTALL)
    assert fenced
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (layers,) = [one["layers"] for one in contracts if one["type"] == "layers"]
    assert fenced[1].splitlines() == layers
