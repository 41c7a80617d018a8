# SPDX-License-Identifier: Apache-2.0
"""Errors in closed form, plans, recommendations, checks: against formulas of their own."""

import pickle

import numpy as np
import pytest
from scipy import optimize, stats
from support import Foreign, require_refusals_by_name

import bochner as bo

D = 3


def rows(n, d=D, scale=0.4, seed=0, dtype=np.float64):
    return (scale * np.random.default_rng(seed).normal(size=(n, d))).astype(dtype)


def gaussian(m=50, **options):
    return bo.FeatureMapSpec(D, m, projection=bo.IidProjection(), **options)


def positive(m=50, scale=0.8, **options):
    return bo.FeatureMapSpec(
        D,
        m,
        kernel=bo.SoftmaxKernel(scale),
        projection=bo.IidProjection(),
        features=bo.PositiveFeatures(),
        **options,
    )


def trigonometric_law(x, y, m):
    """k and Var K of independent trigonometric features at pairs of rows."""
    exact = np.exp(-((x - y) ** 2).sum(-1) / 2)
    return exact, (1 - exact**2) ** 2 / (2 * m)


def positive_law(x, y, m, scale=0.8):
    exact = np.exp(scale * (x * y).sum(-1))
    return exact, exact**2 * np.expm1(scale * ((x + y) ** 2).sum(-1)) / m


# Moments


@pytest.mark.parametrize(
    ("spec", "law"), [(gaussian(), trigonometric_law), (positive(), positive_law)]
)
def test_moments_of_independent_features_are_the_textbook_ones(spec, law):
    x, y = rows(20), rows(20, seed=1)
    moments = bo.kernel_moments(spec, x, y)
    exact, variance = law(x, y, 50)
    assert np.allclose(moments.exact, exact, rtol=1e-13)
    assert np.allclose(moments.mean, exact, rtol=1e-13)
    assert np.allclose(moments.variance, variance, rtol=1e-11)
    assert np.allclose(moments.log_exact, np.log(exact), atol=1e-13)
    assert np.allclose(moments.log_variance, np.log(variance), atol=1e-11)
    assert np.allclose(moments.relative_error, np.sqrt(variance) / exact, rtol=1e-11)
    assert np.all(moments.bias == 0)
    pair = bo.kernel_moments(spec, x[4], y[4])
    assert isinstance(pair.variance, float)
    for name, value in pair.to_dict().items():
        assert value == getattr(moments, name)[4], name
    frame = moments.to_frame()
    assert list(frame.columns) == list(moments.to_dict())
    assert len(frame) == 20


def test_constant_radii_have_a_bias():
    projection = bo.OrthogonalProjection(radii="constant")
    moments = bo.kernel_moments(
        bo.FeatureMapSpec(D, 3, projection=projection), np.zeros(D), np.array([2.0, 0, 0])
    )
    # The mean of cos(sqrt(3) 2 u), u uniform on [-1, 1], in place of exp(-2).
    assert moments.mean == pytest.approx(np.sin(2 * np.sqrt(3)) / (2 * np.sqrt(3)), rel=1e-12)
    assert moments.bias == pytest.approx(moments.mean - np.exp(-2), rel=1e-12)


def test_paired_radii_lower_the_variance():
    def variance(radii):
        projection = bo.OrthogonalProjection(radii=radii)
        spec = bo.FeatureMapSpec(8, 8, projection=projection)
        return bo.kernel_moments(spec, np.zeros(8), np.eye(8)[0]).variance

    assert variance("paired") / variance("sampled") == pytest.approx(0.5630, abs=1e-4)


def test_a_kernel_value_that_overflows_keeps_its_logarithm():
    moments = bo.kernel_moments(positive(scale=1.0), np.full(D, 20.0), np.full(D, 20.0))
    assert moments.exact == np.inf
    assert moments.log_exact == pytest.approx(1200)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_row_moments_of_positive_features_are_those_of_a_log_normal(order):
    x, y = rows(2)
    z2, norms = 0.8 * ((x + y) ** 2).sum(), 0.8 * ((x**2).sum() + (y**2).sum())
    expected = np.exp(order**2 * z2 / 2 - order * norms / 2)
    assert bo.row_moment(positive(), order, x, y) == pytest.approx(expected, rel=1e-12)


def test_row_moments_can_be_infinite():
    spec = bo.FeatureMapSpec(D, 9, bo.SoftmaxKernel(), bo.IidProjection(), bo.OprfFeatures(-0.1))
    assert np.isfinite(bo.row_moment(spec, 4, *rows(2)))
    with pytest.raises(ValueError, match=r"row_moment: order is 5, expected 1 to 4"):
        bo.row_moment(spec, 5, *rows(2))


# Estimates


