# SPDX-License-Identifier: Apache-2.0
"""Errors of results over draws of the frequencies: against their definitions in NumPy."""

import pickle

import numpy as np
import pytest

import bochner as bo

M = 24  # frequencies, in twelve blocks


def normals(rows, seed, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=(rows, 2)).astype(dtype)


def drawn(seed=1, frequencies=M):
    return bo.FeatureMap(bo.FeatureMapSpec(2, frequencies, seed=seed))


def weighted(fm, x, weights):
    return fm.transform(x).astype(np.float64) * np.sqrt(np.tile(weights, 2))


def jackknife(result, frequencies=M, block=2):
    """Value, standard error and bias, leaving out equal blocks."""
    blocks = frequencies // block
    value = np.atleast_1d(result(np.ones(frequencies)))
    left = []
    for b in range(blocks):
        weights = np.full(frequencies, blocks / (blocks - 1))
        weights[b * block : (b + 1) * block] = 0
        left.append(np.atleast_1d(result(weights)))
    left = np.array(left)
    mean = left.mean(axis=0)
    variance = (blocks - 1) / blocks * ((left - mean) ** 2).sum(axis=0)
    return value, np.sqrt(variance), (blocks - 1) * (mean - value)


def require_same(found, expected, tolerance=1e-9):
    value, error, bias = expected
    assert np.allclose(found.value, value, rtol=tolerance, atol=1e-12)
    assert np.allclose(found.standard_error, error, rtol=tolerance, atol=1e-12)
    assert np.allclose(found.bias, bias, rtol=tolerance, atol=1e-9)
    assert found.resampling == "jackknife"
    assert (found.num_frequencies, found.block_size, found.blocks) == (M, 2, M // 2)
    assert np.allclose(found.degrees_of_freedom, M / 2 - 1)


def test_any_result_has_an_error():
    fm, x = drawn(), normals(30, 1)

    def norm(weights):
        return np.linalg.norm(weighted(fm, x, weights), 2)

    require_same(bo.feature_error(fm, norm), jackknife(norm))
    both = bo.feature_error(str(fm.spec), lambda v: [norm(v), 2 * norm(v)])
    assert np.allclose(both.standard_error[1], 2 * both.standard_error[0])
    low, high = both.interval(0.9)
    assert np.all(low < both.value)
    assert np.all(both.value < high)


def test_errors_of_mmd_are_those_of_its_definition(dtype):
    fm = drawn()
    x, y = normals(30, 1, dtype), (normals(20, 2) + 0.5).astype(dtype)

    def discrepancy(weights):
        a, b = weighted(fm, x, weights), weighted(fm, y, weights)
        within = [
            ((s.sum(axis=0) ** 2).sum() - (s**2).sum()) / (len(s) * (len(s) - 1)) for s in (a, b)
        ]
        return sum(within) - 2 * (a.sum(axis=0) @ b.sum(axis=0)) / (len(a) * len(b))

    found = bo.two_sample_error(fm, x, y)
    require_same(found, jackknife(discrepancy), 1e-9 if dtype == np.float64 else 1e-3)
    assert found.frequencies_needed(found.standard_error[0] / 2) == 4 * M


def test_errors_of_hsic_add_up_over_two_draws():
    x = normals(30, 3)
    y = x + normals(30, 4)

    def criterion(of_x, of_y):
        a, b = weighted(drawn(1), x, of_x), weighted(drawn(2), y, of_y)
        c = (a - a.mean(axis=0)).T @ (b - b.mean(axis=0)) / len(x)
        return (c**2).sum()

    found = bo.independence_error(drawn(1), x, drawn(2), y)
    ones = np.ones(M)
    by_x = jackknife(lambda v: criterion(v, ones))
    by_y = jackknife(lambda v: criterion(ones, v))
    assert np.allclose(found.value, by_x[0])
    assert np.allclose(found.standard_error, np.hypot(by_x[1], by_y[1]))
    assert np.allclose(found.bias, by_x[2] + by_y[2])
    general = bo.feature_error(drawn(1), criterion, other=drawn(2))
    assert np.allclose(general.standard_error, found.standard_error)
    assert np.allclose(general.degrees_of_freedom, found.degrees_of_freedom)


def test_errors_of_spectra_are_those_of_their_definitions():
    fm, x = drawn(), normals(30, 5)

    def eigenvalues(weights):
        return np.linalg.svd(weighted(fm, x, weights), compute_uv=False)[:3] ** 2

    def components(weights):
        phi = weighted(fm, x, weights)
        variances = np.linalg.svd(phi - phi.mean(axis=0), compute_uv=False) ** 2 / len(x)
        return np.r_[variances[:3], variances[:3] / variances.sum()]

    require_same(bo.eigenvalue_error(fm, x, 3), jackknife(eigenvalues), 1e-7)
    require_same(bo.principal_component_error(fm, x, 3), jackknife(components), 1e-7)


def test_errors_of_predictions_are_those_of_their_definition(dtype):
    fm, x = drawn(), normals(60, 6, dtype)
    y = np.sin(x[:, 0]) + 2.0
    unseen = normals(5, 7, dtype)

    def predictions(weights):
        phi, psi = weighted(fm, x, weights), weighted(fm, unseen, weights)
        mean = phi.mean(axis=0)
        a = (phi - mean).T @ (phi - mean) + 60 * 1e-3 * np.eye(2 * M)
        theta = np.linalg.solve(a, (phi - mean).T @ (y - y.mean()))
        return (psi - mean) @ theta + y.mean()

    sums = bo.NormalEquations(fm, dtype=dtype).add(x, y)
    errors = bo.RidgeFeatureErrors(sums, ridge=1e-3)
    value, error, _ = jackknife(predictions)
    found = errors.predict(unseen)
    tolerance = 1e-8 if dtype == np.float64 else 1e-3
    assert np.allclose(found[0], value, rtol=tolerance)
    assert np.allclose(found[1], error, rtol=tolerance)
    assert (errors.num_models, errors.degrees_of_freedom) == (M // 2, M / 2 - 1)
    assert errors.feature_map == fm
    assert "12 models" in repr(errors)
    assert errors.dtype == dtype
    for again in (pickle.loads(pickle.dumps(errors)), type(errors).from_bytes(errors.to_bytes())):
        assert np.array_equal(again.predict(unseen), found)
        assert again.feature_map == fm


def test_models_of_files_keep_their_errors(tmp_path):
    x = normals(60, 8)
    y = np.sin(x[:, 0]) + x[:, 1]
    np.save(tmp_path / "x.npy", np.column_stack([x, y]))
    options = {"num_frequencies": M, "lengthscales": "fixed", "ridge": 1e-3, "dtype": np.float64}
    data = tmp_path / "x.npy"
    model = bo.fit(data, 3, feature_errors=True, output=tmp_path / "m", **options).model
    assert model.has_feature_errors
    unseen = normals(5, 9)
    found = model.predict_with_feature_error(unseen)
    assert np.array_equal(found[0], model.predict(unseen))
    sums = bo.NormalEquations(model.spec).add((x - model.centre) / model.scale, y)
    direct = bo.RidgeFeatureErrors(sums, ridge=1e-3)
    expected = direct.predict((unseen - model.centre) / model.scale)
    assert np.allclose(found, expected, rtol=1e-8)
    loaded = bo.load_model(tmp_path / "m")
    assert np.array_equal(loaded.predict_with_feature_error(unseen), found)

    plain = bo.fit(data, 3, **options).model
    assert not plain.has_feature_errors
    with pytest.raises(ValueError, match="holds no feature errors; fit it with feature_errors"):
        plain.predict_with_feature_error(unseen)
    with pytest.raises(ValueError, match="feature errors need the solver cholesky"):
        bo.fit(data, 3, feature_errors=True, solver="conjugate-gradients", **options)
    with pytest.raises(TypeError, match="feature_errors"):
        bo.fit(data, 3, feature_errors="yes", **options)


def test_few_blocks_are_drawn_with_replacement():
    fm = drawn(frequencies=8)
    values = np.arange(8.0)
    found = bo.feature_error(fm, lambda v: v @ values / 8, replicates=4000, seed=3)
    blocks = values.reshape(4, 2).mean(axis=1)
    assert found.resampling == "bootstrap"
    assert found.standard_error[0] == pytest.approx(blocks.std(ddof=1) / 2, rel=0.15)
    again = bo.feature_error(fm, lambda v: v @ values / 8, replicates=4000, seed=3)
    assert found == again


def test_what_has_no_error_is_refused():
    fm = drawn()
    with pytest.raises(ValueError, match="are one block"):
        bo.feature_error(drawn(frequencies=2), lambda v: v.sum())
    with pytest.raises(ValueError, match="are one block"):
        bo.feature_error(
            bo.FeatureMapSpec(2, 16, projection=bo.SobolProjection()), lambda v: v.sum()
        )
    with pytest.raises(ValueError, match="results"):
        bo.feature_error(fm, lambda v: np.nan * v.sum())
    with pytest.raises(ZeroDivisionError):
        bo.feature_error(fm, lambda v: 1 // int(0 * v.sum()))
    with pytest.raises(ValueError, match="resampling is 'subsampling'"):
        bo.feature_error(fm, lambda v: v.sum(), resampling="subsampling")
    with pytest.raises(ValueError, match="replicates is 1"):
        bo.feature_error(fm, lambda v: v.sum(), replicates=1)
    with pytest.raises(ValueError, match="rows of y is 1"):
        bo.two_sample_error(fm, normals(9, 1), normals(1, 2))
    with pytest.raises(ValueError, match="count is 31"):
        bo.eigenvalue_error(fm, normals(30, 1), 31)
    with pytest.raises(ValueError, match="the rows are all alike"):
        bo.principal_component_error(fm, np.zeros((9, 2)), 1)
    found = bo.feature_error(fm, lambda v: v @ np.arange(M))
    with pytest.raises(ValueError, match="standard_error is 0"):
        found.frequencies_needed(0)
    with pytest.raises(ValueError, match="result is 1"):
        found.frequencies_needed(1.0, result=1)
