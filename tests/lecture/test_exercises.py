"""Exercises: the solution earns full marks, slips are named, hints cost, and exams are written whole."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from deltarule import Exercise
from deltarule.equations.shape import make_shape
from deltarule.errors import InputError, RunError, UnknownName
from deltarule.lecture.exam import compose, write_exam
from deltarule.lecture.exercises import CAPS, KINDS
from deltarule.lecture.proving import Prover


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("seed", range(6))
def test_the_solution_earns_full_marks(kind, level, seed) -> None:
    exercise = Exercise(kind, level, seed)
    assert exercise.mark(exercise.solution).score == 1, str(exercise.mark(exercise.solution))
    assert exercise.mark("").score == 0
    assert exercise.question.count("\n") >= len(exercise.task.items)


@pytest.mark.parametrize("notation", ["layer", "textbook"])
@pytest.mark.parametrize("kind", KINDS)
def test_solutions_of_every_notation_are_understood(kind, notation) -> None:
    for seed in range(3):
        exercise = Exercise(kind, 2, seed, notation=notation)
        assert exercise.mark(exercise.solution).score == 1, str(exercise.mark(exercise.solution))


def test_a_seed_is_a_variant() -> None:
    assert Exercise("numbers", 2, 5).question == Exercise("numbers", 2, 5).question
    assert Exercise("numbers", 2, 5).question != Exercise("numbers", 2, 6).question


def test_the_lecture_asks_its_six_weights() -> None:
    prompts = [item.prompt for item in Exercise("gradients", 2, 0).task.items]
    weights = ["w_11^(1,2)", "w_21^(1,2)", "w_11^(0,1)", "w_12^(0,1)", "w_21^(0,1)", "w_22^(0,1)"]
    assert prompts == [f"-∂E/∂{weight} = " for weight in weights]


def test_each_hint_caps_the_score() -> None:
    for count, cap in enumerate(CAPS):
        exercise = Exercise("gradients", 2, 0)
        hints = [exercise.hint() for _ in range(count)]
        assert len(set(hints)) == count
        assert exercise.mark(exercise.solution).score == cap
    assert "w_11^(1,2) → net_n1^(1,2) → o_n1" in Exercise("gradients", 2, 0).hint()


def test_hints_are_for_the_item_asked() -> None:
    exercise = Exercise("gradients", 2, 0)
    hints = [exercise.hint("4") for _ in range(4)]
    assert "The path of item 4: w_12^(0,1) → net_n2^(0,1) → y_n2^(1,2) → net_n1^(1,2) → o_n1" in hints[0]
    assert hints[1].startswith("Item 4 has 6 factors")
    assert hints[3] == exercise.solution.splitlines()[3]
    everything = Exercise("gradients", 2, 0)
    assert [everything.hint() for _ in range(4)][3] == everything.solution


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", [1, 2, 3])
def test_no_question_prints_its_answer(kind, level) -> None:
    """Numbers and one-word answers aside: those stand in any text."""
    for seed in range(6):
        exercise = Exercise(kind, level, seed)
        asked = [exercise.task.text, *(item.prompt for item in exercise.task.items)]
        for item in exercise.task.items:
            assert (
                item.value is not None
                or item.key in ("E", "verdict")
                or len(item.solution) < 3
                or not any(item.solution in text.split() for text in asked)
            ), (item, asked)


def test_hints_are_free_in_practice() -> None:
    exercise = Exercise("gradients", 2, 0, practice=True)
    exercise.hint()
    assert exercise.mark(exercise.solution).score == 1


def test_the_first_hint_lights_the_path() -> None:
    exercise = Exercise("gradients", 2, 0)
    before = exercise.svg
    exercise.hint()
    assert before is not None and exercise.svg is not None
    assert exercise.svg.count("#b0127b") > before.count("#b0127b")


# the slide's ∂o/∂w^(1,2) stands where ∂o/∂y is meant
def test_the_slides_derivative_gets_full_marks_in_its_own_place() -> None:
    exercise = Exercise("gradients", 1, 3)  # w_12^(0,1)
    assert "∂o_n1/∂y_n2^(1,2) = " in exercise.question
    marking = exercise.mark("2=∂o_n1/∂w_21^(1,2)")
    assert marking.marks["2"].score == 1 and "as the slide has it" in marking.marks["2"].feedback
    assert exercise.mark("2=∂o_n1/∂w_11^(1,2)").marks["2"].score < 1
    assert exercise.mark("2=S'(net_n1^(1,2))*w_21^(1,2)").marks["2"].score == 1


def test_a_link_without_its_slope_is_told_so() -> None:
    marking = Exercise("gradients", 1, 3).mark("2=w_21^(1,2)\n1=o_n1-d_n1\n3=x_n1")
    assert marking.marks["2"].feedback == "S'(net_n1^(1,2)) is missing"
    assert "factor 2 is missing" in marking.marks["1"].feedback


SYMBOLS = [
    ("w_12^(0,1)", "w_21^(0,1)", "the indices are swapped"),
    ("w_14^(0,1)", "w_41^(0,1)", "the indices are swapped"),
    ("w_11^(0,1)", "w_11^(1,2)", "the layer is wrong"),
    ("w_11^(0,1)", "w_22^(0,1)", "the layer is right, the unit is not"),
    ("w_11^(0,1)", "o_n1", "an output does not stand there"),
    ("w_11^(0,1)", "w_11^(0,1)", "right"),
    ("w_11^(0,1)", "w_{11}^{(0,1)}", "right"),
    ("w_11^(0,1)", "w11(0,1)", "right"),
    ("w_11^(0,1)", "w_11^(1)", "right"),
    ("w_11^(0,1)", "o_n1 + 1", "one symbol is expected"),
    ("w_11^(0,1)", "foo", "unknown name"),
]


@pytest.mark.parametrize(("wanted", "typed", "named"), SYMBOLS)
def test_a_wrong_symbol_is_told_what_is_wrong(wanted, typed, named) -> None:
    """Some seed blanks that weight of the 3-4-2 network."""
    for seed in range(60):
        exercise = Exercise("symbols", 2, seed)
        found = [item.key for item in exercise.task.items if item.solution == wanted]
        if found:
            assert named in exercise.mark({found[0]: typed}).marks[found[0]].feedback
            return
    pytest.fail("no seed asks for it")


def test_circled_numbers_answer_too() -> None:
    exercise = Exercise("symbols", 1, 1)
    first = exercise.task.items[0].solution
    assert exercise.mark(f"①={first}").marks["1"].right


def test_a_later_step_computed_from_a_wrong_value_keeps_its_mark() -> None:
    exercise = Exercise("numbers", 1, 1)  # x = (0.4, −0.9), w = (−0.7, −0.5; 0.7, 0.1; −0.3, −0.1)
    right = {item.key: item.solution for item in exercise.task.items}
    import math

    S = lambda z: 1 / (1 + math.exp(-z))  # noqa: E731
    wrong = float(right["1"]) + 0.5
    answers = {**right, "1": f"{wrong:.3g}", "2": f"{S(wrong):.3g}"}
    net = -0.3 * float(answers["2"]) - 0.1 * float(right["4"])
    answers |= {"5": f"{net:.3g}", "6": f"{S(net):.3g}"}
    marks = exercise.mark(answers).marks
    assert [marks[key].score for key in ("1", "2", "5", "6")] == [0, 1, 1, 1]
    assert marks["2"].feedback == "rightly computed from your earlier value"


@pytest.mark.parametrize(("change", "score"), [("0.001", 1), ("-0.001", 1), ("0.003", 0)])
def test_one_unit_in_the_last_digit_is_right(change, score) -> None:
    exercise = Exercise("numbers", 1, 1)
    item = exercise.task.items[1]
    assert item.value is not None
    typed = f"{round(item.value, 3) + float(change):.3f}"
    assert exercise.mark({item.key: typed}).marks[item.key].score == score


def test_digits_that_are_missing_are_asked_for() -> None:
    exercise = Exercise("numbers", 1, 1)  # y_n1 = 0.287
    assert exercise.task.items[1].solution == "0.287"
    mark = exercise.mark({"2": "0.3"}).marks["2"]
    assert (mark.score, mark.feedback) == (0.5, "digits are missing: 3 that count are asked")
    assert exercise.mark({"2": "0.29"}).marks["2"].score == 0.5
    assert exercise.mark({"2": "0.290"}).marks["2"].score == 0
    assert exercise.mark({"2": "0.28"}).marks["2"].feedback == "not right"


def test_solutions_have_the_digits_that_are_asked() -> None:
    digits = {
        item.solution.lstrip("-0.").replace(".", "")
        for seed in range(20)
        for item in Exercise("numbers", 2, seed).task.items
    }
    assert {len(written) for written in digits} == {3}


def test_numbers_are_typed_as_in_every_answer() -> None:
    exercise = Exercise("numbers", 1, 1)
    for typed in ("-0.91", "-91/100", "−0,91", "-9.1e-1", "-9.1·10^-1", "net_n1^(0,1) = -0.91"):
        assert exercise.mark({"1": typed}).marks["1"].right, typed
    for typed in ("1e999999999", "9^9^9^9", "1/0", "log(-1)", "x1", "", "0,1,2"):
        assert not exercise.mark({"1": typed}).marks["1"].right, typed


def test_a_decimal_comma_is_a_number_and_a_word_is_not() -> None:
    exercise = Exercise("numbers", 1, 1)
    assert exercise.mark({"1": "-0,91"}).marks["1"].right
    assert "a number is expected" in exercise.mark({"1": "minus one"}).marks["1"].feedback


def test_an_error_divided_by_k_is_named() -> None:
    exercise = Exercise("error", 2, 1)
    right = float(next(item.solution for item in exercise.task.items if item.key == "3"))
    assert "divided by K" in exercise.mark({"3": f"{right / 2:.3g}"}).marks["3"].feedback
    assert exercise.mark({"E": "1/N Σ_n Σ_k l_nk²"}).marks["E"].right
    assert "divided by K" in exercise.mark({"E": "mean_n(sum_k(l_nk^2)/K)"}).marks["E"].feedback


def test_a_stationary_point_is_judged_by_its_eigenvalues() -> None:
    exercise = Exercise("stationary", 1, 1)  # −3 x1² + x2² + 4 x2
    marks = exercise.mark("g1=-3*2*x1\ng2=4+2*x2\npoint=(0; -2)\nkind=Saddle point\nh12=x1-x1").marks
    assert all(marks[key].right for key in ("g1", "g2", "point", "kind", "h12"))
    assert not exercise.mark("kind=minimum").marks["kind"].right


@pytest.mark.parametrize(
    "typed",
    [
        "3x1^2-3",
        "3 x_1^2 - 3",
        "3*x1**2 - 3",
        r"3\cdot x_{1}^2 - 3",
        "∂f/∂x_1 = 3(x_1-1)(x_1+1)",
        "3,0 x1² - 6/2",
    ],
)
def test_functions_are_typed_as_every_formula(typed) -> None:
    exercise = Exercise("stationary", 2, 0)  # x_1^3 - 3 x_1 + x_2^2
    assert exercise.solution.startswith("g1=3 x_1^2 - 3\n")
    assert exercise.mark({"g1": typed}).marks["g1"].right


@pytest.mark.parametrize("typed", ["(1; -2,0)", "1, -2", "1 -2", "x = (1, -2)"])
def test_a_point_is_two_numbers(typed) -> None:
    exercise = next(
        e for e in (Exercise("stationary", 1, s) for s in range(200)) if "point=1,-2" in e.solution
    )
    assert exercise.mark({"point": typed}).marks["point"].right


@pytest.mark.parametrize(
    ("typed", "score"),
    [
        ("x2=2, x1=-3", 1),
        ("x_2 = 2; x_1 = -3", 1),
        ("x₂ = 2 and x₁ = -3", 1),
        ("(x_{2}, x_{1}) = (2, -3)", 1),
        ("x1=-3, x2=2", 1),
        ("x1=2, x2=-3", 0),
        ("x1=-3, x1=2", 0),
        ("x1=-3", 0),
    ],
)
def test_the_names_of_a_points_coordinates_are_read(typed, score) -> None:
    exercise = Exercise("stationary", 1, 5)
    assert "point=-3,2" in exercise.solution
    assert exercise.mark({"point": typed}).marks["point"].score == score


@pytest.mark.parametrize(
    ("key", "typed", "named"),
    [
        ("2", "w11", "say between which layers"),
        ("2", "w_11^(0,2)", "not (0,2)"),
        ("2", "w_11^(1,0)", "not (1,0)"),
        ("3", "w12", "say between which layers"),
        ("3", "w21", "the indices are swapped"),
        ("5", "w_13^(0,1)", "the indices are swapped"),
        ("5", "w_13^(0,2)", "not (0,2)"),
    ],
)
def test_indices_are_swapped_only_where_they_are(key, typed, named) -> None:
    exercise = Exercise("symbols", 1, 5)  # 2: w_11^(0,1)  3: w_12^(0,1)  5: w_31^(0,1)
    mark = exercise.mark({key: typed}).marks[key]
    assert mark.score == 0 and named in mark.feedback


def test_health_counts_remedies_that_help() -> None:
    exercise = next(e for e in (Exercise("health", 2, s) for s in range(40)) if "helps=a,b,c,e" in e.solution)
    assert exercise.mark("helps=c").marks["helps"].score == 1
    assert exercise.mark("helps=a,d").marks["helps"].score == 0.5
    assert exercise.mark("verdict=vanishes").marks["verdict"].score == 0


@pytest.mark.parametrize(
    ("typed", "score", "feedback"),
    [
        ("a,b,c,d,e,f", 0, "a, c, d, f do not help here"),
        ("a,b,c,e", 0, "a, c do not help here"),
        ("a,b", 0.5, "a does not help here"),
        ("a", 0, "a does not help here"),
        ("b,e", 1, "right"),
    ],
)
def test_ticking_everything_earns_nothing(typed, score, feedback) -> None:
    mark = Exercise("health", 2, 5).mark({"helps": typed}).marks["helps"]  # b,e
    assert (mark.score, mark.feedback) == (score, feedback)


@pytest.mark.parametrize(
    "typed",
    [
        "does not {0}",
        "doesn't {0}",
        "doesn’t {0}",
        "doesnt {0}",
        "never {0}s",
        "no {0}ing",
        "it is not {0}ing",
    ],
)
@pytest.mark.parametrize(("level", "seed", "word"), [(2, 5, "vanish"), (1, 3, "explode")])
def test_what_a_gradient_does_not_do_is_no_verdict(level, seed, word, typed) -> None:
    exercise = Exercise("health", level, seed)
    assert exercise.task.items[0].solution.startswith(word)
    mark = exercise.mark({"verdict": typed.format(word)}).marks["verdict"]
    assert mark.score == 0 and mark.feedback.startswith("say what it does")


def test_neither_nor_is_healthy() -> None:
    exercise = next(
        e for e in (Exercise("health", 1, s) for s in range(40)) if "verdict=healthy" in e.solution
    )
    for typed in ("neither", "neither vanishes nor explodes", "it neither vanishes, nor does it explode"):
        assert exercise.mark({"verdict": typed}).marks["verdict"].right


@pytest.mark.parametrize("typed", ["1=" + "(" * 20_000, "1=" + "9**9**9", "nonsense", "99=1"])
def test_whatever_is_typed_is_answered_soon(typed) -> None:
    exercise = Exercise("gradients", 2, 0)
    start = time.thread_time()
    try:
        assert exercise.mark(typed).score == 0
    except InputError as fault:
        assert "\n" not in str(fault)
    assert time.thread_time() - start < 2


def test_what_does_not_exist_is_said() -> None:
    with pytest.raises(UnknownName, match="did you mean 'gradients'"):
        Exercise("gradient")
    with pytest.raises(UnknownName, match="^unknown exercise 'bogus': Known: symbols, gradients"):
        Exercise("bogus")
    with pytest.raises(InputError, match="level must be 1, 2 or 3"):
        Exercise("gradients", level=4)


# SymPy in a process of its own

SHAPE = make_shape([2, 2, 1], "logistic", "logistic", bias=False)


def test_sympy_proves_and_disproves_in_a_process_of_its_own() -> None:
    prover = Prover()
    assert prover.equal(SHAPE, "mean_n(2 l_n1 y_n1)", "1/N sum_n(2 (o_n1 - d_n1) y_n1)", seconds=60) is True
    assert prover.equal(SHAPE, "y_n1", "y_n2", seconds=60) is False
    prover.close()


def test_a_proof_that_takes_too_long_is_killed() -> None:
    prover = Prover()
    base = "(exp(net_n1^(0,1)^11) + S(11*net_n1^(1,2)))"
    hard = "*".join(f"(S({w}*net_n1^(1,2)) + exp(net_n1^(0,1)^{w}))^{w}" for w in range(2, 11))
    start = time.thread_time()
    assert prover.equal(SHAPE, f"{hard}*{base}^11", f"{hard}*{base}^10*(1+{base})", seconds=0.3) is None
    assert time.thread_time() - start < 2
    assert prover.equal(SHAPE, "y_n1", "y_n1", seconds=60) is True
    prover.close()


def test_a_right_answer_may_be_proved() -> None:
    exercise = Exercise("gradients", 2, 0)
    marking = exercise.mark("1=-mean_n(2 l_n1 o_n1 (1-o_n1) y_n1)", prove=60)
    assert marking.marks["1"].feedback == "right (proved)"


# exams


class Reader(HTMLParser):
    """Keeps the tags that are open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta", "rect", "line", "circle"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("meta", "rect", "line", "circle"):
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def exam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exam")
    write_exam(folder, 6, seed=7)
    return folder


