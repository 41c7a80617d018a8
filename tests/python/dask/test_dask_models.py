# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: N806
"""Models on Dask's arrays: those of one process, with the same bits for any number of workers."""

import subprocess
import sys

import numpy as np
import pytest

import bochner as bo

pytest.importorskip("dask.array", reason="Dask is not installed")

OPTIONS = {"n_components": 48, "random_state": 3, "ridge": 1e-4}


@pytest.fixture
def sklearn():
    pytest.importorskip("sklearn")
    import bochner.sklearn

    return bochner.sklearn


def workers(count):
    import dask

    return dask.config.set(scheduler="threads", num_workers=count)


@pytest.mark.parametrize("targets", [None, 1, 2])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
def test_ridge_is_that_of_one_process(bd, da, sklearn, rows, dtype, targets, weighted, intercept):
    x, y, w = (a.astype(dtype) for a in rows)
    y = y[:, 0] if targets is None else y[:, :targets]
    weights = w if weighted else None
    alone = sklearn.KernelRidge(**OPTIONS, fit_intercept=intercept).fit(x, y, weights)
    X, Y = da.from_array(x, chunks=(170, 2)), da.from_array(y, chunks=333)
    W = da.from_array(w, chunks=1000) if weighted else None
    model = bd.KernelRidge(**OPTIONS, fit_intercept=intercept).fit(X, Y, W)
    assert model.equations_.num_rows == 1000
    moments = [sums.moments() for sums in (model.equations_, alone.equations_)]
    if np.array_equal(model.equations_.target_offset, alone.equations_.target_offset):
        # The features of float32 are those of one process, too: sums are in double.
        assert np.allclose(*moments, rtol=1e-12, atol=1e-12 * moments[1].max())
    predicted = model.predict(X)
    assert predicted.dtype == dtype
    assert predicted.shape == y.shape
    expected = alone.predict(x)
    tolerance = 1e-10 if dtype == np.float64 else 4 * np.finfo(np.float32).eps
    assert np.abs(predicted.compute() - expected).max() <= tolerance * np.abs(expected).max()


def test_bits_are_those_of_the_partitions_not_of_the_workers(bd, da, rows):
    x, y, _ = rows
    X, Y = da.from_array(x, chunks=(90, 3)), da.from_array(y, chunks=(90, 2))
    found = []
    for count in (1, 2, 5):
        with workers(count):
            found.append(bd.KernelRidge(**OPTIONS).fit(X, Y))
    first = found[0]
    for other in found[1:]:
        assert np.array_equal(other.equations_.moments(), first.equations_.moments())
        assert np.array_equal(other.model_.coefficients, first.model_.coefficients)
    parts = [
        bo.NormalEquations(
            first.model_.feature_map, num_targets=2, target_offset=first.equations_.target_offset
        ).add(x[i : i + 90], y[i : i + 90])
        for i in range(0, 1000, 90)
    ]
    assert np.array_equal(bo.merge_in_order(parts).moments(), first.equations_.moments())
    cut = bd.KernelRidge(**OPTIONS).fit(X.rechunk((250, 3)), Y)
    assert not np.array_equal(cut.equations_.moments(), first.equations_.moments())


def test_a_map_that_is_given(bd, da, rows):
    X, Y, W = (da.from_array(a, chunks=90 if a.ndim == 1 else (90, -1)) for a in rows)
    estimator = bd.KernelRidge(**OPTIONS).fit(X, Y, W)
    spec = estimator.model_.feature_map.spec
    for given in (spec, bo.FeatureMap(spec), str(spec)):
        model = bd.fit_ridge(given, X, Y, W, ridge=OPTIONS["ridge"], posterior="full")
        assert np.array_equal(model.coefficients, estimator.model_.coefficients)
        assert model.posterior == "full"
    with pytest.raises(ValueError, match="fit_ridge: X has 2 columns, expected 3"):
        bd.fit_ridge(spec, X[:, :2], Y)
    with pytest.raises(ValueError, match=r"fit_ridge: partition \d+: .*nan"):
        bd.fit_ridge(spec, X * np.nan, Y)


