# SPDX-License-Identifier: Apache-2.0
"""Classes, folds, cross-validation and search: against formulas in NumPy and SciPy."""

import pickle

import numpy as np
import pytest
from scipy.optimize import minimize

import bochner as bo

D = 16  # features


class Labelled:
    """Rows of three classes."""

    def __init__(self, n=150, dtype=np.float64):
        rng = np.random.default_rng(3)
        self.fm = bo.FeatureMap(bo.FeatureMapSpec(2, D // 2, seed=1))
        self.x = rng.normal(size=(n, 2)).astype(dtype)
        score = self.x @ rng.normal(size=(2, 3)) + rng.gumbel(size=(n, 3))
        self.labels = score.argmax(axis=1)
        self.w = rng.uniform(0.5, 2.0, size=n).astype(dtype)
        self.phi = self.fm.transform(self.x).astype(np.float64)

    def best(self, ridge, intercept=True):
        """theta and intercepts that minimise the penalised likelihood."""
        n, w = len(self.w), self.w.astype(np.float64)
        total = w.sum()
        one_hot = np.eye(3)[self.labels]

        def objective(flat):
            theta, constant = flat[: 3 * D].reshape(D, 3), flat[3 * D :]
            f = self.phi @ theta + constant * intercept
            top = f.max(axis=1, keepdims=True)
            log_sum = top[:, 0] + np.log(np.exp(f - top).sum(axis=1))
            p = np.exp(f - log_sum[:, None])
            value = (w * (log_sum - f[np.arange(n), self.labels])).sum() / total
            rest = w[:, None] * (p - one_hot) / total
            slope = np.concatenate(
                [(self.phi.T @ rest + ridge * theta).ravel(), rest.sum(axis=0) * intercept]
            )
            return value + ridge / 2 * (theta**2).sum(), slope

        found = minimize(
            objective,
            np.zeros(3 * D + 3),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-10},
        )
        theta, constant = found.x[: 3 * D].reshape(D, 3), found.x[3 * D :] * intercept
        f = self.phi @ theta + constant
        p = np.exp(f - f.max(axis=1, keepdims=True))
        return found.fun, p / p.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("intercept", [True, False])
def test_logistic_regression_maximises_the_penalised_likelihood(dtype, intercept):
    p = Labelled(dtype=dtype)
    model = bo.LogisticRegression(
        p.fm, p.x, p.labels, weights=p.w, ridge=1e-2, intercept=intercept, tolerance=1e-9
    )
    objective, probabilities = p.best(1e-2, intercept)
    found = model.predict_probabilities(p.x)
    assert found.dtype == dtype
    assert np.allclose(found, probabilities, atol=1e-6)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-6)
    assert np.isclose(model.report.objective, objective, rtol=1e-8)
    assert model.report.converged
    assert model.report.steps > 0
    assert np.array_equal(model.predict(p.x), found.argmax(axis=1))
    assert model.coefficients.shape == (D, 3)
    assert np.allclose(model.intercepts.sum(), 0, atol=1e-9)
    assert (model.ridge, model.intercept, model.num_classes) == (1e-2, intercept, 3)
    assert not np.allclose(found, p.best(2e-2, intercept)[1], atol=1e-3)  # of another ridge


def test_logistic_layouts_threads_and_pickles(dtype, layouts, tmp_path):
    p = Labelled(dtype=dtype)
    model = bo.LogisticRegression(p.fm, p.x, p.labels, num_classes=4, ridge=1e-3, num_threads=1)
    probabilities = model.predict_probabilities(p.x, num_threads=1)
    assert probabilities.shape == (150, 4)
    for name, x in layouts(p.x).items():
        threads = 2 if name == "F" else 1
        other = bo.LogisticRegression(
            p.fm, x, list(p.labels), num_classes=4, ridge=1e-3, num_threads=threads
        )
        assert np.array_equal(other.coefficients, model.coefficients), name
        found = model.predict_probabilities(x, num_threads=threads)
        assert np.array_equal(found, probabilities), name
        assert np.array_equal(model.predict(x), probabilities.argmax(axis=1)), name
    for name, out in layouts(np.zeros_like(probabilities)).items():
        if out.flags.writeable:
            assert model.predict_probabilities(p.x, out=out) is out
            assert np.array_equal(out, probabilities), name
    model.save(tmp_path / "model")
    for other in (
        pickle.loads(pickle.dumps(model)),
        bo.LogisticRegression.load(tmp_path / "model"),
    ):
        assert repr(other) == repr(model)
        assert np.array_equal(other.predict_probabilities(p.x), probabilities)
        assert other.num_classes == 4
    assert pickle.loads(pickle.dumps(model.report)) == model.report


