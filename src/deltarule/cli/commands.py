"""`deltarule`: the commands, gathered; every failure is one sentence on stderr.

Nothing heavy is imported here or at the head of a command's file, so that `deltarule --help` answers at once.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from deltarule import __version__
from deltarule.cli.check import check
from deltarule.cli.demo import demo
from deltarule.cli.derive import derive
from deltarule.cli.descend import descend
from deltarule.cli.diagnose import diagnose, with_default_remedy
from deltarule.cli.exercise import exercise
from deltarule.cli.explain import explain
from deltarule.cli.export import export
from deltarule.cli.flow import flow
from deltarule.cli.own_words import in_options
from deltarule.cli.predict import predict
from deltarule.cli.report import report
from deltarule.cli.stage import INTERRUPTED
from deltarule.cli.studio import studio
from deltarule.cli.train import train
from deltarule.errors import DeltaruleError

app = typer.Typer(
    name="deltarule",
    help="Trains dense networks by gradient descent and backpropagation, and shows every number of it.",
    epilog="Start with:  deltarule demo",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
# in the order in which one meets them: what it does, and how it is said
for command, told, example in (
    (demo, "Small acts on real tables.", "demo"),
    (train, "A table becomes a trained network.", "train cars.csv --target price --hidden 20 --out cars"),
    (predict, "A table comes back with predictions.", "predict cars new.csv --out predicted.csv"),
    (explain, "One row's computation, number by number.", "explain cars --row 1 --weight 0,1:1,2 --step 0.1"),
    (derive, "The gradient of a weight as a formula.", "derive 2-2-1 0,1:1,2 --prove"),
    (check, "Every gradient, checked several ways.", "check 3-4-2"),
    (
        flow,
        "How much gradient reaches each layer.",
        "flow --depth 10 --activation logistic,relu --out flow.svg",
    ),
    (diagnose, "What keeps a run from learning, and what helps.", "diagnose cars --try"),
    (report, "A run as one page that opens offline.", "report cars --out cars.html"),
    (export, "The whole model as a formula or as code.", "export cars --to excel --out cars.txt"),
    (descend, "The way down a function of many variables.", "descend 'x1**2+3*x1*x2+5*x2**2' --from 2,1"),
    (exercise, "Questions, marked and explained.", "exercise gradients --level 2 --seed 7"),
    (studio, "All of this in a browser, on this machine.", "studio cars.csv"),
):
    app.command(short_help=told, epilog=f"Example:  deltarule {example}")(command)

# what other programs call it → what it is called here
COMMANDS = {
    "fit": "train",
    "learn": "train",
    "test": "predict",
    "infer": "predict",
    "apply": "predict",
    "show": "explain",
    "inspect": "explain",
    "minimize": "descend",
    "minimise": "descend",
}
OPTIONS = {
    "--optimizer": "--rule",
    "--optimiser": "--rule",
    "--solver": "--rule",
    "--alpha": "--penalty, which is not divided by the number of rows: penalty = alpha / rows",
    "--weight-decay": "--penalty",
    "--l2": "--penalty",
    "--l1": "--penalty l1:STRENGTH",
    "--init": "--start",
    "--initializer": "--start",
    "--lr": "--learning-rate",
    "--eta": "--learning-rate",
    "--learning-rate-init": "--learning-rate",
    "--batch-size": "--batch",
    "--max-iter": "--epochs",
    "--iterations": "--epochs",
    "--layers": "--hidden",
    "--hidden-layers": "--hidden",
    "--hidden-layer-sizes": "--hidden",
    "--units": "--hidden",
    "--y": "--target",
    "--label": "--target",
    "--targets": "--target",
    "--random-state": "--seed",
    "--output": "--out",
    "--early-stopping": "--patience, with --validation",
    "--validation-split": "--validation",
    "--validation-fraction": "--validation",
    "--test-size": "--test",
    "--cv": "--folds",
    "--normalize": "--scale",
    "--normalise": "--scale",
    "--scaler": "--scale",
    "--sample": "--row",
    "--overwrite": "--force",
}


def _version(asked: bool) -> None:
    if asked:
        print(f"deltarule {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def deltarule(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Trains dense networks by gradient descent and backpropagation, and shows every number of it."""
    if context.invoked_subcommand is None:
        print(context.get_help())


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code."""
    words = with_default_remedy(arguments)
    if words[:1] == ["descend"]:  # a formula may begin with a minus, and is no option then
        words = [f" {word}" if re.match(r"-(?!-|h$)\S", word) else word for word in words]
    try:
        code = app(words, prog_name="deltarule", standalone_mode=False)
        if code == INTERRUPTED:
            return _fail("interrupted", INTERRUPTED)
        return code if isinstance(code, int) else 0
    except typer.TyperException as fault:  # a word that is not understood
        return _fail(_understood(fault, words))
    except typer.Abort:
        return _fail("stopped", INTERRUPTED)
    except DeltaruleError as fault:
        return _fail(in_options(str(fault)))


def _fail(sentence: str, code: int = 2) -> int:
    sys.stdout.flush()
    print(f"deltarule: {' '.join(sentence.split())}", file=sys.stderr)
    return code


def _understood(fault: typer.TyperException, words: Sequence[str]) -> str:
    """One sentence for a command or option that does not exist, with the right word where it is known."""
    option = str(getattr(fault, "option_name", ""))
    if option in OPTIONS:
        return f"there is no {option}: say {OPTIONS[option]}"
    command = next((word for word in words if not word.startswith("-")), "")
    known = [info.callback.__name__ for info in app.registered_commands if info.callback]
    if command in known:
        context = f"deltarule {command} --help"
    elif command in COMMANDS:
        return f"there is no command '{command}': say deltarule {COMMANDS[command]}"
    elif command and not option:
        from deltarule.errors import UnknownName

        return str(UnknownName("command", command, known))
    else:
        context = "deltarule --help"
    return f"{_told(fault)} ({context} lists what there is)"


def _told(fault: typer.TyperException) -> str:
    """What is wrong, with the value that was typed, which typer leaves out of numbers."""
    told = fault.format_message().rstrip(".")
    entries: Any = getattr(fault.__cause__ or fault.__context__, "errors", None)
    message = str(getattr(fault, "message", ""))
    if callable(entries) and message:
        from deltarule.runs.wording import fault_in_words

        faults: Any = entries()
        return told.replace(message.rstrip("."), "; ".join(fault_in_words(entry) for entry in faults))
    return told