def test_one_seed_writes_the_same_bytes(exam, tmp_path) -> None:
    for file in write_exam(tmp_path / "again", 6, seed=7):
        assert file.read_bytes() == (exam / file.name).read_bytes()
    assert compose(6, 8)[0].question != compose(6, 7)[0].question


def test_paper_and_key_hold_every_item_and_only_the_key_its_solution(exam) -> None:
    paper, key = (exam / "paper.md").read_text(), (exam / "key.md").read_text()
    for exercise in compose(6, 7):
        assert exercise.task.text in paper
        for item in exercise.task.items:
            assert f"- **{item.key}** {item.prompt}" in paper
            assert f"`{item.solution}`" in key and f"`{item.solution}`" not in paper


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 7])
def test_no_network_to_be_filled_stands_labelled_elsewhere(seed) -> None:
    for level in (None, 1, 2, 3):
        for kinds in ((), ("symbols",)):
            exercises = compose(5 if kinds else 30, seed, level, kinds)
            labelled = {e.task.sizes for e in exercises if e.kind != "symbols"}
            blank = [e.task.sizes for e in exercises if e.kind == "symbols"]
            assert len(blank) == len(set(blank)) == 5 and not labelled & set(blank)


def test_a_key_keeps_its_solutions_apart(exam) -> None:
    for line in (exam / "key.md").read_text().splitlines():
        assert "`" not in line or " `" in line