def test_features_have_the_bits_of_one_process(bd, da, sklearn, rows, dtype):
    x = rows[0].astype(dtype)
    X = da.from_array(x, chunks=(300, 1))
    for columns in (31, 32):
        parameters = {"kernel": "matern(nu=1.5)", "n_components": columns, "random_state": 1}
        phi = bd.RandomFeatures(**parameters).fit_transform(X)
        assert phi.shape == (1000, columns)
        assert phi.dtype == dtype
        expected = sklearn.RandomFeatures(**parameters).fit_transform(x)
        assert np.array_equal(phi.compute(), expected)
        assert np.array_equal(phi[130:140].compute(), expected[130:140])


@pytest.mark.parametrize("loss", ["squared", "logistic"])
@pytest.mark.parametrize("classes", [2, 3])
def test_classifiers_are_those_of_one_process(bd, da, sklearn, rows, loss, classes):
    x, _, w = rows
    labels = np.array(["a", "b", "c"])[(x[:, 0] > 0).astype(int) + (classes - 2) * (x[:, 1] > 0)]
    # The gradient is at most 1e-13 of that at zero, so coefficients are within 1e-13 / ridge.
    options = {"n_components": 24, "random_state": 3, "ridge": 1e-2, "loss": loss, "tol": 1e-13}
    alone = sklearn.KernelClassifier(**options).fit(x, labels, w)
    X, L, W = (da.from_array(a, chunks=400 if a.ndim == 1 else (350, 3)) for a in (x, labels, w))
    model = bd.KernelClassifier(**options).fit(X, L, W)
    known = bd.KernelClassifier(**options).fit(X, L, W, classes=alone.classes_)
    assert np.array_equal(known.model_.coefficients, model.model_.coefficients)
    assert list(model.classes_) == list(alone.classes_)
    scores = alone.decision_function(x)
    assert np.abs(model.decision_function(X).compute() - scores).max() <= 1e-10 * scores.max()
    assert (model.predict(X).compute() == alone.predict(x)).all()
    if loss == "logistic":
        assert model.report_.converged
        expected = alone.predict_proba(x)
        assert np.abs(model.predict_proba(X).compute() - expected).max() <= 1e-10
    else:
        with pytest.raises(ValueError, match="predict_proba: fitted with the squared loss"):
            model.predict_proba(X)


def test_steps_that_are_too_few_are_said(bd, da, rows):
    x, _, _ = rows
    X = da.from_array(x, chunks=(500, 3))
    model = bd.KernelClassifier(n_components=8, loss="logistic", max_iter=1, random_state=0)
    with pytest.warns(RuntimeWarning, match="KernelClassifier: 1 steps left .*; raise max_iter"):
        model.fit(X, X[:, 0] > 0)


def test_partitions_without_rows_count_for_nothing(bd, da, rows):
    x, y, _ = rows
    chunks = (0, 300, 0, 0, 700, 0)
    X, Y = da.from_array(x, chunks=(chunks, 3)), da.from_array(y, chunks=(chunks, 2))
    whole = bd.KernelRidge(**OPTIONS).fit(X.rechunk(((300, 700), 3)), Y.rechunk(((300, 700), 2)))
    model = bd.KernelRidge(**OPTIONS).fit(X, Y)
    moments = whole.equations_.moments()
    assert np.allclose(model.equations_.moments(), moments, rtol=1e-12, atol=1e-12 * moments.max())
    assert model.predict(X).compute().shape == (1000, 2)
    labels = da.from_array(x[:, 0] > 0, chunks=(chunks,))
    steps = bd.KernelClassifier(**OPTIONS, loss="logistic", tol=1e-2).fit(X, labels)
    assert steps.report_.converged
    with pytest.raises(ValueError, match="row of positive weight"):
        bd.KernelRidge(**OPTIONS).fit(X[:0], Y[:0])


