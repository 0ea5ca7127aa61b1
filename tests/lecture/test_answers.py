"""Two hundred typed answers: right in odd forms, wrong in the usual ways, malformed, hostile; each judged in time."""

# ruff: noqa: E501 (a table reads best with one answer a line)

from __future__ import annotations

import time

import pytest

from deltarule.equations.losses import loss
from deltarule.equations.shape import make_shape
from deltarule.errors import ExpressionError
from deltarule.lecture.answers import read_answer
from deltarule.lecture.marking import NO_PRODUCT, SIGN_ONLY, Asked, GradientMarker
from deltarule.lecture.symbols import weight_quantity

_LECTURE = ("logistic", "logistic", False)
QUESTIONS = {
    "A": ([2, 2, 1], *_LECTURE, "w_11^(1,2)"),
    "B": ([2, 2, 1], *_LECTURE, "w_12^(0,1)"),
    "C": ([2, 2, 2], *_LECTURE, "w_21^(0,1)"),
    "D": ([2, 3, 2], "tanh", "identity", True, "b_2^(1)"),
    "F": ([2, 2, 2, 1], *_LECTURE, "w_12^(0,1)"),
}

# right, however it is written -----------------------------------------------------------------------------------------
RIGHT = [
    ("A", "-mean_n(2*(o_n1 - d_n1)*S'(net_n1^(1,2))*y_n1^(1,2))"),
    ("A", "-mean_n(2 (o_n1 - d_n1) S'(net_n1^(1,2)) y_n1^(1,2))"),
    ("A", "mean_n(-2 (o_n1 - d_n1) S'(net_n1^(1,2)) y_n1^(1,2))"),
    ("A", "mean_n(2 (d_n1 - o_n1) S'(net_n1^(1,2)) y_n1^(1,2))"),
    ("A", "-2 mean_n((o_n1 - d_n1) S'(net_n1^(1,2)) y_n1^(1,2))"),
    ("A", "-2/N * sum_n((o_n1 - d_n1)*S'(net_n1^(1,2))*y_n1^(1,2))"),
    ("A", "-2/N Σ_n (o_n1 - d_n1) S'(net_n1^(1,2)) y_n1^(1,2)"),
    ("A", "-2/N sum_n (o_n1 - d_n1) S'(net_n1^(1,2)) y_n1^(1,2)"),
    ("A", "-mean_n(4,0 l_n1 o_n1 (1,5 - o_n1 - 0,5) y_n1/2)"),
    ("A", "-2*mean_n (o_n1 - d_n1) o_n1 (1 - o_n1) y_n1"),
    ("A", "-1/N sum_n 2 l_n1 o_n1 (1 - o_n1) y_n1"),
    ("A", "-1/N sum_n(2 l_n1 S'(net_n1^(1,2)) y_n1^(1,2))"),
    ("A", "-mean_n(2 l_n1 o_n1 (1 - o_n1) y_n1)"),
    ("A", "-mean_n(2*l_n1*(o_n1 - o_n1^2)*y_n1)"),
    ("A", "-mean_n(2*l_n1*(o_n1 - o_n1**2)*y_n1)"),
    ("A", "-mean_n(2*l_n1*(o_n1 - o_n1²)*y_n1)"),
    ("A", "-mean_n(20·10⁻¹ l₁ (o₁ - o₁²) y₁)"),
    ("A", "−mean_n(2·(o_n1 − d_n1)·S′(net_n1^(1,2))·y_n1^(1,2))"),
    ("A", "-mean_n(2×(o_n1 - d_n1)×S’(net_n1^(1,2))×y_n1^(1,2))"),
    ("A", "-mean_n(2*(o1 - d1)*o1*(1-o1)*y1)"),
    ("A", "-mean_n(2*(on1 - dn1)*on1*(1-on1)*yn1)"),
    ("A", "-mean_n(2*(o_1 - d_1)*s'(net_1^(1,2))*y_1)"),
    ("A", "-mean_n(2 (o_n1 - d_n1) s'(net_n1(1,2)) y_n1(1,2))"),
    ("A", "-mean_n(2 (o_n1 - d_n1) S'(net_n1^(2)) y_n1^(1))"),
    ("A", "-mean_n(2 (a_n1^(2) - t_n1) σ'(z_n1^(2)) a_n1^(1))"),
    ("A", "-mean_n(2 (o_n1 - d_n1) sigma'(z_n1^(2)) a_n1^(1))"),
    ("A", "-sum_n(δ_n1^(2) y_n1)"),
    ("A", "-sum_n(delta_n1^(2)*y_n1^(1))"),
    ("A", "-sum_n(δ_n1^(1,2) y_n1^(1,2))"),
    ("A", "-mean_n(∂E_n/∂o_n1 · ∂o_n1/∂w_11^(1,2))"),
    ("A", "-mean_n(2 l_n1 · ∂o_n1/∂net_n1^(1,2) · ∂net_n1^(1,2)/∂w_11^(1,2))"),
    ("A", "-mean_n(dE_n/do_n1 * do_n1/dnet_n1^(1,2) * dnet_n1^(1,2)/dw_11^(1,2))"),
    ("A", r"-\frac{1}{N}\sum_{n=1}^{N} 2\left(o_{n1}-d_{n1}\right) S'\left(net_{n1}^{(1,2)}\right) y_{n1}^{(1,2)}"),
    ("A", r"-\frac{2}{N}\sum_n (o_{n1}-d_{n1}) \cdot S'(\mathrm{net}_{n1}^{(1,2)}) \cdot y_{n1}^{(1,2)}"),
    ("A", r"$-\dfrac{2}{N} \sum_{n} \left(o_{n1} - d_{n1}\right) \, o_{n1} \, \left(1 - o_{n1}\right) \, y_{n1}^{(1)}$"),
    ("A", r"-\frac{1}{N}\sum_n \frac{\partial E_n}{\partial o_{n1}} \frac{\partial o_{n1}}{\partial w_{11}^{(1,2)}}"),
    ("A", r"-\frac{1}{N} \sum_{n=1}^N 2 l_{n1} S^{\prime}(net_{n1}^{(1,2)}) y_{n1}"),
    ("A", "-∂E/∂w_11^(1,2) = -mean_n(2 l_n1 S'(net_n1^(1,2)) y_n1)"),
    ("A", "∂E/∂w_11^(1,2) = mean_n(2 l_n1 S'(net_n1^(1,2)) y_n1)"),
    ("A", "dE/dw_11^(1,2) = 2/N Σ_n l_n1 S'(net_n1^(1,2)) y_n1"),
    ("A", "-mean_n(2*(o_n1 - d_n1)*exp(-net_n1^(1,2))/(1 + exp(-net_n1^(1,2)))^2*y_n1)"),
    ("A", "-mean_n(2*(logistic(net_n1^(1,2)) - d_n1)*S'(net_n1^(1,2))*S(net_n1^(0,1)))"),
    ("A", "-mean_n(2*(S(w_11^(1,2) y_n1 + w_21^(1,2) y_n2) - d_n1)*S'(w_11^(1,2) y_n1 + w_21^(1,2) y_n2)*y_n1)"),
    ("A", "-mean_n(y_n1 * S'(net_n1^(1,2)) * (o_n1 - d_n1)) * 2"),
    ("A", "-(1/N)*sum_n(y_n1*(1-o_n1)*o_n1*(o_n1-d_n1)*2)"),
    ("A", "-mean_n(2*o_n1*S'(net_n1^(1,2))*y_n1) + mean_n(2*d_n1*S'(net_n1^(1,2))*y_n1)"),
    ("A", "-mean_n([2 {o_n1 - d_n1}] S'(net_n1^(1,2)) y_n1)"),
    ("A", "---mean_n(2 l_n1 S'(net_n1^(1,2)) y_n1)"),
    ("A", "-sum_n(∂E/∂net_n1^(1,2) y_n1)"),
    ("A", "-sum_n((∂E/∂z_n1^(2))*y_n1)"),
    ("A", r"-\sum_n \frac{\partial E}{\partial net_{n1}^{(1,2)}} y_{n1}"),
    ("A", "-sum_n(∂E/∂o_n1 S'(net_n1^(1,2)) y_n1)"),
    ("A", "-mean_n(∂E_n/∂net_n1^(1,2) y_n1)"),
    ("B", "-sum_n(∂E/∂net_n2^(0,1) x_n1)"),
    ("C", "-sum_n(sum_k(∂E/∂net_nk^(1,2) w_1k^(1,2)) S'(net_n1^(0,1)) x_n2)"),
    ("A", "-0.5*mean_n(4 l_n1 S'(net_n1^(1,2)) y_n1)"),
    ("A", "-½ mean_n(4 l_n1 S'(net_n1^(1,2)) y_n1)"),
    ("A", "-mean_n(2 l_n1 S'(net_n1^(1,2)) y_n1^1)"),
    ("A", "-mean_n(2 l_n1 S'(net_n1^(1,2)) y_n1) * K"),
    ("B", "-mean_n(2 (o_n1-d_n1) S'(net_n1^(1,2)) w_21^(1,2) S'(net_n2^(0,1)) x_n1)"),
    ("B", "-mean_n(2 l_n1 o_n1(1-o_n1) w_21^(1,2) y_n2(1-y_n2) x_n1)"),
    ("B", "-mean_n(2 l_n1 S'(net_n1^(1,2)) w21(1,2) S'(net_n2(0,1)) xn1)"),
    ("B", "-mean_n(2 l_n1 S'(net_n1^(1,2)) w_{21}^{(1,2)} S'(net_{n2}^{(0,1)}) x_{n1})"),
    ("B", "-mean_n(2 l_n1 S'(net_n1^(1,2)) w_2,1^(1,2) S'(net_n,2^(0,1)) x_n,1)"),
    ("B", "-sum_n(δ_n1^(2) w_21^(1,2) S'(net_n2^(0,1)) x_n1)"),
    ("B", "-sum_n(δ_n2^(1) x_n1)"),
    ("B", "-mean_n(2 (a_n1^(2)-t_n1) σ'(z_n1^(2)) w_21^(2) σ'(z_n2^(1)) x_n1)"),
    ("B", "-mean_n(2 l_n1 ∂o_n1/∂y_n2^(1,2) ∂y_n2^(1,2)/∂w_12^(0,1))"),
    ("B", "-mean_n(2 l_n1 ∂o_n1/∂w_21^(1,2) ∂y_n2^(1,2)/∂w_12^(0,1))"),
    ("B", r"-\frac{1}{N}\sum_n 2 l_{n1} \frac{\partial o_{n1}}{\partial y_{n2}^{(1,2)}} S'(net_{n2}^{(0,1)}) x_{n1}"),
    ("B", "-w_21^(1,2) mean_n(2 l_n1 S'(net_n1^(1,2)) S'(net_n2^(0,1)) x_n1)"),
    ("B", "-w^(1,2)_21 mean_n(2 l_n1 S'(net^(1,2)_n1) S'(net^(0,1)_n2) x_n1)"),
    ("B", "∂E/∂w_12^(0,1) = mean_n(2 l_n1 S'(net_n1^(1,2)) w_21^(1,2) S'(net_n2^(0,1)) x_n1)"),
    ("C", "-mean_n(sum_k(2 (o_nk-d_nk) S'(net_nk^(1,2)) w_1k^(1,2)) S'(net_n1^(0,1)) x_n2)"),
    ("C", "-mean_n(sum_k(2 (o_nk-d_nk) S'(net_nk^(1,2)) w_1k^(1,2) S'(net_n1^(0,1)) x_n2))"),
    ("C", "-sum_k(mean_n(2 l_nk o_nk (1-o_nk) w_1k^(1,2) y_n1 (1-y_n1) x_n2))"),
    ("C", "-1/N sum_n sum_k 2 l_nk S'(net_nk^(1,2)) w_1k^(1,2) S'(net_n1^(0,1)) x_n2"),
    ("C", "-mean_n sum_k (2 l_nk S'(net_nk^(1,2)) w_1k^(1,2)) S'(net_n1^(0,1)) x_n2"),
    ("C", "-1/N Σ_n Σ_k 2 l_nk S'(net_nk^(1,2)) w_1k^(1,2) S'(net_n1^(0,1)) x_n2"),
    ("C", r"-\frac{1}{N}\sum_{n=1}^{N}\sum_{k=1}^{K} 2 l_{nk} S'(net_{nk}^{(1,2)}) w_{1k}^{(1,2)} S'(net_{n1}^{(0,1)}) x_{n2}"),
    ("C", "-sum_n(sum_k(δ_nk^(2) w_1k^(1,2)) S'(net_n1^(0,1)) x_n2)"),
    ("C", "-mean_n((2 l_n1 S'(net_n1^(1,2)) w_11^(1,2) + 2 l_n2 S'(net_n2^(1,2)) w_12^(1,2)) S'(net_n1^(0,1)) x_n2)"),
    ("C", "-mean_n(sum_c(2 l_nc S'(net_nc^(1,2)) w_1c^(1,2)) y_n1 (1-y_n1) x_n2)"),
    ("C", "-mean_n(x_n2 S'(net_n1^(0,1)) sum_k(2 l_nk ∂o_nk/∂y_n1^(1,2)))"),
    ("C", "-2 K mean_n(mean_k(l_nk S'(net_nk^(1,2)) w_1k^(1,2)) S'(net_n1^(0,1)) x_n2)"),
    ("D", "-mean_n(sum_k(2 (o_nk-d_nk) w_2k^(1,2)) (1 - y_n2^2))"),
    ("D", "-mean_n(sum_k(2 (o_nk-d_nk) w_2k^(1,2)) (1 - (y_n2^(1))^2))"),
    ("D", "-mean_n(sum_k(2 l_nk w_2k^(1,2)) S'(net_n2^(0,1)))"),
    ("D", "-mean_n(sum_k(2 l_nk w_2k^(1,2)) (1 - tanh(net_n2^(0,1))^2))"),
    ("D", "-sum_n(δ_n2^(1))"),
    ("D", "-sum_n(sum_k(δ_nk^(2) w_2k^(1,2)) (1-y_n2)(1+y_n2))"),
    ("F", "-mean_n(sum_h2(2 l_n1 S'(net_n1^(2,3)) w_h2,1^(2,3) S'(net_n,h2^(1,2)) w_2,h2^(1,2)) S'(net_n2^(0,1)) x_n1)"),
    ("F", "-mean_n(2 l_n1 S'(net_n1^(2,3)) sum_j(w_j1^(2,3) S'(net_nj^(1,2)) w_2j^(1,2)) S'(net_n2^(0,1)) x_n1)"),
    ("F", "-sum_n(sum_j(δ_nj^(2) w_2j^(1,2)) y_n2^(1) (1 - y_n2^(1)) x_n1)"),
]  # fmt: skip

