"""What a training is asked to do, in words: from the command line, from a TOML file, and back out of `run.json`.

Everything is checked together, so that one message names every fault with its path.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from deltarule.equations.activations import activation
from deltarule.equations.starts import ALIASES as START_ALIASES
from deltarule.equations.starts import STARTS
from deltarule.errors import InputError, UnknownName
from deltarule.runs.wording import fault_in_words
from deltarule.runs.words import (
    clip_of,
    listed,
    loss_of,
    loss_outputs,
    penalty_of,
    rule_name,
    rule_of,
    schedule_of,
)
from deltarule.tables.missing import Missing

HIDDEN_UNITS = ("tanh",)  # their activation where none is said


def _layers(value: Any) -> Any:
    """`50,50` as (50, 50), `none` and `0` as no hidden layer."""
    if value == 0 or (isinstance(value, str) and value.strip().lower() in ("none", "0", "")):
        return ()
    words = listed(value)
    if isinstance(words, tuple) and any(isinstance(w, str) and not w.isdigit() for w in words):
        raise ValueError(f"expected units a layer as in 50,50 (none for no hidden layer), got '{value}'")
    return words


def _share_or_file(value: Any) -> Any:
    """0.2 or "0.2" as a share, any other text as a file."""
    try:
        value = float(value)
    except (TypeError, ValueError):
        return value
    if not 0 <= value < 1:
        raise ValueError(f"expected a share of the rows from 0 to below 1, or a file, got {value:g}")
    return value


def _batch(value: Any) -> Any:
    """auto, full, or a number of rows."""
    if value in ("auto", "full"):
        return value
    try:
        rows = float("nan" if isinstance(value, bool) else value)
    except (TypeError, ValueError):
        rows = 0.0
    if not (rows >= 1 and rows.is_integer()):
        raise ValueError(f"expected a number of rows, full or auto, got '{value}'")
    return int(rows)


def _whole(value: Any) -> Any:
    """A number, and no yes or no, which Python counts as 1 or 0."""
    if isinstance(value, bool):
        raise ValueError(f"expected a whole number, got {str(value).lower()}")
    return value


def _committee(value: Any) -> Any:
    """Yes, no or distilled."""
    if value not in (True, False, "distilled"):
        raise ValueError(f"expected true, false or distilled, got '{value}'")
    return value


def _activation(name: str) -> str:
    return activation(name).name


def _hidden_activation(name: str) -> str:
    found = activation(name, hidden=True)
    if found.output_only:
        raise InputError(f"'{name}' is for the output only: say --output-activation {name}")
    return found.name


def _missing(value: Any) -> tuple[str, ...]:
    """Words for missing cells, from a text with commas, a list, or a number."""
    given = listed(value) or (value,) if isinstance(value, str) else value
    words: Any = given if isinstance(given, list | tuple) else (given,)
    odd = [word for word in words if isinstance(word, bool) or not isinstance(word, str | int | float)]
    if odd:
        raise ValueError(f"expected words or numbers, got {odd[0]!r}")
    return Missing.of(words).further


def _start(name: str) -> str:
    name = START_ALIASES.get(name, name)
    if name not in STARTS:
        raise UnknownName("start", name, [*STARTS, *START_ALIASES])
    return name


def _scale(name: Any) -> Any:
    """MATLAB's names of what we have too."""
    return {"mapstd": "standard", "mapminmax": "minmax"}.get(name, name) if isinstance(name, str) else name


def _checked(make: Any) -> BeforeValidator:
    """Words that `make` understands, kept as words."""

    def check(value: Any) -> Any:
        if value is not None:
            value = str(value)
            make(value)
        return value

    return BeforeValidator(check)


def _seconds(value: Any) -> Any:
    """60, 60s, 5m or 1h as seconds."""
    text = str(value).strip().lower()
    unit = {"s": 1, "m": 60, "h": 3600}.get(text[-1:], 0)
    try:
        return float(text[:-1]) * unit if unit else float(text)
    except ValueError:
        raise ValueError(f"expected a time such as 60s, 5m or 1h, got '{value}'") from None


# MATLAB's defaults of fitnet with these training functions (Deep Learning Toolbox), as settings of ours
_FITNET = {
    "hidden": "10",
    "activation": "tanh",
    "scale": "minmax",
    "start": "nguyen_widrow",
    "epochs": 1000,
    "test": 0.15,
}
PRESETS: dict[str, dict[str, Any]] = {
    "trainlm": {
        **_FITNET,
        "rule": "lm:mu=0.001,increase=10,decrease=0.1,eager=1",
        "validation": 0.15,
        "patience": 6,
    },
    "trainbr": {**_FITNET, "rule": "evidence:mu=0.005,cost=1,outgoing=1", "validation": 0.0},
}