def test_an_estimate_is_the_product_of_features_with_the_spread_of_its_rows(dtype):
    fm = bo.FeatureMap(gaussian(200, seed=5))
    x, y = rows(30, dtype=dtype), rows(30, seed=1, dtype=dtype)
    found = bo.estimate(fm, x, y)
    exact = np.float64
    phi, psi = fm.transform(x).astype(exact), fm.transform(y).astype(exact)
    tolerance = 1e-5 if dtype == np.float32 else 1e-12
    assert np.allclose(found.value, (phi * psi).sum(axis=1), atol=tolerance)
    # Contributions of frequencies: columns j and m + j together, m times; their mean's variance.
    each = 200 * (phi * psi).reshape(30, 2, 200).sum(axis=1)
    error = each.std(axis=1, ddof=1) / np.sqrt(200)
    assert np.allclose(found.standard_error, error, rtol=1e-3 if dtype == np.float32 else 1e-9)
    assert np.all(found.blocks == 200)
    assert np.all(found.source == "blocks")
    assert np.allclose(found.degrees_of_freedom, 199)
    low, high = found.interval(0.9)
    t = stats.t.ppf(0.95, 199)
    assert np.allclose(low, found.value - t * found.standard_error)
    assert np.allclose(high, found.value + t * found.standard_error)
    pair = bo.estimate(fm, x[3], y[3])
    assert pair.value == found.value[3]
    assert pair.source == "blocks"
    assert isinstance(pair.blocks, int)
    assert pair.interval(0.9).low == pytest.approx(low[3])
    assert list(found.to_frame()["source"]) == ["blocks"] * 30


def test_few_and_quasi_random_blocks_have_other_errors():
    x, y = rows(2)
    one_block = bo.FeatureMapSpec(D, D, seed=1)
    found = bo.estimate(one_block, x, y)
    assert found.source == "closed-form"
    assert found.standard_error == pytest.approx(
        np.sqrt(bo.kernel_moments(one_block, x, y).variance)
    )
    low, high = found.interval()
    assert high - low == pytest.approx(2 * stats.norm.ppf(0.975) * found.standard_error)
    sobol = bo.FeatureMapSpec(D, 64, projection=bo.SobolProjection(), seed=1)
    assert bo.estimate(sobol, x, y).source == "replicates"


def test_intervals_of_many_draws_hold_the_kernel_as_often_as_they_say():
    x, y = rows(2)
    exact = np.exp(-((x - y) ** 2).sum() / 2)
    level, draws = 0.9, 400
    inside = wrong = 0
    for seed in range(draws):
        low, high = bo.estimate(gaussian(64, seed=seed), x, y).interval(level)
        inside += low <= exact <= high
        wrong += low <= exact + 2 * (high - low) / 3.29 <= high  # off by four standard errors
    sigma = np.sqrt(draws * level * (1 - level))
    assert abs(inside - draws * level) < 5 * sigma
    assert abs(wrong - draws * level) > 5 * sigma


# Gram matrices


def matrix_law(law, x, y, m):
    exact, variance = law(x[:, None], y[None], m)
    return (exact**2).sum(), variance.sum()


@pytest.mark.parametrize(
    ("spec", "law"), [(gaussian(), trigonometric_law), (positive(), positive_law)]
)
def test_gram_errors_are_sums_of_variances(spec, law, dtype):
    x, y = rows(70, dtype=dtype), rows(40, seed=1, dtype=dtype)
    for other, arrays in ((y, (x, y)), (x, (x,))):
        norm, error = matrix_law(law, x.astype(np.float64), other.astype(np.float64), 50)
        found = bo.gram_error(spec, *arrays)
        assert found.squared_norm == pytest.approx(norm, rel=1e-6)
        assert found.squared_error == pytest.approx(error, rel=1e-6)
        assert found.relative_error == pytest.approx(np.sqrt(error / norm), rel=1e-6)
        assert found.log_squared_error == pytest.approx(np.log(error), abs=1e-6)
        curve = bo.gram_error_curve(spec, *arrays)
        assert curve.at(50) == found
        some = curve.at([25, 50, 100])
        assert np.allclose(some.squared_error, error * np.array([2, 1, 0.5]), rtol=1e-6)
        assert some.squared_error[1] == found.squared_error
        assert len(some.to_frame()) == 3
        assert np.array_equal(curve.at(np.array([25, 50, 100])).squared_error, some.squared_error)


def test_whole_blocks_of_orthogonal_frequencies_do_better():
    x = rows(50)
    curve = bo.gram_error_curve(bo.FeatureMapSpec(D, 1), x)
    assert curve.block_size == D
    independent = bo.gram_error_curve(gaussian(), x)
    assert curve.at(300).squared_error < independent.at(300).squared_error
    assert curve.at(1).squared_error == pytest.approx(independent.at(1).squared_error)


def test_the_curve_refuses_what_is_no_number_of_frequencies():
    curve = bo.gram_error_curve(gaussian(), rows(5))
    with pytest.raises(ValueError, match="at: num_frequencies is 0, expected at least 1"):
        curve.at(0)
    with pytest.raises(TypeError, match=r"at: num_frequencies is 2\.5, expected an integer"):
        curve.at(2.5)
    with pytest.raises(TypeError, match="at: num_frequencies is 'x', expected an integer"):
        curve.at("x")


