"""Exported equations are run by something that is not ours: a bare Python, a C compiler, a spreadsheet engine."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.thinning import thinned

from deltarule.equations.losses import LOSSES
from deltarule.equations.losses import loss as find_loss
from deltarule.errors import InputError, UnknownName
from deltarule.estimators import MLPClassifier
from deltarule.export.equation import answers, equation
from deltarule.export.excel import letters
from deltarule.export.reevaluation import rows_as_csv
from deltarule.export.rounding import rounded
from deltarule.model import Model
from deltarule.network import Network
from deltarule.tables import InputEncoding, TargetEncoding, read_table
from deltarule.tables.arrow import text_array
from deltarule.tables.kinds import dates

HIDDEN = ["identity", "logistic", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus"]
COLOURS = ["red", 'quoted "word"', "comma, word", "grün", None]


def table(rows: int = 40, seed: int = 0):
    random = np.random.default_rng(seed)
    x = random.normal(50, 7, rows)
    x[3::11] = np.nan
    small = random.normal(0, 1e-7, rows)
    days = np.datetime64("2020-01-01T00:00:00", "s") + (random.integers(0, 9**7, rows)).astype(
        "timedelta64[s]"
    )
    return read_table(
        {
            "x": x,
            "small & large_%": small,
            "colour": np.array([COLOURS[i] for i in random.integers(0, 5, rows)], dtype=object),
            "open": np.array([("no", "yes")[i] for i in random.integers(0, 2, rows)], dtype=object),
            "when": days,
            "y": random.normal(-300, 20, rows),
            "z": random.normal(5, 1, rows),
            "kind": np.array([("a", "b", 'c "q"')[i] for i in np.arange(rows) % 3], dtype=object),
            "two": np.array([("no", "perhaps")[i] for i in random.integers(0, 2, rows)], dtype=object),
        }
    )


FEATURES = ["x", "small & large_%", "colour", "open"]


def model(
    targets, features=FEATURES, hidden="tanh", output="auto", scale="standard", sizes=(5,), bias=True
) -> Model:
    rows = table()
    inputs = InputEncoding.fit(rows, list(features), scale)
    encoded = TargetEncoding.fit(rows, targets, scale, output)
    shape = [len(inputs.names), *sizes, len(encoded.names)]
    network = Network(shape, hidden, encoded.output, bias=bias, seed=3)
    network.theta[:] += np.random.default_rng(1).normal(0, 0.3, network.theta.size)
    return Model(inputs, encoded, network, find_loss(None, encoded.output))


CASES = {
    **{f"hidden {name}": model("y", hidden=name) for name in HIDDEN},
    "two targets": model(["y", "z"]),
    "no hidden layer": model("y", sizes=()),
    "three hidden layers": model("y", sizes=(4, 3, 2)),
    "no bias": model("y", bias=False),
    "unscaled": model("y", scale="none"),
    "minmax, tanh output": model("y", scale="minmax", output="tanh"),
    "exp output": model("z", output="exp"),
    "three classes": model("kind"),
    "three logistic classes": model("kind", output="logistic"),
    "two classes, one output": model("two", output="logistic"),
    "two classes, softmax": model("two"),
    "two classes, tanh": model("two", output="tanh"),
    "a date": model("y", features=[*FEATURES, "when"]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_bare_python_gives_the_models_numbers(case):
    found: Any = equation(CASES[case], "python", table())
    assert found.by == "run by a bare Python" and found.rows == 40
    assert found.difference < 1e-10 * max(1, np.abs(answers(CASES[case], table())).max())


@pytest.mark.parametrize("case", CASES)
@pytest.mark.skipif(shutil.which("gcc") is None, reason="no C compiler here")
def test_a_c_compiler_gives_the_models_numbers(case):
    found: Any = equation(CASES[case], "c", table())
    assert found.by.startswith("compiled by")
    assert found.difference < 1e-10 * max(1, np.abs(answers(CASES[case], table())).max())


@pytest.mark.parametrize("case", thinned(CASES, 5))
def test_a_spreadsheet_engine_gives_the_models_numbers(case):
    with warnings.catch_warnings():  # the engine's own imports are old-fashioned
        warnings.simplefilter("ignore")
        formulas = pytest.importorskip("formulas")
        shown = CASES[case]
        rows = table(6)
        names, texts = (line.split("\t") for line in equation(shown, "excel").text.rstrip("\n").split("\n"))
        expected, labels = answers(shown, rows), shown.predict(rows)
        for row in range(rows.rows):
            cells = {}
            for at, (name, text) in enumerate(zip(names, texts, strict=True), 1):
                if not text:
                    value: Any = rows[name].values[row]
                    if rows[name].kind == "boolean":
                        value = rows[name].labels[int(value)]
                    if rows[name].kind == "date":
                        value = (value - np.datetime64("1899-12-30")) / np.timedelta64(1, "D")
                    missing = value is None or value != value
                    cells[f"{letters(at)}2"] = "" if missing else value
                    continue
                cells[f"{letters(at)}2"] = run(formulas, text, cells)
            values = list(cells.values())
            if shown.targets.kind == "classes":
                K = len(shown.targets.classes)
                np.testing.assert_allclose(np.array(values[-1 - K : -1], float), expected[row], atol=1e-12)
                assert values[-1] == labels[row]
            else:
                K = expected.shape[1]
                np.testing.assert_allclose(np.array(values[-K:], float), expected[row], rtol=1e-11)


@cache
def compiled(formulas, text):
    """Every row has the same texts, and the engine takes long to read one."""
    return formulas.Parser().ast(text)[1].compile()


def run(formulas, text, cells):
    """One formula's value; a range of cells is given as a row."""
    function = compiled(formulas, text)
    given = []
    for name in function.inputs:
        if ":" in name:
            first, last = name.split(":")
            keys = list(cells)
            given.append(np.array([[cells[key] for key in keys[keys.index(first) : keys.index(last) + 1]]]))
        else:
            given.append(np.array([[cells[name]]], dtype=object if isinstance(cells[name], str) else float))
    value = np.asarray(function(*given), dtype=object).ravel()[0]
    return value if isinstance(value, str) else float(value)