def test_formulas_in_latex_are_formulas(exam) -> None:
    paper = (exam / "paper.tex").read_text()
    assert r"$\|\delta^{(m)}\|$" in paper and "$f(x_{1}, x_{2}) = x_{1}^{3} - 27 x_{1}" in paper
    assert "**" not in paper and r"\^{}" not in paper


def test_the_pages_are_whole(exam) -> None:
    for name in ("paper.html", "key.html"):
        reader = Reader()
        reader.feed((exam / name).read_text())
        assert reader.open == []


def test_moodle_has_a_question_for_each_number(exam) -> None:
    root = ElementTree.parse(exam / "moodle.xml").getroot()
    questions = root.findall("question")
    numeric = [item for exercise in compose(6, 7) for item in exercise.task.items if item.value is not None]
    assert len(questions) == len(numeric)
    for question, item in zip(questions, numeric, strict=True):
        answer = question.find("answer")
        assert answer is not None and question.get("type") == "numerical"
        assert float(answer.findtext("text") or "nan") == pytest.approx(item.value, rel=1e-6)
        assert float(answer.findtext("tolerance") or "nan") == pytest.approx(1.5 * item.tolerance, rel=1e-6)


def test_the_notebook_is_a_notebook(exam) -> None:
    record = json.loads((exam / "exam.ipynb").read_text())
    assert record["nbformat"] == 4
    code = [cell["source"] for cell in record["cells"] if cell["cell_type"] == "code"]
    assert len(code) == 12 and all(compile(source, "cell", "exec") for source in code)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("name", ["paper", "key"])