# wrong, with a sentence that names the slip ------------------------------------------------------------------------------
WRONG = [
    # 1 the sign
    ("A", "mean_n(2 l_n1 S'(net_n1^(1,2)) y_n1)", "sign only"),
    ("A", "2/N Σ_n l_n1 o_n1 (1-o_n1) y_n1", "sign only"),
    ("A", "-∂E/∂w_11^(1,2) = mean_n(2 l_n1 S'(net_n1^(1,2)) y_n1)", "sign only"),
    ("A", "∂E/∂w_11^(1,2) = -mean_n(2 l_n1 S'(net_n1^(1,2)) y_n1)", "sign only"),
    ("A", "-mean_n(2 (d_n1 - o_n1) S'(net_n1^(1,2)) y_n1)", "sign only"),
    ("B", "mean_n(2 l_n1 S'(net_n1^(1,2)) w_21^(1,2) S'(net_n2^(0,1)) x_n1)", "sign only"),
    ("C", "mean_n(sum_k(2 l_nk S'(net_nk^(1,2)) w_1k^(1,2)) S'(net_n1^(0,1)) x_n2)", "sign only"),
    ("D", "mean_n(sum_k(2 l_nk w_2k^(1,2)) S'(net_n2^(0,1)))", "sign only"),
    # 2 the factor 2
    ("A", "-mean_n(l_n1 S'(net_n1^(1,2)) y_n1)", "factor 2 is missing"),
    ("A", "mean_n((d_n1 - o_n1) S'(net_n1^(1,2)) y_n1)", "factor 2 is missing"),
    ("B", "-mean_n(l_n1 S'(net_n1^(1,2)) w_21^(1,2) S'(net_n2^(0,1)) x_n1)", "factor 2 is missing"),
    ("C", "-mean_n(sum_k(l_nk S'(net_nk^(1,2)) w_1k^(1,2)) S'(net_n1^(0,1)) x_n2)", "factor 2 is missing"),
    ("A", "mean_n(l_n1 S'(net_n1^(1,2)) y_n1)", "sign is wrong, and the factor 2 is missing"),
    ("A", "-mean_n(4 l_n1 S'(net_n1^(1,2)) y_n1)", "factor 2 too many"),
    # 3 the 1/N
    ("A", "-sum_n(2 l_n1 S'(net_n1^(1,2)) y_n1)", "1/N is missing"),
    ("B", "-sum_n(2 l_n1 S'(net_n1^(1,2)) w_21^(1,2) S'(net_n2^(0,1)) x_n1)", "1/N is missing"),
    ("A", "-sum_n(l_n1 S'(net_n1^(1,2)) y_n1)", "2/N is missing"),
    ("A", "sum_n(2 l_n1 S'(net_n1^(1,2)) y_n1)", "sign is wrong, and 1/N is missing"),
    ("A", "-2 l_n1 S'(net_n1^(1,2)) y_n1", "the mean over n is missing"),
    ("B", "-2 l_n1 S'(net_n1^(1,2)) w_21^(1,2) S'(net_n2^(0,1)) x_n1", "the mean over n is missing"),
    ("A", "-1/N mean_n(2 l_n1 S'(net_n1^(1,2)) y_n1)", "1/N is there twice"),
    ("A", "-sum_n(δ_n1^(2) y_n1)/N", "1/N is there twice"),
    ("A", "-mean_n(∂E/∂net_n1^(1,2) y_n1)", "1/N is there twice"),
    ("A", "-δ_n1^(2) y_n1", "the sum over n is missing: write sum_n(…), the 1/N is inside δ"),
    ("A", "-2/N l_n1 o_n1 (1-o_n1) y_n1", "the sum over n is missing: write sum_n(…)"),
    ("A", "-1/N δ_n1^(2) y_n1", "the 1/N is inside δ, and 1/N is there twice"),
    ("A", "-2 mean_n(l_n1) o_n1 (1-o_n1) y_n1", "mean_n(…) ends at its bracket: all that depends on n belongs inside"),
    # 4 S' of the output
    ("A", "-mean_n(2 l_n1 y_n1)", "S'(net_n1^(1,2)) is missing"),
    ("B", "-mean_n(2 l_n1 w_21^(1,2) S'(net_n2^(0,1)) x_n1)", "S'(net_n1^(1,2)) is missing"),
    ("C", "-mean_n(sum_k(2 l_nk w_1k^(1,2)) S'(net_n1^(0,1)) x_n2)", "S'(net_nk^(1,2)) is missing"),
    ("A", "-mean_n(2 l_n1 S(net_n1^(1,2)) y_n1)", "S stands where S'(net_n1^(1,2)) belongs"),
    ("A", "-mean_n(2 l_n1 o_n1 y_n1)", "S stands where S'(net_n1^(1,2)) belongs"),
    ("A", "-mean_n(2 l_n1 S'(o_n1) y_n1)", "S' is taken at o_n1 instead of net_n1^(1,2)"),
    # 5 S' of the hidden unit
    ("B", "-mean_n(2 l_n1 S'(net_n1^(1,2)) w_21^(1,2) x_n1)", "S'(net_n2^(0,1)) is missing"),
    ("C", "-mean_n(sum_k(2 l_nk S'(net_nk^(1,2)) w_1k^(1,2)) x_n2)", "S'(net_n1^(0,1)) is missing"),
    ("D", "-mean_n(sum_k(2 l_nk w_2k^(1,2)))", "S'(net_n2^(0,1)) is missing"),
    ("B", "-mean_n(2 l_n1 S'(net_n1^(1,2)) w_21^(1,2) S'(y_n2) x_n1)", "S' is taken at y_n2^(1,2) instead of net_n2^(0,1)"),
    ("B", "-mean_n(2 l_n1 S'(net_n1^(1,2)) w_21^(1,2) y_n2 x_n1)", "S stands where S'(net_n2^(0,1)) belongs"),
    ("B", "-mean_n(2 l_n1 w_21^(1,2) x_n1)", "S' is missing in every layer"),
    ("F", "-mean_n(sum_h2(2 l_n1 S'(net_n1^(2,3)) w_h2,1^(2,3) w_2,h2^(1,2)) S'(net_n2^(0,1)) x_n1)", "S'(net_n,h2^(1,2)) is missing"),
    # 6 indices swapped, W transposed
    ("C", "-mean_n(sum_k(2 l_nk S'(net_nk^(1,2)) w_k1^(1,2)) S'(net_n1^(0,1)) x_n2)", "the indices of w_k1 are swapped"),
    ("F", "-mean_n(sum_j(2 l_n1 S'(net_n1^(2,3)) w_j1^(2,3) S'(net_nj^(1,2)) w_j2^(1,2)) S'(net_n2^(0,1)) x_n1)", "the indices of w_j2 are swapped"),
    ("B", "-mean_n(2 l_n1 S'(net_n1^(1,2)) w_11^(1,2) S'(net_n2^(0,1)) x_n1)", "w_11^(1,2) stands for w_21^(1,2)"),
    ("B", "-mean_n(2 l_n1 S'(net_n1^(1,2)) w_21^(1,2) S'(net_n2^(0,1)) x_n2)", "the unit is wrong: x_n2 stands for x_n1, unit 2 for unit 1 of layer 0"),
    ("B", "-mean_n(2 l_n1 S'(net_n1^(1,2)) w_11^(1,2) S'(net_n1^(0,1)) x_n1)", "the unit is wrong: unit 1 stands for unit 2 of layer 1"),
    ("A", "-mean_n(2 l_n1 S'(net_n1^(1,2)) y_n2)", "the unit is wrong: y_n2^(1,2) stands for y_n1^(1,2), unit 2 for unit 1 of layer 1"),
    # 7 the sum over k
    ("C", "-mean_n(2 l_n1 S'(net_n1^(1,2)) w_11^(1,2) S'(net_n1^(0,1)) x_n2)", "the sum over k is missing"),
    ("C", "-mean_n(2 l_n2 S'(net_n2^(1,2)) w_12^(1,2) S'(net_n1^(0,1)) x_n2)", "only k = 2 is followed"),
    ("C", "-mean_n(mean_k(2 l_nk S'(net_nk^(1,2)) w_1k^(1,2)) S'(net_n1^(0,1)) x_n2)", "the sum over k is a mean over k"),
    ("C", "-mean_n(2 l_nk S'(net_nk^(1,2)) w_1k^(1,2) S'(net_n1^(0,1)) x_n2)", "the index k stands for no particular unit"),
    ("D", "-mean_n(2 l_n1 w_21^(1,2) S'(net_n2^(0,1)))", "the sum over k is missing"),
    ("F", "-mean_n(2 l_n1 S'(net_n1^(2,3)) w_11^(2,3) S'(net_n1^(1,2)) w_21^(1,2) S'(net_n2^(0,1)) x_n1)", "the sum over h2 is missing"),
    # 8 the layer shifted
    ("A", "-mean_n(2 l_n1 S'(net_n1^(1,2)) x_n1)", "the layer is shifted: x_n1 stands for y_n1^(1,2)"),
    ("B", "-mean_n(2 l_n1 S'(net_n1^(1,2)) w_21^(1,2) S'(net_n2^(0,1)) y_n1)", "the layer is shifted: y_n1^(1,2) stands for x_n1"),
    ("B", "-mean_n(2 l_n1 S'(net_n1^(1,2)) w_21^(1,2) S'(net_n2^(0,1)) y_n2)", "the layer is shifted"),
    ("A", "-mean_n(2 l_n1 S'(net_n1^(1,2)) o_n1)", "the layer is shifted: o_n1 stands for y_n1^(1,2)"),
    # 9 a factor left out
    ("B", "-mean_n(2 l_n1 S'(net_n1^(1,2)) S'(net_n2^(0,1)) x_n1)", "w_21^(1,2) is missing"),
    ("A", "-mean_n(2 l_n1 S'(net_n1^(1,2)))", "y_n1^(1,2) is missing"),
    ("B", "-mean_n(2 l_n1 S'(net_n1^(1,2)) w_21^(1,2) S'(net_n2^(0,1)))", "x_n1 is missing"),
    ("C", "-mean_n(sum_k(2 l_nk S'(net_nk^(1,2))) S'(net_n1^(0,1)) x_n2)", "w_1k^(1,2) is missing"),
    ("A", "-mean_n(2 S'(net_n1^(1,2)) y_n1)", "the error l = o_n1 - d_n1 is missing"),
    ("D", "-mean_n(sum_k(2 l_nk w_2k^(1,2)) S'(net_n2^(0,1)) x_n1)", "a bias has the input 1"),
    # 10 the square
    ("A", "-mean_n(l_n1^2 S'(net_n1^(1,2)) y_n1)", "the square is not differentiated"),
    ("A", "-mean_n((o_n1 - d_n1)² S'(net_n1^(1,2)) y_n1)", "the square is not differentiated"),
    ("A", "-mean_n(2 o_n1 S'(net_n1^(1,2)) y_n1)", "o_n1 stands for l = o_n1 - d_n1"),
    # two slips at once
    ("A", "mean_n(2 l_n1 y_n1)", "S'(net_n1^(1,2)) is missing, and the sign is wrong"),
    ("A", "-sum_n(2 l_n1 y_n1)", "S'(net_n1^(1,2)) is missing, and 1/N is missing"),
    ("A", "-2 l_n1 y_n1", "the mean over n is missing: write mean_n(…), and S'(net_n1^(1,2)) is missing"),
    ("B", "-mean_n(l_n1 S'(net_n1^(1,2)) w_21^(1,2) x_n1)", "S'(net_n2^(0,1)) is missing, and the factor 2 is missing"),
    # factor by factor, and no product
    ("D", "-mean_n(sum_k(2 l_nk w_2k^(1,2) (1-y_n2)))", "S'(net_n2^(0,1)) is missing; 1 - y_n2^(1,2) does not belong"),
    ("D", "-mean_n(sum_k(2 l_nk (1-y_n2)))", "S'(net_n2^(0,1)) is missing; w_2k^(1,2) is missing; 1 - y_n2^(1,2) does"),
    ("A", "-sum_n(δ_n1^(2) y_n1 d_n1)", "d_n1 does not belong"),
    ("A", "-mean_n(2 l_n1 S'(net_n1^(1,2)) y_n1 x_n1)", "x_n1 does not belong"),
    ("A", "-mean_n(2 l_n1 S'(net_n1^(1,2)) y_n1 d_n1)", "d_n1 does not belong"),
    ("A", "-mean_n(3 l_n1 S'(net_n1^(1,2)) y_n1)", "a constant is not"),
    ("A", "-mean_n(2 l_n1 S'(net_n1^(1,2))) mean_n(y_n1)", "a product of means is not the mean of a product"),
    ("A", "-mean_n(0 y_n1)", "this is 0 whatever the weights and samples are"),
    ("B", "-mean_n(2 l_n1 w_21^(1,2) x_n1 x_n1)", "S'(net_n1^(1,2)) is missing"),
    ("A", "o_n1 + d_n1", NO_PRODUCT),
    ("A", "-mean_n(2 l_n1 + S'(net_n1^(1,2)) + y_n1)", NO_PRODUCT),
    ("A", "0", ""),
    ("A", "1", ""),
    ("A", "mean_n(x_n1)", "is missing"),
]  # fmt: skip

