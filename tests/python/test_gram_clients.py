# SPDX-License-Identifier: Apache-2.0
"""Principal components, clusters and tests on Gram matrices."""

import pickle

import numpy as np
import pytest

import bochner as bo


def rows(n, d, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(dtype)


SPEC = bo.FeatureMapSpec(3, 16, seed=1)


def features(spec, x):
    return bo.FeatureMap(spec).transform(x).astype(np.float64)


# Principal components.


def test_components_are_those_of_the_centred_features(dtype):
    x = rows(80, 3, dtype)
    components = bo.KernelPrincipalComponents(SPEC, x, 4)
    phi = features(SPEC, x)
    centred = phi - phi.mean(axis=0)
    _, singular, vectors = np.linalg.svd(centred, full_matrices=False)
    tolerance = 1e-5 if dtype == np.float32 else 1e-10
    assert np.allclose(components.variances, singular[:4] ** 2 / 80, rtol=tolerance)
    assert components.total_variance == pytest.approx((centred**2).sum() / 80, rel=tolerance)
    v = vectors[:4]
    v = v * np.sign(v[np.arange(4), np.abs(v).argmax(axis=1)])[:, None]
    scores = components.transform(x)
    assert scores.dtype == np.float64
    assert np.allclose(scores, centred @ v.T, atol=1e-3 if dtype == np.float32 else 1e-9)
    # Rows that were not seen.
    y = rows(10, 3, dtype, 1)
    unseen = (features(SPEC, y) - phi.mean(axis=0)) @ v.T
    assert np.allclose(components.transform(y), unseen, atol=1e-3 if dtype == np.float32 else 1e-9)
    assert (components.num_components, components.dtype) == (4, dtype)
    assert components.feature_map == bo.FeatureMap(SPEC)


def test_there_are_no_more_components_than_directions():
    assert bo.KernelPrincipalComponents(SPEC, rows(6, 3), 30).num_components == 5
    none = bo.KernelPrincipalComponents(SPEC, np.zeros((6, 3)), 2)
    assert none.num_components == 0
    assert none.transform(np.zeros((4, 3))).shape == (4, 0)
    assert pickle.loads(pickle.dumps(none)).num_components == 0


def test_components_pickle_without_the_rows(dtype):
    x = rows(2000, 3, dtype)
    components = bo.KernelPrincipalComponents(SPEC, x, 3)
    stored = pickle.dumps(components)
    assert len(stored) < 4000
    again = pickle.loads(stored)
    assert np.array_equal(again.transform(x), components.transform(x))
    assert np.array_equal(again.variances, components.variances)
    assert again.total_variance == components.total_variance
    assert repr(again) == repr(components)
    assert "num_components=3" in repr(components)


def test_components_are_saved_without_the_rows(dtype, tmp_path):
    x = rows(200, 3, dtype)
    components = bo.KernelPrincipalComponents(SPEC, x, 3)
    components.save(tmp_path / "components")
    loaded = bo.KernelPrincipalComponents.load(tmp_path / "components")
    for again in (loaded, bo.KernelPrincipalComponents.from_bytes(components.to_bytes())):
        assert np.array_equal(again.transform(x), components.transform(x))
        assert np.array_equal(again.variances, components.variances)
        assert (again.feature_map, again.dtype) == (components.feature_map, dtype)
        assert repr(again) == repr(components)


def test_files_that_hold_no_components_are_refused(tmp_path):
    components = bo.KernelPrincipalComponents(SPEC, rows(20, 3), 2)
    data = components.to_bytes()
    with pytest.raises(ValueError):  # noqa: PT011
        bo.KernelPrincipalComponents.from_bytes(data[:-8])
    with pytest.raises(ValueError):  # noqa: PT011
        bo.KernelPrincipalComponents.from_bytes(bo.NormalEquations(SPEC).to_bytes())
    with pytest.raises(TypeError, match="from_bytes: data is str"):
        bo.KernelPrincipalComponents.from_bytes("text")
    with pytest.raises(OSError, match="no-such-file"):
        bo.KernelPrincipalComponents.load(tmp_path / "no-such-file")


def test_components_of_every_layout_and_thread_have_the_same_bits(dtype, layouts):
    x = rows(40, 3, dtype)
    scores = bo.KernelPrincipalComponents(SPEC, x, 3).transform(x)
    for other in layouts(x).values():
        components = bo.KernelPrincipalComponents(SPEC, other, 3, num_threads=2)
        assert np.array_equal(components.transform(other, num_threads=2), scores)
    out = np.empty((40, 3), order="F")
    assert components.transform(x, out=out) is out
    assert np.array_equal(out, scores)


# Clusters.


def blobs(dtype):
    """Three groups of 20 rows, well apart."""
    centres = np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [0.0, 3.0, 0.0]])
    x = np.repeat(centres, 20, axis=0) + 0.1 * rows(60, 3)
    return x.astype(dtype), np.repeat(np.arange(3), 20)