def test_the_latex_compiles(exam, tmp_path, name) -> None:
    for file in exam.iterdir():
        shutil.copy(file, tmp_path)
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"],
        cwd=tmp_path,
        capture_output=True,
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]


def test_moodle_is_written_where_numbers_are_asked(tmp_path) -> None:
    files = [file.name for file in write_exam(tmp_path / "formulas", 2, seed=7, kinds=("gradients",))]
    assert "moodle.xml" not in files and not (tmp_path / "formulas" / "moodle.xml").exists()
    assert "moodle.xml" in [file.name for file in write_exam(tmp_path / "numbers", 1, kinds=("numbers",))]


def test_a_full_folder_is_not_written_into(exam) -> None:
    with pytest.raises(RunError, match="is not empty"):
        write_exam(exam, 2)
    with pytest.raises(InputError, match="1 to 50"):
        compose(51, 1)


@pytest.mark.parametrize("seed", [17, 50, 60, 62, 71])
def test_the_ratio_of_the_printed_numbers_is_right(seed: int) -> None:
    exercise = Exercise("health", level=3, seed=seed)
    printed = [float(word) for word in re.findall(r"layer \d+: ([\d.e+-]+\d)", exercise.task.text)]
    assert exercise.mark({"ratio": f"{printed[0] / printed[-1]:.2g}"}).marks["ratio"].right


