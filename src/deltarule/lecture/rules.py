"""Our own element-wise rules: S' and S'' of every activation in its own terms, ∂e/∂o and ∂²e/∂o² of every loss.

`step(z)` is 1 for z > 0 and 0 otherwise; Φ and φ are the normal distribution and its density.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod

from deltarule.equations.activations import LEAK, SELU_ALPHA, SELU_SCALE
from deltarule.equations.losses import Loss
from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.expressions.nodes import ONE, ZERO, Call, Node, Number, Product, Sum, add, multiply
from deltarule.lecture.terms import Quantity, Slope, decimal, map_node


def own_value(shape: Shape, slope: Slope) -> Node:
    """S, S' or S'' at a unit's net input, in y and net alone; at any other argument, in that."""
    name, z = shape.activations[slope.layer - 1], slope.argument
    y = value_at(name, z)
    if isinstance(z, Quantity) and z.kind == "net":
        y = Quantity("y", z.layer, z.units)
    return (y, own_slope(name, z, y), own_curvature(name, z, y))[slope.order]


def own(shape: Shape, node: Node) -> Node:
    """The formula with every S, S', S'' of a net input in the activation's own terms."""
    if isinstance(node, Slope) and isinstance(node.argument, Quantity):
        return own_value(shape, node)
    if not node.children:
        return node
    parts = tuple(own(shape, child) for child in node.children)
    if isinstance(node, Product):
        return _with_one_number(multiply(*parts))
    return add(*parts) if isinstance(node, Sum) else map_node(node, parts)


def _with_one_number(product: Node) -> Node:
    """2 · a · (−2) · b as −4 · a · b; 0 where a factor is."""
    parts = product.factors if isinstance(product, Product) else (product,)
    numbers = [part for part in parts if isinstance(part, Number)]
    if any(part.value == 0 for part in numbers):
        return ZERO
    if len(numbers) < 2:
        return product
    value = Number(
        prod((part.value for part in numbers), start=Fraction(1)), any(part.decimal for part in numbers)
    )
    return multiply(value, *(part for part in parts if not isinstance(part, Number)))


def value_at(name: str, z: Node) -> Node:
    """S(z) written in z."""
    match name:
        case "identity":
            return z
        case "logistic" | "tanh" | "exp":
            return Call(name, z)
        case "relu":
            return z * _step(z)
        case "leaky_relu":
            return z * (decimal(LEAK) + decimal(1 - LEAK) * _step(z))
        case "elu":
            return z * _step(z) + (1 - _step(z)) * (Call("exp", z * (1 - _step(z))) - 1)
        case "selu":
            below = decimal(SELU_ALPHA) * (1 - _step(z)) * (Call("exp", z * (1 - _step(z))) - 1)
            return decimal(SELU_SCALE) * (z * _step(z) + below)
        case "gelu":
            return z * Call("Phi", z)
        case "silu":
            return z * Call("logistic", z)
        case "softplus":
            return Call("log", 1 + Call("exp", z))
        case _:
            raise InputError(f"S of '{name}' needs all units of its layer: write it with o_nk")


def own_slope(name: str, z: Node, y: Node) -> Node:
    """S'(z) with y = S(z): for the logistic y (1 − y); for softmax ∂o_k/∂net_k."""
    match name:
        case "identity":
            return ONE
        case "logistic" | "softmax":
            return y * (1 - y)
        case "tanh":
            return 1 - y**2
        case "relu":
            return _step(z)
        case "leaky_relu":
            return decimal(LEAK) + decimal(1 - LEAK) * _step(z)
        case "elu":
            return _step(z) + (1 - _step(z)) * (y + 1)
        case "selu":
            return decimal(SELU_SCALE) * _step(z) + (1 - _step(z)) * (
                y + decimal(SELU_SCALE) * decimal(SELU_ALPHA)
            )
        case "gelu":
            return Call("Phi", z) + z * Call("phi", z)
        case "silu":
            return Call("logistic", z) + y * (1 - Call("logistic", z))
        case "softplus":
            return Call("logistic", z)
        case "exp":
            return y
        case _:
            raise TypeError(f"no slope of {name}")


def own_curvature(name: str, z: Node, y: Node) -> Node:
    """S''(z) with y = S(z): for the logistic y (1 − y)(1 − 2y)."""
    match name:
        case "identity" | "relu" | "leaky_relu":
            return ZERO
        case "logistic" | "softmax":
            return y * (1 - y) * (1 - 2 * y)
        case "tanh":
            return -2 * y * (1 - y**2)
        case "elu":
            return (1 - _step(z)) * (y + 1)
        case "selu":
            return (1 - _step(z)) * (y + decimal(SELU_SCALE) * decimal(SELU_ALPHA))
        case "gelu":
            return (2 - z**2) * Call("phi", z)
        case "silu":
            s = Call("logistic", z)
            return 2 * s * (1 - s) + z * s * (1 - s) * (1 - 2 * s)
        case "softplus":
            return Call("logistic", z) * (1 - Call("logistic", z))
        case "exp":
            return y
        case _:
            raise TypeError(f"no curvature of {name}")


def loss_value(loss: Loss, o: Node, d: Node) -> Node:
    """e(o, d) of one output on one sample."""
    match loss.name:
        case "mse":
            return (o - d) ** 2
        case "half_mse":
            return (o - d) ** 2 / 2
        case "mae":
            return Call("abs", o - d)
        case "huber":
            c = decimal(loss.constants[0])
            size = Call("abs", o - d)
            inside = _step(c - size)
            return inside * (o - d) ** 2 / 2 + (1 - inside) * c * (size - c / 2)
        case "poisson":
            return o - d + d * (Call("log", d) - Call("log", o))
        case "quantile":
            q = decimal(loss.constants[0])
            return q * (d - o) + Call("step", o - d) * (o - d)
        case "binary_cross_entropy":
            return -(d * Call("log", o)) - (1 - d) * Call("log", 1 - o)
        case "cross_entropy":
            return -(d * Call("log", o))
        case _:
            raise InputError(f"no formulas are known for the loss '{loss.name}'")


def loss_slope(loss: Loss, o: Node, d: Node) -> Node:
    """∂e/∂o."""
    match loss.name:
        case "mse":
            return 2 * (o - d)
        case "half_mse":
            return o - d
        case "mae":
            return Call("sign", o - d)
        case "huber":
            c = decimal(loss.constants[0])
            inside = _step(c - Call("abs", o - d))
            return inside * (o - d) + (1 - inside) * c * Call("sign", o - d)
        case "poisson":
            return 1 - d / o
        case "quantile":
            q = decimal(loss.constants[0])
            return Number(1 - q.value, decimal=True) * _step(o - d) - q * _step(d - o)
        case "binary_cross_entropy":
            return (1 - d) / (1 - o) - d / o
        case "cross_entropy":
            return -(d / o)
        case _:
            raise InputError(f"no formulas are known for the loss '{loss.name}'")


def _step(z: Node) -> Node:
    return Call("step", z)
