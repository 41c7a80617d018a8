# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: N806
"""Errors of Gram matrices, two-sample tests and searches on Dask's collections."""

import math

import numpy as np
import pytest

import bochner as bo

pytest.importorskip("dask.array", reason="Dask is not installed")

SPEC = bo.FeatureMapSpec(3, 24, seed=4)


def cut(da, *arrays, chunks=130):
    return [
        da.from_array(a, chunks=chunks if a.ndim == 1 else (chunks, a.shape[1])) for a in arrays
    ]


@pytest.mark.parametrize(
    "spec",
    [
        SPEC,
        bo.FeatureMapSpec(3, 24, bo.SoftmaxKernel(0.1), features=bo.PositiveFeatures(), seed=1),
        bo.FeatureMapSpec(
            3,
            24,
            bo.SoftmaxKernel(0.1),
            features=bo.PositiveFeatures(),
            transform=bo.PairTransform(query=[0.1, 0.0, 0.2], key=[0.0, 0.3, 0.0]),
        ),
    ],
    ids=["gaussian", "softmax", "shifted"],
)
def test_gram_errors_are_those_of_one_process(bd, da, rows, dtype, spec):
    x, y = rows[0][:400].astype(dtype), rows[0][400:600].astype(dtype)
    X, Y = cut(da, x, y)
    for found, expected in [
        (bd.gram_error_curve(spec, X), bo.gram_error_curve(spec, x)),
        (bd.gram_error_curve(spec, X, Y), bo.gram_error_curve(spec, x, y)),
    ]:
        for name, value in expected.to_dict().items():
            other = getattr(found, name)
            assert other == value or math.isclose(other, value, rel_tol=1e-12, abs_tol=1e-12)
    assert math.isclose(
        bd.gram_error(spec, X).relative_error, bo.gram_error(spec, x).relative_error, rel_tol=1e-12
    )


def test_gram_errors_refuse_by_name(bd, da, rows):
    X, single = cut(da, rows[0], rows[0].astype(np.float32))
    with pytest.raises(TypeError, match="gram_error_curve: Y has dtype float32 and X float64"):
        bd.gram_error(SPEC, X, single)
    with pytest.raises(ValueError, match="X has 2 columns, expected 3"):
        bd.gram_error(SPEC, X[:, :2])
    with pytest.raises(ValueError, match="there are no rows"):
        bd.gram_error_curve(SPEC, X[:0])
    with pytest.raises(ValueError, match=r"gram_error_curve: partition \d+: .*nan"):
        bd.gram_error(SPEC, da.where(X > 2.5, np.nan, X))


def test_two_samples_as_in_one_process(bd, da, rows):
    x, y = rows[0][:380], rows[0][380:] + 0.1
    X, Y = cut(da, x, y)
    expected = bo.two_sample_test(SPEC, x, y, permutations=99)
    found = bd.two_sample_test(SPEC, X, Y, permutations=99, seed=5)
    assert math.isclose(found.statistic, expected.statistic, rel_tol=1e-10)
    assert found == bd.two_sample_test(SPEC, X, Y, permutations=99, seed=5)
    assert found != bd.two_sample_test(SPEC, X, Y, permutations=99, seed=6)
    # Both draw from one law of statistics: their means are within 6 deviations of each other.
    deviation = np.hypot(found.permuted.std(), expected.permuted.std()) / np.sqrt(99)
    assert abs(found.permuted.mean() - expected.permuted.mean()) < 6 * deviation
    assert 0.5 < found.permuted.std() / expected.permuted.std() < 2
    assert bd.two_sample_test(SPEC, X, Y + 1.0, permutations=99).p_value == 0.01


def _p_values(bd, da, count):
    """Of samples of one law whose rows come sorted, so that partitions differ from each other."""
    out = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        pooled = rng.normal(size=(120, 3))
        rng.shuffle(pooled)
        x, y = (np.sort(part, axis=0) for part in (pooled[:60], pooled[60:]))
        X, Y = cut(da, x, y, chunks=20)
        out.append(bd.two_sample_test(SPEC, X, Y, permutations=19, seed=seed).p_value)
    return np.array(out)


class WholePartitions:
    """A wrong generator: it deals the first rows, which come sorted, to the first sample."""

    def permutation(self, count):
        return np.arange(count)


def test_p_values_of_one_law_are_uniform(bd, da, monkeypatch):
    """Of uniform p-values on {1, ..., 20} / 20 the mean is 0.525, the deviation that of a grid."""
    count = 40
    bound = 4.9 * np.sqrt(399 / 12) / 20 / np.sqrt(count)  # false alarms: 1e-6
    assert abs(_p_values(bd, da, count).mean() - 0.525) < bound

    import bochner.dask._samples as samples

    real = np.random.default_rng

    def wrong(seed=None):
        return WholePartitions() if isinstance(seed, list) and len(seed) == 3 else real(seed)

    monkeypatch.setattr(samples.np.random, "default_rng", wrong)
    assert abs(_p_values(bd, da, count).mean() - 0.525) > bound