def test_clusters_are_the_groups(dtype):
    x, groups = blobs(dtype)
    gram = bo.GramApproximation(bo.FeatureMapSpec(3, 64, seed=1), x)
    found = bo.kernel_kmeans(gram, 3, seed=5)
    assert found.converged
    # One label a group.
    assert len({(a, b) for a, b in zip(groups, found.labels, strict=True)}) == 3
    phi = gram.factor()
    means = np.stack([phi[found.labels == c].mean(axis=0) for c in range(3)], axis=1)
    assert np.allclose(found.centres, means, atol=1e-5)
    inertia = sum(((phi[i] - means[:, c]) ** 2).sum() for i, c in enumerate(found.labels))
    assert found.inertia == pytest.approx(inertia, rel=1e-4)
    assert found.labels.dtype == np.int64
    # Rows that were not clustered, and a wrong twin: centres of other features.
    y = x + x.dtype.type(0.05)
    others = bo.GramApproximation(bo.FeatureMapSpec(3, 64, seed=1), y)
    assert np.array_equal(bo.nearest_clusters(others, found.centres), found.labels)
    foreign = bo.GramApproximation(bo.FeatureMapSpec(3, 64, seed=2), y)
    assert not np.array_equal(bo.nearest_clusters(foreign, found.centres), found.labels)


def test_the_nearest_centre_is_the_first_of_equals(dtype):
    gram = bo.GramApproximation.from_factor(np.array([[0.0], [1.0], [4.0]], dtype))
    assert bo.nearest_clusters(gram, np.array([[2.0, 2.0, 5.0]])).tolist() == [0, 0, 2]


def test_clusters_of_any_number_of_threads_are_the_same(dtype):
    gram = bo.GramApproximation(SPEC, rows(300, 3, dtype))
    one, two = (bo.kernel_kmeans(gram, 4, restarts=2, seed=2, num_threads=t) for t in (1, 2))
    assert np.array_equal(one.labels, two.labels)
    assert np.array_equal(one.centres, two.centres)
    assert (one.inertia, one.iterations) == (two.inertia, two.iterations)
    assert bo.kernel_kmeans(gram, 4, max_iterations=1, restarts=1).iterations == 1


# Tests by permutation.


def mmd(k, n):
    """The unbiased estimate of MMD^2 by its definition."""
    l = k.shape[0] - n  # noqa: E741
    x, y, xy = k[:n, :n], k[n:, n:], k[:n, n:]
    return (
        (x.sum() - np.trace(x)) / (n * (n - 1))
        + (y.sum() - np.trace(y)) / (l * (l - 1))
        - 2 * xy.sum() / (n * l)
    )


def test_the_two_sample_statistic_is_the_formula(dtype):
    x, y = rows(30, 3, dtype), rows(20, 3, dtype, 1) + dtype.type(0.3)
    pooled = np.vstack([x, y])
    tolerance = {"rel": 1e-4 if dtype == np.float32 else 1e-9, "abs": 1e-12}
    exact = bo.ExactGram("gaussian", pooled)
    test = bo.two_sample_test(exact, 30, permutations=99, seed=1)
    assert test.statistic == pytest.approx(mmd(exact.to_dense(), 30), **tolerance)
    gram = bo.GramApproximation(SPEC, pooled)
    test = bo.two_sample_test(gram, 30, permutations=99, seed=1)
    assert test.statistic == pytest.approx(mmd(gram.to_dense(), 30), **tolerance)
    of_rows = bo.two_sample_test(SPEC, x, y, permutations=99, seed=1)
    assert of_rows.statistic == pytest.approx(test.statistic, **tolerance)
    assert test.permuted.shape == (99,)
    above = 1 + (of_rows.permuted >= of_rows.statistic).sum()
    assert of_rows.p_value == pytest.approx(above / 100)


