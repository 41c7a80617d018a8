# SPDX-License-Identifier: Apache-2.0
"""Studies of attention: what they say is what attention, its report and its oracle say."""

import dataclasses
import pickle

import numpy as np
import pytest
from support import Alarm, alarm, require_refusals_by_name

import bochner as bo

KERNEL = bo.SoftmaxKernel(0.7)
SPECS = [
    bo.FeatureMapSpec(4, 1, KERNEL, features=bo.HyperbolicFeatures(), seed=9),
    bo.FeatureMapSpec(4, 1, KERNEL, bo.IidProjection(), bo.PositiveFeatures()),
]


def inputs(length=50, dtype=np.float64, heads=2, scale=0.5):
    rng = np.random.default_rng(0)
    return tuple((scale * rng.normal(size=(3, 1, heads, length, 4))).astype(dtype))


def without_times(study):
    return dataclasses.replace(study, seconds=np.zeros_like(study.seconds), exact_seconds=0.0)


@pytest.mark.parametrize("options", [{}, {"causal": True}, {"key_lengths": np.array([31])}])
def test_a_study_is_what_its_maps_give(dtype, options):
    q, k, v = inputs(dtype=dtype)
    study = bo.attention_study(SPECS, q, k, v, frequencies=[32, 8], seed=3, **options)
    assert study.num_frequencies.tolist() == [8, 32, 8, 32]
    assert study.num_features.tolist() == [16, 64, 8, 32]
    assert study.features.tolist() == ["hyperbolic"] * 2 + ["positive"] * 2
    assert study.projection.tolist() == [str(SPECS[0].projection)] * 2 + ["iid"] * 2
    exact = bo.exact_attention(KERNEL, q, k, v, **options).astype(np.float64)
    at = 0
    for spec in SPECS:
        for m in (8, 32):
            drawn = spec.__replace__(num_frequencies=m, seed=3)
            out = bo.attention(drawn, q, k, v, **options).astype(np.float64)
            error = np.linalg.norm(out - exact) / np.linalg.norm(exact)
            assert study.measured[at] == pytest.approx(error, rel=1e-6)
            report = bo.attention_report(drawn, q, k, v, **options)
            assert study.predicted[at] == report.predicted_error
            assert study.sampled[at] == report.output_error
            assert study.prediction_holds[at] == report.prediction_holds
            assert study.advice[at] == report.advice
            at += 1
    assert study.exact_seconds > 0
    assert np.all(study.seconds > 0)


def test_what_is_measured_agrees_with_what_is_predicted_and_not_with_half_of_it():
    q, k, v = inputs(200, scale=0.25)
    draws = [bo.attention_study(SPECS, q, k, v, frequencies=[64], seed=s) for s in range(40)]
    squares = np.array([draw.measured**2 for draw in draws])
    # 4.9 standard errors of a mean of 40 draws, and what 64 rows leave open of 400.
    allowed = 4.9 * squares.std(axis=0, ddof=1) / np.sqrt(40) + 0.1 * squares.mean(axis=0)
    for shrunk, agrees in ((1.0, True), (0.5, False)):
        predicted = (shrunk * draws[0].predicted) ** 2
        assert np.all((np.abs(squares.mean(axis=0) - predicted) < allowed) == agrees)


def test_threads_layouts_and_copies_have_the_same_bits(dtype):
    q, k, v = inputs(dtype=dtype)
    options = {"frequencies": [8, 16], "timed_runs": 2}
    expected = without_times(bo.attention_study(SPECS, q, k, v, num_threads=1, **options))
    again = without_times(bo.attention_study(SPECS, q, k, v, num_threads=2, **options))
    assert again == expected
    fortran = [np.asfortranarray(x) for x in (q, k, v)]
    assert without_times(bo.attention_study(SPECS, *fortran, **options)) == expected
    texts = [str(spec) for spec in SPECS]
    assert without_times(bo.attention_study(texts, q, k, v, **options)) == expected
    one = without_times(bo.attention_study(SPECS[0], q, k, v, **options))
    assert np.array_equal(one.measured, expected.measured[:2])
    assert pickle.loads(pickle.dumps(expected)) == expected


def test_a_study_is_a_table_a_dict_and_a_frame():
    study = bo.attention_study(SPECS, *inputs(), frequencies=[8, 16])
    columns = [field.name for field in dataclasses.fields(study)][:-1]
    lines = str(study).splitlines()
    assert lines[0].split() == columns
    assert len(lines) == 5
    assert list(study.to_dict()) == [*columns, "exact_seconds"]
    pd = pytest.importorskip("pandas")
    frame = study.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == columns
    assert frame.measured.tolist() == study.measured.tolist()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"specs": []}, ValueError, "specs is empty"),
        ({"specs": [SPECS[0], 3]}, TypeError, r"specs\[1\] is int"),
        (
            {"specs": [SPECS[0], SPECS[1].__replace__(kernel="softmax")]},
            ValueError,
            r"specs\[1\] has the kernel softmax\(scale=1\), expected softmax\(scale=0.7\), that of",
        ),
        (
            {"specs": bo.FeatureMapSpec(4, 1, bo.MaternKernel())},
            ValueError,
            "kernel",
        ),
        ({"specs": bo.FeatureMapSpec(5, 1, KERNEL, features="positive")}, ValueError, "queries"),
        ({"queries": np.zeros((2, 4))}, ValueError, "queries has 2 dimensions"),
        ({"frequencies": []}, ValueError, "frequencies is empty"),
        ({"frequencies": [0]}, ValueError, "frequencies is 0"),
        ({"timed_runs": 0}, ValueError, "timed_runs is 0, expected 1 to"),
        ({"products": "half"}, ValueError, "products is 'half'"),
        ({"seed": -1}, ValueError, "seed is -1"),
    ],
)
def test_wrong_arguments_are_refused_by_name(arguments, error, message):
    q, k, v = inputs(6)
    good = {"specs": SPECS, "queries": q, "keys": k, "values": v, "frequencies": [4]}
    with pytest.raises(error, match=f"^attention_study: .*{message}"):
        bo.attention_study(**(good | arguments))


def test_whatever_is_passed_is_refused_under_the_name_of_the_function():
    q, k, v = inputs(6)
    odd = [None, 3, -1, 2**70, np.nan, True, "no name", b"bytes", [], [None], {"a": 1}, object()]
    arguments = {
        "specs": SPECS,
        "queries": q,
        "keys": k,
        "values": v,
        "frequencies": [4],
        "causal": True,
        "seed": 1,
        "timed_runs": 1,
        "num_threads": 1,
    }
    require_refusals_by_name(bo.attention_study, arguments, odd)


def test_a_signal_ends_a_long_call():
    q, k, v = inputs(4000, heads=8)
    with alarm(), pytest.raises(Alarm):
        bo.attention_study(SPECS, q, k, v, frequencies=[2048], timed_runs=1000)