# what cannot be read, or has no value -----------------------------------------------------------------------------------
MALFORMED = [
    ("A", "", "there is no answer yet"),
    ("A", "   ", "there is no answer yet"),
    ("A", "-mean_n(2 l_n1", "never closed"),
    ("A", "2 l_n1)", "closes no bracket"),
    ("A", "2 +", "ends too early"),
    ("A", "2 * * 3", "is expected"),
    ("A", "* 3", "is expected"),
    ("A", "S' y_n1", "S' needs its argument"),
    ("A", "S'()", "is expected"),
    ("A", "S'''(net_n1^(1,2))", "at most S''"),
    ("A", "w_11", "between which layers"),
    ("A", "w_31^(0,1)", "layer 0 has 2 units"),
    ("A", "w_13^(0,1)", "layer 1 has 2 units"),
    ("A", "w_11^(2,3)", "weights between layers (0,1), (1,2)"),
    ("A", "w_11^(0,2)", "weights between layers"),
    ("A", "y_n1 (0,1)", "is expected, not ,"),
    ("A", "net_n1", "net must say which layer, as net_n1^(1,2) does, at position 1."),
    ("A", "net_n3^(1,2)", "layer 2 has 1 units"),
    ("A", "x_n7", "layer 0 has 2 units"),
    ("A", "y_n1^(7)", "has no y^(7)"),
    ("A", "b_1^(1)", "no biases"),
    ("A", "o", "o needs its unit, as in o_n1, at position 1."),
    ("A", "w_1^(0,1)", "names 1 units, two units are expected"),
    ("A", "w_123^(0,1)", "names 3 units"),
    ("A", "foo", "unknown name 'foo'"),
    ("A", "nett_n1^(0,1)", "did you mean 'net'?"),
    ("A", "n", "n only counts the samples"),
    ("A", "∂E/∂w_11^(1,2)", "not a link of the chain"),
    ("A", "∂o_n1/∂w_11^(0,1)", "not a link of the chain"),
    ("A", "∂o_n1", "ends too early"),
    ("A", "∂dnet_n1^(1,2)/∂w_11^(1,2)", "dnet is no quantity of a network at position 2."),
    ("A", "mean_n", "needs its argument"),
    ("A", "sum_(2)", "has no meaning"),
    ("A", "exp", "needs its argument"),
    ("A", "= 3 =", "nothing stands behind"),
    ("A", "3 = ", "nothing stands behind"),
    ("A", "o_n1 ? 1", "has no meaning"),
    ("A", "log(-1)", "no finite value"),
    ("A", "1/0", "no finite value"),
    ("A", "0/0", "no finite value"),
    ("A", "log(o_n1 - 5)", "no finite value"),
    ("F", "y_n1", "say which layer"),
]  # fmt: skip