Names = Annotated[tuple[str, ...], BeforeValidator(listed)]
Share = Annotated[float | str, BeforeValidator(_share_or_file)]
Count = Annotated[int, BeforeValidator(_whole), Field(ge=1)]


class Settings(BaseModel):
    """One training of a table; every field is an option of `deltarule train` and a key of its TOML file."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    table: str
    sheet: str | None = None
    target: Annotated[Names, Field(min_length=1)]
    features: Names | None = None
    weights: str | None = None
    groups: str | None = None
    order: str | None = None
    missing: Annotated[tuple[str, ...], BeforeValidator(_missing)] = ()
    hidden: Annotated[tuple[Count, ...], BeforeValidator(_layers)] = (50,)
    activation: Annotated[
        tuple[Annotated[str, BeforeValidator(_hidden_activation)], ...], BeforeValidator(listed)
    ] = HIDDEN_UNITS
    output_activation: Annotated[str, BeforeValidator(_activation)] | None = None
    bias: bool = True
    lecture: bool = False
    kind: Literal["numbers", "classes"] | None = None
    loss: Annotated[str, _checked(lambda words: loss_of(words, loss_outputs(words)))] | None = None
    start: Annotated[str, BeforeValidator(_start)] = "glorot"
    preset: Literal["trainlm", "trainbr"] | None = None
    rule: Annotated[str, _checked(rule_of)] = "auto"
    learning_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    batch: Annotated[int | str, BeforeValidator(_batch)] = "auto"
    epochs: Count | None = None
    schedule: Annotated[str, _checked(schedule_of)] | None = None
    penalty: Annotated[str, _checked(penalty_of)] | None = None
    clip: Annotated[str, _checked(clip_of)] | None = None
    scale: Annotated[Literal["standard", "minmax", "none"], BeforeValidator(_scale)] = "standard"
    validation: Share | None = None
    test: Share = 0.2
    patience: Count | None = None
    folds: Annotated[int, BeforeValidator(_whole), Field(ge=2)] | None = None
    restarts: Count = 1
    committee: Annotated[bool | Literal["distilled"], BeforeValidator(_committee)] = False
    budget: Annotated[float, BeforeValidator(_seconds), Field(gt=0, allow_inf_nan=False)] | None = None
    seed: Annotated[int, BeforeValidator(_whole), Field(ge=0)] = 0
    threads: Count | None = None

    @property
    def activations(self) -> tuple[str, ...]:
        """The activation of each hidden layer."""
        return self.activation * len(self.hidden) if len(self.activation) == 1 else self.activation

    @property
    def batch_size(self) -> int | str:
        """`batch` as `train` takes it: a step of the lecture's sees every row."""
        return "full" if self.lecture and self.batch == "auto" else self.batch

    @model_validator(mode="before")
    @classmethod
    def _from_preset(cls, given: Any) -> Any:
        """A preset's settings stand where nothing else was said."""
        preset = PRESETS.get(given.get("preset") or "") if isinstance(given, Mapping) else None
        if preset is None:
            return given
        said = {name: value for name, value in given.items() if value is not None}
        unsaid = {name: value for name, value in preset.items() if not (name == "test" and "folds" in said)}
        return {**unsaid, **said}

    @model_validator(mode="after")
    def _together(self) -> Settings:
        if len(self.activation) > 1 and len(self.activation) != len(self.hidden):
            raise ValueError(
                f"activation names {len(self.activation)} layers and hidden {len(self.hidden)}: "
                "give one name, or one a hidden layer"
            )
        if not self.hidden and self.activation != HIDDEN_UNITS:
            raise ValueError(
                f"activation {','.join(self.activation)} is for hidden units, and hidden is none: "
                "leave out activation, or say how many units"
            )
        meant = rule_name(PRESETS[self.preset]["rule"]) if self.preset else ""
        if self.preset and rule_name(self.rule) != meant:
            raise ValueError(
                f"preset {self.preset} trains by {meant}, and rule says {self.rule}: leave out one of them"
            )
        both = set(self.target) & set(self.features or ())
        if both:
            raise ValueError(f"'{min(both)}' is a target and a feature: leave it out of features")
        if self.weights in (*self.target, *(self.features or ())):
            raise ValueError(f"'{self.weights}' weighs the rows, and is a target or a feature: name it once")
        if self.groups is not None and self.groups in (*self.target, *(self.features or ()), self.weights):
            raise ValueError(
                f"'{self.groups}' names groups of rows, and is a target, a feature or the weights: name it once"
            )
        if self.order in self.target:
            raise ValueError(f"'{self.order}' is a target and the order of the rows: name another order")
        if self.order is not None and (self.groups is not None or self.folds):
            other = "folds takes every row as a test row once" if self.folds else "groups draws whole groups"
            raise ValueError(f"order judges by the last rows, and {other}: leave out one of them")
        for option, names in (("target", self.target), ("features", self.features or ())):
            twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
            if twice:
                raise ValueError(
                    f"{option} names '{twice[0]}' {names.count(twice[0])} times: name each column once"
                )
        if (
            not self.folds
            and isinstance(self.test, float)
            and isinstance(self.validation, float)
            and self.test + self.validation >= 1
        ):
            raise ValueError(
                f"test {self.test:g} and validation {self.validation:g} leave no row for training: "
                "let them sum to below 1"
            )
        if self.committee and self.restarts == 1:
            raise ValueError("a committee keeps all of several starts: add restarts, such as 5")
        if self.folds and self.test and "test" in self.model_fields_set:
            raise ValueError(
                "folds takes every row of the table as a test row once: leave out test, or folds"
            )
        if self.lecture:
            other = [
                name
                for name in ("activation", "output_activation", "bias", "loss", "start")
                if name in self.model_fields_set
            ]
            if other:
                raise ValueError(
                    f"lecture means logistic everywhere, no bias and mse: leave out {' and '.join(other)}, or lecture"
                )
        return self


