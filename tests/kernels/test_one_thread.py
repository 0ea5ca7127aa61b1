"""BLAS on one thread: inside, nested and from several threads; put back afterwards."""

from __future__ import annotations

import threading

import numpy as np
from threadpoolctl import threadpool_info

from deltarule.kernels.one_thread import one_thread


def threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_every_blas_runs_on_one_thread_and_is_put_back() -> None:
    from scipy.linalg import cholesky  # its BLAS is another library than NumPy's

    assert cholesky(np.eye(2) @ np.eye(2)).sum() == 2
    before = threads()
    with one_thread():
        assert threads() == {1}
        with one_thread():
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == before


def test_it_holds_in_whichever_thread_and_is_put_back() -> None:
    before, seen = threads(), []

    def other() -> None:
        with one_thread():
            seen.append(threads())

    for _ in range(2):
        with one_thread():
            pass
        worker = threading.Thread(target=other)
        worker.start()
        worker.join()
    assert seen == [{1}, {1}]
    assert threads() == before


def test_a_thread_that_comes_second_finds_it_set() -> None:
    before, inside, leave = threads(), threading.Event(), threading.Event()

    def other() -> None:
        with one_thread():
            inside.set()
            leave.wait(10)

    worker = threading.Thread(target=other)
    worker.start()
    inside.wait(10)
    with one_thread():
        assert threads() == {1}
    assert threads() == {1}
    leave.set()
    worker.join()
    assert threads() == before


def test_the_first_that_leaves_does_not_let_the_others_loose() -> None:
    before, entered, left, seen = threads(), threading.Event(), threading.Event(), []

    def other() -> None:
        with one_thread():
            entered.set()
            left.wait(10)
            seen.append(threads())

    worker = threading.Thread(target=other)
    with one_thread():
        worker.start()
        entered.wait(10)
    left.set()
    worker.join()
    assert seen == [{1}]
    assert threads() == before  # put back by a thread that had not set it