@pytest.mark.parametrize("case", CASES)
def test_latex_shows_six_digits_and_says_how_far_they_are(case):
    found: Any = equation(CASES[case], "latex", table())
    assert found.text.count("{") == found.text.count("}")
    assert found.text.count(r"\begin{") == found.text.count(r"\end{")
    spread = np.ptp(answers(CASES[case], table()))
    assert found.difference < 1e-3 * max(spread, 1)
    assert found.by == "evaluated with the 6 digits that it shows"


def test_latex_names_every_number_of_a_small_network():
    rows = read_table({"x": [0.0, 2.0], "y": [0.0, 4.0]})
    network = Network([1, 1, 1])
    network.theta[:] = 0.5, 0.25, -2.0, 1e-9
    shown = Model(
        InputEncoding.fit(rows, ["x"], "none"), TargetEncoding.fit(rows, "y", "none"), network, LOSSES["mse"]
    )
    text = equation(shown, "latex").text
    for part in (
        r"\tanh",
        r"W^{(0,1)} &= \begin{bmatrix} 0.5 \end{bmatrix}",
        "-2",
        r"1 \cdot 10^{-9}",
        r"\text{y} &= o_{1}",
    ):
        assert part in text


def test_rounding_a_model_rounds_its_answers():
    shown = CASES["two targets"]
    far = np.abs(answers(rounded(shown, 3), table()) - answers(shown, table())).max()
    near = np.abs(answers(rounded(shown, 9), table()) - answers(shown, table())).max()
    assert 0 < near < 1e-4 * far


def test_a_formula_too_long_for_a_spreadsheet_is_refused():
    names = [f"x{i}" for i in range(600)]
    random = np.random.default_rng(0)
    rows = read_table({**{name: random.normal(size=5) for name in names}, "y": random.normal(size=5)})
    wide = Model(
        InputEncoding.fit(rows, names), TargetEncoding.fit(rows, "y"), Network([600, 2, 1]), LOSSES["mse"]
    )
    with pytest.raises(InputError, match="a spreadsheet takes 8192"):
        equation(wide, "excel")
    found: Any = equation(wide, "python", rows)
    assert found.difference < 1e-10


