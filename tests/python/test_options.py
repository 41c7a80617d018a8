# SPDX-License-Identifier: Apache-2.0
"""Keywords and records say what the structs of C++ list, with the same defaults."""

import dataclasses
import inspect

import numpy as np
import pytest

import bochner as bo
from bochner import _core

# What a struct's member is called where it is a keyword, and what its value is there.
RENAMED = {"mask": "causal"}
VALUES = [
    ("intercept", "fitted", True),
    ("mask", "none", False),
    ("window", 0, None),
    ("groups", [], None),
    ("exact", bo.ExactPairs(), None),
]
NO_DEFAULT = {("NystromOptions", "rank"), ("ClusterOptions", "clusters")}
# The members of a struct that are keywords of another name, by the function that has them.
ELSEWHERE = {("FitOptions", "model"): "RidgeOptions"}

OPTIONS = {
    "AttentionOptions": bo.exact_attention,
    "AttentionErrorOptions": bo.attention_with_error,
    "CalibrationOptions": bo.calibrate,
    "RidgeOptions": bo.fit_ridge,
    "FitOptions": bo.fit_ridge,
    "LogisticOptions": bo.LogisticRegression,
    "SearchOptions": bo.search_hyperparameters,
    "GramSolveOptions": bo.solve,
    "ClusterOptions": bo.kernel_kmeans,
    "NystromOptions": bo.nystrom,
    "KernelTestOptions": bo.two_sample_test,
    "ChangeDetectorOptions": bo.ChangeDetector,
    "SampledErrorOptions": bo.sampled_error,
    "HutchinsonOptions": bo.hutchinson_error,
    "LanczosErrorOptions": bo.spectral_error,
    "CheckOptions": bo.check_unbiased,
    "FeatureErrorOptions": bo.feature_error,
}
# Members of records that C++ computes from the others.
COMPUTED = {"CheckResult": {"passed"}, "HeadPlan": {"time"}}


def same(value, default):
    if isinstance(value, (list, tuple)) and isinstance(default, (list, tuple)):
        return list(value) == list(default)
    return value == default


def members():
    for struct, function in OPTIONS.items():
        for name, value in _core.defaults[struct].items():
            if (struct, name) not in ELSEWHERE:
                yield struct, function, name, value


@pytest.mark.parametrize(
    ("struct", "function", "name", "value"), list(members()), ids=lambda value: str(value)[:24]
)
def test_keywords_have_the_defaults_of_cpp(struct, function, name, value):
    parameters = inspect.signature(function).parameters
    if struct == "AttentionOptions" and name in ("products", "exact", "rest"):
        parameters = inspect.signature(bo.attention).parameters
    parameter = parameters[RENAMED.get(name, name)]
    if (struct, name) in NO_DEFAULT:
        assert parameter.default is inspect.Parameter.empty
        return
    expected = next((there for key, here, there in VALUES if (key, here) == (name, value)), value)
    assert same(parameter.default, expected), (parameter.default, expected)


@pytest.mark.parametrize("struct", sorted({*_core.defaults} - {*OPTIONS}))
def test_records_have_the_members_of_cpp(struct):
    kind = getattr(bo, struct)
    fields = {field.name for field in dataclasses.fields(kind)}
    assert fields == {*_core.defaults[struct]} | COMPUTED.get(struct, set())


def test_every_struct_of_options_is_compared():
    assert {name for name in _core.defaults if name.endswith("Options")} == {*OPTIONS}
    assert _core.defaults["FitOptions"]["model"] == _core.defaults["RidgeOptions"]


def test_records_become_dicts_of_plain_values():
    report = _core.defaults["AttentionComparison"]
    assert report["attention"] == _core.defaults["AttentionReport"]
    assert report["norms"] == dict.fromkeys(("mean", "median", "upper", "largest"), 0.0)
    assert report["advice"] == "fine"
    assert _core.defaults["SearchResult"]["candidates"] == []
    assert _core.defaults["RidgePath"]["residuals"].shape == (0, 0)
    assert _core.defaults["SearchCandidate"]["kernel"] == bo.GaussianKernel()
    assert np.isscalar(_core.defaults["CheckOptions"]["seed"])