def recorded(given: Mapping[str, Any]) -> dict[str, Any]:
    """A run's settings without what is refused now and was once passed over: it trained as they say without that."""
    kept = dict(given)
    if kept.get("hidden") == []:
        kept.pop("activation", None)
    preset = PRESETS.get(kept.get("preset") or "")
    if preset and rule_name(kept.get("rule", preset["rule"])) != rule_name(preset["rule"]):
        kept.pop("preset")
    if kept.get("folds"):
        kept.pop("test", None)
    return kept


def settings(given: Mapping[str, Any], file: Path | None = None) -> Settings:
    """Settings from what was given, over what a TOML file says; one sentence names every fault with its path."""
    merged = {**(_read(file) if file else {}), **given}
    for name, option in (("table", "FILE"), ("target", "--target COLUMN")):
        if not merged.get(name):
            raise InputError(
                f"a training needs a table and a target: add {option}, or {name} = … to the --config file"
            )
    try:
        return Settings.model_validate(merged)
    except ValidationError as fault:
        faults = [_sentence(error, given, file) for error in fault.errors()]
        several = f"{len(faults)} settings cannot be used: " if len(faults) > 1 else ""
        raise InputError(several + "; ".join(faults)) from None


def _read(file: Path) -> dict[str, Any]:
    try:
        read = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as fault:
        raise InputError(
            f"'{file}' cannot be read ({fault.strerror}): give a TOML file to --config"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise InputError(f"'{file}' is not TOML: {fault}") from None
    return _distilled({key.replace("-", "_"): value for key, value in read.items()}, file)


def _distilled(read: dict[str, Any], file: Path) -> dict[str, Any]:
    """`distilled = true` as the option --distilled is meant: a committee taught to one network."""
    said = read.pop("distilled", False)
    if said not in (True, False):
        raise InputError(f"{file}: distilled: input should be true or false, got {said!r}")
    if said and read.setdefault("committee", "distilled") != "distilled":
        raise InputError(
            f"{file}: committee keeps the starts side by side, distilled teaches them to one network: leave one out"
        )
    return read


def _sentence(error: Any, given: Mapping[str, Any], file: Path | None) -> str:
    if error["type"] == "extra_forbidden":
        text = _unknown(str(error["loc"][0]))
    elif error["type"] == "value_error":
        text = str(error["ctx"]["error"])
    else:
        text = fault_in_words(error)
    return (_place(error["loc"], given, file) + text).rstrip(".")


def _unknown(name: str) -> str:
    """Which keys there are, in quotes: as they are written, not as options."""
    known = sorted({*Settings.model_fields, "distilled"})
    nearest = UnknownName("setting", name, known).nearest
    hint = f"did you mean '{nearest}'? " if nearest else ""
    return f"unknown setting '{name}': {hint}Known: {', '.join(map(repr, known))}"


def _place(path: tuple[int | str, ...], given: Mapping[str, Any], file: Path | None) -> str:
    """`--hidden[2]: ` or `cars.toml: hidden[2]: `; nothing for settings that do not go together."""
    if not path:
        return ""
    key, number = str(path[0]), next((part + 1 for part in path[1:] if isinstance(part, int)), None)
    inside = "" if number is None else f"[{number}]"
    return f"--{key.replace('_', '-')}{inside}: " if key in given or not file else f"{file}: {key}{inside}: "