HOSTILE = [
    ("A", "__import__('os').system('true')", "has no meaning"),
    ("A", "().__class__.__bases__", "has no meaning"),
    ("A", "lambda: 0", "has no meaning"),
    ("A", "[x for x in ()]", "needs its unit"),
    ("A", "eval('1')", "has no meaning"),
    ("A", "exec(o_n1)", "unknown name"),
    ("A", "9**9**9", "no finite value"),
    ("A", "9**9**9**9**9", "no finite value"),
    ("A", "10^10^10^10", "no finite value"),
    ("A", "exp(exp(exp(exp(9))))", "no finite value"),
    ("A", "(" * 100_000, "at most 2,000 are read"),
    ("A", "(" * 1_000 + ")" * 1_000, "nested more than"),
    ("A", "-" * 100_000, "at most 2,000 are read"),
    ("A", "-" * 1_999 + "1", "nested more than"),
    ("A", "2^" * 900 + "2", "nested more than"),
    ("A", "Σ_n " * 450 + "1", "nested more than"),
    ("A", "sum_n " * 300 + "1", "nested more than"),
    ("A", "S(" * 600 + ")" * 600, "nested more than"),
    ("A", "1+" * 999 + "1", NO_PRODUCT),
    ("A", "o_n1+" * 399 + "o_n1", NO_PRODUCT),
    ("A", "*".join(["o_n1"] * 390), "factors are more than"),
    ("A", "9" * 1_900, "more than 30 digits"),
    ("A", "1e999", "too large"),
    ("A", "1e99999999", "too large"),
    ("A", "1e-99999999", "too small"),
    ("A", "\x00", "has no meaning"),
    ("A", "😀", "has no meaning"),
    ("A", "\\input{/etc/passwd}", "unknown name"),
    ("A", "o_n1" + "'" * 50, "no derivative"),
    ("A", "x" * 1_999, "unknown name"),
    ("A", "w_" + "1" * 1_900 + "^(0,1)", "units"),
]  # fmt: skip


