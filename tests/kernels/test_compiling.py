"""How kernels are compiled: no branch for a division, no reordered sum; with no place to keep them; without Numba."""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

pytest.importorskip("numba", reason="Numba is not installed: the equations answer alone")

from numba import config
from numba.core.dispatcher import Dispatcher

import deltarule.kernels
from deltarule.kernels import compiling
from deltarule.kernels.microkernel import product_pass
from deltarule.kernels.vectors import BYTES

TRAIN = """
import numpy as np
from deltarule import Network, train
X = np.random.default_rng(0).standard_normal((50, 3))
t = train(Network([3, 20, 1]), X, X[:, :1], epochs=3)
print(t.outcome.name, t.history["error"][-1] < t.history["error"][0])
"""


def dispatchers() -> list[Dispatcher]:
    modules = [
        importlib.import_module(f"deltarule.kernels.{m.name}")
        for m in pkgutil.iter_modules(deltarule.kernels.__path__)
    ]
    return [v for module in modules for v in vars(module).values() if isinstance(v, Dispatcher)]


def test_every_kernel_divides_without_a_branch_and_never_reorders() -> None:
    found = dispatchers()
    assert len(found) > 20
    for function in found:
        options = function.targetoptions
        assert options.get("error_model") == "numpy", function
        assert not options.get("fastmath") and not options.get("parallel"), function


@pytest.fixture(scope="module")
def product_code() -> str:
    """The product's LLVM code, compiled anew: what was read from disk cannot be looked at."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiling, "folder", lambda: None)
        return product_pass.__wrapped__(False, "float32").inspect_llvm()


def test_the_product_fuses_its_multiply_adds_and_names_no_processor(product_code: str) -> None:
    code, lanes = product_code, BYTES // 4
    assert f"@llvm.fmuladd.v{lanes}f32" in code
    assert "@llvm.fma." not in code and "@llvm.x86" not in code


def test_the_product_compiles_for_neon(product_code: str) -> None:
    from llvmlite import binding as llvm

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    try:
        arm = llvm.Target.from_triple("aarch64-unknown-linux-gnu")
    except RuntimeError:
        pytest.skip("this llvmlite has no AArch64 back end")
    lines = [line for line in product_code.splitlines() if not line.startswith("target ")]
    assembly = arm.create_target_machine(opt=2).emit_assembly(llvm.parse_assembly("\n".join(lines)))
    assert "fmla\tv" in assembly


def test_the_folder_is_named_after_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DELTARULE_CACHE", str(tmp_path))
    compiling.folder.cache_clear()
    found = compiling.folder()
    compiling.folder.cache_clear()
    assert found is not None and found.parent == tmp_path and found.name.startswith("kernels-")


def run(program: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


PRODUCT = """
from ctypes import POINTER, c_double
import numpy as np
from deltarule.kernels.microkernel import VECTORS, product_pass
from deltarule.kernels.vectors import BYTES

def at(a):
    return a.ctypes.data_as(POINTER(c_double))

n = VECTORS * BYTES // 8
A, B, C = np.ones((8, 4)), np.ones((4, n)), np.full((8, n), 2.0)
for scaled in SCALED:  # C + A·B = 6, then C ∘ (A·B) = 24
    product_pass(scaled, "float64").ctypes(at(A), 4, 1, at(B), n, at(C), n, at(C), n, 8, n, 4)
print(set(C.ravel().tolist()))
"""


@pytest.mark.slow
def test_products_kept_by_two_processes_work_together(tmp_path: Path) -> None:
    kept = {"DELTARULE_CACHE": str(tmp_path)}
    assert run(PRODUCT.replace("SCALED", "(False,)"), **kept) == "{6.0}"
    assert run(PRODUCT.replace("SCALED", "(True,)"), **kept) == "{8.0}"
    assert run(PRODUCT.replace("SCALED", "(False, True)"), **kept) == "{24.0}"


def test_one_process_at_a_time_adds_to_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "folder", lambda: tmp_path)
    program = (
        "import sys; from pathlib import Path; from deltarule.kernels import compiling\n"
        "compiling.folder = lambda: Path(sys.argv[1])\n"
        "print('ready', flush=True)\n"
        "with compiling.in_turn('product'): print('inside', flush=True)"
    )
    with compiling.in_turn("product"):
        other = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert other.stdout is not None and other.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(0.5)
    assert other.communicate(timeout=60)[0] == "inside\n"


def test_one_thread_at_a_time_says_where_numba_keeps_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "folder", lambda: tmp_path)
    before, seen = config.CACHE_DIR, []

    def declare() -> None:
        with compiling._kept():
            seen.append(config.CACHE_DIR)

    other = Thread(target=declare)
    with compiling._kept():
        other.start()
        other.join(0.2)
        assert other.is_alive() and not seen
    other.join(60)
    assert seen == [str(tmp_path)] and before == config.CACHE_DIR


@pytest.mark.slow
def test_training_works_where_no_folder_can_be_written() -> None:
    assert run(TRAIN, DELTARULE_CACHE="/proc/nowhere") == "step_limit True"


def test_training_works_without_numba() -> None:
    blocked = "import sys; sys.modules['numba'] = None\n"
    assert run(blocked + TRAIN) == "step_limit True"


def test_a_million_rows_are_predicted_as_the_equations_say() -> None:
    from deltarule import Network
    from deltarule.equations import backprop

    X = np.random.default_rng(0).standard_normal((200_003, 8)).astype(np.float32)
    for output in ("identity", "softmax", "exp"):
        network = Network([8, 33, 3], output=output, seed=1, dtype="float32")
        wanted = backprop.forward(network.shape, network.theta, X[::1000]).o
        np.testing.assert_allclose(network.predict(X)[::1000], wanted, rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(network.predict(np.asfortranarray(X)), network.predict(X))
