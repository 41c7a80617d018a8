# SPDX-License-Identifier: Apache-2.0
"""Ridge regression: values against NumPy's formulas, layouts, bad input, pickles, interrupts."""

import pickle
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from support import Alarm, alarm

import bochner as bo

D = 24  # features


class Problem:
    """Rows with targets, and what NumPy makes of them."""

    def __init__(self, n=120, targets=2, dtype=np.float64, seed=0):
        rng = np.random.default_rng(seed)
        self.fm = bo.FeatureMap(bo.FeatureMapSpec(3, D // 2, seed=1))
        self.x = rng.normal(size=(n, 3)).astype(dtype)
        self.y = np.sin(self.x.astype(np.float64) @ rng.normal(size=(3, targets)))
        self.y += 0.1 * rng.normal(size=self.y.shape) + 3.0
        self.w = rng.uniform(0.5, 2.0, size=n).astype(dtype)
        self.phi = self.fm.transform(self.x).astype(np.float64)

    def equations(self, **options):
        return bo.NormalEquations(
            self.fm, num_targets=self.y.shape[1], dtype=self.x.dtype, **options
        ).add(self.x, self.y, weights=self.w)

    def solve(self, ridge, keep=slice(None), intercept=True, penalty=None):
        """theta, intercept, centred moments plus penalty, mean features."""
        phi, y, w = self.phi[keep], self.y[keep], self.w[keep].astype(np.float64)
        total = w.sum()
        mean = w @ phi / total if intercept else np.zeros(D)
        centre = w @ y / total if intercept else np.zeros(y.shape[1])
        a = (phi - mean).T @ ((phi - mean) * w[:, None])
        a += (total * ridge if penalty is None else penalty) * np.eye(D)
        theta = np.linalg.solve(a, (phi - mean).T @ ((y - centre) * w[:, None]))
        return theta, centre - mean @ theta, a, mean

    def noise(self, ridge):
        theta, constant, _, _ = self.solve(ridge)
        w = self.w.astype(np.float64)
        rss = (w[:, None] * (self.y - self.phi @ theta - constant) ** 2).sum(axis=0)
        return (rss + w.sum() * ridge * (theta**2).sum(axis=0)) / (len(w) - 1)


@pytest.fixture(scope="module")
def problem():
    return Problem()


# float32 rounds features (the oracle rounds the same ones) and weights' square roots.
def close(a, b, dtype=np.float64):
    return np.allclose(a, b, rtol=1e-9 if dtype == np.float64 else 1e-4, atol=1e-9)


def test_moments_are_sums_of_products(dtype):
    p = Problem(n=600, dtype=dtype)
    z = np.hstack([p.phi, p.y - [1.0, 2.0], np.ones((600, 1))])
    found = p.equations(target_offset=[1.0, 2.0])
    assert np.array_equal(found.target_offset, [1.0, 2.0])
    expected = z.T @ (z * p.w[:, None].astype(np.float64))
    moments = found.moments()
    assert moments.shape == (D + 3, D + 3)
    assert np.allclose(moments, expected, rtol=1e-12, atol=1e-10 if dtype == np.float64 else 1e-4)
    assert np.array_equal(moments, moments.T)
    assert found.num_rows == 600
    assert np.isclose(found.log_weights, np.log(p.w.astype(np.float64)).sum())


@pytest.mark.parametrize("intercept", [True, False])
def test_coefficients_solve_the_normal_equations(dtype, intercept):
    p = Problem(dtype=dtype)
    model = bo.RidgeRegression(p.equations(), ridge=1e-3, intercept=intercept)
    theta, constant, _, _ = p.solve(1e-3, intercept=intercept)
    assert close(model.coefficients, theta, dtype)
    assert close(model.intercepts, constant, dtype)
    predicted = model.predict(p.x)
    assert predicted.dtype == dtype
    assert np.allclose(predicted, p.phi @ theta + constant, rtol=0, atol=1e-5)
    if intercept:
        assert close(model.noise_variances, p.noise(1e-3), dtype)
    assert (model.ridge, model.intercept, model.posterior) == (1e-3, intercept, "mean")
    assert (model.num_targets, model.dtype) == (2, dtype)


def test_variances_are_those_of_the_posterior(dtype):
    p = Problem(dtype=dtype)
    model = bo.RidgeRegression(p.equations(), ridge=1e-2, posterior="full")
    _, _, a, mean = p.solve(1e-2)
    new = np.random.default_rng(5).normal(size=(7, 3)).astype(dtype)
    centred = p.fm.transform(new).astype(np.float64) - mean
    shape = np.einsum("ij,jk,ik->i", centred, np.linalg.inv(a), centred)
    shape += 1 / p.w.astype(np.float64).sum()
    expected = shape[:, None] * p.noise(1e-2)
    out, variance = model.predict(new, return_variance=True)
    assert np.allclose(variance, expected, rtol=1e-9 if dtype == np.float64 else 1e-3)
    again, std = model.predict(new, return_std=True)
    assert np.array_equal(again, out)
    assert np.array_equal(std, np.sqrt(variance))
    assert np.allclose(out, model.predict(new), rtol=1e-5)


def test_leave_one_out_is_what_refitting_gives():
    p = Problem(n=40)
    model = bo.RidgeRegression(p.equations(), ridge=1e-2, posterior="full")
    residual = model.leave_one_out(p.x, p.y, weights=p.w)
    penalty = p.w.sum() * 1e-2
    for i in range(40):
        keep = np.arange(40) != i
        theta, constant, _, _ = p.solve(0.0, keep, penalty=penalty)
        assert np.allclose(residual[i], p.y[i] - p.phi[i] @ theta - constant, rtol=1e-8)
        plain = p.y[i] - model.predict(p.x[i : i + 1])[0]
        assert not np.allclose(residual[i], plain, rtol=1e-3)  # of the model with the row


def test_samples_have_the_mean_and_the_variance_of_the_posterior():
    p = Problem(targets=1)
    model = bo.RidgeRegression(p.equations(), ridge=1e-2, posterior="full")
    new = np.random.default_rng(6).normal(size=(5, 3))
    mean, variance = (a[:, 0] for a in model.predict(new, return_variance=True))
    count = 4000
    drawn = model.sample(count, seed=3)
    assert drawn.num_targets == count
    values = drawn.predict(new)
    ratio = values.var(axis=1, ddof=1) / variance
    assert np.all(np.abs(values.mean(axis=1) - mean) < 5 * np.sqrt(variance / count))
    assert np.all(np.abs(ratio - 1) < 5 * np.sqrt(2 / count))
    assert np.all(np.abs(ratio / 1.3 - 1) > 5 * np.sqrt(2 / count))  # of more noise
    assert np.array_equal(
        model.sample(3, seed=3).predict(new), model.sample(3, seed=3).predict(new)
    )
    assert not np.array_equal(
        model.sample(3, seed=3).predict(new), model.sample(3, seed=4).predict(new)
    )


def test_the_path_says_what_each_ridge_would_do(problem):
    ridges = np.array([1e-1, 1e-3, 1e-2])
    path = bo.ridge_path(problem.equations(), ridges)
    assert np.array_equal(path.ridge, ridges)
    w = problem.w
    for k, ridge in enumerate(ridges):
        theta, constant, a, _ = problem.solve(ridge)
        rss = (w[:, None] * (problem.y - problem.phi @ theta - constant) ** 2).sum(axis=0)
        penalty = w.sum() * ridge
        df = 1 + D - penalty * np.trace(np.linalg.inv(a))
        assert np.allclose(path.residuals[k], rss, rtol=1e-8)
        assert np.isclose(path.degrees_of_freedom[k], df, rtol=1e-8)
        assert np.isclose(path.gcv[k], (len(w) * rss / (len(w) - df) ** 2).mean(), rtol=1e-8)
    assert len(str(path).splitlines()) == 4
    assert list(path.to_frame().columns)[:3] == ["ridge", "residuals_0", "residuals_1"]


def test_the_evidence_is_that_of_a_gaussian_process():
    p = Problem(n=50, targets=1)
    p.w[:] = 1.0
    path = bo.ridge_path(p.equations(), [1e-2], intercept=False)
    k = np.eye(50) + p.phi @ p.phi.T / (50 * 1e-2)
    variance = p.y[:, 0] @ np.linalg.solve(k, p.y[:, 0]) / 50
    expected = -25 * (np.log(2 * np.pi * variance) + 1) - 0.5 * np.linalg.slogdet(k)[1]
    assert np.isclose(path.log_evidence[0], expected, rtol=1e-10)


def test_leverage_is_the_diagonal_of_the_shrinkage(problem):
    _, _, a, _ = problem.solve(1e-2)
    penalty = problem.w.sum() * 1e-2
    expected = np.diag((a - penalty * np.eye(D)) @ np.linalg.inv(a))
    assert np.allclose(bo.ridge_leverage(problem.equations(), 1e-2), expected, rtol=1e-9)


@pytest.mark.parametrize("solver", ["cholesky", "dual", "conjugate-gradients"])
def test_solvers_agree(problem, solver):
    seen = []
    fit = bo.fit_ridge(
        problem.fm,
        problem.x,
        problem.y,
        weights=problem.w,
        ridge=1e-3,
        solver=solver,
        tolerance=1e-12,
        on_iteration=lambda iterations, residual: seen.append((iterations, residual)),
    )
    theta, constant, _, _ = problem.solve(1e-3)
    assert np.allclose(fit.model.coefficients, theta, rtol=1e-7, atol=1e-9)
    assert np.allclose(fit.model.intercepts, constant, rtol=1e-9)
    assert fit.report.solver == solver
    assert fit.report.converged
    iterates = solver == "conjugate-gradients"
    assert [i for i, _ in seen] == list(range(1, fit.report.iterations + 1))
    assert bool(seen) == iterates
    assert (fit.report.sketch_rows > 0) == iterates


def test_what_a_callback_raises_ends_the_fit(problem):
    def refuse(_iterations, _residual):
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        bo.fit_ridge(
            problem.fm,
            problem.x,
            problem.y,
            ridge=1e-3,
            solver="conjugate-gradients",
            on_iteration=refuse,
        )


def test_predictions_have_the_shape_of_the_targets(problem):
    y = problem.y[:, 0]
    vector = bo.NormalEquations(problem.fm).add(problem.x, y)
    column = bo.NormalEquations(problem.fm, num_targets=1).add(problem.x, y)
    assert np.array_equal(vector.moments(), column.moments())
    a, b = bo.RidgeRegression(vector, posterior="full"), bo.RidgeRegression(column)
    assert a.predict(problem.x).shape == (120,)
    assert b.predict(problem.x).shape == (120, 1)
    assert np.array_equal(a.predict(problem.x), b.predict(problem.x)[:, 0])
    assert [r.shape for r in a.predict(problem.x, return_std=True)] == [(120,), (120,)]
    assert a.leave_one_out(problem.x, y).shape == (120,)
    assert a.leave_one_out(problem.x, y[:, None]).shape == (120, 1)
    assert bo.fit_ridge(problem.fm, problem.x, y).model.predict(problem.x).shape == (120,)
    assert bo.fit_ridge(problem.fm, problem.x, y[:, None]).model.predict(problem.x).ndim == 2
    assert bo.RidgeRegression(pickle.loads(pickle.dumps(vector))).predict(problem.x).ndim == 1
    assert a.coefficients.shape == (D, 1)


def test_layouts_have_the_bits_of_the_contiguous_call(dtype, layouts):
    p = Problem(dtype=dtype)
    expected = p.equations()
    model = bo.RidgeRegression(expected, posterior="full")
    predicted, variance = model.predict(p.x, return_variance=True)
    left = model.leave_one_out(p.x, p.y)
    targets = layouts(p.y)
    for name, x in layouts(p.x).items():
        y = targets[name]
        made = bo.NormalEquations(p.fm, num_targets=2, dtype=dtype).add(x, y, weights=p.w)
        assert np.array_equal(made.moments(), expected.moments()), name
        for a, b in zip(model.predict(x, return_variance=True), (predicted, variance), strict=True):
            assert np.array_equal(a, b), name
        assert np.array_equal(model.leave_one_out(x, y), left), name
        fit = bo.fit_ridge(p.fm, x, y, ridge=1e-3)
        same = bo.fit_ridge(p.fm, p.x, p.y, ridge=1e-3)
        assert np.array_equal(fit.model.coefficients, same.model.coefficients), name
    constant = np.broadcast_to(p.x[:1], p.x.shape)
    assert np.array_equal(model.predict(constant), model.predict(constant.copy()))
    for name, out in layouts(np.zeros_like(predicted)).items():
        if out.flags.writeable:
            assert model.predict(p.x, out=out) is out
            assert np.array_equal(out, model.predict(p.x)), name
    wide = np.empty(predicted.shape, np.float64)
    assert np.allclose(model.predict(p.x, out=wide), predicted, rtol=1e-6)
    narrow = np.empty(predicted.shape, np.float32)
    assert np.array_equal(model.predict(p.x, out=narrow), wide.astype(np.float32))


def test_single_targets_are_read_as_they_are(problem):
    single = problem.y.astype(np.float32)
    a = bo.NormalEquations(problem.fm, num_targets=2).add(problem.x, single)
    b = bo.NormalEquations(problem.fm, num_targets=2).add(problem.x, single.astype(np.float64))
    assert np.array_equal(a.moments(), b.moments())


def test_batches_threads_and_merges_have_the_sums_of_the_whole():
    p = Problem(n=1000)
    whole = p.equations()
    parts = bo.NormalEquations(p.fm, num_targets=2)
    for first in range(0, 1000, 170):
        rows = slice(first, first + 170)
        parts.add(p.x[rows], p.y[rows], weights=p.w[rows], num_threads=1 + first % 2)
    assert np.array_equal(parts.moments(), whole.moments(num_threads=2))
    a, b = (bo.NormalEquations(p.fm, num_targets=2) for _ in range(2))
    a.add(p.x[:300], p.y[:300], weights=p.w[:300])
    b.add(p.x[300:], p.y[300:], weights=p.w[300:])
    assert np.allclose(a.merge(b).moments(), whole.moments(), rtol=1e-12, atol=1e-10)
    assert a.num_rows == 1000
    a.subtract(b)
    assert a.num_rows == 300
    twice = pickle.loads(pickle.dumps(whole)).merge(whole)
    assert np.allclose(whole.merge(whole).moments(), twice.moments(), rtol=1e-12)
    ones = [bo.RidgeRegression(twice, ridge=1e-5, posterior="full", num_threads=t) for t in (1, 2)]
    assert np.array_equal(ones[0].coefficients, ones[1].coefficients)
    for t in (1, 2):
        for a, b in zip(
            ones[0].predict(p.x, return_std=True, num_threads=t),
            ones[1].predict(p.x, return_std=True),
            strict=True,
        ):
            assert np.array_equal(a, b)


def test_threads_take_turns_in_one_object():
    p = Problem(n=512)
    shared = bo.NormalEquations(p.fm, num_targets=2)
    other = p.equations()
    left, right = (bo.NormalEquations(p.fm, num_targets=2) for _ in range(2))

    def work():
        for _ in range(10):
            shared.add(p.x, p.y, weights=p.w)
            shared.merge(other)
            # Each waits for both, in either order.
            left.merge(right)
            right.merge(left)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shared.num_rows == 3 * 10 * 2 * 512
    expected = 60 * Problem(n=512).equations().moments()
    assert np.allclose(shared.moments(), expected, rtol=1e-9)


def test_sums_are_loaded_on_a_map_that_is_drawn_already(dtype, tmp_path):
    p = Problem(n=300, dtype=dtype)
    equations = p.equations()
    equations.save(tmp_path / "sums")
    for given in (p.fm, p.fm.spec, str(p.fm.spec)):
        loaded = bo.NormalEquations.load(tmp_path / "sums", feature_map=given)
        assert (loaded.feature_map is p.fm) == (given is p.fm)
        assert loaded.dtype == dtype
        assert np.array_equal(loaded.moments(), equations.moments())
    loaded.merge(bo.NormalEquations.load(tmp_path / "sums", feature_map=p.fm))
    assert loaded.num_rows == 600
    other = bo.FeatureMap(p.fm.spec.__replace__(seed=p.fm.spec.seed + 1))
    with pytest.raises(ValueError, match=r"NormalEquations::load: the archive has the map"):
        bo.NormalEquations.load(tmp_path / "sums", feature_map=other)
    with pytest.raises(TypeError, match=r"NormalEquations\.load: feature_map is int"):
        bo.NormalEquations.load(tmp_path / "sums", feature_map=3)


def test_everything_pickles(dtype, tmp_path):
    p = Problem(n=300, dtype=dtype)  # whose last rows wait for more
    equations = p.equations(target_offset=3.0 * np.ones(2))
    copy = pickle.loads(pickle.dumps(equations))
    equations.save(tmp_path / "sums")
    loaded = bo.NormalEquations.load(tmp_path / "sums")
    for other in (copy, loaded):
        assert repr(other) == repr(equations)
        assert (other.feature_map, other.dtype, other.num_rows) == (p.fm, dtype, 300)
        assert np.array_equal(other.moments(), equations.moments())
    for e in (copy, loaded, equations):
        e.add(p.x, p.y)
    assert np.array_equal(copy.moments(), equations.moments())
    assert np.array_equal(loaded.moments(), equations.moments())
    for posterior in ("mean", "full"):
        model = bo.RidgeRegression(equations, ridge=1e-4, posterior=posterior)
        model.save(tmp_path / "model")
        for other in (
            pickle.loads(pickle.dumps(model)),
            bo.RidgeRegression.load(tmp_path / "model"),
        ):
            assert repr(other) == repr(model)
            assert np.array_equal(other.predict(p.x), model.predict(p.x))
            if posterior == "full":
                a, b = (m.predict(p.x, return_std=True)[1] for m in (model, other))
                assert np.array_equal(a, b)
    with pytest.raises(ValueError, match="holds a 'normal_equations'"):
        bo.RidgeRegression.load(tmp_path / "sums")
    with pytest.raises(OSError, match="nothing"):
        bo.RidgeRegression.load(tmp_path / "nothing")
    data = model.to_bytes()
    assert data == (tmp_path / "model").read_bytes()
    copy = bo.RidgeRegression.from_bytes(bytearray(data))
    assert np.array_equal(copy.predict(p.x), model.predict(p.x))
    with pytest.raises(ValueError, match="truncated"):
        bo.RidgeRegression.from_bytes(data[:-1])
    with pytest.raises(ValueError, match="SHA-256"):
        bo.RidgeRegression.from_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ValueError, match="holds a 'ridge_regression'"):
        bo.NormalEquations.from_bytes(data)
    with pytest.raises(TypeError, match="from_bytes: data is str"):
        bo.RidgeRegression.from_bytes("data")
    report = bo.fit_ridge(p.fm, p.x, p.y).report
    assert pickle.loads(pickle.dumps(report)) == report
    path = bo.ridge_path(equations, [1e-3])
    assert np.array_equal(pickle.loads(pickle.dumps(path)).gcv, path.gcv)


def test_damaged_states_are_refused(problem):
    restore, (words, arrays) = problem.equations().__reduce__()
    assert restore(words, arrays).num_rows == 120
    for damage, message in [
        (lambda w, _: w.pop("scalar"), "scalar"),
        (lambda w, _: w.update(num_rows="many"), "num_rows"),
        (lambda w, _: w.update(num_rows=3), "no str"),
        (lambda _, a: a.pop("sums"), "sums"),
        (lambda _, a: a.update(sums=a["sums"][:, 1:]), "sums"),
        (lambda _, a: a.update(sums=[1.0]), "sums"),
        (lambda _, a: a.update(sums=a["sums"].astype(np.int64)), "sums"),
        (lambda _, a: a["pending_rows"].fill(np.nan), "pending_rows"),
    ]:
        w, a = dict(words), {k: v.copy() for k, v in arrays.items()}
        damage(w, a)
        with pytest.raises(ValueError, match=message):
            restore(w, a)
    with pytest.raises(ValueError, match="expected a dict"):
        restore([], arrays)


def test_coefficients_from_elsewhere(problem):
    theta, constant, _, _ = problem.solve(1e-3)
    model = bo.RidgeRegression.from_coefficients(
        problem.fm, theta, intercepts=constant, noise_variances=[1.0, 2.0], ridge=1e-3
    )
    assert np.allclose(model.predict(problem.x), problem.phi @ theta + constant)
    assert np.array_equal(model.noise_variances, [1.0, 2.0])
    vector = bo.RidgeRegression.from_coefficients(problem.fm.spec, theta[:, 0], dtype=np.float32)
    assert vector.predict(problem.x.astype(np.float32)).shape == (120,)
    with pytest.raises(ValueError, match="coefficients"):
        bo.RidgeRegression.from_coefficients(problem.fm, theta[1:])
    with pytest.raises(ValueError, match="one column per intercept"):
        bo.RidgeRegression.from_coefficients(problem.fm, theta, intercepts=[1.0])


def test_an_interrupted_call_leaves_the_sums_as_they_were():
    fm = bo.FeatureMap(bo.FeatureMapSpec(3, 256, seed=1))
    x = np.random.default_rng(0).normal(size=(20_000, 3))
    y = x[:, 0]
    batch = bo.NormalEquations(fm).add(x[:1000], y[:1000]).moments()
    sums = bo.NormalEquations(fm).add(x[:1000], y[:1000])

    def add_without_end():
        while True:
            sums.add(x, y)

    with alarm(seconds=0.1), pytest.raises(Alarm):
        add_without_end()
    # Batches are in entirely or not at all; the signal may come after one as well as during it.
    assert (sums.num_rows - 1000) % 20_000 == 0
    if sums.num_rows == 1000:
        assert np.array_equal(sums.moments(), batch)
    assert np.isclose(sums.moments()[-1, -1], sums.num_rows)


BAD = np.array([[0.0, 1.0, np.nan]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda _: bo.NormalEquations(3), TypeError, "NormalEquations: feature_map is int"),
        (lambda p: bo.NormalEquations(p.fm, dtype=np.float16), TypeError, "dtype is float16"),
        (lambda p: bo.NormalEquations(p.fm, dtype="words"), TypeError, "dtype is 'words'"),
        (lambda p: bo.NormalEquations(p.fm, num_targets=0), ValueError, "num_targets is 0"),
        (lambda p: bo.NormalEquations(p.fm, num_targets=True), TypeError, "num_targets is True"),
        (lambda p: bo.NormalEquations(p.fm, num_targets=1.0), TypeError, "num_targets is 1.0"),
        (lambda p: bo.NormalEquations(p.fm, target_offset=[1, 2]), ValueError, "target_offset"),
        (lambda p: bo.NormalEquations(p.fm, target_offset="a"), TypeError, "target_offset"),
        (lambda p: p.equations().add(p.x.tolist(), p.y), TypeError, "add: x is list"),
        (lambda p: p.equations().add(p.x.astype(int), p.y), TypeError, "add: x has dtype int64"),
        (lambda p: p.equations().add(p.x.astype("f4"), p.y), TypeError, "the equations float64"),
        (lambda p: p.equations().add(p.x, p.y.astype(int)), TypeError, "add: y has dtype int64"),
        (lambda p: p.equations().add(p.x, p.y[:, :, None]), ValueError, "y has 3 dimensions"),
        (
            lambda p: p.equations().add(p.x, p.y[:, 0]),
            ValueError,
            "targets is 120 x 1, expected 120 x 2",
        ),
        (
            lambda p: p.equations().add(p.x, p.y[1:]),
            ValueError,
            "targets is 119 x 2, expected 120 x 2",
        ),
        (lambda p: p.equations().add(p.x[:, 1:], p.y), ValueError, "x is 120 x 2, expected n x 3"),
        (lambda p: p.equations().add(BAD, p.y[:1]), ValueError, "row 0, column 2 is nan"),
        (lambda p: p.equations().add(p.x, p.y * np.inf), ValueError, "targets: row 0, column 0"),
        (lambda p: p.equations().add(p.x, p.y, weights=[1.0]), ValueError, "weights has 1 entr"),
        (lambda p: p.equations().add(p.x, p.y, weights="a"), TypeError, "weights has dtype"),
        (lambda p: p.equations().add(p.x, p.y, weights=-p.w), ValueError, "weights: row 0"),
        (lambda p: p.equations().add(p.x, p.y, num_threads=0), ValueError, "num_threads is 0"),
        (lambda p: p.equations().merge(3), TypeError, "merge: other is int"),
        (
            lambda p: p.equations().merge(bo.NormalEquations(p.fm, dtype="f4", num_targets=2)),
            TypeError,
            "merge: other has dtype float32",
        ),
        (lambda p: p.equations().merge(bo.NormalEquations(p.fm)), ValueError, "merge: other has"),
        (
            lambda p: bo.NormalEquations(p.fm, num_targets=2).subtract(p.equations()),
            ValueError,
            "subtract: other has 120 rows",
        ),
        (lambda p: p.equations().save(3), TypeError, "save: file is 3"),
        (lambda p: bo.RidgeRegression(p.x), TypeError, "RidgeRegression: equations is ndarray"),
        (lambda p: bo.RidgeRegression(p.equations(), ridge="1"), TypeError, "ridge is '1'"),
        (lambda p: bo.RidgeRegression(p.equations(), ridge=-1.0), ValueError, "ridge is -1"),
        (lambda p: bo.RidgeRegression(p.equations(), ridge=10**400), ValueError, "ridge is too la"),
        (lambda p: bo.RidgeRegression(p.equations(), ridge=np.nan), ValueError, "ridge is nan"),
        (lambda p: bo.RidgeRegression(p.equations(), intercept=1), TypeError, "intercept is 1"),
        (lambda p: bo.RidgeRegression(p.equations(), posterior="no"), ValueError, "'no', expected"),
        (
            lambda p: bo.RidgeRegression(p.equations(), posterior=None),
            TypeError,
            "posterior is None",
        ),
        (lambda p: bo.RidgeRegression(bo.NormalEquations(p.fm)), ValueError, "row"),
        (lambda p: bo.ridge_path(p.equations(), []), ValueError, "ridges"),
        (lambda p: bo.ridge_path(p.equations(), [-1.0]), ValueError, "-1"),
        (lambda p: bo.ridge_path(p.equations(), ["a"]), TypeError, "ridges has dtype"),
        (lambda p: bo.ridge_leverage(p.fm, 1.0), TypeError, "equations is FeatureMap"),
        (lambda p: bo.fit_ridge(p.fm, p.x, p.y, solver="best"), ValueError, "solver is 'best'"),
        (lambda p: bo.fit_ridge(p.fm, p.x, p.y, on_iteration=3), TypeError, "on_iteration is 3"),
        (lambda p: bo.fit_ridge(p.fm, p.x, p.y, seed=-1), ValueError, "seed is -1"),
        (
            lambda p: bo.fit_ridge(p.fm, p.x, p.y, ridge=0.0, solver="conjugate-gradients"),
            ValueError,
            "fit_ridge",
        ),
    ],
)
def test_bad_input_is_named(problem, call, error, message):
    with pytest.raises(error, match=message):
        call(problem)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m, x: m.predict(x.astype("f4")), TypeError, "predict: x has dtype float32 and the"),
        (lambda m, x: m.predict(x[0]), ValueError, "x has 1 dimension"),
        (lambda m, x: m.predict(x[:, 1:]), ValueError, "x is 120 x 2, expected n x 3"),
        (lambda m, x: m.predict(x, out=np.empty(3)), ValueError, r"out has shape \(3,\)"),
        (lambda m, x: m.predict(x, out=np.empty((120, 2), int)), TypeError, "out has dtype int64"),
        (lambda m, x: m.predict(x, out=np.broadcast_to(0.0, (120, 2))), ValueError, "read-only"),
        (lambda m, x: m.predict(x, return_std=1), TypeError, "return_std is 1"),
        (
            lambda m, x: m.predict(x, return_std=True, return_variance=True),
            ValueError,
            "expected one of them",
        ),
        (lambda m, x: m.predict(x, return_std=True), ValueError, "posterior"),
        (lambda m, _: m.sample(3), ValueError, "posterior"),
        (lambda m, _: m.sample(0), ValueError, "count is 0"),
        (lambda m, _: m.sample(3, target=-1), ValueError, "target is -1"),
        (lambda m, x: m.leave_one_out(x, x[:, :2]), ValueError, "posterior"),
    ],
)
def test_bad_input_of_a_model_is_named(problem, call, error, message):
    model = bo.RidgeRegression(problem.equations())
    with pytest.raises(error, match=message):
        call(model, problem.x)


