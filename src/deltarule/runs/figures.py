"""The figures of a run, by name, in the order of the report; each is drawn when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from deltarule.health.case import Case
from deltarule.health.flow import Flow, GradientFlow
from deltarule.health.snapshot import look
from deltarule.runs.run import Run
from deltarule.tables import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.floating]
SPECTRUM = 600  # weights up to which the whole Hessian's eigenvalues are worth their time, about a second
SPECTRUM_ROWS = 1000
RESPONSES = 4  # inputs whose response is drawn, the most influential
INPUTS = 60  # inputs looked through for those
LAYERS = 4  # layers drawn with their net values
NET_ROWS, NET_VALUES = 1000, 150  # samples passed through, and of their net values, by size, so many drawn
TARGETS = 3  # numeric targets whose fit is drawn
SECTIONS = (
    ("The training", ("error-curves", "train-state")),
    ("The gradient", ("gradient-flow", "gradient-heat")),
    ("The fit", ("predicted-actual", "error-histogram", "residuals", "roc", "calibration", "confusion")),
    ("Inside the layers", ("activations",)),
    ("What it answers to", ("response",)),
    ("The curvature", ("hessian-spectrum",)),
)


@dataclass(frozen=True)
class Fit:
    """What was predicted for some rows: numbers d, o (N, T) in the targets' unit, or class codes and probabilities."""

    rows: str
    d: NDArray[Any]
    o: NDArray[Any]


