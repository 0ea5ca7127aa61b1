"""The examples in scikit-learn's documentation of its MLP, read from the installed package, with the import changed."""

from __future__ import annotations

import ast
import doctest
import re

import numpy as np
import pytest
import sklearn.neural_network as theirs

NUMBER = re.compile(r"-?\d+\.?\d*(?:e[+-]?\d+)?")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_an_example_prints_what_scikit_learn_says(name):
    examples = doctest.DocTestParser().get_examples(getattr(theirs, name).__doc__)
    assert len(examples) > 5
    names: dict[str, object] = {}
    compared = 0
    for example in examples:
        source = example.source.replace("from sklearn.neural_network import", "from deltarule import")
        if not example.want:
            exec(source, names)  # a page of scikit-learn's, not a user's text
            continue
        found = eval(compile(ast.parse(source.strip(), mode="eval"), name, "eval"), names)
        if "..." in example.want or NUMBER.search(repr(found)) is None:
            assert repr(found).startswith(example.want.strip().split("...")[0])
            continue
        wanted = [float(number) for number in NUMBER.findall(example.want)]
        printed = [float(number) for number in NUMBER.findall(repr(found))]
        np.testing.assert_allclose(printed, wanted, rtol=2e-2, err_msg=example.source)
        compared += 1
    assert compared >= 2
