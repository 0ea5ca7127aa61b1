"""The example notebook runs, and shows what it says: a picture, formulas, tables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples" / "lecture.ipynb"


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of the notebook's own machinery
def test_the_notebook_runs_and_shows_pictures_formulas_and_tables(tmp_path, monkeypatch) -> None:
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    kernels = tmp_path / "kernels" / "here"
    kernels.mkdir(parents=True)
    (kernels / "kernel.json").write_text(
        f'{{"argv": ["{sys.executable}", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"], '
        '"display_name": "here", "language": "python"}'
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    notebook: Any = nbformat.read(NOTEBOOK, as_version=4)
    client.NotebookClient(notebook, timeout=300, kernel_name="here").execute(cwd=str(tmp_path))
    shown = [
        "".join(
            output.get("data", {}).get("text/html", "") or output.get("data", {}).get("image/svg+xml", "")
        )
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]
    assert sum("<svg" in html for html in shown) >= 3
    assert any("<math" in html for html in shown)
    assert sum("<table>" in html for html in shown) == 2
    assert any("S'(net) of the output layer 2 is missing" in html for html in shown)
