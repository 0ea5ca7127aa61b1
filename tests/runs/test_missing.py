"""Further words for a missing cell: said once at the training, and kept by whatever reads a table for its run."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from deltarule.errors import InputError
from deltarule.health.diagnosis import diagnose
from deltarule.runs import load, train_table
from deltarule.runs.command import command
from deltarule.runs.explanation import explain
from deltarule.runs.resuming import go_on
from deltarule.runs.run import Run, table_of
from deltarule.runs.settings import settings
from deltarule.tables import read_table

WORDS = "n/k,-999,unknown,never said"
QUICK: dict[str, Any] = {"hidden": (2,), "rule": "lbfgs", "epochs": 20}


def surveyed(path: Path, seed: int = 0, mark: bool = True) -> Path:
    """70 rows in which n/k, unknown and −999 (also of the target) mean nothing; or, without marks, with empty cells."""
    random = np.random.default_rng(seed)
    x, z = random.normal(size=(2, 70))
    y = x + 2 * z
    lines = ["x,z,c,y"]
    for n in range(70):
        cells = [f"{x[n]:.4f}", f"{z[n]:.4f}", ("red", "blue", "green")[n % 3], f"{y[n]:.4f}"]
        for at, every, word in ((0, 9, "n/k"), (1, 8, "-999.0"), (2, 7, "Unknown"), (3, 12, "-999")):
            if n % every == 4:
                cells[at] = word if mark else ""
        lines.append(",".join(cells))
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("survey")
    for seed, name in enumerate(("survey", "other")):
        surveyed(place / f"{name}.csv", seed)
        surveyed(place / f"{name}-empty.csv", seed, mark=False)
    return place


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    trained = train_table(folder / "survey.csv", "y", missing=WORDS, **QUICK)
    return load(trained.save(folder / "run"))


def alike(run: Run, other: Run) -> None:
    assert run.network.theta.tobytes() == other.network.theta.tobytes()
    assert run.metrics == other.metrics and run.source.left_out == other.source.left_out


def test_a_run_is_that_of_the_same_table_with_empty_cells(run: Run, folder: Path) -> None:
    empty = train_table(folder / "survey-empty.csv", "y", **QUICK)
    alike(run, empty)
    assert len(run.source.left_out) == 6
    assert run.model.inputs.missing == ("n/k", "-999", "unknown", "never said")
    assert "--missing never said: no cell holds it." in run.notes
    assert sum("no cell holds it" in note for note in run.notes) == 1


@pytest.mark.parametrize("beside", [True, False], ids=["files", "folds"])
def test_files_beside_it_and_folds_are_read_alike(beside: bool, folder: Path) -> None:
    runs: list[Run] = []
    for kind, missing in (("", ["n/k", -999, "unknown"]), ("-empty", [])):
        file = str(folder / f"other{kind}.csv")
        more: dict[str, Any] = {"test": file, "validation": file} if beside else {"folds": 3}
        runs.append(train_table(folder / f"survey{kind}.csv", "y", missing=missing, **more, **QUICK))
    marked, empty = runs
    alike(marked, empty)
    assert marked.metrics["test"]["rows"] == 64 if beside else len(marked.metrics["folds"]) == 3
    (seen, *_), (same, *_) = (diagnose(run).case.settings["validation"] or ((),) for run in runs)
    np.testing.assert_array_equal(seen, same)


def test_it_predicts_from_a_path_a_frame_a_dictionary_and_a_table(run: Run, folder: Path) -> None:
    expected = run.predict(folder / "other-empty.csv")
    file = folder / "other.csv"
    frame = pd.read_csv(file)
    columns: dict[str, Any] = {name: frame[name].tolist() for name in frame}
    columns["x"] = [cell if cell == "n/k" else float(cell) for cell in columns["x"]]
    for given in (file, str(file), frame, columns, read_table(file), read_table(file, missing=["n/k"])):
        np.testing.assert_array_equal(run.predict(given), expected)
        np.testing.assert_array_equal(run.model.predict(given), expected)


def test_what_looks_at_a_run_sees_its_table_as_it_did(run: Run) -> None:
    table = table_of(run)
    assert table.rows == 64 and table["x"].missing.sum() == table["z"].missing.sum() == 6
    gone = int(np.flatnonzero(table["z"].missing)[0])
    told = explain(run, table, int(run.source.numbers[gone]))
    assert told.x[run.model.inputs.names.index("z is missing")] == 1.0
    assert len(diagnose(run).case.X) == len(run.split.train)


def test_an_unfinished_run_goes_on_with_its_words(folder: Path) -> None:
    more: dict[str, Any] = {"hidden": (2,), "rule": "adam", "missing": WORDS}
    half = train_table(folder / "survey.csv", "y", epochs=5, **more)
    whole = train_table(folder / "survey.csv", "y", epochs=10, **more)
    on = go_on(half, {"epochs": 10})
    alike(on, whole)
    assert on.notes == whole.notes


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("n/k, -999", ("n/k", "-999")),
        (["n/k", -999, 1.5], ("n/k", "-999", "1.5")),
        (-999, ("-999",)),
        (-99.5, ("-99.5",)),
        ((), ()),
    ],
)
def test_words_come_as_a_text_a_list_or_a_number(given: Any, words: tuple[str, ...]) -> None:
    assert settings({"table": "t.csv", "target": "y", "missing": given}).missing == words


def test_they_are_keys_of_a_toml_file(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text('table = "t.csv"\ntarget = "y"\nmissing = ["n/k", -999, -9.5]\n')
    assert settings({}, tmp_path / "t.toml").missing == ("n/k", "-999", "-9.5")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("", "--missing: a word for missing cells is empty"),
        ("  ", "--missing: a word for missing cells is empty"),
        (["n/k", " "], "--missing: a word for missing cells is empty"),
        ("n/k,,x", "--missing: nothing stands before or after a comma in 'n/k,,x'"),
        (True, "--missing: expected words or numbers, got True"),
        ([["n/k"]], "--missing: expected words or numbers"),
    ],
)
def test_what_is_no_word_is_refused_in_a_sentence(given: Any, told: str) -> None:
    with pytest.raises(InputError) as fault:
        settings({"table": "t.csv", "target": "y", "missing": given})
    assert told in str(fault.value) and "\n" not in str(fault.value)


def test_the_command_says_them_as_a_shell_reads_them() -> None:
    asked = settings({"table": "t.csv", "target": "y", "missing": ["not known", "<5", "-999", "don't say"]})
    told = command(asked.model_dump(mode="json", exclude_unset=True))
    words = shlex.split(told)
    assert words[words.index("--missing") + 1] == "not known,<5,-999,don't say"
    assert command({"table": "t.csv", "target": ["y"], "missing": []}) == "deltarule train t.csv --target y"


def test_a_target_with_a_stray_word_is_refused_with_the_cure(folder: Path) -> None:
    text = (folder / "survey.csv").read_text().replace(",-999\n", ",not asked\n")
    (folder / "stray.csv").write_text(text)
    with pytest.raises(InputError, match="correct it or delete the row, or say --missing 'n/k,not asked'"):
        train_table(folder / "stray.csv", "y", missing="n/k", kind="numbers", **QUICK)