def test_more_classes_than_a_spreadsheet_chooses_among_are_refused():
    for K, said in ((254, ""), (255, "255 classes and a spreadsheet chooses among 254")):
        rows = read_table({"x": np.arange(2.0 * K), "y": [f"c{i % K}" for i in range(2 * K)]})
        inputs, targets = InputEncoding.fit(rows, ["x"]), TargetEncoding.fit(rows, "y")
        many = Model(inputs, targets, Network([1, K], output="softmax"), LOSSES["cross_entropy"])
        if said:
            with pytest.raises(InputError, match=said):
                equation(many, "excel")
        else:
            assert "CHOOSE" in equation(many, "excel").text


def test_an_unknown_language_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'python'"):
        equation(CASES["unscaled"], "pyton")


def test_columns_are_lettered_as_a_spreadsheet_does():
    assert [letters(n) for n in (1, 26, 27, 702, 703, 16384)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


ODD = """y,open,spare,colour,small & large_%,x
1,yes,"a
b", red ,0,51.5
2,no,c,NA,-1e-7,n/a
3,?,d,"comma, word",2e-7, 48

4,maybe,e,never seen,0,50
"""


def piped(to: str, folder: Path, rows: str, text: str = "") -> subprocess.CompletedProcess[str]:
    file = folder / f"model.{'py' if to == 'python' else 'c'}"
    file.write_text(text or equation(CASES["hidden tanh"], to).text, encoding="utf-8")
    command = [sys.executable, "-I", "-S", "-X", "utf8", str(file)]
    if to == "c":
        command = [str(folder / "model")]
        given = ["gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-DMAIN", str(file), "-o", *command, "-lm"]
        subprocess.run(given, check=True)
    return subprocess.run(command, input=rows, capture_output=True, text=True, encoding="utf-8", check=False)


MIXED = """t,x,g
1,0.5,Yes
2,1.5,no
3,2.5, yES
4,3.5,No
5,4.5,TRUE
6,5.5,0
7,6.5,n/a
"""


def mixed(folder: Path) -> tuple[Model, Any]:
    """A model of a column of yes and no, trained on the two in one case, and a table that has them in others."""
    (folder / "plain.csv").write_text("x,g,t\n0,no,1\n1,yes,3\n5,Yes,12\n")
    (folder / "mixed.csv").write_text(MIXED)
    plain = read_table(folder / "plain.csv")
    inputs, targets = InputEncoding.fit(plain, ["x", "g"]), TargetEncoding.fit(plain, "t")
    return Model(inputs, targets, Network([2, 3, 1], seed=1), LOSSES["mse"]), read_table(folder / "mixed.csv")


GAPS = """x,g,c,when,y
1.5,yes,red,2024-05-01,3
n/k,no,blue,2024-06-02,4
-999,n/k,Unknown,9999-12-31,5
-999.0,-999.0,-999.0,-999,6
-9.99e2,no,red,-999.0,7
3.5,-999, N/K ,2024-07-03,9
2.5,no,ÜBRIG,n/k,1
"""
GAPS_GERMAN = (
    GAPS.replace(",", ";").replace(".", ",").replace("-999;n/k", "-999,00;n/k").replace("-999,0;", "-999;")
)
GAPS_GERMAN = GAPS_GERMAN.replace("2,5;", "-1.000;").replace("-9,99e2", "-999,000")


def gaps(folder: Path, text: str) -> tuple[Model, Any]:
    """A model of a table in which further words, a number among them, mean missing cells of every kind."""
    (folder / "gaps.csv").write_text(text, encoding="utf-8")
    rows = read_table(folder / "gaps.csv", missing=["n/k", "-999", "unknown", "9999-12-31", "übrig"])
    assert [rows[name].kind for name in rows.names[:4]] == ["number", "boolean", "category", "date"]
    assert rows["x"].missing.sum() == 4 and rows["c"].missing.sum() == 4 and rows["when"].missing.sum() == 4
    assert rows["g"].missing.sum() == 3
    inputs = InputEncoding.fit(rows, ["x", "g", "c", "when"])
    network = Network([len(inputs.names), 3, 1], seed=1)
    return Model(inputs, TargetEncoding.fit(rows, "y"), network, LOSSES["mse"]), rows


LANGUAGES = ["python", pytest.param("c", marks=pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc"))]


@pytest.mark.parametrize("to", LANGUAGES)
def test_a_table_of_more_columns_in_another_order_is_read_as_the_model_reads_it(to: str, tmp_path: Path):
    (tmp_path / "rows.csv").write_text(ODD, encoding="utf-8")
    expected = answers(CASES["hidden tanh"], read_table(tmp_path / "rows.csv"))
    done = piped(to, tmp_path, ODD)
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose([float(line) for line in done.stdout.split()], expected[:, 0], rtol=1e-12)


@pytest.mark.parametrize("to", LANGUAGES)
def test_what_is_no_number_or_no_column_is_refused(to: str, tmp_path: Path):
    for rows in (ODD.replace("51.5", '"5,150"'), ODD.replace("colour", "color")):
        done = piped(to, tmp_path, rows)
        assert done.returncode != 0 and done.stderr


def test_a_frame_s_nan_is_a_missing_cell_in_every_kind_of_column():
    space: dict[str, Any] = {}
    shown = model("y", features=[*FEATURES, "when"])
    exec(equation(shown, "python").text, space)  # our own text
    nan = float("nan")
    empty = space["outputs"](dict.fromkeys([*FEATURES, "when"], ""))
    assert space["outputs"](dict.fromkeys([*FEATURES, "when"], nan)) == empty


def test_a_class_with_line_ends_tabs_and_quotes_stays_in_its_cell():
    rows = np.random.default_rng(0).normal(size=(40, 2))
    labels = np.array(['say "a"\nb', "c\td"])[(rows[:, 0] > 0).astype(int)]
    model = MLPClassifier((2,), solver="lbfgs", random_state=0).fit(rows, labels)
    names, formulas = model.formula("excel").removesuffix("\n").split("\n")
    assert len(names.split("\t")) == len(formulas.split("\t"))
    assert formulas.endswith(',"c"&CHAR(9)&"d","say ""a"""&CHAR(10)&"b")'), formulas[-80:]


@pytest.mark.parametrize("to", LANGUAGES)
def test_yes_and_no_are_read_in_every_case_and_as_one_and_zero(to: str, tmp_path: Path):
    shown, rows = mixed(tmp_path)
    done = piped(to, tmp_path, MIXED, equation(shown, to).text)
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(
        [float(line) for line in done.stdout.split()], answers(shown, rows)[:, 0], rtol=1e-12
    )


@pytest.mark.parametrize("to", LANGUAGES)
def test_another_word_than_yes_or_no_is_refused_with_the_two_named(to: str, tmp_path: Path):
    shown, _ = mixed(tmp_path)
    done = piped(to, tmp_path, MIXED.replace("TRUE", "maybe"), equation(shown, to).text)
    assert done.returncode != 0
    assert all(word in done.stderr for word in ("maybe", "no", "yes"))


@pytest.mark.parametrize("to", LANGUAGES)
@pytest.mark.parametrize("text", [GAPS, GAPS_GERMAN], ids=["comma", "decimal comma"])
def test_further_words_and_numbers_for_missing_cells_are_missing_to_a_program(
    to: str, text: str, tmp_path: Path
):
    shown, rows = gaps(tmp_path, text)
    found: Any = equation(shown, to, rows)
    assert found.difference < 1e-12
    done = piped(to, tmp_path, text, found.text)
    assert done.returncode == 0, done.stderr
    expected = answers(shown, rows)[:, 0]
    np.testing.assert_allclose([float(line) for line in done.stdout.split()], expected, rtol=1e-12)


def test_a_function_takes_a_number_that_means_a_missing_cell_as_none(tmp_path: Path):
    shown, rows = gaps(tmp_path, GAPS)
    space: dict[str, Any] = {}
    exec(equation(shown, "python", rows).text, space)
    row = {"g": "no", "c": "red", "when": "2024-06-02"}
    assert space["predict"]({**row, "x": -999}) == space["predict"]({**row, "x": None})
    assert space["predict"]({**row, "x": -999}) != space["predict"]({**row, "x": -998})


def test_a_spreadsheet_takes_further_words_and_numbers_as_missing(tmp_path: Path):
    with warnings.catch_warnings():  # the engine's own imports are old-fashioned
        warnings.simplefilter("ignore")
        formulas = pytest.importorskip("formulas")
        shown, rows = gaps(tmp_path, GAPS)
        texts = equation(shown, "excel").text.splitlines()[1].split("\t")
        encoded = shown.inputs.transform(rows)
        x, gone = (
            next(text for text in texts if "A2" in text and starts in text) for starts in ("/", "1,0)")
        )
        for row, cell in enumerate([1.5, "n/k", -999.0, -999.0]):
            assert run(formulas, x, {"A2": cell}) == pytest.approx(encoded[row, 0], rel=1e-12)
            assert run(formulas, gone, {"A2": cell}) == encoded[row, 1]
        half = replace(shown, inputs=replace(shown.inputs, missing=("-99.50",)))  # as no cell shows it
        texts = equation(half, "excel").text.splitlines()[1].split("\t")
        gone = next(text for text in texts if "A2" in text and "1,0)" in text)
        assert [run(formulas, gone, {"A2": cell}) for cell in (-99.5, -999.0, "n/k")] == [1, 0, 0]


def test_a_spreadsheet_reads_yes_and_no_in_every_case_and_other_words_as_not_available(tmp_path: Path):
    with warnings.catch_warnings():  # the engine's own imports are old-fashioned
        warnings.simplefilter("ignore")
        formulas = pytest.importorskip("formulas")
        shown, rows = mixed(tmp_path)
        texts = equation(shown, "excel").text.splitlines()[1].split("\t")
        encoded = shown.inputs.transform(rows)[:, 1]
        for word, expected in zip(rows["g"].cells.to_pylist(), encoded, strict=True):
            assert run(formulas, texts[3], {"B2": word}) == pytest.approx(expected, rel=1e-12)
        assert str(run(formulas, texts[3], {"B2": "maybe"})) == "#N/A"


@pytest.mark.parametrize("to", LANGUAGES)
def test_an_equation_is_re_evaluated_on_the_cells_of_the_file_itself(to: str, tmp_path: Path):
    shown, rows = mixed(tmp_path)
    found: Any = equation(shown, to, rows)
    assert found.difference < 1e-12
    given = rows_as_csv(shown, rows)
    assert all(f'"{word}"' in given for word in ("Yes", " yES", "TRUE", "0", "n/a"))


GERMAN = """Ort;größe;gebaut;preis
Wien;1.234,5;26.10.1967;3
"Bad; Ems";-0,25;1.2.2020;5
Wien;12;29.02.2024;8
Graz;n/a;;2
Graz;"7.777.777,125";31.12.1899;9
"""


def german(folder: Path) -> tuple[Model, Any]:
    """A model trained on a table of semicolons, decimal commas, points between thousands, and German dates."""
    (folder / "german.csv").write_text(GERMAN, encoding="utf-8-sig")
    rows = read_table(folder / "german.csv")
    inputs = InputEncoding.fit(rows, ["Ort", "größe", "gebaut"])
    network = Network([len(inputs.names), 3, 1], seed=1)
    return Model(inputs, TargetEncoding.fit(rows, "preis"), network, LOSSES["mse"]), rows


@pytest.mark.parametrize("to", LANGUAGES)
def test_a_program_reads_the_table_it_was_trained_on_whatever_its_dialect(to: str, tmp_path: Path):
    shown, rows = german(tmp_path)
    found: Any = equation(shown, to, rows)
    assert found.difference < 1e-12
    done = piped(to, tmp_path, "\ufeff" + GERMAN, found.text)
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(
        [float(line) for line in done.stdout.split()], answers(shown, rows)[:, 0], rtol=1e-12
    )


@pytest.mark.parametrize("to", LANGUAGES)
@pytest.mark.parametrize(
    ("here", "there", "told"),
    [
        (";", ",", "';'"),
        ("größe", "groesse", "größe"),
        ("26.10.1967", "1967-10-26", "1967-10-26"),
        ("26.10.1967", "31.04.1967", "31.04.1967"),
        ("1.234,5", "12345.678", "12345.678"),
        ("1.234,5", "0x10", "0x10"),
        ("1967;3", "1967", ""),
    ],
)
def test_a_table_in_another_dialect_ends_in_a_sentence(to, here, there, told, tmp_path: Path):
    shown, rows = german(tmp_path)
    done = piped(to, tmp_path, GERMAN.replace(here, there), equation(shown, to, rows).text)
    assert done.returncode != 0
    assert told in done.stderr and done.stderr.count("\n") == 1


def test_a_table_in_another_encoding_ends_in_a_sentence(tmp_path: Path):
    shown, rows = german(tmp_path)
    (tmp_path / "model.py").write_text(equation(shown, "python", rows).text, encoding="utf-8")
    (tmp_path / "rows.csv").write_bytes(GERMAN.encode("cp1252"))
    done = subprocess.run(
        [sys.executable, "model.py", "rows.csv"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "not in UTF-8" in done.stderr and done.stderr.count("\n") == 1


def line_of(rows: Any) -> Model:
    """A line from the columns before the last to the last."""
    *names, y = rows.names
    inputs = InputEncoding.fit(rows, names)
    return Model(inputs, TargetEncoding.fit(rows, y), Network([len(names), 1], seed=1), LOSSES["mse"])


@pytest.mark.parametrize("to", LANGUAGES)
def test_columns_named_as_places_of_the_program_stay_as_they_are(to: str, tmp_path: Path):
    (tmp_path / "rows.csv").write_text(
        "{told},{cut},{date},y\n1,2%,4,1\n2,3%,1,4\n5,1%,2,2\n", encoding="utf-8"
    )
    rows = read_table(tmp_path / "rows.csv")
    found: Any = equation(line_of(rows), to, rows)
    assert found.difference < 1e-12 and found.rows == 3


@pytest.mark.parametrize("to", LANGUAGES)
def test_signs_beside_numbers_are_read_as_trained_and_may_be_left_out(to: str, tmp_path: Path):
    text = "rate;paid;y\n4,6%;€ 3,50;1\n-12\u00a0%;-€1.234;4\n?;7,5\u202f€;2\n"
    (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
    rows = read_table(tmp_path / "rows.csv")
    assert [rows[name].form.sign for name in rows.names] == ["%", "€", ""]
    found: Any = equation(line_of(rows), to, rows)
    assert found.difference < 1e-12 and found.rows == 3
    plain = piped(to, tmp_path, re.sub(r"\s?[%€]", "", text), found.text)
    assert plain.returncode == 0 and plain.stdout == piped(to, tmp_path, text, found.text).stdout
    assert piped(to, tmp_path, text.replace("€", "$"), found.text).stderr.count("\n") == 1
    assert "rate in %, 5 for 5%" in equation(line_of(rows), "excel", rows).text


@pytest.mark.parametrize("to", LANGUAGES)
def test_commas_between_thousands_and_american_dates_are_read_as_trained(to: str, tmp_path: Path):
    text = 'paid,on,y\n"6,095.7",10/26/1967 08:30,1\n12,01/02/2020 00:00,4\n,12/31/1999 23:59,2\n'
    (tmp_path / "rows.csv").write_text(text)
    rows = read_table(tmp_path / "rows.csv")
    found: Any = equation(line_of(rows), to, rows)
    assert found.difference < 1e-12 and found.rows == 3


@pytest.mark.parametrize("to", LANGUAGES)
@pytest.mark.parametrize("mark", ["'", "’", " ", "\u00a0", "\u202f"])
def test_marks_between_thousands_are_read_as_trained(to: str, mark: str, tmp_path: Path):
    text = f"paid;y\n1{mark}234{mark}567,25;1\n-12{mark}000;3\n12;2\n"
    (tmp_path / "rows.csv").write_text(text)
    rows = read_table(tmp_path / "rows.csv")
    assert rows["paid"].values.tolist() == [1234567.25, -12000.0, 12.0]
    found: Any = equation(line_of(rows), to, rows)
    assert found.difference < 1e-9 and found.rows == 3


MOMENTS = {
    "with offsets": "2024-05-01T12:00:00+02:00 2024-05-01T12:00Z 2024-02-29T23:59:59.999-0530 1969-12-31T18:30+14",
    "without": "2024-05-01 2024-05-01T12 2024-02-29T23:59 1969-12-31T23:59:58.5",
}


@pytest.mark.parametrize("to", LANGUAGES)
@pytest.mark.parametrize("written", ["with offsets", "without"])
def test_iso_dates_are_read_as_the_model_reads_them(to: str, written: str, tmp_path: Path):
    cells = MOMENTS[written].split()
    (tmp_path / "rows.csv").write_text(
        "\n".join(["on,y", *(f"{cell},{y}" for y, cell in enumerate(cells)), ""])
    )
    rows = read_table(tmp_path / "rows.csv")
    assert rows["on"].kind == "date"
    found: Any = equation(line_of(rows), to, rows)
    assert found.difference < 1e-12 and found.rows == len(cells)


NO_TIMES = [
    "Z",
    "+02:00",
    "T",
    "T12:",
    "T24:00",
    "T12:60",
    "T12:00:60",
    "T12:00z",
    "T12:00ZZ",
    "T12:00.5",
    "T12:00:00.",
    "T12:00:00.1234567",
    "T12:00+2x",
    "T12:00+24:00",
    "T12:00+02:60",
    "T12:00+02:",
    "T+5:00",
]


@pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc")
def test_what_is_no_time_to_the_model_is_none_to_the_c_program(tmp_path: Path):
    rows = read_table({"on": np.array(["2024-05-01", "2024-05-02"], "M8[s]"), "y": [1.0, 2.0]})
    assert piped("c", tmp_path, "on\n2024-05-01\n", equation(line_of(rows), "c").text).returncode == 0
    for time in NO_TIMES:
        cell = f"2024-05-01{time}"
        assert dates(text_array([cell])) is None, cell
        done = subprocess.run(
            [tmp_path / "model"], input=f"on\n{cell}\n", capture_output=True, text=True, check=False
        )
        assert done.returncode == 2 and f"got '{cell}'" in done.stderr, cell


@pytest.mark.skipif(os.name != "posix", reason="a POSIX shell")
@pytest.mark.parametrize("to", LANGUAGES)
def test_a_reader_that_goes_ends_a_program_without_a_word(to: str, tmp_path: Path):
    piped(to, tmp_path, ODD)  # writes the program, and compiles it
    (tmp_path / "rows.csv").write_text("open,colour,small & large_%,x\n" + "yes,red,1,2\n" * 50000)
    program = "./model" if to == "c" else f"{shlex.quote(sys.executable)} model.py"
    line = f"{program} < rows.csv | head -1"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert len(done.stdout.splitlines()) == 1 and done.stderr == ""


@pytest.mark.parametrize("to", LANGUAGES)
def test_a_program_reads_the_file_that_is_named(to: str, tmp_path: Path):
    rows = "open,colour,small & large_%,x\nyes,red,1,2\nno,red,3,4\n"
    expected = piped(to, tmp_path, rows).stdout
    (tmp_path / "rows.csv").write_text(rows)
    program = ["./model"] if to == "c" else [sys.executable, "model.py"]

    def named(file: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*program, file],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    assert named("rows.csv").stdout == expected and len(expected.splitlines()) == 2
    missing = named("none.csv")
    assert missing.returncode and missing.stdout == "" and "none.csv" in missing.stderr


HOSTILE = [
    'y"""; {deed}; """',
    "y'''; {deed}; '''",
    '"; {deed} #',
    '"""\n{deed}\n"""',
    "y\r{deed}",
    "z\u2028{deed}",
    "*/ int evil = system(0); /*",
    "// */ \\",
    "??/\n*??/ ??' \\",
    "cost_$ (US_$)",
    "\\end{align*}\\input{/etc/passwd}% & # ~ ^",
    "{{}} {0} {told} %s %n",
    "=1+1",
    "@SUM(1)",
    "tab\there",
]


def hostile(folder: Path, targets: str) -> tuple[Model, Any]:
    """A model whose every name, category and class tries to be more than a text; and its table."""
    deed = f"__import__('pathlib').Path({str(folder / 'PWNED')!r}).touch()"
    names = [name.replace("{deed}", deed) for name in HOSTILE]
    random = np.random.default_rng(0)
    words = np.array([*names, None], dtype=object)
    columns: dict[str, Any] = {f"{name} in": random.normal(size=4 * len(names)) for name in names}
    columns |= {f"{name} word": words[random.integers(0, len(words), 4 * len(names))] for name in names[:3]}
    answered = {f"{name} out": random.normal(size=4 * len(names)) for name in names}
    if targets == "classes":
        answered = {names[0]: words[np.arange(4 * len(names)) % len(names)]}
    rows = read_table({**columns, **answered})
    inputs, encoded = InputEncoding.fit(rows, list(columns)), TargetEncoding.fit(rows, list(answered))
    network = Network([len(inputs.names), len(encoded.names)], output=encoded.output, seed=1)
    return Model(inputs, encoded, network, find_loss(None, encoded.output)), rows


@pytest.mark.parametrize("targets", ["numbers", "classes"])
@pytest.mark.parametrize("to", LANGUAGES)
def test_names_and_words_are_never_run_by_a_program_that_holds_them(to: str, targets: str, tmp_path: Path):
    shown, rows = hostile(tmp_path, targets)
    found: Any = equation(shown, to, rows)
    assert found.difference < 1e-12 and found.rows == rows.rows
    done = piped(to, tmp_path, rows_as_csv(shown, rows), found.text)
    assert done.returncode == 0 and not done.stderr
    assert not (tmp_path / "PWNED").exists()


@pytest.mark.parametrize("targets", ["numbers", "classes"])
def test_names_and_words_stay_in_their_places_in_latex_and_in_a_sheet(targets: str, tmp_path: Path):
    shown, _ = hostile(tmp_path, targets)
    names, formulas = equation(shown, "excel").text.removesuffix("\n").split("\n")
    assert len(names.split("\t")) == len(formulas.split("\t"))
    assert not any(name.lstrip().startswith(("=", "+", "-", "@", '"')) for name in names.split("\t"))
    assert "'=1+1 in" in names.split("\t")
    note, begin, *lines, end = equation(shown, "latex").text.removesuffix("\n").splitlines()
    assert note.startswith("% ") and (begin, end) == ("\\begin{align*}", "\\end{align*}")
    bare = re.sub(r"\\[#$%&_{}]", "", "".join(lines))
    assert not set("#$%~") & set(bare) and bare.count("{") == bare.count("}")
    assert not re.search(r"\\input|\\end{align", bare)


@pytest.mark.parametrize("to", LANGUAGES)
@pytest.mark.parametrize("sign", ["{", "%", "*", "\\"])
def test_a_sign_that_parts_cells_is_told_as_it_is(to: str, sign: str, tmp_path: Path):
    text = f"sep={sign}\na,y\n1,1\n2,3\n5,4\n".replace(",", sign)
    (tmp_path / "rows.csv").write_text(text)
    rows = read_table(tmp_path / "rows.csv")
    found: Any = equation(line_of(rows), to, rows)
    assert found.difference < 1e-12
    assert f"cells are parted by '{sign}'" in piped(to, tmp_path, "b\n1\n", found.text).stderr
