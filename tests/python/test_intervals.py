# SPDX-License-Identifier: Apache-2.0
"""Prediction intervals and label sets: against their definitions in NumPy, and in model files."""

import pickle

import numpy as np
import pytest

import bochner as bo

N, D = 60, 12


class Rows:
    """Rows, some of a group, with two targets and three classes."""

    def __init__(self, dtype=np.float64):
        rng = np.random.default_rng(5)
        self.fm = bo.FeatureMap(bo.FeatureMapSpec(2, D // 2, seed=1))
        self.x = rng.normal(size=(N, 2)).astype(dtype)
        self.y = (np.sin(self.x) + 0.3 * rng.normal(size=(N, 2))).astype(dtype)
        self.w = rng.uniform(0.5, 2.0, size=N).astype(dtype)
        self.w[7] = 0.0
        self.groups = rng.integers(0, 15, size=N)
        self.labels = rng.integers(0, 3, size=N)
        self.unseen = rng.normal(size=(5, 2)).astype(dtype)


def ridge(data, keep, penalty, intercept):
    """Predictions of least squares on some rows, with that much on |theta|^2."""
    phi = data.fm.transform(data.x).astype(np.float64)[keep]
    w, y = data.w.astype(np.float64)[keep], data.y.astype(np.float64)[keep]
    centre = (w @ phi) / w.sum() if intercept else 0.0
    mean = (w @ y) / w.sum() if intercept else 0.0
    a = ((phi - centre).T * w) @ (phi - centre) + penalty * np.eye(D)
    theta = np.linalg.solve(a, ((phi - centre).T * w) @ (y - mean))

    def predict(x):
        return (data.fm.transform(x).astype(np.float64) - centre) @ theta + mean

    return predict


def shares(units, counted):
    found = {u: np.sum(units[counted] == u) for u in np.unique(units[counted])}
    return np.array([1 / ((len(found) + 1) * found.get(u, 1)) for u in units])


def quantile(values, share, level):
    order = np.argsort(values)
    reached = np.cumsum(share[order]) >= level - 1e-11
    return values[order][np.argmax(reached)] if reached.any() else np.inf


def by_definition(data, fold, unit, penalty, intercept, level):
    counted = data.w > 0
    share = shares(unit, counted)
    lower, upper = np.empty((5, 2)), np.empty((5, 2))
    residual, centre = np.empty((N, 2)), np.empty((N, 5, 2))
    for i in np.flatnonzero(counted):
        model = ridge(data, counted & (fold != fold[i]), penalty, intercept)
        residual[i] = np.abs(data.y[i] - model(data.x[i : i + 1])[0])
        centre[i] = model(data.unseen)
    for j in range(5):
        for c in range(2):
            r, f = residual[counted, c], centre[counted, j, c]
            lower[j, c] = -quantile(r - f, share[counted], level)
            upper[j, c] = quantile(r + f, share[counted], level)
    return lower, upper


@pytest.mark.parametrize("intercept", [True, False])
def test_intervals_are_their_definition(dtype, intercept):
    data = Rows(dtype)
    tolerance = 1e-9 if dtype == np.float64 else 1e-4
    penalty = 1e-2 * data.w.astype(np.float64).sum()
    options = {"weights": data.w, "ridge": 1e-2, "intercept": intercept}
    each = np.arange(N)
    folds, groups = bo.row_folds(N, 6, seed=2), bo.group_folds(data.groups, 4, seed=3)
    for given, fold, unit in [
        (None, each, each),
        (folds, folds.fold, folds.unit),
        (groups, groups.fold, groups.unit),
    ]:
        made = bo.PredictionIntervals(data.fm, data.x, data.y, folds=given, **options)
        assert made.dtype == dtype
        assert (made.num_rows, made.num_targets) == (N - 1, 2)
        for level in (0.3, 0.8):
            found = made.predict(data.unseen, level)
            expected = by_definition(data, fold, unit, penalty, intercept, level)
            assert np.allclose(found, expected, atol=tolerance, rtol=0)
        units = len(np.unique(unit[data.w > 0]))
        assert made.highest_level == pytest.approx(units / (units + 1))
        assert np.all(np.isinf(made.predict(data.unseen, 0.999)))


def test_targets_as_a_vector_give_vectors():
    data = Rows()
    one = bo.PredictionIntervals(data.fm, data.x, data.y[:, 0], ridge=1e-2)
    both = bo.PredictionIntervals(data.fm, data.x, data.y, ridge=1e-2)
    assert [bound.shape for bound in one.predict(data.unseen)] == [(5,), (5,)]
    assert np.allclose(one.predict(data.unseen)[1], both.predict(data.unseen)[1][:, 0], rtol=1e-9)
    assert one.num_models == N
    assert "60 rows, 60 models" in repr(one)


def test_a_number_of_folds_means_row_folds_of_the_seed():
    data = Rows()
    a = bo.PredictionIntervals(data.fm, data.x, data.y, folds=5, seed=4)
    b = bo.PredictionIntervals(data.fm, data.x, data.y, folds=bo.row_folds(N, 5, seed=4))
    assert np.array_equal(a.predict(data.unseen), b.predict(data.unseen))


@pytest.mark.parametrize("objective", ["logistic", "squared"])
def test_label_sets_are_their_definition(dtype, objective):
    data = Rows(dtype)
    folds = bo.group_folds(data.groups, 4, seed=3)
    options = {"ridge": 1e-2, "num_threads": 1}
    sets = bo.LabelSets(
        data.fm, data.x, data.labels, folds=folds, weights=data.w, objective=objective, **options
    )
    assert (sets.num_classes, sets.num_models, sets.num_rows) == (3, 4, N - 1)
    assert sets.scored_by == {"logistic": "probability", "squared": "output"}[objective]
    counted = data.w > 0
    share = shares(folds.unit, counted)
    expected = np.ones((5, 3))
    total = data.w.astype(np.float64).sum()
    for f in range(4):
        rest = np.where(folds.fold == f, 0, data.w).astype(dtype)
        own = 1e-2 * total / rest.astype(np.float64).sum()
        if objective == "logistic":
            model = bo.LogisticRegression(
                data.fm, data.x, data.labels, weights=rest, ridge=own, num_threads=1
            )
            score = model.predict_probabilities
        else:
            outputs = bo.class_targets(data.labels, dtype=np.float64)
            score = bo.fit_ridge(
                data.fm, data.x, outputs, weights=rest, ridge=own, solver="cholesky"
            ).model.predict
        seen, unseen = score(data.x), score(data.unseen)
        for i in np.flatnonzero(counted & (folds.fold == f)):
            expected -= share[i] * (unseen < seen[i, data.labels[i]])
    found = sets.p_values(data.unseen)
    # In float some scores are within rounding of each other.
    assert np.mean(np.abs(found - expected) > 1e-6) <= (0 if dtype == np.float64 else 0.2)
    assert np.array_equal(sets.predict(data.unseen, 0.7), found > 0.3 + 1e-11)


def test_what_is_kept_comes_back_to_the_same_bits(tmp_path, dtype):
    data = Rows(dtype)
    made = bo.PredictionIntervals(data.fm, data.x, data.y[:, 0], folds=4)
    sets = bo.LabelSets(data.fm, data.x, data.labels, folds=4, ridge=1e-2)
    made.save(tmp_path / "intervals")
    for same in (
        bo.PredictionIntervals.load(tmp_path / "intervals"),
        pickle.loads(pickle.dumps(made)),
    ):
        assert np.array_equal(same.predict(data.unseen), made.predict(data.unseen))
    again = bo.LabelSets.from_bytes(sets.to_bytes())
    assert np.array_equal(again.p_values(data.unseen), sets.p_values(data.unseen))
    with pytest.raises(ValueError, match="holds a 'prediction_intervals'"):
        bo.LabelSets.load(tmp_path / "intervals")


@pytest.mark.parametrize("level", [0, 1, -0.5, np.nan])
def test_a_level_that_is_none_is_refused(level):
    data = Rows()
    made = bo.PredictionIntervals(data.fm, data.x, data.y, folds=4)
    sets = bo.LabelSets(data.fm, data.x, data.labels, ridge=1e-2)
    for predict in (made.predict, sets.predict):
        with pytest.raises(ValueError, match=r"level is .*, expected"):
            predict(data.unseen, level)


def test_what_cannot_be_left_out_is_refused():
    data = Rows()
    with pytest.raises(ValueError, match="the number of groups is 1"):
        bo.group_folds(np.zeros(N, dtype=int), 2)
    with pytest.raises(ValueError, match="folds is 61, expected 2 to the 60 rows"):
        bo.PredictionIntervals(data.fm, data.x, data.y, folds=61)
    only = np.zeros(N)
    only[3] = 1.0
    with pytest.raises(ValueError, match="units with rows of positive weight is 1"):
        bo.PredictionIntervals(data.fm, data.x, data.y, weights=only)
    with pytest.raises(ValueError, match="labels: row 0 is 7, expected one of 3 classes"):
        bo.LabelSets(data.fm, data.x, np.r_[7, data.labels[1:]], num_classes=3)
    with pytest.raises(ValueError, match="objective is 'hinge'"):
        bo.LabelSets(data.fm, data.x, data.labels, objective="hinge")


def write(path, names, columns):
    lines = [",".join(names), *(",".join(map(str, row)) for row in zip(*columns, strict=True))]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_models_of_files_keep_their_intervals(tmp_path):
    data = Rows()
    file = write(tmp_path / "x.csv", ["a", "b", "y"], [*data.x.T, data.y[:, 0]])
    options = {"num_frequencies": 8, "lengthscales": "fixed", "ridge": 1e-2, "dtype": np.float64}
    model = bo.fit(file, "y", intervals=5, output=tmp_path / "m", **options).model
    assert model.has_intervals
    lower, upper = model.predict_interval(data.unseen, 0.8)
    assert lower.shape == (5,)
    z = (data.x - model.centre) / model.scale
    direct = bo.PredictionIntervals(
        model.spec, z, data.y[:, 0], folds=bo.row_folds(N, 5, seed=1), ridge=1e-2
    )
    expected = direct.predict((data.unseen - model.centre) / model.scale, 0.8)
    assert np.allclose([lower, upper], expected, rtol=1e-9)
    loaded = bo.load_model(tmp_path / "m")
    assert np.array_equal(loaded.predict_interval(data.unseen, 0.8), [lower, upper])
    assert np.array_equal(
        pickle.loads(pickle.dumps(model)).predict_interval(data.unseen)[0],
        model.predict_interval(data.unseen)[0],
    )
    by_rows = bo.fit(file, "y", intervals="loo", **options).model.predict_interval(data.unseen)
    assert np.all(by_rows[0] < by_rows[1])

    plain = bo.fit(file, "y", **options).model
    assert not plain.has_intervals
    with pytest.raises(ValueError, match="holds no intervals"):
        plain.predict_interval(data.unseen)
    with pytest.raises(ValueError, match="predict_interval"):
        model.predict_set(data.unseen)
    with pytest.raises(ValueError, match="intervals need the solver cholesky"):
        bo.fit(file, "y", intervals=5, solver="conjugate-gradients", **options)
    with pytest.raises(ValueError, match="intervals is 'all'"):
        bo.fit(file, "y", intervals="all", **options)


def test_models_of_classes_keep_their_sets(tmp_path):
    data = Rows()
    names = np.array(["red", "green", "blue"])[data.labels]
    file = write(tmp_path / "x.csv", ["a", "b", "c"], [*data.x.T, names])
    model = bo.fit(
        file,
        "c",
        task="classify",
        objective="logistic",
        intervals=5,
        num_frequencies=8,
        lengthscales="fixed",
        ridge=1e-2,
    ).model
    found = model.predict_set(data.x, 0.8)
    assert found.shape == (N, 3)
    assert found.dtype == bool
    own = [model.classes.index(name) for name in names]
    assert np.mean(found[np.arange(N), own]) > 0.7
    with pytest.raises(ValueError, match="predict_set"):
        model.predict_interval(data.x)
    with pytest.raises(ValueError, match="label sets are by folds"):
        bo.fit(file, "c", task="classify", intervals="loo", num_frequencies=8)
