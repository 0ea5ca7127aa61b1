"""Items of work shared out between a few short-lived threads.

Each phase of a step is a number of items, cut into one run for each thread: the same items fall to the same thread
step after step, so that what they work on stays in its own caches. A 64-bit ticket for each run holds (phase, end, next
item); a thread claims an item by raising it, its own run's first, then what another has left. Who claims what changes
nothing: an item's result has a place of its own, and sums are taken in item order.
Where each thread has a room of its own for results, an item whose thread was put aside by the system is simply done
again: the same bits, in another room.
Waiting spins for some microseconds, then gives the core away, then sleeps. Whether threads work together at all is
tried out by the clock (`sharing`): the bits are the same. No thread outlives the call that began it.
"""

from __future__ import annotations

import ctypes
import platform
import sys
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import llvmlite.ir as ir
from numba import types

from deltarule.kernels.compiling import inner
from deltarule.kernels.vectors import at, intrinsic

# places in the control array: those that are written to lie on cache lines of their own
DONE, YIELD, KIND, PHASES, SLEEP, CLOCK, NOW = 16, 32, 33, 34, 35, 36, 37
TRIAL = 40  # what `sharing` keeps
DONE_BY = 48  # one place an item: (phase, 0) while it is open, (phase, thread + 1) when it is done
CONTROL = 48 + 32
TICKETS, APART = CONTROL, 16  # behind it, one for each thread
STOP = 1 << 62
LOOKS = 64  # turns of waiting between two looks at what others have left
_SPINS, _YIELDS = 4000, 4400  # turns of waiting: so many pauses, then yields, then short sleeps
_X86 = platform.machine().lower() in ("x86_64", "amd64", "i686", "i386")


@cache
def system_calls() -> tuple[int, int, int]:
    """Addresses of the system's functions that give the core away, sleep, and tell the time."""
    if sys.platform == "win32":
        kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
        found = kernel.SwitchToThread, kernel.Sleep, kernel.QueryPerformanceCounter
    else:
        library = ctypes.CDLL(None)
        found = library.sched_yield, library.usleep, library.clock_gettime
    yields, sleeps, tells = (ctypes.cast(function, ctypes.c_void_p).value or 0 for function in found)
    return yields, sleeps, tells


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


_WINDOWS = sys.platform == "win32"


def _system(kinds: list[ir.Type], build: Callable[[ir.IRBuilder, Any], list[ir.Value]]) -> Any:
    """An intrinsic that calls a function of the system by its address."""

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        kind = ir.FunctionType(ir.IntType(32), kinds).as_pointer()
        builder.call(builder.inttoptr(args[0], kind), build(builder, args))
        return context.get_dummy_value()

    return code


@intrinsic
def give_way(typingctx: Any, where: Any) -> Any:
    """Lets another thread have the core."""
    return types.void(types.intp), _system([], lambda builder, args: [])


@intrinsic
def doze(typingctx: Any, where: Any) -> Any:
    """Sleeps for a tenth of a millisecond (on Windows: for what is left of the slice)."""
    length = ir.Constant(ir.IntType(32), 0 if _WINDOWS else 100)
    return types.void(types.intp), _system([ir.IntType(32)], lambda builder, args: [length])


@intrinsic
def _tell_time(typingctx: Any, where: Any, place: Any) -> Any:
    """Writes the time at `place`: seconds and nanoseconds, or on Windows ticks."""
    if _WINDOWS:
        return types.void(types.intp, place), _system(
            [ir.IntType(64).as_pointer()], lambda builder, args: [args[1]]
        )
    monotonic = ir.Constant(ir.IntType(32), time.CLOCK_MONOTONIC)
    kinds = [ir.IntType(32), ir.IntType(64).as_pointer()]
    return types.void(types.intp, place), _system(kinds, lambda builder, args: [monotonic, args[1]])


@inner
def clock(control: Any) -> int:
    """The time in nanoseconds (on Windows in ticks)."""
    _tell_time(control[CLOCK], at(control, NOW))
    return control[NOW] if _WINDOWS else control[NOW] * 1_000_000_000 + control[NOW + 1]


@inner
def wait(control: Any, turns: int) -> int:
    """One turn of waiting; returns the turns so far."""
    if turns < _SPINS:
        pause()
    elif turns < _YIELDS:
        give_way(control[YIELD])
    else:
        doze(control[SLEEP])
    return turns + 1


@inner
def publish(control: Any, phase: int, kind: int, items: int, threads: int) -> None:
    """Opens a phase: `items` of `kind` can be claimed."""
    control[KIND] = kind
    control[DONE] = 0
    for t in range(threads - 1, -1, -1):
        low, high = items * t // threads, items * (t + 1) // threads
        write_atomic(at(control, TICKETS + APART * t), (phase << 40) | (high << 20) | low)


@inner
def stop(control: Any, threads: int) -> None:
    """Work has ended."""
    for t in range(threads):
        write_atomic(at(control, TICKETS + APART * t), STOP)


@inner
def claim(control: Any, thread: int, threads: int, turns: int) -> Any:
    """(an item of the running phase, the phase); −1 where none is left for this thread, −2 where work has ended.

    Another's last item is left to it, unless it has not come for it in LOOKS `turns` of waiting.
    """
    found = _claim(at(control, TICKETS + APART * thread), 1)
    if found[0] != -1 or turns % LOOKS:
        return found
    for d in range(1, threads):
        other = thread + d if thread + d < threads else thread + d - threads
        found = _claim(at(control, TICKETS + APART * other), 1 if turns else 2)
        if found[0] >= 0:
            return found
    return -1, 0


@inner
def _claim(place: Any, least: int) -> Any:
    """The next item of a run that has so many left."""
    while True:
        ticket = read_atomic(place)
        if ticket == STOP:
            return -2, 0
        end, item = (ticket >> 20) & 0xFFFFF, ticket & 0xFFFFF
        if end - item < least:
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
