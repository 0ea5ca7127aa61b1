"""Compiled passes called by their address: a kernel that only calls them compiles quickly, and once for all of them."""

from __future__ import annotations

from typing import Any

import llvmlite.ir as ir
from numba import types

from deltarule.kernels.vectors import intrinsic


@intrinsic
def run_activation(typingctx: Any, where: Any, net: Any, slope: Any, count: Any) -> Any:
    """Calls the activation pass that lies at the address `where`."""
    return types.void(types.intp, net, net, types.intp), _called


@intrinsic
def run_loss(
    typingctx: Any,
    where: Any,
    o: Any,
    delta: Any,
    d: Any,
    share: Any,
    count: Any,
    rows: Any,
    units: Any,
    width: Any,
    c: Any,
) -> Any:
    """Calls the loss pass that lies at the address `where`."""
    whole = types.intp
    return types.double(whole, o, o, o, o, whole, whole, whole, whole, types.double), _called


@intrinsic
def run_update(
    typingctx: Any,
    where: Any,
    theta: Any,
    new: Any,
    g: Any,
    memory: Any,
    row: Any,
    count: Any,
    s: Any,
    kept: Any,
) -> Any:
    """Calls the update pass that lies at the address `where`."""
    return types.double(
        types.intp, theta, theta, theta, theta, types.intp, types.intp, s, types.double
    ), _called


@intrinsic
def run_product(
    typingctx: Any,
    where: Any,
    A: Any,
    rs: Any,
    cs: Any,
    B: Any,
    ldb: Any,
    init: Any,
    ldi: Any,
    C: Any,
    ldc: Any,
    M: Any,
    width: Any,
    K: Any,
) -> Any:
    """Calls the product that lies at the address `where`."""
    whole = types.intp
    return types.void(whole, A, whole, whole, A, whole, A, whole, A, whole, whole, whole, whole), _called


@intrinsic
def run_item(
    typingctx: Any, where: Any, job: Any, reals: Any, results: Any, work: Any, item: Any, thread: Any
) -> Any:
    """Calls what does one item of a phase, at the address `where`."""
    return types.void(types.intp, job, reals, results, work, types.intp, types.intp), _called


@intrinsic
def run_tile(
    typingctx: Any, where: Any, job: Any, reals: Any, work: Any, tile: Any, first: Any, rows: Any
) -> Any:
    """Calls the pass over a tile that lies at the address `where`."""
    return types.double(types.intp, job, reals, work, tile, types.intp, types.intp), _called


@intrinsic
def run_gradient(
    typingctx: Any, where: Any, job: Any, work: Any, block: Any, tile: Any, g: Any, rows: Any, added: Any
) -> Any:
    """Calls the gradient of a block that lies at the address `where`."""
    return types.void(types.intp, job, work, block, tile, g, types.intp, types.intp), _called


@intrinsic
def run_dropout(
    typingctx: Any, where: Any, job: Any, reals: Any, m: Any, y: Any, slope: Any, first: Any, rows: Any,
    length: Any, strip: Any, hop: Any,
) -> Any:  # fmt: skip
    """Calls the dropout of a layer's units that lies at the address `where`."""
    whole = types.intp
    return types.void(whole, job, reals, whole, y, y, whole, whole, whole, whole, whole), _called


def _called(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
    given = [context.get_value_type(kind) for kind in sig.args[1:]]
    result = ir.VoidType() if sig.return_type == types.void else context.get_value_type(sig.return_type)
    function = builder.inttoptr(args[0], ir.FunctionType(result, given).as_pointer())
    value = builder.call(function, args[1:])
    return context.get_dummy_value() if sig.return_type == types.void else value
