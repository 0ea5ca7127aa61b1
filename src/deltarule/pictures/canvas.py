"""The ground that pictures are drawn on: axes, colours, and the way to SVG, PNG and PDF."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.whole_file import whole_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

# colour-blind safe (Okabe, Ito 2008), in the order in which lines take them
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#666666")
INK, FAINT, GRID = "#1b1f24", "#5b6570", "#d9dee3"
MARKS = ("o", "s", "^", "D", "v", "P", "X")
SUFFIXES = ("svg", "png", "pdf")
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
WIDE = 10  # the factor from which on values are told apart on a log axis only
TOP = 1e200  # where a training that diverged leaves its picture: marks further up may lie beyond the floats
MANY = 2000  # points beyond which a scatter is thinned, evenly: a page stays small and nothing is seen less


def axes(ax: Axes | None = None, width: float = 6.4, height: float = 4.0) -> Axes:
    """The given axes, or those of a new figure (inches); spines thinned, a faint grid behind."""
    if ax is None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.add_subplot()
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(FAINT)
    ax.tick_params(colors=INK, labelsize=9)
    ax.grid(True, color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    return ax


def label(ax: Axes, title: str, x: str, y: str) -> None:
    """Title and axis names, in which $…$ is a formula: what is the user's comes `as_it_is`."""
    ax.set_title(title, fontsize=11, color=INK, loc="left")
    ax.set_xlabel(x, fontsize=9.5, color=INK)
    ax.set_ylabel(y, fontsize=9.5, color=INK)


def as_it_is(text: str) -> str:
    """A text of the user's, such as a column's name, for matplotlib: two $ in it are no formula.

    >>> print(as_it_is("cost_$ (US_$)"))
    cost_\\$ (US_\\$)
    """
    return text.replace("$", r"\$")


def legend(ax: Axes, **where: Any) -> None:
    """A legend, without a frame unless asked for, where more than nothing is named."""
    if ax.get_legend_handles_labels()[1]:
        ax.legend(**{"fontsize": 9, "frameon": False, **where})


def whole(axis: Axis) -> None:
    """Marks at whole numbers only, for an axis that counts."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def log_axis(ax: Axes, values: NDArray[np.floating]) -> None:
    """A log axis upwards where the values above 0 span more than a factor of ten."""
    positive = values[np.isfinite(values) & (values > 0)]
    if len(positive) and positive.max() > WIDE * positive.min():
        if positive.max() > TOP:
            ax.set_ylim(positive.min() / WIDE, TOP)
        log_scale(ax)


def log_scale(ax: Axes) -> None:
    """A log axis upwards, marked at powers of ten, and at twice and five times them where there are few.

    The marks are text, not formulas, and no smaller ones are made: each would be laid out anew for every picture.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    ax.set_yscale("log")
    low, high = ax.get_ylim()
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 1000 * low else (1,)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: power_of_ten(value)))
    ax.yaxis.set_minor_locator(NullLocator())


def power_of_ten(value: float) -> str:
    """The number as text: powers of ten from a thousand on, and up to a thousandth, by their exponent.

    >>> power_of_ten(0.01), power_of_ten(1e-12), power_of_ten(200.0), power_of_ten(1e5)
    ('0.01', '10⁻¹²', '200', '10⁵')
    """
    exponent = round(np.log10(value)) if value > 0 else 0
    if abs(exponent) < 3 or not np.isclose(value, 10.0**exponent, rtol=1e-9):
        return f"{value:g}"
    return f"10{str(exponent).translate(RAISED)}"


def thinned(N: int) -> NDArray[np.intp]:
    """Rows for a scatter: all, or MANY spread evenly."""
    return np.linspace(0, N - 1, min(N, MANY)).round().astype(np.intp)


def svg(ax: Axes) -> str:
    """The figure as one SVG element: text stays text, the same picture is the same bytes."""
    import matplotlib as mpl

    text = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "deltarule", "font.family": "sans-serif"}):
        _figure(ax).savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    drawn = text.getvalue()
    return drawn[drawn.index("<svg") :]


def check_suffix(path: Path) -> None:
    """Raise InputError where a file's ending is no kind of picture."""
    if path.suffix.lower().lstrip(".") not in SUFFIXES:
        raise InputError(f"a picture is written as {', '.join('.' + s for s in SUFFIXES)}, got '{path.name}'")


def save(ax: Axes, file: str | Path, dots_per_inch: float = 150, force: bool = False) -> Path:
    """Writes the figure as SVG, PNG or PDF, by the file's ending; replaces a file only with force."""
    path = Path(file)
    check_suffix(path)
    with whole_file(path, force) as unfinished:
        if path.suffix.lower() == ".svg":
            unfinished.write_bytes(f'<?xml version="1.0" encoding="utf-8"?>\n{svg(ax)}'.encode())
        else:
            _figure(ax).savefig(unfinished, dpi=dots_per_inch)
    return path


def _figure(ax: Axes) -> Any:
    return ax.get_figure(root=True)