def hsic(k, l):  # noqa: E741
    """tr(K H L H) / n^2."""
    n = k.shape[0]
    h = np.eye(n) - 1.0 / n
    return np.trace(k @ h @ l @ h) / n**2


def test_the_independence_statistic_is_the_formula(dtype):
    x = rows(40, 3, dtype)
    y = (x[:, :2] ** 2 + rows(40, 2, dtype, 1)).astype(dtype)
    a = bo.GramApproximation(SPEC, x)
    b = bo.GramApproximation(bo.FeatureMapSpec(2, 8, seed=2), y)
    test = bo.independence_test(a, b, permutations=99, seed=3)
    assert test.statistic == pytest.approx(hsic(a.to_dense(), b.to_dense()), rel=1e-4)
    above = 1 + (test.permuted >= test.statistic).sum()
    assert test.p_value == pytest.approx(above / 100)


def test_p_values_are_uniform_under_the_hypothesis_and_small_otherwise():
    spec = bo.FeatureMapSpec(1, 10, seed=1)
    same, shifted, apart, joined = [], [], [], []
    for seed in range(200):
        x, y = rows(20, 1, seed=2 * seed), rows(20, 1, seed=2 * seed + 1)
        options = {"permutations": 19, "seed": seed}
        same.append(bo.two_sample_test(spec, x, y, **options).p_value)
        shifted.append(bo.two_sample_test(spec, x, y + 1.5, **options).p_value)
        k, l = bo.GramApproximation(spec, x), bo.GramApproximation(spec, y)  # noqa: E741
        apart.append(bo.independence_test(k, l, **options).p_value)
        both = bo.GramApproximation(spec, x + 0.3 * y)
        joined.append(bo.independence_test(k, both, **options).p_value)
    # p <= 0.25 has probability 0.25: 200 draws have a standard deviation of 6.1.
    for p_values in (same, apart):
        assert 50 - 25 <= np.sum(np.array(p_values) <= 0.25 + 1e-12) <= 50 + 25
    # The wrong twin: where the hypothesis fails, the count is far outside.
    for p_values in (shifted, joined):
        assert np.sum(np.array(p_values) <= 0.25) > 150


def test_tests_of_any_number_of_threads_are_the_same(dtype):
    x, y = rows(150, 3, dtype), rows(90, 3, dtype, 1)
    gram = bo.GramApproximation(SPEC, x)
    exact = bo.ExactGram("gaussian", x)
    for call in (
        lambda t: bo.two_sample_test(SPEC, x, y, permutations=70, num_threads=t),
        lambda t: bo.two_sample_test(gram, 70, permutations=70, num_threads=t),
        lambda t: bo.two_sample_test(exact, 70, permutations=70, num_threads=t),
        lambda t: bo.independence_test(gram, gram, permutations=70, num_threads=t),
    ):
        one, two = call(1), call(2)
        assert (one.statistic, one.p_value) == (two.statistic, two.p_value)
        assert np.array_equal(one.permuted, two.permuted)


def test_results_print_and_pickle():
    gram = bo.GramApproximation.from_factor(np.array([[0.0], [0.1], [5.0], [5.1]]))
    test = bo.two_sample_test(gram, 2, permutations=9)
    assert "p_value" in str(test)
    again = pickle.loads(pickle.dumps(test))
    assert np.array_equal(again.permuted, test.permuted)
    assert "inertia" in str(bo.kernel_kmeans(gram, 2))


# The door.