class Figures:
    """`names` lists them; `draw(name)` gives the axes.

    Parameters: run; case: its case; table: the table it was trained on.
    """

    def __init__(self, run: Run, case: Case, table: Table) -> None:
        self.run, self.case, self.table = run, case, table

    @property
    def names(self) -> list[str]:
        """Every figure's name: letters, digits and hyphens."""
        return [name for name, _, _ in self._all()]

    @property
    def sections(self) -> list[tuple[str, list[str]]]:
        """Titles, each with the names of its figures; one without figures is left out."""
        names = {name: name.rstrip("-0123456789") for name in self.names}
        parts = [(title, [name for name in names if names[name] in stems]) for title, stems in SECTIONS]
        return [(title, chosen) for title, chosen in parts if chosen]

    @property
    def captions(self) -> dict[str, str]:
        """What each figure tells, in a sentence."""
        return {name: caption for name, caption, _ in self._all()}

    def draw(self, name: str) -> Axes:
        """The figure of that name."""
        return next(draw for known, _, draw in self._all() if known == name)()

    def _all(self) -> Iterator[tuple[str, str, Callable[[], Axes]]]:
        history = self.run.history
        if len(history):
            yield "error-curves", "The error that was minimised, epoch by epoch.", self._error_curves
            yield (
                "train-state",
                "What moved the weights: the gradient's size and what the rule tells.",
                self._train_state,
            )
            yield (
                "gradient-heat",
                "The gradient of each layer over time: dark below means that the first layers get little.",
                self._heat,
            )
        if self.run.network.shape.layers > 1:
            yield (
                "gradient-flow",
                "What of the output's error reaches each layer, before the training and after it; slopes alone "
                "would leave the thin lines, and the weights multiply as well.",
                self._flow,
            )
        if self.run.model.targets.kind == "numbers":
            for k, name in enumerate(self.run.model.targets.targets[:TARGETS]):
                yield from self._number_figures(k, name)
        else:
            yield (
                "roc",
                f"Right alarms for false alarms, on {self.fits[-1].rows} rows.",
                lambda: self._classes("roc"),
            )
            yield (
                "calibration",
                "Whether a probability of 0.8 comes true four times in five.",
                lambda: self._classes("calibration"),
            )
            yield "confusion", "Which class was taken for which.", lambda: self._classes("confusion")
        for m in self._drawn_layers:
            name = self.run.network.shape.activations[m - 1]
            caption = f"S and S' of layer {m} ({name}), and where its units stand on them."
            yield f"activations-{m}", caption, lambda m=m: self._activation(m)
        for n, (name, _, _, _) in enumerate(self.responses):
            yield (
                f"response-{n + 1}",
                f"How {self._predicted_in_words} changes with {name}, all else as it is.",
                lambda n=n: self._response(n),
            )
        if self.run.network.shape.size <= SPECTRUM:
            yield (
                "hessian-spectrum",
                "How the error bends at the weights reached, in every direction.",
                self._spectrum,
            )

    @cached_property
    def fits(self) -> list[Fit]:
        """Predictions for training and, where there are, test rows; the last are the ones to be judged by."""
        model, split = self.run.model, self.run.split
        parts = [("training", split.train), ("test", split.test)]
        found: list[Fit] = []
        for name, rows in parts:
            if not len(rows):
                continue
            some = self.table.take(rows)
            with np.errstate(all="ignore"):
                o = model.outputs(some)
            if model.targets.kind == "numbers":
                found.append(Fit(name, model.targets.values(some), model.targets.inverse(o)))
            else:
                found.append(Fit(name, model.targets.codes(some), model.targets.probabilities(o)))
        return found

    @cached_property
    def responses(self) -> list[tuple[str, tuple[float, float], Floats, Floats]]:
        """Name, (center, spread), grid and curves of the most influential inputs."""
        from deltarule.pictures.response import influence, response_curves

        X = self.case.X
        if not np.isfinite(self.run.network.theta).all() or X.shape[1] == 0:
            return []
        with np.errstate(all="ignore"):
            swing = (
                influence(self._predicted, X[:, :INPUTS])
                if X.shape[1] <= INPUTS
                else self._influence_by_gradient()
            )
        units = self.run.model.inputs.units
        names = self.run.model.inputs.names
        most = [int(i) for i in np.argsort(-swing, kind="stable")[:RESPONSES] if swing[i] > 0]
        return [(names[i], units[i], *response_curves(self._predicted, X, i)) for i in most]

    def _predicted(self, X: Floats) -> Floats:
        """(N,): the first target in its own unit, or the last class's probability."""
        model = self.run.model
        o = self.run.network.predict(X)
        if model.targets.kind == "numbers":
            return model.targets.inverse(o)[:, 0]
        return model.targets.probabilities(o)[:, -1]

    def _influence_by_gradient(self) -> NDArray[np.float64]:
        """(I,): spread of each column times the size of ∂o/∂x, where the columns are too many to vary each."""
        W = self.run.network.W[0]
        return self.case.X.std(axis=0) * np.linalg.norm(W, axis=1)

    @property
    def _told(self) -> str:
        targets = self.run.model.targets
        return targets.targets[0] if targets.kind == "numbers" else f"probability of {targets.classes[-1]}"

    @property
    def _predicted_in_words(self) -> str:
        """What the responses are of; of several targets they show the first."""
        others = self.run.model.targets.targets[1:]
        alone = (
            f" (not {' and '.join(others)})" if self.run.model.targets.kind == "numbers" and others else ""
        )
        return f"the predicted {self._told}{alone}"

    def _error_curves(self) -> Axes:
        from deltarule.pictures.error_curves import error_curves

        return error_curves(self.run.history)

    def _train_state(self) -> Axes:
        from deltarule.pictures.train_state import train_state

        return train_state(self.run.history)

    def _heat(self) -> Axes:
        from deltarule.pictures.gradient_heat import gradient_heat

        return gradient_heat(self.run.history)

    def _flow(self) -> Axes:
        from deltarule.pictures.gradient_flow import gradient_flow

        c = self.case
        networks = {"before": self.run.start, "after": self.run.network}
        flows = [Flow(name, look(n.shape, n.theta, c.X, c.D, c.loss)) for name, n in networks.items()]
        return gradient_flow(GradientFlow(tuple(flows)))

    def _number_figures(self, k: int, name: str) -> Iterator[tuple[str, str, Callable[[], Axes]]]:
        rows = self.fits[-1].rows
        end = "" if k == 0 else f"-{k + 1}"
        yield (
            f"predicted-actual{end}",
            f"On the diagonal is right; {rows} rows.",
            lambda: self._numbers("predicted", k, name),
        )
        yield (
            f"error-histogram{end}",
            "How large the errors are, in the target's own unit.",
            lambda: self._numbers("histogram", k, name),
        )
        yield (
            f"residuals{end}",
            f"A pattern here is something not learnt; {rows} rows.",
            lambda: self._numbers("residuals", k, name),
        )

    def _numbers(self, what: str, k: int, name: str) -> Axes:
        from deltarule.pictures.error_histogram import error_histogram
        from deltarule.pictures.predicted_actual import predicted_actual
        from deltarule.pictures.residuals import residuals

        if what == "histogram":
            return error_histogram({fit.rows: fit.o[:, k] - fit.d[:, k] for fit in self.fits}, name=name)
        draw = predicted_actual if what == "predicted" else residuals
        return draw(self.fits[-1].d[:, k], self.fits[-1].o[:, k], name=name)

    def _classes(self, what: str) -> Axes:
        from deltarule.pictures.calibration import calibration
        from deltarule.pictures.confusion import confusion
        from deltarule.pictures.roc import roc

        fit, classes = self.fits[-1], self.run.model.targets.classes
        if what == "confusion":
            return confusion(fit.d, fit.o.argmax(axis=1), classes=classes)
        return (roc if what == "roc" else calibration)(fit.d, fit.o, classes=classes)

    @property
    def _drawn_layers(self) -> list[int]:
        """The layers whose S bends, at most LAYERS, the first and the last of them included."""
        bent = [
            m
            for m, name in enumerate(self.run.network.shape.activations, start=1)
            if name not in ("identity", "softmax")
        ]
        return bent if len(bent) <= LAYERS else [*bent[: LAYERS - 1], bent[-1]]

    def _activation(self, m: int) -> Axes:
        from deltarule.pictures.activation import activation

        network = self.run.network
        with np.errstate(all="ignore"):
            net = network.forward(self.case.X[:NET_ROWS]).net[m - 1]
        values = np.sort(net[np.isfinite(net)])
        some = np.linspace(0, len(values) - 1, min(len(values), NET_VALUES)).round().astype(np.intp)
        return activation(network.shape.activations[m - 1], values[some])[0]

    def _response(self, n: int) -> Axes:
        from deltarule.pictures.response import response

        name, unit, grid, curves = self.responses[n]
        return response(grid, curves, name=name, target=self._told, unit=unit)

    def _spectrum(self) -> Axes:
        from deltarule.pictures.hessian_spectrum import hessian_spectrum

        c, network = self.case, self.run.network
        with np.errstate(all="ignore"):
            H = network.hessian(c.X[:SPECTRUM_ROWS], c.D[:SPECTRUM_ROWS], c.loss, c.penalty)
        values = np.linalg.eigvalsh(H) if np.isfinite(H).all() else np.zeros(1)
        rate = self._gradient_rate()
        return hessian_spectrum(values, learning_rate=rate)

    def _gradient_rate(self) -> float | None:
        h = self.run.history
        plain = getattr(self.case.rule, "code", "") == "gradient"
        return float(h.learning_rate[-1]) if plain and len(h) else None


def settings_lines(settings: Mapping[str, Any]) -> dict[str, str]:
    """A run's settings in words, as its TOML keys."""
    return {
        key: ", ".join(map(str, v)) if isinstance(v, (list, tuple)) else str(v) for key, v in settings.items()
    }
