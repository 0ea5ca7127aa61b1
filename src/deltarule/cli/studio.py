"""`deltarule studio`: the local web app on a folder of tables and runs."""

from __future__ import annotations

from typing import Annotated

import typer


def studio(
    path: Annotated[
        str,
        typer.Argument(
            metavar="[PATH]", help="A folder of tables and runs, a table, or a run  [this folder]"
        ),
    ] = ".",
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="The port to listen on  [a free one]")
    ] = 0,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address and open no browser.")
    ] = False,
) -> None:
    """Open the studio in a browser: choose a table, build, train, show, heal, predict. Ctrl-C ends it.

    It listens on this machine only, and answers only to the address that it prints.
    """
    from deltarule.studio.parts import require_parts

    require_parts()
    from deltarule.studio.serving import prepare

    serving = prepare(path, port)

    def ready() -> None:
        print(f"The studio is open at\n\n  {serving.address}\n\nCtrl-C ends it.", flush=True)
        if not no_browser:
            import threading
            import webbrowser

            threading.Thread(target=webbrowser.open, args=(serving.address,), daemon=True).start()

    serving.run(ready)
    course = serving.studio.trainer.course
    if course is not None and course.result.get("outcome") == "interrupted":
        print(f"\nThe training was stopped; what it had learnt is kept in {course.run}.")
