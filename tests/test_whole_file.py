"""A file is written whole or not at all, and never over another one unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from deltarule.errors import RunError, TableError
from deltarule.whole_file import made_folder, whole_file, write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_written_is_there_and_nothing_else(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.txt", "größer\n")
    assert (tmp_path / "a.txt").read_bytes() == "größer\n".encode()
    assert names(tmp_path) == ["a.txt"]


def test_a_file_is_replaced_only_when_forced(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("old")
    with pytest.raises(RunError, match="exists and is left as it is: choose another name, or .* --force"):
        write_whole(file, "new")
    assert file.read_text() == "old"
    write_whole(file, "new", force=True)
    assert file.read_text() == "new"


def test_a_link_that_leads_nowhere_is_a_file_too(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "gone")
    with pytest.raises(RunError, match="exists"):
        write_whole(tmp_path / "a.txt", "new")


def test_a_failure_in_the_middle_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("old")

    def half() -> None:
        with whole_file(file, force=True) as unfinished:
            unfinished.write_text("ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert file.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("place", ["no such folder/a.txt", "file/a.txt"])
def test_a_place_where_nothing_can_be_written_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    said = r"a\.txt' cannot be written \(.*\): choose another place"
    with pytest.raises(TableError, match=said), whole_file(tmp_path / place, error=TableError):
        pass
    assert names(tmp_path) == ["file"]


def test_a_folder_is_made_or_it_is_said_why_not(tmp_path: Path) -> None:
    assert made_folder(tmp_path / "a" / "b").is_dir()
    assert made_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    for place in ("file", "file/deeper"):
        with pytest.raises(RunError, match="no folder can be made at"):
            made_folder(tmp_path / place)
