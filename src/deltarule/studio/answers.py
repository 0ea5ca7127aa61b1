"""A question as JSON, what answers it, and the answer as JSON; what cannot be done is one sentence and a 4xx."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deltarule.errors import DeltaruleError, InputError, sentence_of
from deltarule.json_values import finite
from deltarule.runs.wording import fault_in_words

LONGEST = 1_000_000  # bytes of a question; a table comes another way


class Question(BaseModel):
    """What a page may ask with; each kind of question is one of these."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Answer:
    """Plain values with a status, or a file with its name."""

    content: Any
    status: int = 200
    file: str = ""
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


Asked = TypeVar("Asked", bound=Question)


def answering(
    question: type[Asked], work: Callable[[Asked], Any]
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint: the query or the JSON body as a question, `work` in a thread, its answer as JSON."""

    async def endpoint(request: Request) -> Response:
        try:
            given = dict(request.query_params) if request.method == "GET" else await _body(request)
            asked = question.model_validate(given)
        except ValidationError as fault:
            return refused(InputError("; ".join(_sentence(error) for error in fault.errors())))
        except DeltaruleError as fault:
            return refused(fault)
        return await answered(lambda: work(asked))

    return endpoint


async def answered(work: Callable[[], Any]) -> Response:
    """What `work`, run in a thread, comes to; a fault of ours is told in the terminal, and said to the page."""
    try:
        return _response(await run_in_threadpool(work))
    except (DeltaruleError, MemoryError, OSError) as fault:
        return refused(fault)
    except Exception as fault:
        traceback.print_exc(file=sys.stderr)
        sentence = f"this is a fault of the studio, and the terminal shows where: {type(fault).__name__}"
        return JSONResponse({"error": sentence}, 500)


def refused(fault: DeltaruleError | MemoryError | OSError, status: int = 400) -> Response:
    """The sentence of a fault."""
    return JSONResponse({"error": sentence_of(fault)}, status)


def _response(found: Any) -> Response:
    if not isinstance(found, Answer):
        return JSONResponse(finite(found))
    if not found.file:
        return JSONResponse(finite(found.content), found.status)
    headers = {"content-disposition": f'attachment; filename="{found.file}"', **found.headers}
    return Response(found.content, found.status, headers, found.kind)


async def _body(request: Request) -> Any:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST:
            raise InputError(f"the question is longer than {LONGEST:,} bytes")
    try:
        return json.loads(body or b"{}")
    except ValueError:
        raise InputError("the question is not JSON") from None


def _sentence(error: Any) -> str:
    place = ".".join(map(str, error["loc"]))
    return f"{place}: {fault_in_words(error)}" if place else fault_in_words(error)