def test_expected_errors_have_the_mean_square_sum_of_the_data():
    x, y = rows(40), rows(30, seed=1)
    found = bo.error_expected(positive(), x, y)
    norm, error = matrix_law(positive_law, x, y, 50)
    assert found.root_mean_square == pytest.approx(np.sqrt(error / norm), rel=1e-6)
    sums = 0.8 * ((x[:, None] + y) ** 2).sum(-1)
    assert found.mean_square_sum == pytest.approx(sums.mean(), rel=1e-12)
    assert found.warning == ""
    assert bo.error_expected(positive(), 5 * x).warning != ""


# Attention


def test_output_errors_are_quadratic_forms_of_the_covariances():
    q, k, v = rows(6), rows(9, seed=1), rows(9, 2, seed=2)
    found = bo.output_error(positive(), q, k, v)
    weights = np.exp(0.8 * q @ k.T)
    p = weights / weights.sum(axis=1, keepdims=True)
    out = p @ v
    z = np.sqrt(0.8) * (q[:, None] + k)
    covariance = np.expm1(np.einsum("ijk,ilk->ijl", z, z)) / 50
    c = p[..., None] * (v - out[:, None])
    squared = np.einsum("ijk,ilk,ijl->i", c, c, covariance)
    assert np.allclose(found.squared_error, squared, rtol=1e-10)
    assert np.allclose(found.squared_norm, (out**2).sum(axis=1), rtol=1e-12)
    normaliser = np.einsum("ij,il,ijl->i", p, p, covariance)
    assert np.allclose(found.normaliser_variance, normaliser, rtol=1e-10)
    expected = np.sqrt(squared.sum() / (out**2).sum())
    assert found.relative_error == pytest.approx(expected, rel=1e-10)
    assert len(found.to_frame()) == 6
    single = bo.output_error(positive(), *(a.astype(np.float32) for a in (q, k, v)))
    assert single.relative_error == pytest.approx(expected, rel=1e-5)


# Plans


def test_plans_for_pairs_follow_from_the_variance():
    x, y = rows(2)
    exact, variance = trigonometric_law(x, y, 1)
    options = {"error": 0.05, "confidence": 0.9}
    plan = bo.frequencies_needed(gaussian(), x, y, **options)
    z = stats.norm.ppf(0.95)
    assert plan.num_frequencies == np.ceil(z**2 * variance / (0.05 * exact) ** 2)
    assert plan.whole_blocks == plan.num_frequencies
    assert plan.basis == "asymptotic"
    assert plan.root_mean_square == pytest.approx(
        np.sqrt(variance / plan.num_frequencies) / exact, rel=1e-6
    )
    plan = bo.frequencies_needed(gaussian(), x, y, basis="chebyshev", unit="absolute", **options)
    assert plan.num_frequencies == np.ceil(variance / 0.05**2 / 0.1)
    assert "guarantee" in plan.statement
    orthogonal = bo.frequencies_needed(bo.FeatureMapSpec(D, 1), x, y, **options)
    assert orthogonal.whole_blocks % D == 0


def test_plans_for_matrices_follow_from_the_sums():
    x, y = rows(30), rows(20, seed=1)
    norm, error = matrix_law(positive_law, x, y, 1)
    plan = bo.frequencies_needed(positive(), x, y, error=0.05)
    assert plan.num_frequencies == np.ceil(error / norm / 0.05**2)
    plan = bo.frequencies_needed(positive(), x, error=0.3, unit="absolute", basis="chebyshev")
    _, error = matrix_law(positive_law, x, x, 1)
    assert plan.num_frequencies == pytest.approx(np.ceil(error / 0.3**2 / 0.05), rel=1e-6)
    with pytest.raises(ValueError, match="frequencies_needed: basis bernstein"):
        bo.frequencies_needed(gaussian(), x, basis="bernstein")


def test_uniform_plans_grow_with_the_ball_and_quote_a_rate_for_softmax():
    small, large = (
        bo.frequencies_needed_uniformly(gaussian(), radius).num_frequencies for radius in (0.5, 5)
    )
    pair = bo.frequencies_needed(gaussian(), np.zeros(D), np.ones(D), unit="absolute")
    assert pair.num_frequencies < small < large
    rate = bo.frequencies_needed_uniformly(positive(), 1.0)
    assert rate.num_frequencies == 0
    assert "4 d^(3/4)" in rate.statement
    with pytest.raises(ValueError, match="frequencies_needed_uniformly: the bound holds"):
        bo.frequencies_needed_uniformly(bo.FeatureMapSpec(D, 1), 1.0)


# Recommendations


def test_recommendations_are_ranked_by_the_error_of_the_data():
    x, y = rows(40), rows(30, seed=1)
    found = bo.recommend("softmax", x, y, num_features=24, seed=3)
    assert found.spec == found.ranked[0].spec
    errors = [candidate.error for candidate in found.ranked]
    assert np.all(np.diff(errors) > -0.021 * np.array(errors[1:]))
    for candidate in found.ranked[:3]:
        assert candidate.spec.num_features <= 24
        assert candidate.spec.seed == 3
        error = bo.gram_error(candidate.spec, x, y).relative_error
        assert candidate.error == pytest.approx(error, rel=1e-9)
    frame = found.to_frame()
    assert list(frame.columns) == ["features", "projection", "error", "cost", "spec"]
    assert len(frame) == len(found.ranked)
    assert bo.FeatureMapSpec.parse(frame["spec"][0]) == found.spec
    assert found.reason


