"""Who may ask: this machine's own pages with the token that the terminal printed, and nobody else.

every request     Host is 127.0.0.1 or localhost with our port       against names that were made to lead here
writing, sockets  Origin is that same host                           against pages of other sites
/api, sockets     the token, in a header and never in an address     against other users of this machine
every answer      a policy by which a page runs and loads our own files only
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

READING = ("GET", "HEAD")
SOCKET = "deltarule"  # the name of what is spoken over a socket; the token stands beside it as token.…
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self' ws://{host}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)


class Guard:
    """Wraps the app. hosts : what Host may be; token : what a request must bring."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], token: str) -> None:
        self.app, self.hosts, self.token = app, frozenset(hosts), token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        headers = _headers(scope)
        refusal = self._refusal(scope, headers)
        if refusal is None:
            return await self.app(scope, receive, self._sending(headers["host"], send))
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008, "reason": refusal[1]})
        await _answer(self._sending("", send), *refusal)

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        """Status and sentence, or None where nothing is to be said against it."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self.hosts:
            return 403, "the studio answers on its own address only: open the one that the terminal printed"
        writing = scope["type"] == "websocket" or scope["method"] not in READING
        if (origin is not None and origin != f"http://{host}") or (origin is None and writing):
            return 403, "the studio takes requests from its own pages only"
        if not self._knows_token(scope, headers):
            return 401, "this page has no valid token: open the address that the terminal printed"
        return None

    def _knows_token(self, scope: Scope, headers: dict[str, str]) -> bool:
        if scope["type"] == "http":
            given = headers.get("authorization", "").removeprefix("Bearer ")
            return not scope["path"].startswith("/api") or self._same(given)
        return any(self._same(name.removeprefix("token.")) for name in scope.get("subprotocols", ()))

    def _same(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self.token.encode())

    def _sending(self, host: str, send: Send) -> Send:
        """Adds to every answer what a browser shall hold our pages to."""
        added = {
            "content-security-policy": POLICY.format(host=host),
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "cache-control": "no-store",
        }

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                more = [(name.encode(), value.encode()) for name, value in added.items()]
                message = {**message, "headers": [*message.get("headers", ()), *more]}
            await send(message)

        return sending


def _headers(scope: Scope) -> dict[str, str]:
    """Each header's text; one that is there twice is joined, and so is no single host or origin."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        found[key] = f"{found[key]}, {value.decode('latin-1')}" if key in found else value.decode("latin-1")
    return found


async def _answer(send: Send, status: int, sentence: str) -> None:
    body = json.dumps({"error": sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