def test_chunks_of_unknown_length(bd, da, rows):
    x, y, _ = rows
    X, Y = da.from_array(x, chunks=(250, 3)), da.from_array(y[:, 0], chunks=250)
    keep = X[:, 0] > 0
    model = bd.KernelRidge(**OPTIONS).fit(X[keep], Y[keep])
    assert model.equations_.num_rows == int((x[:, 0] > 0).sum())
    expected = model.model_.predict(x[x[:, 0] > 0])
    assert np.allclose(model.predict(X[keep]).compute(), expected, rtol=1e-13)
    with pytest.raises(ValueError, match=r"KernelRidge\.fit: partition \d: y has \d+ rows, X has"):
        bd.KernelRidge(**OPTIONS).fit(X[keep], Y[Y > 100.0])


def test_progress_counts_partitions(bd, da, rows, capsys):
    x, y, _ = rows
    X, Y = da.from_array(x, chunks=(90, 3)), da.from_array(y, chunks=(90, 2))
    said = []
    bd.KernelRidge(**OPTIONS).fit(X, Y, on_progress=lambda *one: said.append(one))
    assert said == [("partitions", i, 12, "partitions") for i in range(1, 13)]
    said.clear()
    bd.KernelClassifier(**OPTIONS, loss="logistic", tol=1e-1).fit(
        X, X[:, 0] > 0, on_progress=lambda *one: said.append(one[0])
    )
    assert set(said) == {"partitions", "Newton steps"}
    pytest.importorskip("tqdm")
    bd.KernelRidge(**OPTIONS).fit(X, Y, on_progress="bar")
    assert "12.0/12.0" in capsys.readouterr().err


def test_what_is_wrong_with_a_partition_is_named(bd, da, rows):
    x, y, _ = rows
    X, Y = da.from_array(x, chunks=(90, 3)), da.from_array(y[:, 0], chunks=90)
    broken = np.where(np.arange(3000).reshape(1000, 3) == 3 * 200 + 1, np.nan, x)
    N = da.from_array(broken, chunks=(90, 3))
    where = "partition 2: x: row 20, column 1 is nan"
    with pytest.raises(ValueError, match=rf"KernelRidge\.fit: {where}"):
        bd.KernelRidge(**OPTIONS).fit(N, Y)
    with pytest.raises(ValueError, match=rf"KernelRidge\.predict: {where}"):
        bd.KernelRidge(**OPTIONS).fit(X, Y).predict(N).compute()
    with pytest.raises(ValueError, match=rf"RandomFeatures\.transform: {where}"):
        bd.RandomFeatures().fit_transform(N).compute()
    with pytest.raises(ValueError, match=r"KernelRidge\.fit: partition 2: targets: row 20"):
        bd.KernelRidge(**OPTIONS).fit(X, N[:, 1])
    with pytest.raises(ValueError, match=r"partition \d+: weights: row 0 is -"):
        bd.KernelRidge(**OPTIONS).fit(X, Y, -Y)
    with pytest.raises(ValueError, match=r"KernelClassifier\.fit: partition 2: y: row 20 has no"):
        bd.KernelClassifier(**OPTIONS).fit(X, N[:, 1])
    with pytest.raises(
        ValueError, match=r"partition \d+: y: row \d is \w+, expected one of classes"
    ):
        bd.KernelClassifier(**OPTIONS).fit(X, (X[:, 0] > 0) + 1, classes=[0, 1])

    def cast(block, block_info=None):
        return block.astype(np.float32 if block_info[0]["chunk-location"][0] == 3 else float)

    single = X.astype(np.float32)
    other = X.map_blocks(cast, dtype=np.float32, meta=np.empty((0, 0), np.float32))
    with pytest.raises(TypeError, match=r"partition \d+: X has dtype float64, expected float32"):
        bd.KernelRidge(**OPTIONS).fit(other, Y)
    # What loses nothing is converted.
    mixed = single.map_blocks(lambda block: block, dtype=np.float64, meta=np.empty((0, 0)))
    found = bd.KernelRidge(**OPTIONS).fit(mixed, Y).equations_.moments()
    expected = bd.KernelRidge(**OPTIONS).fit(single.astype(float), Y).equations_.moments()
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    ("x", "y", "kind", "message"),
    [
        (lambda a: a.compute(), lambda b: b, TypeError, "X is ndarray, expected a Dask array"),
        (lambda a: a, lambda b: b[:500], ValueError, "y has 500 rows, expected 1000"),
        (lambda a: a[:, 0], lambda b: b, ValueError, "X has 1 dimension, expected 2"),
        (lambda a: a.astype("U8"), lambda b: b, TypeError, "X has dtype <U8, expected numbers"),
        (lambda a: a.astype(complex), lambda b: b, TypeError, "X has dtype complex128"),
    ],
)
def test_collections_that_do_not_fit_are_refused(bd, da, rows, x, y, kind, message):
    X, Y = da.from_array(rows[0], chunks=(90, 3)), da.from_array(rows[1], chunks=(90, 2))
    with pytest.raises(kind, match=rf"KernelRidge\.fit: {message}"):
        bd.KernelRidge(**OPTIONS).fit(x(X), y(Y))


