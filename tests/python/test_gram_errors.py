# SPDX-License-Identifier: Apache-2.0
"""Certificates of approximate Gram matrices against the matrices themselves."""

import pickle

import numpy as np
import pytest

import bochner as bo


def rows(n, d, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(dtype)


N = 60


@pytest.fixture
def pair(dtype):
    """An approximation, the exact operator, and both as matrices."""
    x = rows(N, 3, dtype)
    approximation = bo.GramApproximation(bo.FeatureMapSpec(3, 24, seed=1), x)
    exact = bo.ExactGram(bo.GaussianKernel(), x)
    return approximation, exact, approximation.to_dense(), exact.to_dense()


def z_of_mean(errors, truth):
    """How many standard errors the mean of `errors` is from `truth`."""
    values = np.array([error.squared_error for error in errors])
    return (values.mean() - truth) / (values.std(ddof=1) / np.sqrt(values.size))


@pytest.mark.parametrize(
    "estimate",
    [
        lambda a, e, seed: bo.sampled_error(a, e, samples=200, seed=seed),
        lambda a, e, seed: bo.hutchinson_error(a, e, probes=4, seed=seed),
    ],
    ids=["sampled", "hutchinson"],
)
def test_estimates_are_unbiased(pair, estimate):
    approximation, exact, k_hat, k = pair
    errors = [estimate(approximation, exact, seed) for seed in range(300)]
    truth = ((k_hat - k) ** 2).sum()
    assert abs(z_of_mean(errors, truth)) < 4.0
    # The test sees a bias of a tenth, which is a few standard errors of the mean.
    assert abs(z_of_mean(errors, 1.1 * truth)) > 4.0
    # What an estimate says of itself is the spread of all of them.
    spread = np.std([error.squared_error for error in errors])
    said = np.sqrt(np.mean([error.standard_error**2 for error in errors]))
    assert said == pytest.approx(spread, rel=0.25)


def test_the_diagonal_is_known_exactly(pair):
    approximation, exact, k_hat, k = pair
    error = bo.sampled_error(approximation, exact, samples=10, seed=2)
    least = ((np.diag(k_hat) - np.diag(k)) ** 2).sum()
    assert error.least == pytest.approx(least, rel=1e-6, abs=1e-12)
    assert error.samples == 10


def test_intervals_are_student_s():
    stats = pytest.importorskip("scipy.stats")
    error = bo.SampledGramError(9.0, 1.0, 0.5, 20)
    low, high = error.interval(0.9)
    t = stats.t.ppf(0.95, 19)
    assert (low, high) == pytest.approx((np.sqrt(9 - t), np.sqrt(9 + t)))
    assert bo.SampledGramError(9.0, 100.0, 4.0, 20).interval()[0] == 2.0
    wide = error.interval(0.999)
    assert wide[0] < low < high < wide[1]


def test_the_interval_covers_the_distance(pair):
    approximation, exact, k_hat, k = pair
    truth = np.linalg.norm(k_hat - k)
    inside = 0
    for seed in range(200):
        low, high = bo.sampled_error(approximation, exact, samples=400, seed=seed).interval(0.9)
        inside += low <= truth <= high
    # Binomial(200, 0.9): 4 standard deviations are 17; an interval of level 0.5 has 100.
    assert 163 <= inside <= 197


def test_the_norm_is_that_of_the_matrix(pair):
    _, exact, _, k = pair
    norm = bo.squared_norm(exact)
    assert norm.squared == pytest.approx((k**2).sum())
    assert norm.squared_off_diagonal == pytest.approx((k**2).sum() - (np.diag(k) ** 2).sum())


def test_relative_intervals_are_quotients(pair):
    approximation, exact, _, _ = pair
    error, norm = bo.sampled_error(approximation, exact), bo.squared_norm(exact)
    quotient = np.array(error.interval(0.8)) / np.sqrt(norm.squared)
    assert bo.relative_interval(error, norm, 0.8) == pytest.approx(tuple(quotient))
    assert bo.relative_interval(error, bo.GramNorm(10.0, 4.0)) is None


def test_the_spectral_error_is_the_largest_eigenvalue(pair):
    approximation, exact, k_hat, k = pair
    error = bo.spectral_error(approximation, exact)
    truth = np.abs(np.linalg.eigvalsh(k_hat - k)).max()
    assert error.converged
    assert error.value == pytest.approx(truth, rel=1e-5)
    assert error.residual <= 1e-6 * error.value
    early = bo.spectral_error(approximation, exact, max_steps=2, tolerance=1e-12)
    assert not early.converged
    assert early.steps == 2
    assert early.value <= error.value * (1 + 1e-9)


def test_delta_is_that_of_the_whitened_difference(pair):
    approximation, exact, k_hat, k = pair
    ridge = 0.5
    found = bo.delta_spectral(approximation, bo.ShiftedGram(approximation, ridge), exact)
    values, vectors = np.linalg.eigh(k)
    root = vectors / np.sqrt(values + ridge) @ vectors.T
    ends = np.linalg.eigvalsh(root @ (k_hat - k) @ root)
    assert found.converged
    assert (found.low, found.high) == pytest.approx((ends[0], ends[-1]), rel=1e-3)
    assert found.delta == max(-found.low, found.high)


def test_any_number_of_threads_gives_the_same_numbers(pair):
    approximation, exact, _, _ = pair
    shifted = bo.ShiftedGram(approximation, 0.5)
    for call in (
        lambda t: bo.sampled_error(approximation, exact, samples=100, num_threads=t),
        lambda t: bo.hutchinson_error(approximation, exact, num_threads=t),
        lambda t: bo.spectral_error(approximation, exact, num_threads=t),
        lambda t: bo.delta_spectral(approximation, shifted, exact, num_threads=t),
        lambda t: bo.squared_norm(exact, num_threads=t),
    ):
        assert call(1) == call(2)


def test_methods_are_ranked_by_their_errors(dtype):
    x = rows(100, 2, dtype)
    spec = bo.FeatureMapSpec(2, 1, seed=3)
    memory = 100 * 24 * dtype.itemsize
    compared = bo.compare_approximations(spec, x, memory=memory, samples=500, seed=4)
    assert {method.pivoting for method in compared} == {
        None,
        "uniform",
        "ridge-leverage",
        "randomly-pivoted",
    }
    errors = [method.error.squared_error for method in compared]
    assert errors == sorted(errors)
    exact = bo.ExactGram(bo.GaussianKernel(), x)
    for method in compared:
        assert method.columns <= 24
        assert method.nbytes == 100 * method.columns * dtype.itemsize
        assert method.seconds > 0.0
        if method.pivoting is None:
            gram = bo.GramApproximation(bo.FeatureMapSpec(2, 12, seed=3), x)
        else:
            gram = bo.nystrom(exact, 24, pivoting=method.pivoting, seed=3, dtype=dtype).gram
        assert method.error == bo.sampled_error(gram, exact, samples=500, seed=4)
    one = bo.compare_approximations(str(spec), x, memory=memory, pivotings=(), seconds=60)
    assert [method.pivoting for method in one] == [None]
    # Columns double from 16 on, up to what memory has room for.
    assert one[0].columns == 24


def test_results_pickle_and_print(pair):
    approximation, exact, _, _ = pair
    error = bo.sampled_error(approximation, exact, samples=10)
    assert pickle.loads(pickle.dumps(error)) == error
    assert "standard_error" in str(error)
    assert set(error.to_dict()) == {"squared_error", "standard_error", "least", "samples"}


def test_bad_arguments_are_refused_by_name(pair):
    approximation, exact, _, _ = pair
    fewer = bo.ExactGram("gaussian", rows(10, 3))
    shifted = bo.ShiftedGram(approximation, 1.0)
    other = np.float32 if approximation.feature_dtype == np.float64 else np.float64
    of_other = bo.ShiftedGram(bo.GramApproximation.from_factor(np.ones((N, 1), other)), 1.0)
    x = rows(10, 2)
    error = bo.SampledGramError(1.0, 0.1, 0.0, 10)

    def compare(**options):
        return bo.compare_approximations(bo.FeatureMapSpec(2, 1), x, **options)

    for call in (bo.sampled_error, bo.hutchinson_error, bo.spectral_error):
        with pytest.raises(TypeError, match="approximation is ExactGram, expected a GramAppr"):
            call(exact, exact)
        with pytest.raises(TypeError, match="exact is GramApproximation, expected an ExactGram"):
            call(approximation, approximation)
        with pytest.raises(ValueError, match=call.__name__):
            call(approximation, fewer)
        with pytest.raises(ValueError, match="seed is -1"):
            call(approximation, exact, seed=-1)
    cases = [
        (ValueError, "samples", lambda: bo.sampled_error(approximation, exact, samples=1)),
        (TypeError, "samples is 2.0", lambda: bo.sampled_error(approximation, exact, samples=2.0)),
        (ValueError, "probes", lambda: bo.hutchinson_error(approximation, exact, probes=1)),
        (ValueError, "max_steps", lambda: bo.spectral_error(approximation, exact, max_steps=0)),
        (ValueError, "tolerance", lambda: bo.spectral_error(approximation, exact, tolerance=-1)),
        (
            TypeError,
            "shifted is GramApproximation, expected a ShiftedGram",
            lambda: bo.delta_spectral(approximation, approximation, exact),
        ),
        (
            TypeError,
            "shifted has float",
            lambda: bo.delta_spectral(approximation, of_other, exact),
        ),
        (ValueError, "delta_spectral", lambda: bo.delta_spectral(approximation, shifted, fewer)),
        (TypeError, "squared_norm: gram is Gram", lambda: bo.squared_norm(approximation)),
        (ValueError, "level is 1", lambda: error.interval(1.0)),
        (TypeError, "interval: level is 'high'", lambda: error.interval("high")),
        (TypeError, "estimate is int", lambda: bo.relative_interval(1, bo.GramNorm(1.0, 1.0))),
        (TypeError, "norm is int", lambda: bo.relative_interval(error, 1)),
        (TypeError, "memory is 1.5", lambda: compare(memory=1.5)),
        (ValueError, "memory is 8", lambda: compare(memory=8)),
        (ValueError, "seconds is -1", lambda: compare(memory=10_000, seconds=-1)),
        (ValueError, "pivoting is 'x'", lambda: compare(memory=10_000, pivotings=["x"])),
        (TypeError, "pivotings is 'uniform'", lambda: compare(memory=10_000, pivotings="uniform")),
    ]
    for kind, message, call in cases:
        with pytest.raises(kind, match=message):
            call()


def test_a_certificate_is_its_parts(pair):
    approximation, exact, k_hat, k = pair
    found = bo.gram_certificate(approximation, exact, ridge=0.5, samples=300, seed=3, level=0.9)
    sampled = bo.sampled_error(approximation, exact, samples=300, seed=3)
    assert found.sampled == sampled
    assert found.frobenius == sampled.interval(0.9)
    assert found.relative == bo.relative_interval(sampled, bo.squared_norm(exact), 0.9)
    assert found.spectral.value == pytest.approx(np.linalg.norm(k_hat - k, 2), rel=1e-5)
    root = np.linalg.inv(np.linalg.cholesky(k + 0.5 * np.eye(N)))
    delta = np.abs(np.linalg.eigvalsh(root @ (k_hat - k) @ root.T)).max()
    assert found.delta.delta == pytest.approx(delta, rel=1e-4)
    assert bo.gram_certificate(approximation, exact, samples=300, seed=3).delta is None


def test_certificates_refuse_by_name(pair):
    approximation, exact, *_ = pair
    for arguments, kind, words in (
        ((exact, exact), TypeError, "gram_certificate: approximation is ExactGram"),
        ((approximation, approximation), TypeError, "gram_certificate: exact is GramApproxima"),
    ):
        with pytest.raises(kind) as caught:
            bo.gram_certificate(*arguments)
        assert str(caught.value).startswith(words)
    for options, kind in (
        ({"ridge": -1.0}, ValueError),
        ({"ridge": "a"}, TypeError),
        ({"level": 1.0}, ValueError),
        ({"samples": 1}, ValueError),
        ({"max_steps": 0}, ValueError),
        ({"seed": -1}, ValueError),
    ):
        with pytest.raises(kind) as caught:
            bo.gram_certificate(approximation, exact, **options)
        assert str(caught.value).startswith("gram_certificate: ")