@pytest.fixture(scope="module")
def markers() -> dict[str, tuple[GradientMarker, Asked]]:
    found: dict[str, tuple[GradientMarker, Asked]] = {}
    for name, (sizes, hidden, output, bias, weight) in QUESTIONS.items():
        shape = make_shape(sizes, hidden, output, bias)
        found[name] = GradientMarker(shape, loss("mse")), Asked(weight_quantity(shape, weight))
    return found


def test_there_are_two_hundred_of_them() -> None:
    assert len(RIGHT) + len(WRONG) + len(MALFORMED) + len(HOSTILE) >= 200
    assert len(RIGHT) >= 75 and len(WRONG) >= 65


@pytest.mark.parametrize(("question", "typed"), RIGHT)
def test_a_right_answer_is_right_in_any_form(markers, question, typed) -> None:
    marker, asked = markers[question]
    mark = marker.mark(typed, asked)
    assert (mark.score, mark.feedback.partition(" (")[0]) == (1.0, "right")


@pytest.mark.parametrize(("question", "typed", "named"), WRONG)
def test_a_wrong_answer_is_told_its_slip(markers, question, typed, named) -> None:
    marker, asked = markers[question]
    mark = marker.mark(typed, asked)
    assert named in mark.feedback
    assert mark.score < 1
    assert (mark.score == SIGN_ONLY) == (named == "sign only")