def test_recommendations_for_attention_are_measured():
    q, k, v = rows(12), rows(15, seed=1), rows(15, 2, seed=2)
    found = bo.recommend_for_attention("softmax", q, k, v, num_features=64, redraws=10, seed=2)
    assert found.ranked[0].error < found.ranked[-1].error
    exponential = [c for c in found.ranked if "positive" in str(c.spec.features)]
    for candidate in exponential:
        predicted = bo.output_error(candidate.spec, q, k, v).relative_error
        assert 0.5 < candidate.error / predicted < 2
    assert exponential
    with pytest.raises(ValueError, match="redraws is 1, expected 2 to"):
        bo.recommend_for_attention("softmax", q, k, v, redraws=1)


# Checks


def test_the_library_passes_its_own_checks_and_a_wrong_claim_fails():
    x, y = rows(2)
    exact, variance = positive_law(x, y, 20)
    spec = positive(20)
    assert bo.check_unbiased(spec, x, y, seed=3).passed
    assert bo.check_variance(spec, x, y, seed=3).passed

    def drawn(seed):
        return bo.estimate(bo.FeatureMap(positive(20, seed=seed)), x, y).value

    right = bo.check_unbiased(drawn, expected=exact, variance=variance, seed=3, replicates=400)
    assert right.passed
    assert right.sigma == pytest.approx(np.sqrt(variance / 400))
    assert right.threshold == pytest.approx(stats.norm.isf(5e-7))
    assert right == bo.check_unbiased(
        drawn, expected=exact, variance=variance, seed=3, replicates=400
    )
    of_spec = bo.check_unbiased(spec, x, y, seed=3, replicates=400)
    assert right.measured == pytest.approx(of_spec.measured, rel=1e-12)
    wrong = bo.check_unbiased(drawn, expected=exact + 0.1, variance=variance, replicates=400)
    assert not wrong.passed
    assert "beyond" in wrong.sentence
    fourth = float(np.mean((right.measured - exact) ** 4)) + 10 * variance**2
    claim = {"fourth": fourth, "replicates": 400, "seed": 3}
    assert bo.check_variance(drawn, expected=variance, **claim).passed
    assert not bo.check_variance(drawn, expected=3 * variance, **claim).passed


def test_a_function_is_called_in_order_with_the_seeds_of_the_replicates():
    seeds = []

    def estimate(seed):
        seeds.append(seed)
        return np.float32(len(seeds))

    result = bo.check_unbiased(estimate, expected=5.5, variance=1.0, replicates=10, seed=4)
    assert result.measured == 5.5
    assert len(set(seeds)) == 10
    assert all(isinstance(seed, int) and 0 <= seed < 2**64 for seed in seeds)


def test_what_a_function_raises_ends_the_check():
    def broken(_):
        raise RuntimeError("no estimate")

    with pytest.raises(RuntimeError, match="no estimate"):
        bo.check_unbiased(broken, expected=0.0, variance=1.0)
    with pytest.raises(TypeError):
        bo.check_unbiased(lambda _: None, expected=0.0, variance=1.0)
    assert not bo.check_unbiased(lambda _: np.nan, expected=0.0, variance=1.0).passed


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((gaussian(), np.zeros(D)), {}, TypeError, "check_unbiased: y is NoneType"),
        ((gaussian(), np.zeros(D), np.zeros(2)), {}, ValueError, "check_unbiased: y has 2 entries"),
        ((gaussian(),), {"expected": 1.0, "variance": 1.0}, TypeError, "expect of a spec is known"),
        ((3,), {}, TypeError, "check_unbiased: estimate is int, expected a FeatureMapSpec or a"),
        ((abs,), {}, TypeError, "check_unbiased: expected is missing"),
        ((abs,), {"expected": 1.0}, TypeError, "check_unbiased: variance is None"),
        ((abs,), {"expected": 1.0, "variance": 0}, ValueError, "variance is 0.0, expected a pos"),
        ((abs, np.zeros(D)), {"expected": 1.0, "variance": 1}, TypeError, "x and y go with a spec"),
        ((gaussian(), np.zeros(D), np.ones(D)), {"replicates": 1}, ValueError, "replicates is 1"),
        ((gaussian(), np.zeros(D), np.ones(D)), {"false_alarm": 0}, ValueError, "false_alarm is 0"),
        ((gaussian(), np.zeros(D), np.ones(D)), {"seed": -1}, ValueError, "seed is -1"),
    ],
)
def test_checks_say_what_is_wrong(arguments, options, error, message):
    with pytest.raises(error, match=message):
        bo.check_unbiased(*arguments, **options)


# Parameters


