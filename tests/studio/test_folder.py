"""What lies below the opened folder, and that nothing else is read or written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.runs.tables_made import bowl
from tests.studio.desk import QUICK, Desk

from deltarule.errors import InputError
from deltarule.runs import train_table
from deltarule.studio.folder import Folder

OUTSIDE = [
    "../secret.csv",
    "a/../../secret.csv",
    "/etc/passwd",
    ".",
    "",
    "..",
    ".hidden/x.csv",
    "a\\..\\x",
    "x\0.csv",
]
links = pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_name_that_leads_out_is_refused(desk: Desk, name: str) -> None:
    (desk.folder.parent / "secret.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="does not lie below the opened folder"):
        desk.studio.folder.below(name)
    assert desk.page.get("/api/table", params={"table": name}).status_code == 400
    assert "does not lie below" in desk.refused("plan", table=name, settings=QUICK)
    assert "does not lie below" in desk.refused("train", table=name, settings=QUICK)


@links
def test_a_link_that_leads_out_is_neither_listed_nor_read(desk: Desk) -> None:
    secret = desk.folder.parent / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    (desk.folder / "link.csv").symlink_to(secret)
    (desk.folder / "away").symlink_to(desk.folder.parent)
    assert [name for name, _ in desk.studio.folder.tables()] == ["bowl.csv"]
    for name in ("link.csv", "away/secret.csv"):
        answer = desk.page.get("/api/table", params={"table": name})
        assert answer.status_code == 400
        assert "does not lie below" in answer.json()["error"]


@links
def test_a_link_within_the_folder_is_a_table(desk: Desk) -> None:
    (desk.folder / "same.csv").symlink_to(desk.folder / "bowl.csv")
    assert desk.read("table", table="same.csv")["rows"] == 80


@links
def test_a_run_one_of_whose_files_lies_elsewhere_is_not_opened(desk: Desk) -> None:
    run = train_table(desk.folder / "bowl.csv", "y", hidden=(2,), rule="adam", epochs=2)
    run.save(desk.folder / "run")
    secret = desk.folder.parent / "secret"
    secret.write_text("secret")
    (desk.folder / "run" / "model-0.safetensors").symlink_to(secret)
    answer = desk.page.get("/api/run", params={"run": "run"})
    assert answer.status_code == 400
    assert "does not lie below" in answer.json()["error"]


def test_a_table_that_a_run_names_elsewhere_is_not_read(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = bowl(tmp_path_factory.mktemp("elsewhere") / "other.csv", seed=3)
    train_table(elsewhere, "y", hidden=(2,), rule="adam", epochs=2).save(desk.folder / "run")
    assert desk.read("run", run="run")["headline"].endswith("other.csv")
    answer = desk.page.get("/api/row", params={"run": "run", "row": 1})
    assert answer.status_code == 400
    assert "does not lie below the opened folder" in answer.json()["error"]
    assert desk.read("form", run="run")["fields"][0]["name"] == "x1"


def test_a_table_that_has_changed_since_is_said_to_have(desk: Desk) -> None:
    train_table(desk.folder / "bowl.csv", "y", hidden=(2,), rule="adam", epochs=2).save(desk.folder / "run")
    bowl(desk.folder / "bowl.csv", seed=9)
    answer = desk.page.get("/api/diagnosis", params={"run": "run"})
    assert answer.status_code == 400
    assert "as it was" in answer.json()["error"]


def test_tables_and_runs_in_folders_below_are_found(desk: Desk) -> None:
    (desk.folder / "deep" / "er").mkdir(parents=True)
    (desk.folder / ".git").mkdir()
    bowl(desk.folder / "deep" / "er" / "more.tsv")
    bowl(desk.folder / ".git" / "hidden.csv")
    assert [name for name, _ in desk.studio.folder.tables()] == ["bowl.csv", "deep/er/more.tsv"]
    assert Folder.of(desk.folder).runs() == []


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        Folder.of(tmp_path / "nowhere")