def test_bad_arguments_are_refused_by_name():
    x = rows(20, 3)
    gram = bo.GramApproximation(SPEC, x)
    single = bo.GramApproximation(SPEC, x.astype(np.float32))
    components = bo.KernelPrincipalComponents(SPEC, x, 2)
    pca, test = bo.KernelPrincipalComponents, bo.two_sample_test
    cases = [
        (TypeError, "KernelPrincipalComponents: x is list", lambda: pca(SPEC, [[1.0]], 1)),
        (TypeError, "KernelPrincipalComponents: feature_map is int", lambda: pca(3, x, 1)),
        (ValueError, "count is 0", lambda: pca(SPEC, x, 0)),
        (TypeError, "count is 1.0", lambda: pca(SPEC, x, 1.0)),
        (ValueError, "nan", lambda: pca(SPEC, np.full((3, 3), np.nan), 1)),
        (
            TypeError,
            "transform: x has dtype float32, expected float64",
            lambda: components.transform(x.astype(np.float32)),
        ),
        (ValueError, "transform: x has 1 dim", lambda: components.transform(x[0])),
        (ValueError, "expected n x 3", lambda: components.transform(x[:, :2])),
        (ValueError, "out has shape", lambda: components.transform(x, out=np.empty((20, 3)))),
        (TypeError, "kernel_kmeans: gram is ndarray", lambda: bo.kernel_kmeans(x, 2)),
        (ValueError, "clusters is 0", lambda: bo.kernel_kmeans(gram, 0)),
        (ValueError, "clusters is 21", lambda: bo.kernel_kmeans(gram, 21)),
        (ValueError, "clusters is 10", lambda: bo.kernel_kmeans(gram, 10**15)),
        (ValueError, "restarts", lambda: bo.kernel_kmeans(gram, 2, restarts=0)),
        (TypeError, "max_iterations is", lambda: bo.kernel_kmeans(gram, 2, max_iterations=2.5)),
        (TypeError, "nearest_clusters: gram is", lambda: bo.nearest_clusters(x, np.ones((3, 1)))),
        (ValueError, "centres", lambda: bo.nearest_clusters(gram, np.ones((31, 1)))),
        (ValueError, "centres", lambda: bo.nearest_clusters(gram, np.ones((32, 0)))),
        (ValueError, "centres has 1 dim", lambda: bo.nearest_clusters(gram, np.ones(32))),
        (TypeError, "two_sample_test: x is int", lambda: test(SPEC, 3, x)),
        (TypeError, "the second is missing", lambda: test(SPEC, x)),
        (TypeError, "y has dtype float32 and x f", lambda: test(SPEC, x, x.astype(np.float32))),
        (TypeError, "first_rows is array", lambda: test(gram, x[:1, 0])),
        (TypeError, "and nothing else", lambda: test(gram, 3, x)),
        (ValueError, "rows of the first sample is 1", lambda: test(gram, 1)),
        (ValueError, "rows of the second sample is 1", lambda: test(gram, 19)),
        (ValueError, "permutations is 0", lambda: test(gram, 5, permutations=0)),
        (TypeError, "feature_map is int", lambda: test(5, x, x)),
        (TypeError, "independence_test: y is nd", lambda: bo.independence_test(gram, x)),
        (TypeError, "x has float64 features and y f", lambda: bo.independence_test(gram, single)),
        (
            ValueError,
            "independence_test",
            lambda: bo.independence_test(gram, bo.GramApproximation(SPEC, x[:5])),
        ),
    ]
    for error, message, call in cases:
        with pytest.raises(error, match=message):
            call()


def test_a_damaged_pickle_is_refused():
    components = bo.KernelPrincipalComponents(SPEC, rows(20, 3), 2)
    load, (fm, is_single, words, arrays) = components.__reduce__()
    with pytest.raises(ValueError, match="'kind' is 'other'"):
        load(fm, is_single, {**words, "kind": "other"}, arrays)
    with pytest.raises(ValueError, match="'scalar'"):
        load(fm, True, words, arrays)
    with pytest.raises(ValueError, match="mean"):
        load(fm, is_single, words, {**arrays, "mean": np.zeros((1, 2))})
    with pytest.raises(ValueError, match="'map'"):
        load(bo.FeatureMap(bo.FeatureMapSpec(3, 16, seed=2)), is_single, words, arrays)