def test_what_stands_in_the_sum_over_k_without_k_keeps_its_mark(markers) -> None:
    marker, asked = markers["D"]
    inside, outside = (
        "-mean_n(sum_k(2 l_nk w_2k^(1,2) (1-y_n2)))",
        "-mean_n(sum_k(2 l_nk w_2k^(1,2)) (1-y_n2))",
    )
    assert marker.mark(inside, asked).score == marker.mark(outside, asked).score > 0.5


def test_a_sum_that_ends_too_early_costs_one_factor(markers) -> None:
    marker, asked = markers["A"]
    assert marker.mark("-2 mean_n(l_n1) o_n1 (1-o_n1) y_n1", asked).score == 0.75


@pytest.mark.parametrize(
    ("question", "typed", "lost"),
    [
        ("B", "-mean_n(2 l_n1 w_21^(1,2) S'(net_n2^(0,1)) x_n1)", 1),
        ("B", "-mean_n(2 l_n1 w_21^(1,2) x_n1)", 2),
        ("B", "mean_n(2 l_n1 w_21^(1,2) x_n1)", 3),
        ("F", "-mean_n(sum_h2(2 l_n1 w_h2,1^(2,3) w_2,h2^(1,2)) x_n1)", 3),
    ],
)
def test_every_factor_that_is_missing_costs_its_share(markers, question, typed, lost) -> None:
    marker, asked = markers[question]
    assert marker.mark(typed, asked).score == round(1 - lost / marker.parts(asked), 2)


