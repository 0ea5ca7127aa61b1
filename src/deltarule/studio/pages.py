"""Our own page, its style and its modules: the only files that are served, by their names."""

from __future__ import annotations

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def _static() -> dict[str, tuple[bytes, str]]:
    found: dict[str, tuple[bytes, str]] = {}
    for entry in files("deltarule.studio").joinpath("static").iterdir():
        suffix = entry.name[entry.name.rfind(".") :]
        if suffix in KINDS:
            found[entry.name] = entry.read_bytes(), KINDS[suffix]
    return found


class Pages:
    """Answers / and /static/NAME."""

    def __init__(self) -> None:
        self._files = _static()

    async def index(self, request: Request) -> Response:
        """The page."""
        body, kind = self._files["index.html"]
        return Response(body, media_type=kind)

    async def static(self, request: Request) -> Response:
        """A file of ours."""
        found = self._files.get(request.path_params["name"])
        if found is None:
            return PlainTextResponse("there is no such file", 404)
        return Response(found[0], media_type=found[1])
