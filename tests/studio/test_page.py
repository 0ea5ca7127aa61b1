"""The page's own files: nothing of them could run what a user's table holds, or fetch anything from elsewhere."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

STATIC = files("deltarule.studio").joinpath("static")
NAMES = sorted(entry.name for entry in STATIC.iterdir())
# ways by which a text could become markup or code
DANGEROUS = (
    *("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "setHTML", "srcdoc"),
    *("createContextualFragment", "eval(", "new Function", "javascript:", "importScripts"),
    *("localStorage", "document.cookie"),
)


def text(name: str) -> str:
    return STATIC.joinpath(name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".js")])
def test_a_module_puts_text_in_as_text(name: str) -> None:
    source = text(name)
    assert [way for way in DANGEROUS if way in source] == []
    assert source.startswith("// ")  # says what it is


@pytest.mark.parametrize("name", NAMES)
def test_a_file_names_no_address_elsewhere(name: str) -> None:
    addresses = set(re.findall(r"https?://[^\s\"'`)]+", text(name)))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"}


def test_the_page_has_no_script_or_style_of_its_own() -> None:
    page = text("index.html")
    assert re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL) == [""]
    assert "<style" not in page
    assert not re.search(r"\s(style|on\w+)=", page)


def test_every_module_that_is_imported_is_there() -> None:
    for name in NAMES:
        for imported in re.findall(r"from \"\./([\w.]+)\"", text(name)):
            assert imported in NAMES


def test_light_and_dark_have_the_same_colours_by_name() -> None:
    light, dark = (
        set(re.findall(r"(--\w+):", block))
        for block in re.findall(r":root \{(.*?)\}", text("studio.css"), re.DOTALL)
    )
    assert dark <= light
    assert light - dark == {"--sans", "--serif", "--mono"}


def contrast(a: str, b: str) -> float:
    """The ratio of WCAG 2 between two colours."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    high, low = sorted((light(a), light(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("ground", ["--ground", "--card", "--soft"])
@pytest.mark.parametrize("ink", ["--ink", "--faint", "--blue", "--orange", "--lit", "--well", "--ill"])
def test_what_is_written_can_be_read_in_light_and_dark(ink: str, ground: str) -> None:
    for block in re.findall(r":root \{(.*?)\}", text("studio.css"), re.DOTALL):
        colours = dict(re.findall(r"(--\w+): (#[0-9a-f]{6});", block))
        assert contrast(colours[ink], colours[ground]) >= 4.5