@pytest.mark.parametrize(("question", "typed", "named"), MALFORMED)
def test_what_cannot_be_read_is_said(markers, question, typed, named) -> None:
    marker, asked = markers[question]
    mark = marker.mark(typed, asked)
    assert named in mark.feedback
    assert mark.score == 0


@pytest.mark.parametrize(("question", "typed", "named"), HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_answer_costs_nothing(markers, question, typed, named) -> None:
    marker, asked = markers[question]
    start = time.thread_time()
    mark = marker.mark(typed, asked)
    assert time.thread_time() - start < 2
    assert named in mark.feedback
    assert mark.score < 0.5


def test_an_error_has_its_position() -> None:
    shape = make_shape([2, 2, 1], *_LECTURE)
    with pytest.raises(ExpressionError) as fault:
        read_answer("2*o_n1 + foo", shape)
    assert fault.value.position == 10


def test_the_slides_derivative_by_a_weight_is_read_as_it_is_meant(markers) -> None:
    marker, asked = markers["B"]
    mark = marker.mark("-mean_n(2 l_n1 ∂o_n1/∂w_21^(1,2) S'(net_n2^(0,1)) x_n1)", asked)
    assert mark.right and "∂o/∂y = S'(net) w" in mark.feedback


def test_a_step_size_is_fine_where_only_proportionality_is_asked(markers) -> None:
    marker, asked = markers["A"]
    proportional = Asked(asked.weight, -1, proportional=True)
    for typed in ("-η mean_n(2 l_n1 S'(net_n1^(1,2)) y_n1)", "-sum_n(l_n1 S'(net_n1^(1,2)) y_n1)/N", "-sum_n(l_n1 S'(net_n1^(1,2)) y_n1)", "-7 mean_n(l_n1 S'(net_n1^(1,2)) y_n1)"):  # fmt: skip
        assert marker.mark(typed, proportional).right, typed
    assert marker.mark("mean_n(l_n1 S'(net_n1^(1,2)) y_n1)", proportional).score == SIGN_ONLY
    assert not marker.mark("-7 mean_n(l_n1 S'(net_n1^(1,2)) y_n1)", asked).right