def test_optimal_parameters_minimise_the_second_moment():
    x, y = rows(2)
    z2 = ((x + y) ** 2).sum()
    a = bo.optimal_oprf_parameter(z2, D)

    def variance(a):
        features = bo.OprfFeatures(a)
        spec = bo.FeatureMapSpec(D, 9, bo.SoftmaxKernel(), bo.IidProjection(), features)
        return bo.kernel_moments(spec, x, y).log_variance

    found = optimize.minimize_scalar(variance, bounds=(-1, 0), method="bounded")
    assert a == pytest.approx(found.x, abs=1e-4)
    p = z2 / D
    assert a == pytest.approx((1 - 2 * p - np.sqrt((1 + 2 * p) ** 2 + 8 * p)) / 16)
    b = bo.optimal_hyperbolic_oprf_parameter(z2, D)
    k = 2 * z2 * (1 - 4 * b) / (1 - 8 * b)
    assert b == pytest.approx(bo.optimal_oprf_parameter(z2 / (1 + np.exp(-k)), D))
    assert bo.with_optimal_parameter("oprf", z2, D) == bo.OprfFeatures(a)
    assert bo.with_optimal_parameter("hyperbolic-oprf", z2, D) == bo.HyperbolicOprfFeatures(b)
    assert bo.with_optimal_parameter("positive", z2, D) == bo.PositiveFeatures()


def test_the_optimal_radius_minimises_the_summed_second_moment():
    x, y = rows(20), rows(15, seed=1)
    kernel = bo.PolynomialKernel(degree=3, offset=0.5)
    products = x[:, None] * y
    square = (x**2).sum(-1)[:, None] * (y**2).sum(-1)
    t = square + 2 * products.sum(-1) ** 2 - 2 * (products**2).sum(-1)

    def objective(log_r):
        r = np.exp(log_r)
        return 3 * np.log(r + 0.5) + np.log(((t / r + 0.5) ** 3).sum())

    found = optimize.minimize_scalar(objective, bounds=(-6, 6), method="bounded")
    radius = bo.optimal_maclaurin_radius(kernel, x, y)
    assert np.log(radius**2) == pytest.approx(found.x, abs=1e-3)
    assert bo.optimal_maclaurin_radius(kernel, x, y, exact="linear") != radius


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pair_transform_and_parameters_fit_the_data(dtype):
    rng = np.random.default_rng(5)
    q = (rng.normal(size=(80, D)) @ rng.normal(size=(D, D)) * 0.4 + 1.0).astype(dtype)
    k = (rng.normal(size=(60, D)) @ rng.normal(size=(D, D)) * 0.4 - 0.5).astype(dtype)
    transform = bo.optimal_pair_transform(q, k)
    m = np.array(transform.matrix).reshape(D, D)
    x = (q - np.array(transform.query)) @ m.T
    y = (k - np.array(transform.key)) @ np.linalg.inv(m)
    assert np.allclose(np.cov(x.T, bias=True), np.cov(y.T, bias=True), atol=1e-3)
    spec = bo.FeatureMapSpec(
        D, 64, kernel=bo.SoftmaxKernel(0.5), features=bo.HyperbolicOprfFeatures()
    ).__replace__(transform=transform)
    squares = bo.mean_square_sums(spec, q, k)
    assert squares.shape == (D,)
    assert np.allclose(squares, 0.5 * (x.var(axis=0) + y.var(axis=0)), rtol=1e-3)
    assert (np.diff(squares) > 0).all()
    fitted = bo.with_optimal_parameters("hyperbolic-oprf", squares)
    assert np.allclose(fitted.a, bo.optimal_hyperbolic_oprf_parameters(squares))
    one = bo.optimal_oprf_parameters([squares[0]])
    assert one[0] == pytest.approx(bo.optimal_oprf_parameter(squares[0], 1))
    spec = spec.__replace__(features=fitted)
    expected = bo.output_error(spec, q[:8], k[:8], k[:8])
    assert expected.is_upper
    assert not bo.output_error(
        spec.__replace__(projection=bo.IidProjection()), q[:8], k[:8], k[:8]
    ).is_upper
    with pytest.raises(ValueError, match="optimal_pair_transform: keys"):
        bo.optimal_pair_transform(q, np.full_like(k, np.nan))
    with pytest.raises(ValueError, match="optimal_pair_transform"):
        bo.optimal_pair_transform(q, k[:, :2])
    with pytest.raises(TypeError, match="optimal_oprf_parameters: z2"):
        bo.optimal_oprf_parameters(["a"])
    with pytest.raises(ValueError, match=r"z2\[1\] is -1"):
        bo.optimal_oprf_parameters([1.0, -1.0])


def test_centring_takes_the_means_away(dtype):
    x, y = rows(40, dtype=dtype) + dtype.type(1), rows(30, seed=1, dtype=dtype) - dtype.type(2)
    mean_x, mean_y = x.astype(float).mean(axis=0), y.astype(float).mean(axis=0)
    sums = bo.optimal_centring("softmax", "positive", x, y)
    assert np.allclose(sums.query, (mean_x + mean_y) / 2, atol=1e-6)
    plain = bo.FeatureMapSpec(
        D, 9, kernel=bo.SoftmaxKernel(), features=bo.PositiveFeatures(), seed=1
    )
    centred = bo.FeatureMapSpec(
        D, 9, kernel=bo.SoftmaxKernel(), features=bo.PositiveFeatures(), transform=sums
    )
    gone = ((mean_x + mean_y) ** 2).sum()
    assert bo.error_expected(centred, x, y).mean_square_sum == pytest.approx(
        bo.error_expected(plain, x, y).mean_square_sum - gone, rel=1e-4
    )
    same = bo.optimal_centring("gaussian", "positive", x, y)
    assert same.query == same.key
    assert bo.optimal_centring("softmax", "positive", x) == bo.optimal_centring(
        "softmax", "positive", x, x
    )


