"""`deltarule train`: a table becomes a trained network in a folder, and a summary a person understands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from deltarule.cli.printing import as_json
from deltarule.cli.stage import INTERRUPTED


def train(
    context: typer.Context,
    table: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE",
            help="CSV, TSV, Excel (.xlsx), Parquet, Arrow, Feather or NPZ; - reads CSV from stdin.",
        ),
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of a workbook (.xlsx)  [the first]")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="COL[,COL]",
            help="What to predict: a column, or several of numbers. Rows without it are left out.",
        ),
    ] = None,
    features: Annotated[
        str | None, typer.Option(metavar="COL[,COL]", help="What to predict it from  [all other columns]")
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="How much each row matters in training; no input  [all alike]"),
    ] = None,
    groups: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Rows with the same value train, steer or judge together; no input  [each by itself]",
        ),
    ] = None,
    order: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="A number or date: the last rows by it judge, those before them steer  [drawn]",
        ),
    ] = None,
    missing: Annotated[
        str | None,
        typer.Option(metavar="WORD[,WORD]", help="Further words for a missing cell, as n/k,-999  [NA, ? …]"),
    ] = None,
    hidden: Annotated[
        str | None,
        typer.Option(metavar="50,50", help="Units of the hidden layers, none for no hidden layer  [50]"),
    ] = None,
    activation: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of the hidden layers, one name or one a layer  [tanh]")
    ] = None,
    output_activation: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of the output  [identity; classes: softmax]")
    ] = None,
    no_bias: Annotated[bool, typer.Option("--no-bias", help="Without biases.")] = False,
    lecture: Annotated[
        bool,
        typer.Option(
            "--lecture", help="The lecture's network: logistic, no bias, mse, full-batch gradient descent."
        ),
    ] = False,
    kind: Annotated[
        str | None, typer.Option(metavar="numbers|classes", help="What the target is  [found out]")
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="mse, half_mse, mae, huber:1, quantile:0.5, poisson, cross_entropy …  [the output's own]",
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Starting weights: glorot, he, lecun, orthogonal, nguyen_widrow, uniform, zeros  [glorot]",
        ),
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="evidence, lm, lbfgs, newton, scg, rprop …, adam, gradient, momentum:0.9 …  [auto]",
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="trainlm|trainbr", help="MATLAB's defaults: 10 units, rule, scaling, starts, rows."
        ),
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(metavar="ETA", help="The step's length  [the rule's own]")
    ] = None,
    batch: Annotated[str | None, typer.Option(metavar="ROWS|full", help="Rows a step  [32]")] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Passes through the training rows (lm, lbfgs …: iterations), at most  [2000; 500]",
        ),
    ] = None,
    schedule: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="constant, cosine:warmup=0.1, steps, exponential, plateau …  [constant]"
        ),
    ] = None,
    penalty: Annotated[
        str | None,
        typer.Option(metavar="LAMBDA", help="0.001 is l2:0.001; l1:0.001; elastic:0.001,0.001  [none]"),
    ] = None,
    clip: Annotated[
        str | None, typer.Option(metavar="LIMIT", help="Of the gradient: 1 is norm:1; value:0.5  [none]")
    ] = None,
    scale: Annotated[
        str | None,
        typer.Option(metavar="standard|minmax|none", help="Of inputs and numeric targets  [standard]"),
    ] = None,
    validation: Annotated[
        str | None,
        typer.Option(metavar="SHARE|FILE", help="Rows that steer the stopping  [0.2 from 50 rows on]"),
    ] = None,
    test: Annotated[
        str | None, typer.Option(metavar="SHARE|FILE", help="Rows that judge once, at the end  [0.2]")
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(metavar="N", help="Epochs without a lower validation error until it ends  [20 to 200]"),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Judge by cross-validation, for small tables; no row is set apart then to judge by.",
        ),
    ] = None,
    restarts: Annotated[
        int | None, typer.Option(metavar="N", help="Starts, of which the best is kept  [1]")
    ] = None,
    committee: Annotated[
        bool | None,
        typer.Option("--committee", help="Keep all starts, as one network: the mean of their net inputs."),
    ] = None,
    distilled: Annotated[
        bool,
        typer.Option("--distilled", help="Keep all starts, taught to one network of the size asked for."),
    ] = False,
    budget: Annotated[
        str | None, typer.Option(metavar="60s", help="Time for the training: 60s, 5m, 1h  [no limit]")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Of rows, starting weights and the order of samples  [0]")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(metavar="N", help="At most so many; the result is the same  [all cores]")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE.toml", help="These settings as keys; what is typed here comes first."),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Go on with a run that Ctrl-C, --budget or --epochs ended."),
    ] = None,
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="The folder to write  [FILE's name with -run; RUN]")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the run in that folder.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Also say who computes: compiled code or NumPy.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Train a network on a table, judge it on rows it has not seen, and keep it in a folder."""
    given = {
        name: value for name, value in context.params.items() if name not in _NO_SETTING and value is not None
    }
    if no_bias:
        given["bias"] = False
    if lecture:
        given["lecture"] = True
    if distilled:
        given["committee"] = "distilled"

    from deltarule.errors import InputError

    if out == "":
        raise InputError("--out needs the name of a folder")
    if committee and distilled:
        raise InputError(
            "--committee keeps the starts side by side, --distilled teaches them to one network: leave one out"
        )
    from deltarule.cli.summary import as_record, as_text, folds_so_far
    from deltarule.errors import FoldsInterrupted
    from deltarule.runs.fitting import train as train_run
    from deltarule.runs.folder import free_folder, refuse_overwriting
    from deltarule.runs.settings import settings as make_settings

    if resume is not None:
        from deltarule.runs.resuming import go_on
        from deltarule.runs.run import load

        if config is not None:
            raise InputError("a run goes on with the settings it has: leave out --config")
        unfinished = load(resume)
        folder, force = Path(out or resume), force or out is None
        refuse_overwriting(folder, force)
        place = given.pop("table", None)
        run = go_on(unfinished, given, place, progress=True)
    else:
        settings = make_settings(given, config)
        folder = Path(out) if out else free_folder(settings.table)
        refuse_overwriting(folder, force)
        try:
            run = train_run(settings, progress=True)
        except FoldsInterrupted as stopped:
            print(
                as_json({"outcome": "interrupted", "metrics": {"folds": stopped.folds}})
                if json
                else folds_so_far(stopped.folds, stopped.asked)
            )
            raise typer.Exit(INTERRUPTED) from None
    run.save(folder, force=force)
    if json:
        print(as_json(as_record(run, folder)))
    else:
        print(as_text(run, folder, verbose))
    sys.stdout.flush()
    if run.outcome.name == "interrupted":
        raise typer.Exit(INTERRUPTED)
    if run.outcome.name == "diverged":
        raise typer.Exit(1)


_NO_SETTING = {"no_bias", "lecture", "distilled", "config", "resume", "out", "force", "verbose", "json"}
