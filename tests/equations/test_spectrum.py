"""Eigenvalues from products alone, held to those of the whole matrix."""

from __future__ import annotations

import numpy as np
import pytest
from tests.equations.curvature_cases import CASES, Case

from deltarule.equations import spectrum
from deltarule.errors import InputError
from deltarule.objectives.network_error import NetworkError

every = pytest.mark.parametrize("case", CASES[:8], ids=lambda case: case.name)


def objective(case: Case) -> NetworkError:
    return NetworkError(case.shape, case.X, case.D, case.loss, case.penalty, case.weight)


@every
def test_extremes_are_the_hessians(case: Case) -> None:
    f = objective(case)
    values = np.linalg.eigvalsh(f.hessian(case.theta))
    found = spectrum.extreme_eigenvalues(lambda v: f.hessian_vector(case.theta, v), f.size, steps=f.size)
    assert found == pytest.approx((values[0], values[-1]), rel=1e-9, abs=1e-9)


def test_trace_lies_within_its_standard_errors() -> None:
    case = CASES[2]
    f = objective(case)
    found = spectrum.trace(lambda v: f.hessian_vector(case.theta, v), f.size, probes=400)
    assert abs(found.value - np.trace(f.hessian(case.theta))) < 4 * found.standard_error
    assert found.standard_error < 0.2 * abs(found.value)


def test_density_knows_the_moments() -> None:
    random = np.random.default_rng(0)
    A = random.standard_normal((80, 80))
    A = A + A.T
    values, shares = spectrum.density(lambda v: A @ v, 80, steps=30, probes=60)
    assert shares.sum() == pytest.approx(1)
    assert (shares * values**2).sum() == pytest.approx((A**2).sum() / 80, rel=0.05)
    assert (np.diff(values) >= 0).all()


def test_a_matrix_of_few_directions_ends_early() -> None:
    v = np.arange(1.0, 51)
    found = spectrum.extreme_eigenvalues(lambda x: v * (v @ x), 50)
    assert found[1] == pytest.approx(v @ v)


def test_nothing_to_look_at_is_refused() -> None:
    with pytest.raises(InputError, match="1 or more"):
        spectrum.trace(lambda v: v, 0)