# Arrays


def calls(dtype=np.float64):
    """Every function of arrays: name, function of its arrays, arrays."""
    x, y = rows(20, dtype=dtype), rows(20, seed=1, dtype=dtype)
    v = rows(20, 2, seed=2, dtype=dtype)
    return {
        "kernel_moments": (lambda x, y, **t: bo.kernel_moments(positive(), x, y, **t), (x, y)),
        "estimate": (lambda x, y, **t: bo.estimate(positive(), x, y, **t), (x, y)),
        "gram_error_curve": (lambda x, y, **t: bo.gram_error_curve(positive(), x, y, **t), (x, y)),
        "gram_error": (lambda x, **t: bo.gram_error(positive(), x, **t), (x,)),
        "error_expected": (lambda x, y, **t: bo.error_expected(positive(), x, y, **t), (x, y)),
        "output_error": (
            lambda q, k, v, **t: bo.output_error(positive(), q, k, v, **t),
            (x, y, v),
        ),
        "frequencies_needed": (
            lambda x, y, **t: bo.frequencies_needed(positive(), x, y, **t),
            (x, y),
        ),
        "recommend": (lambda x, y, **t: bo.recommend("softmax", x, y, num_features=8, **t), (x, y)),
        "recommend_for_attention": (
            lambda q, k, v, **t: bo.recommend_for_attention(
                "softmax", q, k, v, num_features=8, redraws=2, **t
            ),
            (x, y, v),
        ),
        "optimal_centring": (
            lambda x, y: bo.optimal_centring("softmax", "positive", x, y),
            (x, y),
        ),
        "optimal_maclaurin_radius": (
            lambda x, y: bo.optimal_maclaurin_radius("polynomial", x, y),
            (x, y),
        ),
    }


NAMES = list(calls())


