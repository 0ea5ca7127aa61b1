"""The public names are what is importable, and importing the package costs nothing."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import deltarule

ROOT = Path(__file__).parents[1]
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
# what only the command that needs it may import
HEAVY = {
    "numpy",
    "scipy",
    "sympy",
    "sklearn",
    "numba",
    "matplotlib",
    "pyarrow",
    "pandas",
    "polars",
    "torch",
    "jax",
}


@pytest.mark.parametrize("name", deltarule.__all__)
def test_every_public_name_is_importable(name: str) -> None:
    assert getattr(deltarule, name) is not None


@pytest.mark.parametrize("name", [n for n in deltarule.__all__ if n != "__version__"])
def test_every_public_name_stands_in_the_reference(name: str) -> None:
    errors = deltarule.errors.__name__ == getattr(deltarule, name).__module__  # listed as a module
    assert errors or f":: deltarule.{name}\n" in REFERENCE


@pytest.mark.parametrize("name", re.findall(r"auto(?:class|function):: (\S+)\n", REFERENCE))
def test_all_of_the_reference_shows_an_example_that_is_run(name: str) -> None:
    assert doctest.DocTestParser().get_examples(inspect.getdoc(pkgutil.resolve_name(name)) or "")


def test_the_list_of_names_is_whole() -> None:
    assert sorted(set(deltarule.__all__)) == sorted(deltarule.__all__) == dir(deltarule)


def test_type_checkers_are_told_the_same_names() -> None:
    """What `__init__` imports for type checkers is what it loads when run."""
    source = ast.parse(inspect.getsource(deltarule))
    told = {
        alias.asname
        for node in ast.walk(source)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    assert told == set(deltarule.__all__) - {"__version__"}


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nett'"):
        importlib.import_module("deltarule").Nett  # noqa: B018


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert deltarule.__version__ == project["version"]


@pytest.mark.parametrize(
    "program",
    [
        "import deltarule",
        "from deltarule.cli import main; main(['--help'])",
        "from deltarule.cli import main; main(['train', '--help'])",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(program: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys, json; {program}; print('\\x1e' + json.dumps(sorted(sys.modules)))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    modules = set(json.loads(ended.stdout.rpartition("\x1e")[2]))
    assert "deltarule" in modules
    assert not modules & HEAVY