def test_two_samples_refuse_by_name(bd, da, rows):
    X, single = cut(da, rows[0], rows[0].astype(np.float32))
    with pytest.raises(TypeError, match="two_sample_test: Y has dtype float32 and X float64"):
        bd.two_sample_test(SPEC, X, single)
    with pytest.raises(ValueError, match="the samples have 1000 and 1 rows, expected two or more"):
        bd.two_sample_test(SPEC, X, X[:1])
    with pytest.raises(ValueError, match=r"partition (8|9|1\d): x: row 0, column 0 is nan"):
        bd.two_sample_test(SPEC, X, da.where(X > -9.0, np.nan, X), permutations=1)
    with pytest.raises(ValueError, match="have 1000001000 rows, expected fewer than"):
        bd.two_sample_test(SPEC, X, da.zeros((10**9, 3), chunks=(10**8, 3)))
    shifted = bo.FeatureMapSpec(
        3,
        24,
        bo.SoftmaxKernel(0.1),
        features=bo.PositiveFeatures(),
        transform=bo.PairTransform(query=[0.1, 0.0, 0.2], key=[0.0, 0.3, 0.0]),
    )
    with pytest.raises(ValueError, match="MeanEmbedding: "):
        bd.two_sample_test(shifted, X, X)


RIDGES = [1e-8, 1e-4, 1e-1]
KERNELS = [bo.GaussianKernel(bo.Isotropic(scale)) for scale in (0.2, 1.5, 20.0)]


def test_folds_of_partitions_are_those_of_one_process(bd, da, rows):
    x, y, w = rows
    X, Y, W = cut(da, x, y, w, chunks=100)
    found = bd.search_hyperparameters(
        SPEC, X, Y, W, kernels=KERNELS, ridges=RIDGES, folds=[0, 1, 2, 0, 1, 2, 0, 1, 2, 2]
    )
    fold = np.repeat([0, 1, 2, 0, 1, 2, 0, 1, 2, 2], 100)
    folds = bo.Folds(3, fold, np.arange(1000), 1000)
    for kernel, candidate in zip(KERNELS, found.candidates, strict=True):
        alone = bo.cross_validate(
            SPEC.__replace__(kernel=kernel), x, y, RIDGES, weights=w, folds=folds
        )
        assert candidate.kernel == kernel
        assert candidate.ridge == RIDGES[alone.best]
        # Losses are differences of moments: digits below 1e-10 of the variance are lost.
        assert math.isclose(candidate.score, alone.loss[alone.best], rel_tol=1e-8, abs_tol=1e-10)
    assert found.spec == SPEC.__replace__(kernel=KERNELS[1])
    assert (found.ridge, found.num_groups) == (found.candidates[1].ridge, 0)
    assert found.score == min(candidate.score for candidate in found.candidates)


def test_folds_of_groups_hold_out_whole_groups(bd, da, rows):
    x, y, _ = rows
    groups = np.arange(1000) // 25 % 13
    own = np.random.default_rng(1).normal(size=13)
    place = np.linspace(-3.0, 3.0, 13)[groups]  # tells the groups apart
    x = np.column_stack([0.01 * x[:, :2], place])
    y = own[groups] + 0.1 * y[:, 1]
    X, Y, G = cut(da, x, y, groups, chunks=50)
    spec = SPEC.__replace__(kernel=bo.GaussianKernel(bo.Isotropic(0.2)))
    by_group = bd.search_hyperparameters(spec, X, Y, groups=G, folds=4, ridges=RIDGES)
    by_rows = bd.search_hyperparameters(spec, X, Y, folds=4, ridges=RIDGES)
    assert by_group.num_groups == 13
    # Groups that have been seen are predicted, those that have not are not.
    assert by_rows.score < 0.2 < 0.8 < by_group.score
    words = da.from_array(np.array([f"site {g}" for g in groups]), chunks=50)
    named = bd.search_hyperparameters(spec, X, Y, groups=words, folds=4, ridges=RIDGES)
    assert named.num_groups == 13


def test_searches_refuse_by_name(bd, da, rows):
    x, y, _ = rows
    X, Y = cut(da, x, y, chunks=300)
    search = bd.search_hyperparameters
    for options, message in [
        ({"folds": 5}, "folds is 5, expected 2 to the 4 partitions of X"),
        ({"folds": [0, 1]}, "expected an integer or one for each of the 4"),
        ({"folds": [1, 1, 1, 1]}, "folds has one fold"),
        ({"groups": X[:, 0] > 0, "folds": 3}, "there are 2 groups, expected at least 3"),
        ({"kernels": ["unknown"], "folds": 2}, "unknown"),
        ({"ridges": [-1.0], "folds": 2}, "ridge"),
    ]:
        with pytest.raises(ValueError, match=message):
            search(SPEC, X, Y, **options)
    with pytest.raises(ValueError, match="a target is always the same"):
        search(SPEC, X, X[:, 0] * 0, folds=2)
    seen = []
    search(SPEC, X, Y, kernels=KERNELS[:2], ridges=RIDGES, folds=2, on_candidate=seen.append)
    assert [one.kernel for one in seen] == KERNELS[:2]
