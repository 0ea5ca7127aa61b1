"""The studio's end of the training process: one job at a time, told to every page that listens."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from deltarule.errors import InputError
from deltarule.studio.course import Course

PATIENCE = 60.0  # seconds that a training may take to save itself when the studio ends


class Trainer:
    """Begins a job, stops it, and lets pages listen.

    The process is started with the first job, or before it by `warm`, and kept: it has the heavy parts loaded.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._listeners: dict[asyncio.Queue[dict[str, Any]], asyncio.AbstractEventLoop] = {}
        self._over = threading.Event()
        self._over.set()
        self._jobs = 0
        self.course: Course | None = None

    def warm(self) -> None:
        """Starts the process, so that the first training need not wait for it."""
        with self._lock:
            self._started()

    def begin(self, job: dict[str, Any], kind: str, title: str, run: str, command: str = "") -> Course:
        """Hands over a job; InputError where one is being done."""
        with self._lock:
            if self.course is not None and not self.course.over:
                raise InputError("a training is going on: stop it, or wait until it has ended")
            self._jobs += 1
            self.course = Course(self._jobs, kind, title, run, command)
            self._over.clear()
            self._tell_all(self.course.told())
            self._send({**job, "do": kind})
            return self.course

    def stop(self) -> bool:
        """Asks the job to end with what it has reached; whether there was one."""
        with self._lock:
            if self.course is None or self.course.over:
                return False
            self._heard({"what": "stopping"})
            self._send({"do": "stop"})
            return True

    def wait(self, seconds: float) -> bool:
        """Whether the job, if there is one, is over within these seconds."""
        return self._over.wait(seconds)

    @contextmanager
    def listening(self) -> Iterator[asyncio.Queue[dict[str, Any]]]:
        """A queue that first holds the course as it is, then what happens; for the event loop that runs."""
        mine: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        with self._lock:
            mine.put_nowait(self.course.told() if self.course else {"what": "nothing"})
            self._listeners[mine] = asyncio.get_running_loop()
        try:
            yield mine
        finally:
            with self._lock:
                self._listeners.pop(mine, None)

    def close(self) -> None:
        """Stops and saves what is going on, and ends the process."""
        self.stop()
        self.wait(PATIENCE)
        process = self._process
        if process is None or process.stdin is None:
            return
        with self._lock, suppress(OSError):
            process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            # -P: a file in the opened folder is not taken for a module; a session of its own: Ctrl-C is ours to pass on
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "deltarule.studio.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
                start_new_session=os.name == "posix",
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
            threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
        return self._process

    def _send(self, job: dict[str, Any]) -> None:
        pipe = self._started().stdin
        assert pipe is not None
        try:
            pipe.write(json.dumps(job) + "\n")
            pipe.flush()
        except BrokenPipeError:  # it has gone, and the reader says so
            pass

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                with self._lock:
                    self._heard(json.loads(line))
        code = process.wait()
        with self._lock:
            if process.stdin is not None:
                with suppress(OSError):  # what was written last was not read
                    process.stdin.close()
            if self.course is not None and not self.course.over and process is self._process:
                sentence = f"the training process ended (exit code {code}): the memory may not have sufficed"
                self._heard({"what": "failed", "error": sentence})

    def _heard(self, message: dict[str, Any]) -> None:
        """Under the lock: what a page hears first is complete, and what it hears next is new."""
        course = self.course
        if course is None or message["what"] == "ready":
            return
        course.heard(message)
        if course.over:
            message = course.told()
            self._over.set()
        self._tell_all(message)

    def _tell_all(self, message: dict[str, Any]) -> None:
        for mine, loop in list(self._listeners.items()):
            try:
                loop.call_soon_threadsafe(mine.put_nowait, message)
            except RuntimeError:  # its loop has closed
                self._listeners.pop(mine, None)