def test_the_number_of_samples_may_stand_for_N() -> None:
    exercise = Exercise("error", level=2, seed=3)
    assert "3 samples" in exercise.task.text
    marked = exercise.mark({"E": "1/3*sum_n(sum_k(l_nk^2))"}).marks["E"]
    assert marked.right and "N = 3 put in" in marked.feedback
    assert not exercise.mark({"E": "1/2*sum_n(sum_k(l_nk^2))"}).marks["E"].right


@pytest.mark.parametrize(
    ("kind", "seed", "key", "answers"),
    [
        ("stationary", 3, "point", ["x1={0}, x2={1}", "x_1 = {0}; x_2 = {1}", "({0} | {1})", "({0}, {1})"]),
        ("stationary", 3, "kind", ["{0}", "a {0}", "{0}."]),
        ("health", 17, "verdict", ["{0}", "the gradient {0}"]),
        ("health", 17, "helps", ["{0}", "{0} and {0}"]),
    ],
)
def test_usual_spellings_are_understood(kind: str, seed: int, key: str, answers: list[str]) -> None:
    exercise = Exercise(kind, level=1 if kind == "stationary" else 2, seed=seed)
    solution = next(item.solution for item in exercise.task.items if item.key == key)
    for answer in answers:
        typed = answer.format(*(solution.split(",") if key == "point" else [solution]))
        assert exercise.mark({key: typed}).marks[key].right, (typed, solution)


@pytest.mark.parametrize("typed", ["saddle", "saddle point", "a saddle-point", "Saddlepoint"])
def test_a_saddle_has_many_spellings(typed: str) -> None:
    seed = next(
        s for s in range(50) if Exercise("stationary", level=1, seed=s).task.items[-1].solution == "saddle"
    )
    assert Exercise("stationary", level=1, seed=seed).mark({"kind": typed}).marks["kind"].right
