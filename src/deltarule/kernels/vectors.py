"""A register full of numbers: vectors as a Numba type, so that formulas are written once and run on all lanes.

`load(p, q)` reads LANES numbers from p[q:], `store(p, q, v)` writes them, `fill(p, x)` repeats x in every lane;
+ − · / work between vectors, and between a vector and a number. The width is the target's: 16 bytes (NEON, SSE),
32 (AVX2) or 64 (AVX-512). Products followed by sums may be fused (`contract`); nothing is ever reordered.
"""

from __future__ import annotations

import operator
import platform
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import llvmlite.ir as ir
from numba import config, types
from numba.core import cgutils
from numba.core.imputils import lower_cast
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic as numba_intrinsic
from numba.extending import lower_builtin, models, register_model


def _features() -> set[str]:
    """The processor's features, unless NUMBA_CPU_NAME or NUMBA_CPU_FEATURES name another one's."""
    if config.CPU_FEATURES:
        return {word[1:] for word in str(config.CPU_FEATURES).split(",") if word.startswith("+")}
    if config.CPU_NAME == "generic":
        return set()
    return {name for name, present in llvm.get_host_cpu_features().items() if present}


intrinsic: Any = (
    numba_intrinsic  # what it makes is called by compiled code only: no type checker knows its arguments
)
FEATURES = _features()
BYTES = 64 if "avx512f" in FEATURES else 32 if "avx2" in FEATURES else 16
LINE = 64  # bytes that come into the cache together
REGISTERS = 32 if BYTES == 64 or platform.machine().lower() in ("arm64", "aarch64") else 16
I32, I64 = ir.IntType(32), ir.IntType(64)


class Vector(types.Type):
    """`lanes` numbers of one float type in one register."""

    def __init__(self, element: types.Float) -> None:
        self.element = element
        self.lanes = BYTES // (element.bitwidth // 8)
        super().__init__(name=f"vector({element} x {self.lanes})")

    def can_convert_to(self, typingctx: Any, other: Any) -> None:
        return None


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Vector) -> None:
        super().__init__(manager, kind, llvm_vector(kind))


def llvm_float(element: types.Float) -> ir.Type:
    return ir.FloatType() if element.bitwidth == 32 else ir.DoubleType()


def llvm_vector(kind: Vector) -> ir.VectorType:
    return ir.VectorType(llvm_float(kind.element), kind.lanes)


def repeat(builder: ir.IRBuilder, kind: Vector, number: ir.Value) -> ir.Value:
    """The LLVM vector that holds `number` in every lane."""
    undefined = ir.Constant(llvm_vector(kind), ir.Undefined)
    first = builder.insert_element(undefined, number, ir.Constant(I32, 0))
    return builder.shuffle_vector(
        first, undefined, ir.Constant(ir.VectorType(I32, kind.lanes), [0] * kind.lanes)
    )


def call(builder: ir.IRBuilder, kind: Vector, name: str, *args: ir.Value) -> ir.Value:
    """The LLVM intrinsic `llvm.<name>` on vectors."""
    V = llvm_vector(kind)
    full = f"llvm.{name}.v{kind.lanes}f{kind.element.bitwidth}"
    return builder.call(
        cgutils.get_or_insert_function(builder.module, ir.FunctionType(V, [V] * len(args)), full), args
    )


def _number(context: Any, builder: ir.IRBuilder, kind: Vector, came: types.Type, value: ir.Value) -> ir.Value:
    if isinstance(came, Vector):
        return value
    return repeat(builder, kind, context.cast(builder, value, came, kind.element))


_OPERATIONS: dict[Callable[..., Any], str] = {
    operator.add: "fadd",
    operator.sub: "fsub",
    operator.mul: "fmul",
    operator.truediv: "fdiv",
}


