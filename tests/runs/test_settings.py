"""Settings in words are checked together, and every fault is named with its path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deltarule.cli.own_words import in_options
from deltarule.descent.adaptive import Adam
from deltarule.descent.schedules import Cosine, Steps
from deltarule.equations.penalties import L1, L2, Elastic
from deltarule.errors import InputError
from deltarule.runs.settings import recorded, settings
from deltarule.runs.words import clip_of, loss_of, penalty_of, rule_of, schedule_of

GIVEN = {"table": "cars.csv", "target": "mpg"}

WORDS = [
    (penalty_of("0.5"), L2(0.5)),
    (penalty_of("l2:0.5"), L2(0.5)),
    (penalty_of("l1:strength=0.5"), L1(0.5)),
    (penalty_of("elastic:0.1,0.2"), Elastic(0.1, 0.2)),
    (rule_of("adam:beta_1=0.8"), Adam(beta_1=0.8)),
    (rule_of("adam:0.8,0.99"), Adam(0.8, 0.99)),
    (rule_of("auto"), "auto"),
    (schedule_of("cosine:warmup=0.1"), Cosine(warmup=0.1)),
    (schedule_of("step:every=7,factor=0.5"), Steps(7, 0.5)),
    (clip_of("2"), {"clip_norm": 2.0}),
    (clip_of("norm:2,value:0.5"), {"clip_norm": 2.0, "clip_value": 0.5}),
    (loss_of("huber:2", "identity").constants, (2.0,)),
    (loss_of("quantile:level=0.9", "identity").constants, (0.9,)),
    (loss_of("pinball:0.9", "identity").constants, (0.9,)),
    (loss_of(None, "softmax").name, "cross_entropy"),
]


@pytest.mark.parametrize(("made", "meant"), WORDS, ids=[str(meant) for _, meant in WORDS])
def test_words_make_what_they_mean(made: Any, meant: Any) -> None:
    assert made == meant


def test_lists_are_typed_with_commas_or_as_lists() -> None:
    typed = settings({**GIVEN, "target": "mpg, hp", "hidden": "50,20", "activation": "relu,sigmoid"})
    listed = settings(
        {**GIVEN, "target": ["mpg", "hp"], "hidden": [50, 20], "activation": ["relu", "logistic"]}
    )
    assert typed == listed
    assert settings({**GIVEN, "hidden": "none"}).hidden == settings({**GIVEN, "hidden": []}).hidden == ()
    assert settings({**GIVEN, "hidden": 7}).hidden == (7,)


def test_matlabs_names_are_ours() -> None:
    theirs = settings(
        {
            **GIVEN,
            "activation": "tansig",
            "output_activation": "purelin",
            "scale": "mapminmax",
            "rule": "trainrp",
        }
    )
    assert (theirs.activation, theirs.output_activation, theirs.scale) == (("tanh",), "identity", "minmax")
    assert settings({**GIVEN, "scale": "mapstd"}).scale == "standard"


FAULTS = [
    ({"hidden": "5,-3"}, "--hidden: expected units a layer as in 50,50"),
    ({"hidden": [5, 0]}, "--hidden[2]: input should be greater than or equal to 1, got 0"),
    ({"activation": "tahn"}, "unknown activation 'tahn': did you mean 'tanh'?"),
    ({"activation": "softmax"}, "'softmax' is for the output only: say --output-activation softmax"),
    ({"hidden": "5,5,5", "activation": "tanh,relu"}, "activation names 2 layers and hidden 3"),
    ({"hidden": "none", "activation": "relu"}, "activation relu is for hidden units, and hidden is none"),
    (
        {"preset": "trainlm", "rule": "adam"},
        "preset trainlm trains by lm, and rule says adam: leave out one of them",
    ),
    ({"preset": "trainbr", "rule": "auto"}, "preset trainbr trains by evidence, and rule says auto"),
    (
        {"rule": "traingdx"},
        "--rule: unknown rule 'traingdx': here say momentum, with schedule adaptive and batch full",
    ),
    ({"loss": "hubber"}, "did you mean 'huber'?"),
    ({"loss": "huber:0"}, "huber's threshold must be a number above 0"),
    ({"loss": "huber:x"}, "huber's threshold is a number, got 'x'"),
    ({"loss": "mse:1"}, "mse takes no constants"),
    ({"loss": "hubber:1"}, "did you mean 'huber'?"),
    ({"start": "golrot"}, "did you mean 'glorot'?"),
    ({"rule": "adma"}, "did you mean 'adam'?"),
    ({"rule": "adam:gamma=1"}, "adam has no 'gamma', it takes beta_1, beta_2, epsilon"),
    ({"schedule": "cosine:0.1,warmup=0.5"}, "cosine's warmup is given twice: leave one of them out"),
    ({"rule": "adam:1,2,3,4"}, "so '4' is one too many"),
    ({"rule": "adam:beta_1=2"}, "beta_1 must be at least 0 and below 1"),
    ({"schedule": "cosin"}, "did you mean 'cosine'?"),
    ({"schedule": "steps:"}, "nothing stands after a colon or a comma, steps takes every, factor"),
    ({"schedule": "steps:5,,"}, "nothing stands after a colon or a comma"),
    ({"schedule": "steps:0"}, "--schedule: every must be a whole number of 1 or more, got 0"),
    ({"penalty": "l2:"}, "l2 needs strength, as in l2:0.001"),
    ({"penalty": "-1"}, "a penalty's strength l2 must be a number of 0 or more"),
    ({"clip": "norm:0"}, "expected a limit above 0 as in 1, norm:1 or value:0.5"),
    ({"batch": "some"}, "--batch: expected a number of rows, full or auto, got 'some'"),
    ({"learning_rate": -1}, "--learning-rate: input should be greater than 0, got -1"),
    ({"test": 1.5}, "expected a share of the rows from 0 to below 1, or a file"),
    ({"test": 0.6, "validation": "0.4"}, "leave no row for training"),
    ({"scale": "robust"}, "--scale: input should be 'standard', 'minmax' or 'none', got 'robust'"),
    ({"features": "mpg"}, "'mpg' is a target and a feature"),
    ({"features": "a,b,a"}, "features names 'a' 2 times: name each column once"),
    ({"target": "a,a"}, "target names 'a' 2 times: name each column once"),
    ({"folds": 1}, "--folds: input should be greater than or equal to 2, got 1"),
    ({"epochs": 1.5}, "--epochs: input should be a whole number, got 1.5"),
    ({"epochs": True}, "--epochs: expected a whole number, got true"),
    ({"hidden": True}, "--hidden"),
    ({"batch": 3.7}, "--batch: expected a number of rows, full or auto, got '3.7'"),
    ({"batch": True}, "--batch: expected a number of rows, full or auto, got 'True'"),
    ({"epochs": "many"}, "--epochs: input should be a whole number, got 'many'"),
    ({"committee": "maybe"}, "--committee: expected true, false or distilled, got 'maybe'"),
    ({"learning_rate": "nan"}, "--learning-rate: input should be a finite number, got 'nan'"),
    ({"activation": "foo"}, "silu, softplus, sigmoid, linear, swish"),
    ({"folds": 5, "test": "t.csv"}, "leave out test, or folds"),
    ({"folds": 5, "test": 0.3}, "leave out test, or folds"),
    ({"hidden": "5,,5"}, "--hidden: nothing stands before or after a comma in '5,,5'"),
    ({"lecture": True, "loss": "mae"}, "lecture means logistic everywhere, no bias and mse: leave out loss"),
    ({"learnrate": 1}, "unknown setting 'learnrate': did you mean 'learning_rate'?"),
    ({"target": ""}, "add --target COLUMN"),
    ({"table": None}, "add FILE"),
]


@pytest.mark.parametrize(("more", "sentence"), FAULTS, ids=[str(more) for more, _ in FAULTS])
def test_a_fault_is_named(more: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as fault:
        settings({**GIVEN, **more})
    assert sentence in str(fault.value)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize(
    "more",
    [
        {"hidden": "none", "activation": "tanh"},
        {"hidden": "none", "preset": "trainlm"},
        {"preset": "trainlm", "rule": "trainlm:mu=0.1"},
        {"folds": 3, "validation": 0.85},
        {"batch": 64.0},
    ],
    ids=str,
)
def test_what_says_nothing_else_passes(more: dict[str, Any]) -> None:
    given = settings({**GIVEN, **more}).model_dump(mode="json", exclude_unset=True)
    assert settings(recorded(given)) == settings({**GIVEN, **more})


@pytest.mark.parametrize(
    "once",
    [
        {"hidden": [], "activation": ["relu"]},
        {"preset": "trainlm", "rule": "adam", "activation": "relu"},
        {"folds": 3, "test": 0.3},
    ],
    ids=str,
)
def test_runs_recorded_before_something_was_refused_are_still_understood(once: dict[str, Any]) -> None:
    read = settings(recorded({**GIVEN, **once}))
    assert read.rule == once.get("rule", "auto") and read.preset is None


def test_a_presets_share_of_test_rows_gives_way_to_folds() -> None:
    assert "test" not in settings({**GIVEN, "preset": "trainlm", "folds": 5}).model_fields_set


def test_a_file_is_read_and_what_is_typed_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "cars.toml"
    file.write_text(
        'table = "cars.csv"\ntarget = ["mpg"]\nhidden = [5, 5]\nlearning-rate = 0.1\nepochs = 7\n'
    )
    read = settings({"epochs": 9}, file)
    assert (read.hidden, read.learning_rate, read.epochs) == ((5, 5), 0.1, 9)


def test_distilled_is_a_key_as_it_is_an_option(tmp_path: Path) -> None:
    file = tmp_path / "cars.toml"
    start = 'table = "cars.csv"\ntarget = "mpg"\nrestarts = 3\n'
    file.write_text(start + "distilled = true\n")
    assert settings({}, file).committee == "distilled"
    assert settings({"committee": True}, file).committee is True
    file.write_text(start + "distilled = false\ncommittee = true\n")
    assert settings({}, file).committee is True
    for more, said in (("true\ncommittee = true", "leave one out"), ('"yes"', "true or false, got 'yes'")):
        file.write_text(f"{start}distilled = {more}\n")
        with pytest.raises(InputError, match=said):
            settings({}, file)


def test_keys_are_listed_as_keys_and_not_as_options(tmp_path: Path) -> None:
    file = tmp_path / "cars.toml"
    file.write_text('table = "cars.csv"\ntarget = "mpg"\ncolour = "red"\n')
    with pytest.raises(InputError) as fault:
        settings({}, file)
    said = in_options(str(fault.value))
    assert "'kind', 'learning_rate', 'lecture'" in said and "'distilled'" in said and "--" not in said


def test_every_fault_of_a_file_is_named_with_its_path(tmp_path: Path) -> None:
    file = tmp_path / "cars.toml"
    file.write_text('table = "cars.csv"\ntarget = ["mpg"]\nhidden = [5, -5]\nrule = "adma"\ncolour = "red"\n')
    with pytest.raises(InputError) as fault:
        settings({"epochs": 0}, file)
    said = str(fault.value)
    assert said.startswith("4 settings cannot be used: ")
    for place in (f"{file}: hidden[2]: ", f"{file}: rule: ", f"{file}: colour: ", "--epochs: "):
        assert place in said


@pytest.mark.parametrize(
    ("text", "sentence"), [("a = ", "is not TOML"), (None, "cannot be read")], ids=["not TOML", "not there"]
)
def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, text: str | None, sentence: str) -> None:
    file = tmp_path / "cars.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InputError, match=sentence):
        settings(GIVEN, file)