@pytest.mark.parametrize("name", NAMES)
def test_every_layout_has_the_bits_of_the_contiguous_call(name, dtype, layouts):
    call, arrays = calls(dtype)[name]
    expected = call(*arrays)
    # A ranking takes half a second.
    few = ("strided", "reversed") if name == "recommend" else layouts(arrays[0])
    for layout in few:
        assert call(*(layouts(array)[layout] for array in arrays)) == expected, layout
    repeated = [np.broadcast_to(array[:1], array.shape) for array in arrays]
    assert call(*repeated) == call(*(array.copy() for array in repeated))


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("optimal")])
def test_one_and_two_threads_have_the_same_bits(name, dtype):
    call, arrays = calls(dtype)[name]
    assert call(*arrays, num_threads=1) == call(*arrays, num_threads=2)
    with pytest.raises(ValueError, match=r"num_threads is 0, expected at least 1 or None"):
        call(*arrays, num_threads=0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("which", [0, 1, 2])
def test_bad_arrays_are_refused_by_name(name, which):
    call, arrays = calls()[name]
    if which >= len(arrays):
        pytest.skip("has fewer arrays")
    good = arrays[which]
    bad = [
        (good.tolist(), TypeError),
        (None, TypeError) if which == 0 else (3.0, TypeError),
        ("text", TypeError),
        (good.astype(np.int64), TypeError),
        (good.astype(np.float16), TypeError),
        (good.astype(object), TypeError),
        (good[None], ValueError),
        (np.where(np.arange(20)[:, None] == 7, np.nan, good), ValueError),
    ]
    if which == 0:
        bad.append((good[:, :2], ValueError))
    for value, error in bad:
        changed = (*arrays[:which], value, *arrays[which + 1 :])
        with pytest.raises(error) as caught:
            call(*changed)
        message = str(caught.value)
        assert "incompatible function arguments" not in message
        assert ": " in message
        if error is TypeError:
            assert message.startswith(name), message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bo.kernel_moments(3, rows(2), rows(2)), "kernel_moments: spec is int"),
        (lambda: bo.gram_error(None, rows(2)), "gram_error: spec is NoneType"),
        (lambda: bo.recommend(3, rows(2)), "recommend: kernel is int, expected a kernel"),
        (
            lambda: bo.recommend(bo.SoftmaxKernel, rows(2)),
            "recommend: kernel is the class SoftmaxKernel",
        ),
        (
            lambda: bo.optimal_centring("softmax", bo.SoftmaxKernel(), rows(2)),
            "optimal_centring: features is SoftmaxKernel",
        ),
        (lambda: bo.with_optimal_parameter(None, 1.0, 2), "with_optimal_parameter: features is"),
        (lambda: bo.optimal_oprf_parameter("1", 2), "optimal_oprf_parameter: z2 is '1'"),
        (lambda: bo.optimal_oprf_parameter(1.0, 2.0), r"optimal_oprf_parameter: dim is 2\.0"),
        (lambda: bo.recommend("softmax", rows(2), num_features=8.0), "num_features is 8.0"),
        (lambda: bo.estimate(3, rows(2), rows(2)), "estimate: feature_map is int"),
        (
            lambda: bo.kernel_moments(gaussian(), rows(2), rows(2, dtype=np.float32)),
            "kernel_moments: y has dtype float32 and x float64",
        ),
    ],
)
def test_wrong_types_are_refused_by_name(call, message):
    with pytest.raises(TypeError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: bo.kernel_moments(gaussian(), np.zeros(2), np.zeros(2)),
            r"kernel_moments: x has 2 entries, expected 3 \(the spec's input_dim\)",
        ),
        (
            lambda: bo.kernel_moments(gaussian(), np.zeros(D), rows(1)),
            "kernel_moments: x has 1 dimension and y 2",
        ),
        (
            lambda: bo.kernel_moments(gaussian(), rows(2), rows(3)),
            "kernel_moments: y is 3 x 3, expected 2 x m",
        ),
        (lambda: bo.gram_error(gaussian(), rows(2, 2)), "gram_error: x has 2 columns, expected 3"),
        (
            lambda: bo.kernel_moments(
                bo.FeatureMapSpec(D, 8, projection=bo.SobolProjection()), rows(2), rows(2)
            ),
            "kernel_moments: the error of quasi-random frequencies has no closed form",
        ),
        (lambda: bo.frequencies_needed(gaussian(), rows(2), error=0), "error is 0.0, expected a"),
        (lambda: bo.frequencies_needed(gaussian(), rows(2), unit="x"), "unit is 'x', expected one"),
        (lambda: bo.frequencies_needed(gaussian(), rows(2), basis=1), "basis is 1, expected one"),
        (
            lambda: bo.frequencies_needed(gaussian(), rows(2), confidence=1.0),
            r"frequencies_needed: confidence is 1\.0, expected a number between 0 and 1",
        ),
        (lambda: bo.frequencies_needed(gaussian(), np.zeros(D)), "frequencies_needed: y is missi"),
        (lambda: bo.optimal_oprf_parameter(-1, 2), "optimal_oprf_parameter: z2 is -1"),
        (lambda: bo.optimal_oprf_parameter(1.0, 0), "optimal_oprf_parameter: dim is 0"),
        (lambda: bo.optimal_maclaurin_radius("gaussian", rows(2)), "optimal_maclaurin_radius"),
        (
            lambda: bo.optimal_maclaurin_radius("polynomial", rows(2), exact="all"),
            "exact is 'all', expected one of none, constant, linear",
        ),
        (lambda: bo.recommend("softmax", rows(2), num_features=1), "num_features is 1, expected"),
        (lambda: bo.recommend("softmax", rows(0)), "recommend: queries is 0 x 3"),
        (lambda: bo.estimate(gaussian(), rows(2), rows(2)).interval(1), "interval: level is 1.0"),
    ],
)
def test_wrong_values_are_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("name", NAMES)
def test_arrays_of_other_libraries_are_read(name, dtype):
    call, arrays = calls(dtype)[name]
    assert call(*map(Foreign, arrays)) == call(*arrays)


def test_pairs_of_other_libraries_are_read():
    x, y = rows(2)
    for function in (bo.kernel_moments, bo.estimate, bo.frequencies_needed, bo.check_unbiased):
        assert function(gaussian(), Foreign(x), Foreign(y)) == function(gaussian(), x, y)


def test_no_rows_are_no_results():
    empty = rows(0)
    assert bo.kernel_moments(gaussian(), empty, empty).variance.shape == (0,)
    assert bo.estimate(gaussian(), empty, empty).value.shape == (0,)


@pytest.mark.parametrize("name", NAMES)
def test_results_pickle_print_and_compare(name):
    call, arrays = calls()[name]
    result = call(*arrays)
    again = pickle.loads(pickle.dumps(result))
    assert again == result
    assert repr(again) == repr(result)
    assert str(result)
    other = call(arrays[0] * 0.5, *arrays[1:])
    assert other != result
    assert result != 3


def test_texts_and_maps_say_which_map_is_meant():
    x, y = rows(2)
    spec = gaussian(seed=2)
    expected = bo.kernel_moments(spec, x, y)
    assert bo.kernel_moments(str(spec), x, y) == expected
    assert bo.kernel_moments(bo.FeatureMap(spec), x, y) == expected
    assert bo.estimate(spec, x, y) == bo.estimate(bo.FeatureMap(spec), x, y)


ODD = [
    None,
    3,
    -1,
    2**70,
    0.5,
    np.inf,
    np.nan,
    True,
    "",
    "no name",
    b"bytes",
    [],
    [1],
    (),
    {"a": 1},
    object(),
    np.float32(2),
    np.array(1.0),
    np.zeros(0),
    np.zeros((0, 3)),
    np.zeros((6, 0)),
    np.zeros((2, 2, 2)),
    np.ones((6, 3), complex),
    np.ones((6, 3), ">f8"),
    np.full((6, 3), np.inf),
    np.full((6, 3), 1e200),
    np.array(["a"]),
    bo.GaussianKernel,
    bo.GaussianKernel(),
    bo.IidProjection(),
    lambda: 1,
]