def _define(operation: Callable[..., Any], name: str) -> None:
    @infer_global(operation)
    class _Typing(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            if len(args) == 2 and any(isinstance(a, Vector) for a in args):
                kind = next(a for a in args if isinstance(a, Vector))
                if all(a == kind or isinstance(a, types.Number) for a in args):
                    return signature(kind, *args)
            return None

    def lower(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        x, y = (
            _number(context, builder, sig.return_type, came, v)
            for came, v in zip(sig.args, args, strict=True)
        )
        return getattr(builder, name)(x, y, flags=("contract",))

    for left, right in ((Vector, Vector), (Vector, types.Number), (types.Number, Vector)):
        lower_builtin(operation, left, right)(lower)


for _operation, _name in _OPERATIONS.items():
    _define(_operation, _name)


@infer_global(operator.neg)
class _Negation(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        return signature(args[0], args[0]) if len(args) == 1 and isinstance(args[0], Vector) else None


@lower_builtin(operator.neg, Vector)
def _negate(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
    return builder.fneg(args[0])


@lower_cast(Vector, Vector)
def _same(context: Any, builder: ir.IRBuilder, fromty: Any, toty: Any, value: ir.Value) -> ir.Value:
    return value


def address(builder: ir.IRBuilder, pointer: ir.Value, index: ir.Value, kind: Vector) -> ir.Value:
    """&pointer[index] as a pointer to vectors."""
    return builder.bitcast(builder.gep(pointer, [index]), llvm_vector(kind).as_pointer())


@intrinsic
def lanes(typingctx: Any, pointer: Any) -> Any:
    """How many numbers a vector of pointer's type holds."""
    count = Vector(pointer.dtype).lanes
    return types.intp(pointer), lambda context, builder, sig, args: ir.Constant(I64, count)


@intrinsic
def numbers(typingctx: Any, array: Any) -> Any:
    """A pointer to the numbers of a contiguous array."""
    sig = types.CPointer(array.dtype)(array)

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        return context.make_array(sig.args[0])(context, builder, args[0]).data

    return sig, code


@intrinsic
def pointer(typingctx: Any, place: Any, like: Any) -> Any:
    """The integer address `place` as a pointer of the same type as `like`."""

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        return builder.inttoptr(args[0], args[1].type)

    return like(types.intp, like), code


@intrinsic
def at(typingctx: Any, p: Any, offset: Any) -> Any:
    """p + offset."""

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        return builder.gep(args[0], [args[1]])

    return p(p, types.intp), code


@intrinsic
def place(typingctx: Any, p: Any) -> Any:
    """The address of p as an integer."""

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        return builder.ptrtoint(args[0], I64)

    return types.intp(p), code


def ask_for(builder: ir.IRBuilder, where: ir.Value, to_write: bool = False) -> None:
    """Asks for the cache line at the address `where`: a hint, which no wrong address makes fail."""
    byte = ir.IntType(8).as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [byte, I32, I32, I32])
    wanted = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    builder.call(
        wanted, [builder.inttoptr(where, byte), *(ir.Constant(I32, n) for n in (int(to_write), 3, 1))]
    )


@intrinsic
def prefetch(typingctx: Any, where: Any) -> Any:
    """Asks for the cache line at the address `where`."""

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        ask_for(builder, args[0])
        return context.get_dummy_value()

    return types.void(types.intp), code


@intrinsic
def will_write(typingctx: Any, p: Any, q: Any) -> Any:
    """Asks for the line of p[q], to write it: where another core has it, many are asked for at once."""

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        ask_for(builder, builder.ptrtoint(builder.gep(args[0], [args[1]]), I64), True)
        return context.get_dummy_value()

    return types.void(p, types.intp), code


@intrinsic
def load(typingctx: Any, p: Any, q: Any) -> Any:
    """p[q : q + LANES]."""
    kind = Vector(p.dtype)

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        return builder.load(address(builder, args[0], args[1], kind), align=kind.element.bitwidth // 8)

    return kind(p, types.intp), code


@intrinsic
def store(typingctx: Any, p: Any, q: Any, v: Any) -> Any:
    """p[q : q + LANES] = v."""

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        builder.store(args[2], address(builder, args[0], args[1], v), align=v.element.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(p, types.intp, v), code


@intrinsic
def fill(typingctx: Any, p: Any, number: Any) -> Any:
    """`number` in every lane of a vector of p's type."""
    kind = Vector(p.dtype)

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        return repeat(builder, kind, context.cast(builder, args[1], number, kind.element))

    return kind(p, number), code


@intrinsic
def total(typingctx: Any, v: Any) -> Any:
    """The sum of the lanes, in one fixed tree."""

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        x, width = args[0], v.lanes
        while width > 1:
            width //= 2
            mask = [*range(width, 2 * width)]
            low = ir.Constant(ir.VectorType(I32, width), [*range(width)])
            high = ir.Constant(ir.VectorType(I32, width), mask)
            x = builder.fadd(builder.shuffle_vector(x, x, low), builder.shuffle_vector(x, x, high))
        return builder.extract_element(x, ir.Constant(I32, 0))

    return v.element(v), code


def _unary(name: str) -> Any:
    def typing(typingctx: Any, v: Any) -> Any:
        return v(v), lambda context, builder, sig, args: call(builder, v, name, args[0])

    return intrinsic(typing)


root = _unary("sqrt")
absolute = _unary("fabs")


@intrinsic
def signed(typingctx: Any, size: Any, sign: Any) -> Any:
    """|size| with the sign of `sign`, lane by lane."""
    return size(size, sign), lambda context, builder, sig, args: call(builder, size, "copysign", *args)


@intrinsic
def less(typingctx: Any, a: Any, b: Any, then: Any, otherwise: Any) -> Any:
    """then where a < b, otherwise elsewhere; where a or b is NaN: otherwise."""
    kind = next(v for v in (a, b, then, otherwise) if isinstance(v, Vector))

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        a, b, x, y = (
            _number(context, builder, kind, came, v) for came, v in zip(sig.args, args, strict=True)
        )
        return builder.select(builder.fcmp_ordered("<", a, b), x, y)

    return kind(a, b, then, otherwise), code


def _shape(kind: Vector) -> tuple[int, int, ir.VectorType, ir.IntType]:
    """Mantissa bits, exponent bias, the integer vector of the same width, its element."""
    mantissa, bias, integer = (23, 127, I32) if kind.element.bitwidth == 32 else (52, 1023, I64)
    return mantissa, bias, ir.VectorType(integer, kind.lanes), integer


@intrinsic
def magic(typingctx: Any, v: Any) -> Any:
    """1.5 · 2^mantissa: x + magic − magic rounds x to an integer, whose bits stand at the low end of x + magic."""
    mantissa = _shape(v)[0]

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        return ir.Constant(llvm_vector(v), [1.5 * 2.0**mantissa] * v.lanes)

    return v(v), code


@intrinsic
def power_of_two(typingctx: Any, v: Any) -> Any:
    """2ⁿ from n + magic: n is shifted into the exponent's place."""
    mantissa, bias, integers, integer = _shape(v)

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        def every(value: int) -> ir.Constant:
            return ir.Constant(integers, [ir.Constant(integer, value)] * v.lanes)

        n = builder.shl(builder.bitcast(args[0], integers), every(mantissa))
        return builder.bitcast(builder.add(n, every(bias << mantissa)), llvm_vector(v))

    return v(v), code


@intrinsic
def split(typingctx: Any, v: Any) -> Any:
    """(m, n) with v = m · 2ⁿ and √½ ≤ m < √2, for positive normal v."""
    mantissa, _, integers, integer = _shape(v)
    half = (0x3F3504F3, 0x3FE6A09E667F3BCD)[mantissa == 52]

    def code(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        def every(value: int) -> ir.Constant:
            return ir.Constant(integers, [ir.Constant(integer, value)] * v.lanes)

        bits = builder.bitcast(args[0], integers)
        shifted = builder.sub(bits, every(half))
        n = builder.ashr(shifted, every(mantissa))
        m = builder.bitcast(builder.sub(bits, builder.shl(n, every(mantissa))), llvm_vector(v))
        return context.make_tuple(builder, sig.return_type, (m, builder.sitofp(n, llvm_vector(v))))

    return types.UniTuple(v, 2)(v), code