def test_class_targets_and_their_inverse(dtype):
    labels = np.array([2, 0, 1, 1], np.uint8)
    targets = bo.class_targets(labels, dtype=dtype)
    assert targets.dtype == dtype
    assert np.array_equal(targets, 2 * np.eye(3)[labels] - 1)
    assert bo.class_targets(labels, 5).shape == (4, 5)
    for outputs in (targets, np.asfortranarray(targets), targets[:, ::-1][:, ::-1]):
        assert np.array_equal(bo.largest_output(outputs), labels)
    assert np.array_equal(bo.largest_output(np.zeros((2, 3))), [0, 0])


def test_folds_are_partitions():
    folds = bo.row_folds(23, 4, seed=1)
    assert (folds.count, folds.num_units) == (4, 23)
    assert sorted(np.bincount(folds.fold)) == [5, 6, 6, 6]
    assert np.array_equal(np.sort(folds.unit), np.arange(23))
    assert np.array_equal(folds.fold, bo.row_folds(23, 4, seed=1).fold)
    assert not np.array_equal(folds.fold, bo.row_folds(23, 4, seed=2).fold)
    groups = np.random.default_rng(0).integers(-5, 5, size=200)
    by_group = bo.group_folds(groups, 3)
    assert by_group.num_units == len(np.unique(groups))
    for label in np.unique(groups):
        assert len(np.unique(by_group.fold[groups == label])) == 1
        assert len(np.unique(by_group.unit[groups == label])) == 1
    assert np.array_equal(
        by_group.fold, bo.group_folds(groups[::2].repeat(2), 3).fold
    ) == np.array_equal(groups, groups[::2].repeat(2))


def test_group_labels_number_the_distinct_rows(dtype, layouts):
    columns = np.random.default_rng(1).integers(0, 3, size=(80, 2)).astype(dtype)
    expected = np.unique(columns, axis=0, return_inverse=True)[1].ravel()
    for name, layout in layouts(columns).items():
        assert np.array_equal(bo.group_labels(layout), expected), name


def test_columns_of_stations_are_found(dtype, layouts):
    rng = np.random.default_rng(2)
    stations = rng.normal(size=(60, 2))[rng.permutation(np.arange(60).repeat(15))]
    x = np.column_stack([stations[:, 0], rng.normal(size=900), stations[:, 1]]).astype(dtype)
    for name, layout in layouts(x).items():
        assert bo.repeated_columns(layout) == [0, 2], name
    assert bo.repeated_columns(rng.normal(size=(900, 3)).astype(dtype)) == []


def refit(phi, y, w, ridge):
    total = w.sum()
    mean, centre = w @ phi / total, w @ y / total
    a = (phi - mean).T @ ((phi - mean) * w[:, None]) + total * ridge * np.eye(phi.shape[1])
    theta = np.linalg.solve(a, (phi - mean).T @ ((y - centre) * w[:, None]))
    return theta, centre - mean @ theta


