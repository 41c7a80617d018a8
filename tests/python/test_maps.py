# SPDX-License-Identifier: Apache-2.0
"""Feature maps: values, layouts, bad input, pickles, threads."""

import inspect
import pickle
import sys
import threading

import numpy as np
import pytest
from support import Foreign, Learning

import bochner as bo


def rows(n, d, dtype, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(dtype)


@pytest.fixture
def fm():
    return bo.FeatureMap(bo.FeatureMapSpec(3, 8, seed=1))


def test_trigonometric_features_are_cosines_and_sines_of_the_frequencies(fm):
    x = rows(20, 3, np.float64)
    angles = x @ fm.frequencies().T
    phi = fm.transform(x)
    squares = phi**2
    # cos^2 + sin^2 of each frequency, whatever the order of the columns.
    assert np.allclose(squares.sum(axis=1), 1.0)
    both = np.sort(np.hstack([np.cos(angles), np.sin(angles)]) / np.sqrt(8), axis=1)
    assert np.allclose(np.sort(phi, axis=1), both, atol=1e-14)


def test_the_gaussian_kernel_is_estimated_within_its_closed_form_error():
    d, m = 4, 2000
    spec = bo.FeatureMapSpec(d, m, projection=bo.IidProjection(), seed=3)
    x, y = rows(1, d, np.float64, 1), rows(1, d, np.float64, 2)
    fm = bo.FeatureMap(spec)
    estimate = (fm.transform(x) @ fm.transform(y).T).item()
    squared = ((x - y) ** 2).sum()
    exact = np.exp(-squared / 2)
    # Var cos(w.(x - y)) = (1 + k(2 (x - y))) / 2 - k^2
    sigma = np.sqrt(((1 + np.exp(-2 * squared)) / 2 - exact**2) / m)
    assert abs(estimate - exact) < 5 * sigma
    assert abs(estimate - np.exp(-squared)) > 5 * sigma  # of another lengthscale


@pytest.mark.parametrize("features", [f() for f in bo.feature_functions], ids=str)
def test_every_layout_has_the_bits_of_the_contiguous_call(features, dtype, layouts):
    kernel = next(
        k
        for k in (
            bo.GaussianKernel(),
            bo.SoftmaxKernel(),
            *(k() for k in bo.kernels),
            bo.DotProductKernel([0.0, 1.0]),
        )
        if any(bo.incompatibility(k, p(), features) is None for p in bo.projections)
    )
    projection = next(
        p() for p in bo.projections if bo.incompatibility(kernel, p(), features) is None
    )
    frequencies = 4 if features == bo.IdentityFeatures() else 16
    fm = bo.FeatureMap(bo.FeatureMapSpec(4, frequencies, kernel, projection, features, seed=5))
    x = 0.3 * rows(70, 4, dtype)
    x = x.astype(dtype)
    expected = fm.transform(x)
    assert expected.dtype == dtype
    phi, exponent = fm.apply(x)
    assert np.array_equal(np.ldexp(phi, exponent[:, None]), expected)
    for name, y in layouts(x).items():
        assert np.array_equal(fm.transform(y), expected), name
    for name, out in layouts(np.zeros_like(expected)).items():
        if name != "read-only":
            assert fm.transform(x, out=out) is out
            assert np.array_equal(out, expected), name
    for threads in (1, 2):
        assert np.array_equal(fm.transform(x, num_threads=threads), expected)


def test_broadcast_rows_are_read_where_they_are(fm):
    row = rows(1, 3, np.float32)
    many = np.broadcast_to(row, (5, 3))
    assert many.strides[0] == 0
    assert np.array_equal(fm.transform(many), np.repeat(fm.transform(row), 5, axis=0))


def test_no_rows_give_no_features(fm):
    assert fm.transform(np.empty((0, 3))).shape == (0, 16)


def test_the_pullback_is_the_gradient():
    fm = bo.FeatureMap(
        bo.FeatureMapSpec(2, 6, bo.SoftmaxKernel(), features=bo.PositiveFeatures(), seed=2)
    )
    x, dphi = rows(3, 2, np.float64), rows(3, 6, np.float64, 1)
    gradient = fm.pullback(x, dphi, side="key")
    _, exponent = fm.apply(x, side="key")
    scaled = np.ldexp(dphi, -exponent[:, None])
    for i in range(3):
        for k in range(2):
            step = np.zeros_like(x)
            step[i, k] = 1e-6
            ahead, behind = fm.transform(x + step, side="key"), fm.transform(x - step, side="key")
            numeric = ((ahead - behind) * scaled).sum() / 2e-6
            assert abs(gradient[i, k] - numeric) < 1e-7 * max(1.0, abs(numeric))


def test_maps_and_their_bound_methods_pickle(fm, dtype):
    x = rows(4, 3, dtype)
    again = pickle.loads(pickle.dumps(fm))
    assert again == fm
    assert hash(again) == hash(fm)
    assert np.array_equal(pickle.loads(pickle.dumps(fm.transform))(x), fm.transform(x))
    assert len(pickle.dumps(fm)) < 1000


def test_text_names_the_same_map(fm):
    assert bo.FeatureMap(str(fm.spec)) == fm
    assert eval(repr(fm), vars(bo)) == fm


def test_arrays_of_other_libraries_are_read_in_place(fm):
    x = rows(4, 3, np.float32)
    assert np.array_equal(fm.transform(Foreign(x)), fm.transform(x))


@pytest.mark.parametrize(
    ("x", "kind", "words"),
    [
        (np.zeros((2, 3), int), TypeError, "x has dtype int64, expected float32 or float64"),
        (np.zeros((2, 3), np.float16), TypeError, "x has dtype float16"),
        (np.zeros((2, 3), complex), TypeError, "x has dtype complex128"),
        (np.zeros((2, 3), object), TypeError, "x has dtype object"),
        (np.zeros((2, 3), ">f8"), TypeError, "x has dtype >f8"),
        ([[0.0, 0.0, 0.0]], TypeError, "x is list, expected an array"),
        (None, TypeError, "x is NoneType"),
        (Learning(np.zeros((2, 3))), TypeError, "x requires a gradient"),
        (np.ma.masked_array(np.zeros((2, 3))), TypeError, "x is masked"),
        (np.zeros(3), ValueError, "x has 1 dimension, expected 2"),
        (np.zeros((1, 1, 3)), ValueError, "x has 3 dimensions, expected 2"),
        (np.zeros((2, 4)), ValueError, "x is 2 x 4, expected n x 3"),
        (np.array([[0.0, np.nan, 0.0]]), ValueError, "row 0, column 1 is nan"),
        (np.array([[0.0, 0.0, 0.0], [0.0, 0.0, np.inf]]), ValueError, "row 1, column 2 is inf"),
    ],
    ids=str,
)
def test_bad_rows_are_refused_by_name(fm, x, kind, words):
    with pytest.raises(kind, match=r"transform|apply|x") as caught:
        fm.transform(x)
    assert words in str(caught.value)


def test_fields_of_records_are_refused_when_they_are_not_aligned(fm):
    records = np.zeros((4, 3), [("flag", np.int8), ("value", np.float64)])
    with pytest.raises(TypeError, match="not aligned"):
        fm.transform(records["value"])


def test_bad_outputs_are_refused_by_name(fm):
    x = rows(4, 3, np.float64)
    read_only = np.empty((4, 16))
    read_only.flags.writeable = False
    memory = np.zeros((4, 19))
    for out, kind, words in [
        (np.empty((4, 15)), ValueError, "out has shape (4, 15), expected (4, 16)"),
        (np.empty((4, 16), np.float32), TypeError, "out has dtype float32, expected float64"),
        (read_only, ValueError, "out is read-only"),
        ([0.0], TypeError, "out is list"),
        (
            np.lib.stride_tricks.as_strided(np.empty(16), (4, 16), (0, 8)),
            ValueError,
            "out has entries that share memory",
        ),
    ]:
        with pytest.raises(kind) as caught:
            fm.transform(x, out=out)
        assert words in str(caught.value)
    memory[:, :3] = x
    with pytest.raises(ValueError, match="overlaps"):
        fm.transform(memory[:, 2:5], out=memory[:, 3:])


def test_bad_words_and_numbers_are_refused(fm):
    x = rows(4, 3, np.float64)
    with pytest.raises(ValueError, match="side is 'both', expected 'query' or 'key'"):
        fm.transform(x, side="both")
    with pytest.raises(ValueError, match="num_threads is 0"):
        fm.transform(x, num_threads=0)
    with pytest.raises(TypeError, match=r"num_threads is 2\.0"):
        fm.transform(x, num_threads=2.0)
    with pytest.raises(TypeError, match="spec is int"):
        bo.FeatureMap(3)
    with pytest.raises(ValueError, match="unknown name 'nothing'"):
        bo.FeatureMap("input_dim=3 num_frequencies=8 kernel=nothing")


def test_threads_share_a_map_that_was_not_drawn_yet():
    spec = bo.FeatureMapSpec(16, 512, seed=9)
    x = rows(64, 16, np.float32)
    expected = bo.FeatureMap(spec).transform(x)
    shared, results = bo.FeatureMap(spec), [None] * 8

    def work(i):
        results[i] = shared.transform(x)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert all(np.array_equal(result, expected) for result in results)


def test_nothing_optional_is_imported():
    for name in ("scipy", "sklearn", "torch", "matplotlib", "pandas"):
        code = f"import sys, bochner; sys.exit('{name}' in sys.modules)"
        import subprocess

        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_map_is_called_feature_map_everywhere():
    """`map` is a function of Python's."""
    public = [getattr(bo, name) for name in bo.__all__ if not name.startswith("_")]
    calls = [call for call in public if inspect.isfunction(call)]
    calls += [
        method
        for kind in public
        if inspect.isclass(kind) and not hasattr(kind, "to_dict")
        for _, method in inspect.getmembers(kind, inspect.isfunction)
    ]
    named = {call.__qualname__ for call in calls if "map" in inspect.signature(call).parameters}
    assert not named
    assert any("feature_map" in inspect.signature(call).parameters for call in calls)
