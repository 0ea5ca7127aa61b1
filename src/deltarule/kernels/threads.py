"""Items of work shared out between a few short-lived threads.

Each phase of a step is a number of items. One 64-bit ticket holds (phase, items, next item); a thread claims an item by
raising it. Who claims what changes nothing: an item's result has a place of its own, and sums are taken in item order.
Where each thread has a room of its own for results, an item whose thread was put aside by the system is simply done
again: the same bits, in another room.
Waiting spins for some microseconds, then gives the core away each time. No thread outlives the call that began it.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from typing import Any

import llvmlite.ir as ir
from numba import types

from deltarule.kernels.compiling import inner
from deltarule.kernels.vectors import at, intrinsic

TICKET, DONE, YIELD, KIND, PHASES = (
    0,
    16,
    32,
    33,
    34,
)  # places in the control array: those that are written lie on lines of their own
DONE_BY = 48  # one place an item: (phase, 0) while it is open, (phase, thread + 1) when it is done
CONTROL = 48 + 32
STOP = 1 << 62
_SPINS = 4000
_X86 = platform.machine().lower() in ("x86_64", "amd64", "i686", "i386")


def available() -> int:
    """How many threads may run: the cores this process may use, or fewer where OMP_NUM_THREADS says so."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return min(cores, int(wanted)) if wanted.isdigit() and int(wanted) > 0 else cores


def yield_address() -> int:
    """The address of the function that gives the core to another thread."""
    library = ctypes.WinDLL("kernel32") if sys.platform == "win32" else ctypes.CDLL(None)  # type: ignore[attr-defined]
    function = library.SwitchToThread if sys.platform == "win32" else library.sched_yield
    return ctypes.cast(function, ctypes.c_void_p).value or 0


@intrinsic
def read_atomic(typingctx: Any, p: Any) -> Any:
    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        return builder.load_atomic(args[0], "acquire", 8)

    return types.int64(p), code


@intrinsic
def write_atomic(typingctx: Any, p: Any, value: Any) -> Any:
    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        builder.store_atomic(args[1], args[0], "release", 8)
        return context.get_dummy_value()

    return types.void(p, types.int64), code


@intrinsic
def add_atomic(typingctx: Any, p: Any, value: Any) -> Any:
    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        return builder.atomic_rmw("add", args[0], args[1], "acq_rel")

    return types.int64(p, types.int64), code


@intrinsic
def exchange(typingctx: Any, p: Any, expected: Any, value: Any) -> Any:
    """Puts value in p's place if it holds `expected`; tells whether it did."""

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        return builder.extract_value(builder.cmpxchg(args[0], args[1], args[2], "acq_rel", "acquire"), 1)

    return types.boolean(p, types.int64, types.int64), code


@intrinsic
def pause(typingctx: Any) -> Any:
    """Tells the core that this is a waiting loop."""

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        if _X86:
            kind = ir.FunctionType(ir.VoidType(), [])
            builder.call(_declared(builder.module, kind, "llvm.x86.sse2.pause"), [])
        return context.get_dummy_value()

    return types.void(), code


def _declared(module: ir.Module, kind: ir.FunctionType, name: str) -> Any:
    found = module.globals.get(name)
    return found if found is not None else ir.Function(module, kind, name)


@intrinsic
def give_way(typingctx: Any, where: Any) -> Any:
    """Calls the system's yield, whose address is `where`."""

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        builder.call(builder.inttoptr(args[0], ir.FunctionType(ir.IntType(32), []).as_pointer()), [])
        return context.get_dummy_value()

    return types.void(types.intp), code


@inner
def wait(control: Any, turns: int) -> int:
    """One turn of waiting; returns the turns so far."""
    if turns < _SPINS:
        pause()
    else:
        give_way(control[YIELD])
    return turns + 1


@inner
def publish(control: Any, place: Any, phase: int, kind: int, items: int) -> None:
    """Opens a phase: `items` of `kind` can be claimed."""
    control[KIND] = kind
    control[DONE] = 0
    write_atomic(place, (phase << 40) | (items << 20))


@inner
def claim(place: Any) -> Any:
    """(an item of the running phase, the phase); −1 where no item is left, −2 where work has ended."""
    while True:
        ticket = read_atomic(place)
        if ticket == STOP:
            return -2, 0
        items, item = (ticket >> 20) & 0xFFFFF, ticket & 0xFFFFF
        if item >= items:
            return -1, 0
        if exchange(place, ticket, ticket + 1):
            return item, ticket >> 40


@inner
def open_items(control: Any, phase: int, items: int) -> None:
    """Marks the items of a phase as not done."""
    for item in range(items):
        control[DONE_BY + item] = phase << 8


@inner
def finish(control: Any, phase: int, item: int, thread: int) -> None:
    """Says that the item's result lies in this thread's room, unless another's is taken already."""
    exchange(at(control, DONE_BY + item), phase << 8, (phase << 8) | (thread + 1))


@inner
def finished_by(control: Any, item: int) -> int:
    """The thread in whose room the item's result lies, −1 while it is open."""
    return (read_atomic(at(control, DONE_BY + item)) & 255) - 1
