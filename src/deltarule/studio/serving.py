"""The studio on an address of this machine: 127.0.0.1 and nothing else, with a token that the terminal prints."""

from __future__ import annotations

import errno
import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import uvicorn

from deltarule.errors import InputError
from deltarule.runs.folder import is_run
from deltarule.studio.folder import Folder
from deltarule.studio.guard import Guard
from deltarule.studio.studio import Studio

HOME = "127.0.0.1"


@dataclass(frozen=True)
class Serving:
    """A studio that has its address, and waits to be run."""

    studio: Studio
    listener: socket.socket
    token: str
    view: str = ""

    @property
    def port(self) -> int:
        """The port that it has."""
        return self.listener.getsockname()[1]

    @property
    def address(self) -> str:
        """What a browser opens; the part from # on is never sent."""
        more = f"&{self.view}" if self.view else ""
        return f"http://{HOME}:{self.port}/#token={self.token}{more}"

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serves until Ctrl-C; then stops a training that is going on, and keeps what it has reached."""
        server = self.server()
        self.studio.trainer.warm()
        ready()
        try:
            server.run(sockets=[self.listener])
        except KeyboardInterrupt:
            pass
        finally:
            self.listener.close()
            self.studio.trainer.close()

    def server(self) -> uvicorn.Server:
        """uvicorn with the guarded app, silent: an address in a log would be one place more for a secret."""
        guarded = Guard(
            self.studio.app(), [f"{name}:{self.port}" for name in (HOME, "localhost")], self.token
        )
        return uvicorn.Server(
            uvicorn.Config(
                guarded,
                log_level="critical",
                access_log=False,
                server_header=False,
                lifespan="off",
                ws="websockets-sansio",
                timeout_graceful_shutdown=1,
            )
        )


def prepare(place: str = ".", port: int = 0) -> Serving:
    """The studio on a folder, or on the table or run at a place; raises InputError where that cannot be."""
    path = Path(place)
    if not path.exists():
        raise InputError(f"there is no '{place}': give a folder, a table or a run")
    root, view = path, ""
    if path.is_file() or is_run(path):
        here, full = Path.cwd().resolve(), path.resolve()
        root = here if full.is_relative_to(here) and full != here else full.parent
        name = Folder.of(root).name(full)
        view = urlencode(
            {"view": "network", "table": name} if path.is_file() else {"view": "show", "run": name}
        )
    folder = Folder.of(root)
    return Serving(Studio(folder), _listener(port), secrets.token_urlsafe(24), view)


def _listener(port: int) -> socket.socket:
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # a port that was just left may be taken again; one in use may not
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((HOME, port))
        found.listen(128)
    except (OSError, OverflowError) as fault:
        found.close()
        taken = isinstance(fault, OSError) and fault.errno in (errno.EADDRINUSE, errno.EACCES)
        why = "is taken" if taken and fault.errno == errno.EADDRINUSE else "cannot be used"  # type: ignore[union-attr]
        raise InputError(f"port {port} {why}: leave out --port for a free one, or name another") from None
    return found