X = rows(6)
FUNCTIONS = [
    (bo.kernel_moments, {"spec": positive(), "x": X, "y": X, "num_threads": 1}),
    (bo.row_moment, {"spec": positive(), "order": 2, "x": X[0], "y": X[0]}),
    (bo.estimate, {"feature_map": positive(), "x": X, "y": X, "num_threads": 1}),
    (bo.gram_error_curve, {"spec": positive(), "x": X, "y": X, "num_threads": 1}),
    (bo.gram_error, {"spec": positive(), "x": X, "y": X, "num_threads": 1}),
    (bo.error_expected, {"spec": positive(), "x": X, "y": X, "num_threads": 1}),
    (bo.output_error, {"spec": positive(), "queries": X, "keys": X, "values": X}),
    (
        bo.frequencies_needed,
        {"spec": positive(), "x": X, "error": 0.1, "confidence": 0.9, "basis": "chebyshev"},
    ),
    (bo.frequencies_needed_uniformly, {"spec": positive(), "radius": 1.0, "error": 0.1}),
    (bo.recommend, {"kernel": "softmax", "x": X, "num_features": 4, "seed": 1, "num_threads": 1}),
    (
        bo.recommend_for_attention,
        {
            "kernel": "softmax",
            "queries": X,
            "keys": X,
            "values": X,
            "num_features": 4,
            "redraws": 2,
        },
    ),
    (bo.check_unbiased, {"estimate": gaussian(), "x": X[0], "y": X[1], "replicates": 4, "seed": 1}),
    (bo.check_variance, {"estimate": gaussian(), "x": X[0], "y": X[1], "false_alarm": 0.1}),
    (bo.optimal_oprf_parameter, {"z2": 1.0, "dim": 3}),
    (bo.optimal_hyperbolic_oprf_parameter, {"z2": 1.0, "dim": 3}),
    (bo.with_optimal_parameter, {"features": "oprf", "z2": 1.0, "dim": 3}),
    (bo.with_optimal_parameters, {"features": "oprf", "z2": [1.0, 2.0]}),
    (bo.mean_square_sums, {"spec": positive(), "x": X, "y": X}),
    (bo.optimal_pair_transform, {"queries": X, "keys": X}),
    (bo.optimal_maclaurin_radius, {"kernel": "polynomial", "x": X, "exact": "none"}),
    (bo.optimal_centring, {"kernel": "softmax", "features": "positive", "x": X, "y": X}),
]


@pytest.mark.parametrize(
    ("function", "arguments"), FUNCTIONS, ids=[function.__name__ for function, _ in FUNCTIONS]
)
def test_whatever_is_passed_is_refused_under_the_name_of_the_function(function, arguments):
    require_refusals_by_name(function, arguments, ODD)


@pytest.mark.parametrize("projection", [bo.OrthogonalProjection(), bo.IidProjection()])
def test_variances_of_coupled_directions_are_labelled(projection):
    spec = bo.FeatureMapSpec(
        D,
        8,
        bo.SoftmaxKernel(0.1),
        projection=projection,
        features=bo.OprfFeatures([-0.1, 0.0, *[-0.2] * (D - 2)]),
    )
    x = np.full((2, D), 0.1)
    upper = isinstance(projection, bo.OrthogonalProjection)
    assert np.array_equal(bo.kernel_moments(spec, x, x).variance_is_upper, [upper, upper])
    assert bo.kernel_moments(spec, x[0], x[0]).variance_is_upper is upper
    assert str(bo.kernel_moments(spec, x, x))


def test_law_of_weighted_chi_squares():
    scipy_special = pytest.importorskip("scipy.special")
    for x in (0.01, 1.0, 5.0, 60.0):
        assert np.isclose(
            bo.weighted_chi_square_tail(np.ones(7), x), scipy_special.gammaincc(3.5, x / 2), 1e-12
        )
        pairs = 2.0 * np.exp(-x / 4.0) - np.exp(-x / 2.0)  # exponentials of means 4 and 2
        assert np.isclose(bo.weighted_chi_square_tail([2, 1, 2, 1], x), pairs, rtol=1e-12)
    laws = ["inversion", "satterthwaite-welch", "hall-buckley-eagleson", "lindsay-pilla-basak"]
    weights = 0.8 ** np.arange(12)
    tails = [bo.weighted_chi_square_tail(weights, 12.0, law=law) for law in laws]
    assert 0 < np.abs(np.array(tails[1:]) - tails[0]).max() < 0.01
    with pytest.raises(ValueError, match=r"weights\[1\] is -1"):
        bo.weighted_chi_square_tail([1.0, -1.0], 1.0)
    with pytest.raises(ValueError, match="law"):
        bo.weighted_chi_square_tail([1.0], 1.0, law="normal")
    with pytest.raises(TypeError, match="x"):
        bo.weighted_chi_square_tail([1.0], "1")