@pytest.fixture(scope="module")
def large():
    """Sums whose factorisation takes long enough to be interrupted."""
    fm = bo.FeatureMap(bo.FeatureMapSpec(3, 2048, seed=1))
    x = np.random.default_rng(0).normal(size=(300, 3))
    y = x[:, 0].copy()
    return SimpleNamespace(fm=fm, x=x, y=y, sums=bo.NormalEquations(fm).add(x, y))


@pytest.mark.parametrize(
    "call",
    [
        lambda p: bo.RidgeRegression(p.sums, posterior="full"),
        lambda p: bo.cross_validate(p.fm, p.x, p.y, [1e-3], folds=2),
    ],
)
def test_one_long_call_listens_to_signals(large, call):
    heard = []

    def listen(_number, _frame):
        heard.append(True)

    # Where nobody asks during the call, all of them are heard as one, after it.
    with alarm(listen, again=0.06):
        call(large)
    assert len(heard) >= 2


def test_what_a_handler_raises_ends_the_call(large):
    with alarm(), pytest.raises(Alarm):
        bo.RidgeRegression(large.sums)
    assert large.sums.num_rows == 300


def test_a_handler_may_look_at_what_an_interrupted_call_uses(large):
    seen = []

    def look(_number, _frame):
        seen.append(large.sums.num_rows)
        try:
            large.sums.add(large.x, large.y)
        except RuntimeError as error:
            seen.append(str(error))

    with alarm(look):
        bo.RidgeRegression(large.sums)
    assert seen[0] == 300
    assert "a signal handler would change" in seen[1]
    assert large.sums.num_rows == 300


def test_outputs_may_not_overlap_inputs(problem):
    both = np.zeros((120, 3))
    both[:] = problem.x
    model = bo.RidgeRegression(problem.equations())
    with pytest.raises(ValueError, match="overlap"):
        model.predict(both, out=both[:, :2])
