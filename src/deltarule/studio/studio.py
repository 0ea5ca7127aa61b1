"""The app: one folder, its tables and runs, one trainer; each question of the page and what answers it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from deltarule import __version__
from deltarule.errors import InputError
from deltarule.runs.folder import free_folder
from deltarule.studio import exercising, exporting, healing, predicting, showing
from deltarule.studio.answers import Question, answered, answering, refused
from deltarule.studio.choices import choices
from deltarule.studio.folder import Folder
from deltarule.studio.guard import SOCKET
from deltarule.studio.opened import RunAsked, Runs
from deltarule.studio.pages import Pages
from deltarule.studio.planning import PlanAsked, checked, planned
from deltarule.studio.tables import LARGEST, ExampleAsked, TableAsked, Tables
from deltarule.studio.training import Trainer


class NothingAsked(Question):
    """A question without anything to it."""


class ResumeAsked(RunAsked):
    """Which run goes on; until how many epochs in all, where there shall be more."""

    epochs: int | None = None


class Studio:
    """What the app works with. largest : bytes of a table brought along."""

    def __init__(self, folder: Folder, largest: int = LARGEST) -> None:
        self.folder, self.largest = folder, largest
        self.tables, self.runs, self.trainer = Tables(folder), Runs(folder), Trainer()

    def app(self) -> Starlette:
        """The routes; the guard is put around them by whoever knows the address."""
        return Starlette(routes=self._routes(), exception_handlers={404: _unknown, 405: _unknown})

    def _routes(self) -> list[BaseRoute]:
        pages, tables, runs, trainer = Pages(), self.tables, self.runs, self.trainer

        def reads(path: str, question: type[Any], work: Callable[[Any], Any]) -> Route:
            return Route(path, answering(question, work), methods=["GET"])

        def does(path: str, question: type[Any], work: Callable[[Any], Any]) -> Route:
            return Route(path, answering(question, work), methods=["POST"])

        return [
            Route("/", pages.index),
            Route("/static/{name}", pages.static),
            reads("/api/folder", NothingAsked, lambda _: self.contents()),
            reads("/api/table", TableAsked, tables.preview),
            reads("/api/sheets", TableAsked, lambda asked: {"sheets": tables.sheets(asked.table)}),
            does("/api/example", ExampleAsked, tables.example),
            Route("/api/upload", self._upload, methods=["POST"]),
            does("/api/plan", PlanAsked, lambda asked: planned(tables, asked)),
            does("/api/train", PlanAsked, self.train),
            does("/api/resume", ResumeAsked, self.resume),
            does("/api/stop", NothingAsked, lambda _: {"stopped": trainer.stop()}),
            WebSocketRoute("/api/course", self._course),
            reads("/api/run", RunAsked, lambda asked: showing.summary(runs, asked)),
            reads("/api/figures", RunAsked, lambda asked: showing.figures(runs, asked)),
            reads("/api/figure", showing.FigureAsked, lambda asked: showing.figure(runs, asked)),
            reads("/api/row", showing.RowAsked, lambda asked: showing.row(runs, asked)),
            reads("/api/weight", showing.RowAsked, lambda asked: showing.weight(runs, asked)),
            reads("/api/check", RunAsked, lambda asked: showing.checked(runs, asked)),
            reads("/api/diagnosis", RunAsked, lambda asked: healing.diagnosis(runs, asked)),
            does("/api/try", healing.RemedyAsked, lambda asked: healing.attempt(runs, trainer, asked)),
            reads("/api/form", RunAsked, lambda asked: predicting.form(runs, asked)),
            does("/api/predict", predicting.CellsAsked, lambda asked: predicting.predict(runs, asked)),
            does("/api/what-if", predicting.WhatIfAsked, lambda asked: predicting.what_if(runs, asked)),
            does(
                "/api/predict-table",
                predicting.TableAsked,
                lambda asked: predicting.predict_table(runs, tables, asked),
            ),
            reads("/api/export", exporting.ExportAsked, lambda asked: exporting.export(runs, asked)),
            reads("/api/exercise", exercising.ExerciseAsked, exercising.exercise),
            does("/api/mark", exercising.AnswersAsked, exercising.mark),
        ]

    def contents(self) -> dict[str, Any]:
        """What lies in the folder."""
        return {
            "folder": self.folder.root.name or str(self.folder.root),
            "version": __version__,
            "largest": self.largest,
            "choices": choices(),
            **self.tables.listed(),
            "runs": showing.listed(self.runs),
        }

    def train(self, asked: PlanAsked) -> dict[str, Any]:
        """Begins a training whose run goes into a folder of its own."""
        settings, plan = checked(self.tables, asked), planned(self.tables, asked)
        out = free_folder(asked.table, self.folder.root)
        job = {
            "settings": settings.model_dump(mode="json", exclude_unset=True),
            "folder": self.folder.told(out),
        }
        title = f"{' and '.join(settings.target)} from {asked.table}"
        course = self.trainer.begin(job, "train", title, self.folder.name(out), plan["command"])
        return course.told()

    def resume(self, asked: ResumeAsked) -> dict[str, Any]:
        """A run that was stopped goes on."""
        opened = self.runs.opened(asked.run)
        job = {
            "folder": self.folder.told(opened.path),
            "table": self.folder.told(opened.place),
            "epochs": asked.epochs,
        }
        return self.trainer.begin(job, "resume", opened.brief.headline, opened.name).told()

    async def _upload(self, request: Request) -> Response:
        name, replace = request.query_params.get("name", ""), request.query_params.get("replace") == "yes"
        data = bytearray()
        async for part in request.stream():
            data += part
            if len(data) > self.largest:
                limit = f"{self.largest / 1e6:,.0f} MB"
                return refused(
                    InputError(f"a table of more than {limit} is not taken here: put it into the folder"), 413
                )
        return await answered(lambda: self.tables.keep(name, bytes(data), replace))

    async def _course(self, socket: WebSocket) -> None:
        """Tells a page how the training goes, until it leaves."""
        await socket.accept(subprotocol=SOCKET)
        with self.trainer.listening() as heard:

            async def tell() -> None:
                while True:
                    await socket.send_json(await heard.get())

            telling = asyncio.create_task(tell())
            try:
                while (await socket.receive())["type"] != "websocket.disconnect":
                    pass
            finally:
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)


async def _unknown(request: Request, fault: Exception) -> Response:
    return JSONResponse({"error": f"there is no {request.url.path} to {request.method}"}, 404)
