"""A model reads tables and answers in the target's own unit."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    d2_pinball_score,
    log_loss,
    mean_absolute_error,
    mean_pinball_loss,
    r2_score,
    root_mean_squared_error,
)

from deltarule.equations.losses import Huber, Quantile, loss
from deltarule.errors import InputError
from deltarule.model import BLOCK, Model
from deltarule.network import Network
from deltarule.tables import InputEncoding, Table, TargetEncoding, read_table

random = np.random.default_rng(7)
N = 60
SIZE, COLOUR = random.normal(50.0, 20.0, N), random.choice(["red", "blue", "green"], N)
TABLE = read_table(
    {
        "size": SIZE,
        "colour": COLOUR,
        "price": 3.0 * SIZE + random.normal(0.0, 5.0, N),
        "weight": SIZE**2,
        "kind": np.where(SIZE + random.normal(0, 9, N) > 50.0, "big", "small"),
    }
)


def model(targets: list[str], output: str = "auto", seed: int = 3, name: str | None = None) -> Model:
    inputs = InputEncoding.fit(TABLE, ["size", "colour"])
    encoding = TargetEncoding.fit(TABLE, targets, output=output)
    network = Network([len(inputs.names), 4, len(encoding.names)], output=encoding.output, seed=seed)
    return Model(inputs, encoding, network, loss(name, encoding.output))


def test_numbers_are_predicted_in_their_own_unit() -> None:
    one = model(["price"])
    price = TABLE["price"].values
    by_hand = one.network.predict(one.inputs.transform(TABLE))[:, 0] * price.std() + price.mean()
    assert one.predict(TABLE).shape == (N,)
    assert np.allclose(one.predict(TABLE), by_hand, rtol=1e-12)


def test_several_targets_are_predicted_side_by_side() -> None:
    two = model(["price", "weight"])
    assert two.predict(TABLE).shape == (N, 2)
    assert list(two.predictions(TABLE)) == ["price_predicted", "weight_predicted"]
    assert np.array_equal(two.predictions(TABLE)["weight_predicted"], two.predict(TABLE)[:, 1])


@pytest.mark.parametrize("output", ["softmax", "logistic", "tanh", "identity"])
def test_classes_are_predicted_by_their_labels(output: str) -> None:
    classes = model(["kind"], output, name="mse")
    p = classes.predict_proba(TABLE)
    assert p.shape == (N, 2)
    assert np.allclose(p.sum(axis=1), 1.0)
    assert classes.predict(TABLE).tolist() == [("big", "small")[k] for k in p.argmax(axis=1)]
    added = classes.predictions(TABLE)
    assert list(added) == ["kind_predicted", "kind_probability"]
    assert np.array_equal(added["kind_probability"], p.max(axis=1))


def test_errors_of_numbers_are_scikit_learn_s() -> None:
    two = model(["price", "weight"])
    errors, predicted = two.error(TABLE), two.predict(TABLE)
    assert errors["kind"] == "numbers" and errors["rows"] == N
    for k, name in enumerate(["price", "weight"]):
        d, o = TABLE[name].values, predicted[:, k]
        assert np.isclose(errors["targets"][name]["rmse"], root_mean_squared_error(d, o))
        assert np.isclose(errors["targets"][name]["mae"], mean_absolute_error(d, o))
        assert np.isclose(errors["targets"][name]["r2"], r2_score(d, o))


def test_errors_of_a_quantile_are_scikit_learn_s_in_the_target_s_unit() -> None:
    two = model(["price", "weight"])
    two = Model(two.inputs, two.targets, two.network, Quantile(0.8))
    for (name, found), o in zip(two.error(TABLE)["targets"].items(), two.predict(TABLE).T, strict=True):
        d = TABLE[name].values
        assert found["level"] == 0.8 and found["below"] == np.mean(d < o)
        assert np.isclose(found["quantile_loss"], mean_pinball_loss(d, o, alpha=0.8))
        assert np.isclose(found["d2"], d2_pinball_score(d, o, alpha=0.8))


@pytest.mark.parametrize("output", ["softmax", "logistic"])
def test_errors_of_classes_are_scikit_learn_s(output: str) -> None:
    classes = model(["kind"], output)
    errors = classes.error(TABLE)
    d, p = TABLE["kind"].values, classes.predict_proba(TABLE)
    assert np.isclose(errors["accuracy"], accuracy_score(d, classes.predict(TABLE)))
    assert np.isclose(errors["log_loss"], log_loss(d, p, labels=["big", "small"]))
    assert sum(counts["rows"] for counts in errors["classes"].values()) == N
    assert sum(counts["predicted"] for counts in errors["classes"].values()) == N
    assert sum(counts["right"] for counts in errors["classes"].values()) == round(N * errors["accuracy"])


def test_a_constant_target_has_no_share_explained() -> None:
    flat = read_table({"size": [1.0, 2.0], "colour": ["red", "red"], "price": [4.0, 4.0]})
    assert model(["price"]).error(flat)["targets"]["price"]["r2"] is None


def test_a_sure_and_wrong_answer_has_a_finite_log_loss() -> None:
    sure = model(["kind"], "softmax")
    sure.network.b[-1][:] = [2000.0, -2000.0]
    assert np.isfinite(sure.error(TABLE)["log_loss"])


@pytest.mark.parametrize(
    "target, output", [("price", "identity"), ("price", "logistic"), ("kind", "softmax")]
)
def test_a_model_goes_through_json_bit_for_bit(target: str, output: str) -> None:
    one = model([target], output)
    again = Model.from_json(json.loads(json.dumps(one.to_json(), allow_nan=False)), one.network)
    assert np.array_equal(again.outputs(TABLE), one.outputs(TABLE))
    assert again.predict(TABLE).tolist() == one.predict(TABLE).tolist()
    assert again.loss == one.loss


@pytest.mark.parametrize("trained_with", [Huber(1.5), Quantile(0.9), loss("mae")])
def test_a_loss_keeps_its_constants(trained_with: Any) -> None:
    one = model(["price"])
    one = Model(one.inputs, one.targets, one.network, trained_with)
    assert Model.from_json(json.loads(json.dumps(one.to_json())), one.network).loss == trained_with


def test_a_long_table_is_predicted_in_blocks_alike() -> None:
    long = Table.take(TABLE, np.arange(2 * BLOCK + 5) % N)
    one = model(["price"])
    assert np.allclose(one.predict(long)[: 2 * N], np.tile(one.predict(TABLE), 2), rtol=1e-14)
    assert len(one.predict(long)) == 2 * BLOCK + 5


def test_an_unknown_category_is_noted() -> None:
    notes: list[str] = []
    model(["price"]).predict({"size": [50.0], "colour": ["gold"]}, notes)
    assert len(notes) == 1 and "'gold'" in notes[0]


def test_a_network_of_another_size_is_refused() -> None:
    one = model(["price"])
    with pytest.raises(InputError, match="make 4 inputs and 1 outputs, the network has 3 and 1"):
        Model(one.inputs, one.targets, Network([3, 1]), one.loss)


def test_settings_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="no settings of a model"):
        Model.from_json({}, model(["price"]).network)
