"""Who is let in: Host, Origin and token, on requests and sockets; and what a browser is told to hold pages to."""

from __future__ import annotations

import pytest
from starlette.websockets import WebSocketDisconnect
from tests.studio.desk import HOME, HOST, TOKEN, Desk

FOREIGN_HOSTS = [
    "evil.example",
    "evil.example:4711",
    "127.0.0.1",
    "127.0.0.1:4712",
    "127.0.0.1:4711.evil.example",
]
FOREIGN_ORIGINS = [
    "http://evil.example",
    "null",
    "https://127.0.0.1:4711",
    "http://127.0.0.1:4712",
    f"{HOME}.evil",
]


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
@pytest.mark.parametrize("path", ["/", "/static/main.js", "/api/folder"])
def test_a_foreign_host_is_refused_everywhere(desk: Desk, host: str, path: str) -> None:
    answer = desk.client(host=host).get(path)
    assert answer.status_code == 403
    assert "own address" in answer.json()["error"]


def test_localhost_is_this_machine_too(desk: Desk) -> None:
    localhost = HOST.replace("127.0.0.1", "localhost")
    assert desk.client(host=localhost, origin=f"http://{localhost}").get("/api/folder").status_code == 200


def test_a_page_of_the_other_name_is_foreign(desk: Desk) -> None:
    assert desk.client(origin=HOME.replace("127.0.0.1", "localhost")).post("/api/stop").status_code == 403


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_a_foreign_origin_is_refused_reading_and_writing(desk: Desk, origin: str) -> None:
    page = desk.client(origin=origin)
    assert page.get("/api/folder").status_code == 403
    assert page.post("/api/stop").status_code == 403


def test_writing_without_an_origin_is_refused_and_reading_is_not(desk: Desk) -> None:
    page = desk.client(origin="")
    assert page.post("/api/stop").status_code == 403
    assert page.get("/api/folder").status_code == 200


@pytest.mark.parametrize(
    "given", ["", "Bearer ", "Bearer wrong", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer ü"]
)
@pytest.mark.parametrize("path", ["/api/folder", "/api/nothing"])
def test_without_the_token_nothing_is_told(desk: Desk, given: str, path: str) -> None:
    page = desk.client(authorization="")
    headers = {"authorization": given.encode()} if given else {}
    answer = page.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "this page has no valid token: open the address that the terminal printed"
    }


def test_a_token_in_the_address_opens_nothing(desk: Desk) -> None:
    assert desk.client(authorization="").get("/api/folder", params={"token": TOKEN}).status_code == 401


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("wrong", {}),
        (TOKEN, {"origin": "http://evil.example"}),
        (TOKEN, {"origin": "null"}),
        (TOKEN, {"host": "evil.example"}),
    ],
)
def test_a_socket_needs_token_origin_and_host(desk: Desk, token: str, headers: dict[str, str]) -> None:
    with pytest.raises(WebSocketDisconnect) as refusal, desk.socket(token, **headers):
        pass
    assert refusal.value.code == 1008


def test_a_socket_without_an_origin_is_refused(desk: Desk) -> None:
    page, names = desk.client(origin=""), ["deltarule", f"token.{TOKEN}"]
    with pytest.raises(WebSocketDisconnect), page.websocket_connect(f"ws://{HOST}/api/course", names):
        pass


def test_an_open_socket_says_what_is_spoken_and_not_the_token(desk: Desk) -> None:
    with desk.socket() as socket:
        assert socket.accepted_subprotocol == "deltarule"
        assert socket.receive_json() == {"what": "nothing"}


@pytest.mark.parametrize("path", ["/", "/static/studio.css", "/api/folder", "/api/nothing"])
def test_every_answer_holds_the_browser_to_our_own_files(desk: Desk, path: str) -> None:
    headers = desk.page.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert f"ws://{HOST}" in policy
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    assert headers["cache-control"] == "no-store"
    assert "set-cookie" not in headers


def test_the_page_itself_needs_no_token_and_tells_nothing(desk: Desk) -> None:
    page = desk.client(authorization="").get("/")
    assert page.status_code == 200
    assert "bowl" not in page.text


@pytest.mark.parametrize(
    "path", ["/static/../guard.py", "/static/%2e%2e/guard.py", "/static/guard.py", "/static/"]
)
def test_only_our_own_static_files_are_served(desk: Desk, path: str) -> None:
    assert desk.page.get(path).status_code in (403, 404)
