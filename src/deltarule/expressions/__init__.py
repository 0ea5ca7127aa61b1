"""Typed formulas of many variables: read by a whitelist, evaluated, differentiated and printed by our own rules.

>>> from deltarule.expressions import gradient, parse
>>> [str(part) for part in gradient(parse("x1**2 + 3*x1*x2 + 5*x2**2"))]
['2*x1 + 3*x2', '3*x1 + 10*x2']
"""

from deltarule.expressions.derivatives import gradient, hessian
from deltarule.expressions.evaluation import Tape, evaluate
from deltarule.expressions.nodes import Node, ordered_names
from deltarule.expressions.parsing import parse
from deltarule.expressions.printing import latex, python, text
from deltarule.expressions.simplifying import simplify

__all__ = [
    "Node",
    "Tape",
    "evaluate",
    "gradient",
    "hessian",
    "latex",
    "ordered_names",
    "parse",
    "python",
    "simplify",
    "text",
]