def test_workers_that_die_again_and_again_are_said(bd, da, rows, monkeypatch):
    import dask

    class KilledWorker(Exception):  # noqa: N818
        """As that of distributed, by name."""

    def compute(*_graphs):
        raise KilledWorker("attempted to run 4 times")

    X, Y = da.from_array(rows[0], chunks=(90, 3)), da.from_array(rows[1], chunks=(90, 2))
    monkeypatch.setattr(dask, "compute", compute)
    with pytest.raises(
        RuntimeError, match=r"KernelRidge\.fit: workers died again and again .*4 times"
    ):
        bd.KernelRidge(**OPTIONS).fit(X, Y)


def test_memory_that_is_too_small_names_the_partition(bd, da, rows, monkeypatch):
    def add(*_rows, **_options):
        raise MemoryError

    X, Y = da.from_array(rows[0], chunks=(1000, 3)), da.from_array(rows[1], chunks=(1000, 2))
    monkeypatch.setattr(bo.NormalEquations, "add", add)
    with pytest.raises(MemoryError, match=r"KernelRidge\.fit: partition 0 does not fit"):
        bd.KernelRidge(**OPTIONS).fit(X, Y)


def test_absence_is_said():
    code = """
import sys
sys.modules["dask"] = None
try:
    import bochner.dask
except ImportError as error:
    print(error)
"""
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert "bochner.dask needs Dask with arrays: pip install bochner[dask]" in said


def test_options_are_refused_by_name(bd, da, rows):
    X, Y = da.from_array(rows[0], chunks=(90, 3)), da.from_array(rows[1], chunks=(90, 2))
    for options, message in [
        ({"n_components": 0}, "KernelRidge: n_components is 0"),
        ({"ridge": "much"}, "KernelRidge: ridge is 'much'"),
        ({"random_state": "x"}, "KernelRidge: random_state is 'x'"),
        ({"num_threads": 0}, "KernelRidge: num_threads is 0"),
        ({"kernel": "unknown"}, "unknown"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            bd.KernelRidge(**{**OPTIONS, **options}).fit(X, Y)
    with pytest.raises(ValueError, match=r"KernelRidge\.predict: not fitted yet"):
        bd.KernelRidge().predict(X)
    with pytest.raises(ValueError, match=r"KernelRidge\.predict: X has 2 columns, expected 3"):
        bd.KernelRidge(**OPTIONS).fit(X, Y).predict(X[:, :2])
    with pytest.raises(ValueError, match="loss is 'hinge', expected one of squared, logistic"):
        bd.KernelClassifier(loss="hinge").fit(X, X[:, 0] > 0)
    with pytest.raises(ValueError, match="y has 1 class, expected two or more"):
        bd.KernelClassifier().fit(X, X[:, 0] > 100)
