"""One studio for the tests that train: its process is started once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.runs.tables_made import bowl, rings
from tests.studio.desk import Desk

from deltarule.studio.serving import Serving, prepare


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bowl(tmp_path / "bowl.csv")
    return tmp_path


@pytest.fixture
def desk(folder: Path) -> Iterator[Desk]:
    """A studio in which nothing is trained."""
    made = Desk(folder)
    yield made
    made.studio.trainer.close()


@pytest.fixture
def serving(folder: Path) -> Iterator[Serving]:
    """A studio that is served, on a thread."""
    found = prepare(str(folder))
    server = found.server()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [found.listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield found
    server.should_exit = True
    thread.join(10)
    found.listener.close()
    found.studio.trainer.close()


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A studio with a run of numbers, `bowl-run`, and a run of classes, `rings-run`."""
    place = tmp_path_factory.mktemp("workshop")
    bowl(place / "bowl.csv")
    rings(place / "rings.csv")
    made = Desk(place)
    assert made.trained("bowl.csv")["state"] == "done"
    assert made.trained("rings.csv", target=["ring"])["state"] == "done"
    yield made
    made.studio.trainer.close()
