"""The studio on its address: this machine only, guarded there too, ended by Ctrl-C with the training kept."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.studio.desk import QUICK
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from deltarule.cli import main
from deltarule.errors import InputError
from deltarule.runs import load, train_table
from deltarule.studio import parts
from deltarule.studio.serving import Serving, prepare


def asked(serving: Serving, path: str, **headers: str) -> httpx2.Response:
    with httpx2.Client(trust_env=False) as client:
        return client.get(f"http://127.0.0.1:{serving.port}{path}", headers=headers)


def test_the_address_is_this_machines_and_its_token_is_never_sent(serving: Serving) -> None:
    assert serving.listener.getsockname()[0] == "127.0.0.1"
    page, _, fragment = serving.address.partition("#")
    assert page == f"http://127.0.0.1:{serving.port}/"
    assert fragment == f"token={serving.token}"
    assert len(serving.token) >= 32


def test_a_served_page_is_guarded(serving: Serving) -> None:
    bearer = {"Authorization": f"Bearer {serving.token}"}
    assert asked(serving, "/").status_code == 200
    assert asked(serving, "/api/folder").status_code == 401
    assert asked(serving, "/api/folder", **bearer).json()["tables"][0]["name"] == "bowl.csv"
    assert asked(serving, "/api/folder", Host="evil.example", **bearer).status_code == 403
    assert "server" not in asked(serving, "/").headers


@pytest.mark.parametrize(("origin", "token"), [("http://evil.example", None), (None, None), ("", "wrong")])
def test_a_served_socket_is_guarded(serving: Serving, origin: Any, token: str | None) -> None:
    origin = f"http://127.0.0.1:{serving.port}" if origin == "" else origin
    names: Any = ["deltarule", f"token.{token or serving.token}"]
    place = f"ws://127.0.0.1:{serving.port}/api/course"
    with (
        pytest.raises(InvalidStatus) as refusal,
        connect(place, origin=origin, subprotocols=names, proxy=None),
    ):
        pass
    assert refusal.value.response.status_code == 403


def test_a_served_socket_tells_what_goes_on(serving: Serving) -> None:
    origin: Any = f"http://127.0.0.1:{serving.port}"
    names: Any = ["deltarule", f"token.{serving.token}"]
    with connect(
        f"ws://127.0.0.1:{serving.port}/api/course", origin=origin, subprotocols=names, proxy=None
    ) as opened:
        assert opened.recv() == '{"what":"nothing"}'


def test_a_port_that_is_taken_is_a_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert main(["studio", str(folder), "--no-browser", "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert said == f"deltarule: port {port} is taken: leave out --port for a free one, or name another\n"


def test_a_place_that_is_not_there_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["studio", str(tmp_path / "nowhere")]) == 2
    assert "give a folder, a table or a run" in capsys.readouterr().err


def test_a_missing_part_is_a_sentence_that_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(parts, "PARTS", ("starlette", "not_installed_here"))
    assert main(["studio"]) == 2
    assert "not_installed_here" in (said := capsys.readouterr().err)
    assert "pip install 'deltarule[studio]'" in said


def test_a_table_or_a_run_opens_where_it_belongs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train_table(folder / "bowl.csv", "y", hidden=(2,), rule="adam", epochs=2).save(folder / "runs" / "one")
    for here, root, run in (
        (folder, folder, "runs%2Fone"),
        (folder.parent / "elsewhere", folder / "runs", "one"),
    ):
        here.mkdir(exist_ok=True)
        monkeypatch.chdir(here)
        opened = prepare(str(folder / "runs" / "one"))
        assert opened.studio.folder.root == root.resolve()
        assert opened.view == f"view=show&run={run}"
        opened.listener.close()
    table = prepare(str(folder / "bowl.csv"))
    assert table.view == "view=network&table=bowl.csv"
    table.listener.close()


def test_a_port_beyond_all_ports_is_refused() -> None:
    with pytest.raises(InputError, match="port 70000 cannot be used"):
        prepare(".", 70000)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a signal")
def test_ctrl_c_ends_the_studio_and_keeps_what_a_training_has_reached(folder: Path) -> None:
    words = [sys.executable, "-m", "deltarule", "studio", "--no-browser"]
    process = subprocess.Popen(
        words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    found = next(
        match for line in lines if (match := re.search(r"(http://127\.0\.0\.1:\d+)/#token=(\S+)", line))
    )
    address, token = found.groups()
    headers = {"Authorization": f"Bearer {token}", "Origin": address}
    settings = {**QUICK, "epochs": 2_000_000, "patience": 2_000_000}
    names: Any = ["deltarule", f"token.{token}"]
    place, origin = f"ws{address.removeprefix('http')}/api/course", Origin(address)
    with (
        httpx2.Client(trust_env=False, timeout=60, headers=headers) as page,
        connect(place, origin=origin, subprotocols=names, proxy=None) as course,
    ):
        began = page.post(f"{address}/api/train", json={"table": "bowl.csv", "settings": settings})
        assert began.json()["run"] == "bowl-run"
        while not json.loads(course.recv(timeout=60)).get("done"):  # until an epoch has ended
            pass
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert err == ""
    assert "kept in bowl-run" in out
    assert load(folder / "bowl-run").outcome.name == "interrupted"
