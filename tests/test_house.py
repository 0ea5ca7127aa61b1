"""What CONTRIBUTING.md says of the house is so."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
FAULTS = ("Error", "Exception", "Interrupt", "Name")  # how the names of exceptions end


def test_every_error_stands_in_errors_and_in_its_tree() -> None:
    errors = ROOT / "src" / "deltarule" / "errors.py"
    tree = errors.read_text(encoding="utf-8").split('"""')[1]
    found = {}
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and any(
                isinstance(base, ast.Name) and base.id.endswith(FAULTS) for base in node.bases
            ):
                found[node.name] = file
    assert set(found.values()) == {errors}
    assert [name for name in found if f" {name} " not in tree] == []


def test_the_floors_are_those_that_are_checked() -> None:
    said = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    chain = re.search(r"\n    (errors <.*?)\n\n", said, re.DOTALL)
    assert chain
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = [re.findall(r"\w+", layer) for layer in settings["contracts"][0]["layers"]]
    told = [re.findall(r"\w+", floor) for floor in chain[1].split("<")]
    assert told == [floor for floor in reversed(layers) if floor != ["__main__"]]
