"""A studio on a folder of its own, and a page's way of asking it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from deltarule.studio.folder import Folder
from deltarule.studio.guard import Guard
from deltarule.studio.studio import Studio

HOST = "127.0.0.1:4711"
HOME = f"http://{HOST}"
TOKEN = "a-token-of-this-test"
QUICK: dict[str, Any] = {"target": ["y"], "hidden": [4], "rule": "adam", "epochs": 30}


class Desk:
    """The studio, and a client that brings what its page brings."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.studio = Studio(Folder.of(folder), **options)
        self.app = Guard(self.studio.app(), [HOST, HOST.replace("127.0.0.1", "localhost")], TOKEN)
        self.page = self.client()

    def client(self, **headers: str) -> TestClient:
        """Another page: a header of these replaces the usual one, an empty one is left out."""
        usual = {"origin": HOME, "authorization": f"Bearer {TOKEN}"} | headers
        kept = {name: value for name, value in usual.items() if value}
        return TestClient(self.app, base_url=HOME, headers=kept)

    def read(self, path: str, **values: Any) -> Any:
        """What a page reads; it must be there."""
        answer = self.page.get(f"/api/{path}", params=values)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def act(self, path: str, **values: Any) -> Any:
        """What a page does; it must succeed."""
        answer = self.page.post(f"/api/{path}", json=values)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, path: str, status: int = 400, **values: Any) -> str:
        """The sentence by which something is refused."""
        answer = self.page.post(f"/api/{path}", json=values)
        assert answer.status_code == status, answer.text
        sentence: str = answer.json()["error"]
        assert "\n" not in sentence
        return sentence

    @contextmanager
    def socket(self, token: str = TOKEN, **headers: str) -> Iterator[Any]:
        """A page that listens."""
        given = {"origin": HOME, **headers}
        names = ["deltarule", f"token.{token}"]
        with self.page.websocket_connect(f"ws://{HOST}/api/course", names, headers=given) as socket:
            yield socket

    def trained(self, table: str, **settings: Any) -> dict[str, Any]:
        """A whole training; the course at its end."""
        with self.socket() as socket:
            socket.receive_json()
            self.act("train", table=table, settings={**QUICK, **settings})
            return until_over(socket)


def until_over(socket: Any) -> dict[str, Any]:
    """What is heard at the end of a job."""
    while True:
        heard = socket.receive_json()
        if heard["what"] == "course" and heard["state"] in ("done", "failed"):
            return heard