@pytest.mark.parametrize("vector", [False, True])
def test_cross_validation_is_what_refitting_gives(dtype, vector):
    rng = np.random.default_rng(4)
    fm = bo.FeatureMap(bo.FeatureMapSpec(2, D // 2, seed=1))
    x = rng.normal(size=(90, 2)).astype(dtype)
    y = np.sin(x.astype(np.float64) @ rng.normal(size=(2, 2))) + 0.1 * rng.normal(size=(90, 2))
    y = y[:, :1] if vector else y
    w = rng.uniform(0.5, 2.0, size=90).astype(dtype)
    groups = np.arange(90) // 3
    folds = bo.group_folds(groups, 3, seed=1)
    ridges = [1e-3, 1e-1]
    found = bo.cross_validate(fm, x, y[:, 0] if vector else y, ridges, weights=w, folds=folds)
    phi, w = fm.transform(x).astype(np.float64), w.astype(np.float64)
    total = w.sum()
    variance = w @ (y - w @ y / total) ** 2 / total
    for r, ridge in enumerate(ridges):
        errors = np.empty_like(y)
        for fold in range(3):
            out = folds.fold == fold
            theta, constant = refit(phi[~out], y[~out], w[~out], ridge)
            errors[out] = y[out] - phi[out] @ theta - constant
        loss = w * (errors**2 / variance).mean(axis=1)
        units = np.bincount(folds.unit, loss)
        weights = np.bincount(folds.unit, w)
        mean = loss.sum() / total
        spread = ((units - mean * weights) ** 2).sum() * 30 / 29
        tolerance = {"rtol": 1e-8 if dtype == np.float64 else 1e-4}
        assert np.allclose(found.squared_error[r], w @ errors**2 / total, **tolerance)
        assert np.isclose(found.loss[r], mean, **tolerance)
        assert np.allclose(found.unit_loss[r], units, **tolerance)
        assert np.isclose(found.standard_error[r], np.sqrt(spread) / total, **tolerance)
    assert found.best == int(np.argmin(found.loss))
    assert len(str(found).splitlines()) == 3
    again = bo.cross_validate(
        fm,
        x[::-1][::-1],
        np.asfortranarray(y),
        ridges,
        weights=w.astype(dtype),
        folds=folds,
        num_threads=2,
    )
    assert np.array_equal(again.unit_loss, found.unit_loss)


def test_cross_validation_of_classes_counts_the_wrong_ones():
    p = Labelled()
    folds = bo.row_folds(150, 5, seed=2)
    targets = bo.class_targets(p.labels)
    found = bo.cross_validate(p.fm, p.x, targets, [1e-2], folds=folds, loss="misclassification")
    wrong = np.empty(150)
    for fold in range(5):
        out = folds.fold == fold
        theta, constant = refit(p.phi[~out], targets[~out], np.ones((~out).sum()), 1e-2)
        wrong[out] = (p.phi[out] @ theta + constant).argmax(axis=1) != p.labels[out]
    assert np.isclose(found.loss[0], wrong.mean())
    same = bo.cross_validate(p.fm, p.x, targets, [1e-2], folds=5, seed=2, loss="misclassification")
    assert np.array_equal(same.unit_loss, found.unit_loss)


def test_logistic_cross_validation_is_what_refitting_gives():
    p = Labelled()
    folds = bo.row_folds(150, 3, seed=2)
    found = bo.cross_validate_logistic(
        p.fm, p.x, p.labels, [1e-2, 1.0], folds=folds, tolerance=1e-9
    )
    losses, wrong = np.empty(150), np.empty(150)
    for fold in range(3):
        out = folds.fold == fold
        model = bo.LogisticRegression(
            p.fm, p.x[~out], p.labels[~out], num_classes=3, ridge=1e-2, tolerance=1e-9
        )
        chances = model.predict_probabilities(p.x[out])
        losses[out] = -np.log(chances[np.arange(out.sum()), p.labels[out]])
        wrong[out] = chances.argmax(axis=1) != p.labels[out]
    assert np.isclose(found.log_loss[0], losses.mean(), rtol=1e-7)
    assert np.isclose(found.error_rate[0], wrong.mean())
    assert np.isclose(found.standard_error[0], losses.std(ddof=1) / np.sqrt(150), rtol=1e-6)
    assert found.best == 0
    assert len(found.to_frame()) == 2


def wave(n=200, dtype=np.float64):
    rng = np.random.default_rng(7)
    x = rng.uniform(-1, 1, size=(n, 2)).astype(dtype)
    return x, np.sin(6 * x[:, 0].astype(np.float64)) + 0.05 * rng.normal(size=n)


def test_search_finds_the_column_that_matters(dtype):
    x, y = wave(dtype=dtype)
    seen = []
    spec = bo.FeatureMapSpec(2, 16, seed=1)
    found = bo.search_hyperparameters(spec, x, y, max_candidates=20, on_candidate=seen.append)
    assert tuple(seen) == found.candidates
    assert found.spec.num_frequencies == 16
    assert found.num_groups == 0
    assert found.group_columns == ()
    scales = found.spec.kernel.metric.lengthscales
    assert scales[1] > 3 * scales[0]
    assert found.score < 0.1 < max(c.score for c in seen)
    fit = bo.fit_ridge(found.spec, x, y, ridge=found.ridge)
    assert np.std(fit.model.predict(x) - y) < 0.1
    again = bo.search_hyperparameters(str(spec), x[::-1][::-1], y, max_candidates=20, num_threads=2)
    assert again == found
    assert pickle.loads(pickle.dumps(found)) == found
    assert "candidates" in str(found)


def test_search_takes_what_it_is_given():
    x, y = wave()
    spec = bo.FeatureMapSpec(2, 16, seed=1)
    kernels = (bo.GaussianKernel(bo.Isotropic(0.3)), bo.LaplacianKernel(bo.Isotropic(0.3)))
    fixed = bo.search_hyperparameters(
        spec, x, y, kernels=kernels, lengthscales="fixed", ridges=[1e-3], criterion="evidence"
    )
    assert {type(c.kernel) for c in fixed.candidates} == {type(k) for k in kernels}
    assert fixed.ridge == 1e-3
    grouped = bo.search_hyperparameters(
        spec, x, y, lengthscales="fixed", groups=np.arange(200) // 10, ridges=[1e-3]
    )
    assert grouped.num_groups == 20

    def refuse(_candidate):
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        bo.search_hyperparameters(spec, x, y, on_candidate=refuse)


X, Y = wave(20)
L = (Y > 0).astype(int)
SPEC = bo.FeatureMapSpec(2, 4, seed=1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: bo.class_targets([0.5, 1.0]), TypeError, "class_targets: labels has dtype"),
        (lambda: bo.class_targets([True, False]), TypeError, "labels has dtype bool"),
        (lambda: bo.class_targets([[0, 1]]), ValueError, "labels has 2 dimensions"),
        (lambda: bo.class_targets([0, -1]), ValueError, "-1"),
        (lambda: bo.class_targets([0, 3], 2), ValueError, "3"),
        (lambda: bo.class_targets([]), ValueError, "class_targets"),
        (lambda: bo.class_targets([1, 1]), ValueError, "class_targets"),
        (lambda: bo.class_targets([0, 1], "2"), TypeError, "num_classes is '2'"),
        (lambda: bo.class_targets([0, 1], dtype=int), TypeError, "dtype is int64"),
        (lambda: bo.class_targets(np.array([0, 2**64 - 1], "u8")), ValueError, "beyond 63 bits"),
        (lambda: bo.largest_output(np.empty((2, 0))), ValueError, "largest_output"),
        (lambda: bo.largest_output(np.full((2, 2), np.nan)), ValueError, "nan"),
        (lambda: bo.largest_output([[1.0]]), TypeError, "outputs is list"),
        (lambda: bo.row_folds(3, 5), ValueError, "row_folds"),
        (lambda: bo.row_folds(3.0, 2), TypeError, "num_rows is 3.0"),
        (lambda: bo.group_folds([1, 1], 2), ValueError, "group_folds"),
        (lambda: bo.group_folds("ab", 2), TypeError, "group_folds: groups has dtype"),
        (lambda: bo.group_labels(np.full((2, 2), np.inf)), ValueError, "inf"),
        (lambda: bo.repeated_columns(X.astype(np.float16)), TypeError, "x has dtype float16"),
        (lambda: bo.LogisticRegression(SPEC, X, Y), TypeError, "labels has dtype float64"),
        (lambda: bo.LogisticRegression(SPEC, X, L[1:]), ValueError, "labels has 19 entries"),
        (lambda: bo.LogisticRegression(SPEC, X, L * 0), ValueError, "labels"),
        (lambda: bo.LogisticRegression(SPEC, X, L, ridge=0.0), ValueError, "ridge is 0"),
        (lambda: bo.LogisticRegression(SPEC, X, L, max_steps=-1), ValueError, "max_steps is -1"),
        (lambda: bo.LogisticRegression(SPEC, X, L).predict(X.astype("f4")), TypeError, "the model"),
        (lambda: bo.cross_validate(SPEC, X, Y, []), ValueError, "ridges"),
        (lambda: bo.cross_validate(SPEC, X, Y, [1.0], folds=1), ValueError, "folds is 1"),
        (lambda: bo.cross_validate(SPEC, X, Y, [1.0], folds=21), ValueError, "folds is 21"),
        (lambda: bo.cross_validate(SPEC, X, Y, [1.0], folds="5"), TypeError, "folds is '5'"),
        (
            lambda: bo.cross_validate(SPEC, X, Y, [1.0], folds=bo.row_folds(19, 2)),
            ValueError,
            "folds.fold has 19 entries, expected 20",
        ),
        (
            lambda: bo.cross_validate(SPEC, X, Y, [1.0], folds=bo.Folds(2, Y, L, 2)),
            TypeError,
            "folds.fold has dtype float64",
        ),
        (lambda: bo.cross_validate(SPEC, X, Y, [1.0], loss="mad"), ValueError, "loss is 'mad'"),
        (
            lambda: bo.cross_validate(SPEC, X, Y[1:], [1.0]),
            ValueError,
            "targets is 19 x 1, expected 20 x 1",
        ),
        (lambda: bo.cross_validate_logistic(SPEC, X, L, [0.0]), ValueError, "ridge"),
        (lambda: bo.search_hyperparameters(3, X, Y), TypeError, "spec is int"),
        (lambda: bo.search_hyperparameters("\udc80", X, Y), ValueError, "spec is .*UTF-8"),
        (lambda: bo.search_hyperparameters("no spec", X, Y), ValueError, "at character 4"),
        (lambda: bo.search_hyperparameters(SPEC, X, Y, kernels=3), TypeError, "kernels is 3"),
        (
            lambda: bo.search_hyperparameters(SPEC, X, Y, kernels=["a"]),
            ValueError,
            r"kernels\[0\] is 'a': .*unknown name",
        ),
        (lambda: bo.search_hyperparameters(SPEC, X, Y, criterion="x"), ValueError, "'x', expected"),
        (lambda: bo.search_hyperparameters(SPEC, X, Y, num_folds=30), ValueError, "folds"),
        (lambda: bo.search_hyperparameters(SPEC, X, Y, groups=Y), TypeError, "groups has dtype"),
        (lambda: bo.search_hyperparameters(SPEC, X, Y, groups=[1]), ValueError, "groups"),
        (lambda: bo.search_hyperparameters(SPEC, X, Y, on_candidate=1), TypeError, "on_candidate"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
