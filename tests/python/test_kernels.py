# SPDX-License-Identifier: Apache-2.0
"""Values and scales of kernels."""

import numpy as np
import pytest

import bochner as bo


def rows(n, d, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(dtype)


def test_values_are_the_formulas(dtype):
    x, y = rows(5, 3, dtype), rows(5, 3, dtype, 1)
    a, b = x.astype(np.float64), y.astype(np.float64)
    distance = np.linalg.norm(a - b, axis=1)
    formulas = {
        bo.GaussianKernel(bo.Isotropic(2.0)): np.exp(-(distance**2) / 8),
        bo.LaplacianKernel(): np.exp(-distance),
        bo.SoftmaxKernel(0.5): np.exp(0.5 * (a * b).sum(axis=1)),
        bo.CauchyKernel(): 1 / (1 + distance**2),
    }
    for kernel, values in formulas.items():
        assert np.allclose(bo.evaluate(kernel, x, y), values, rtol=1e-13)
        assert bo.evaluate(kernel, x[1], y[1]) == pytest.approx(values[1], rel=1e-13)
        assert bo.evaluate(str(kernel), x[1], y[1]) == bo.evaluate(kernel, x[1], y[1])
    assert isinstance(bo.evaluate(bo.GaussianKernel(), x[0], y[0]), float)


def test_every_kernel_has_a_value_here():
    x = np.array([0.3, 0.4])
    for kernel in bo.kernels:
        assert bo.evaluate(kernel(), x, x) == pytest.approx(
            bo.exact_gram(kernel(), x[None]).item(), rel=1e-14
        )


def test_pairs_of_every_layout_have_the_same_bits(dtype, layouts):
    x, y = rows(6, 3, dtype), rows(6, 3, dtype, 1)
    values = bo.evaluate("gaussian", x, y)
    scale = bo.median_lengthscale(x)
    mean = bo.mean_square_sum(x, y)
    for other in layouts(x).values():
        assert np.array_equal(bo.evaluate("gaussian", other, y), values)
        assert bo.median_lengthscale(other) == scale
        assert bo.mean_square_sum(other, y) == mean


def test_the_median_is_that_of_all_pairs(dtype):
    x = rows(7, 3, dtype)
    a = x.astype(np.float64)
    i, j = np.triu_indices(7, 1)
    distances = np.linalg.norm(a[i] - a[j], axis=1)  # 21 of them
    assert bo.median_lengthscale(x) == pytest.approx(np.median(distances), rel=1e-6)


def test_whole_weights_say_the_same_as_repeated_rows(dtype):
    x = rows(9, 3, dtype)
    copies = np.array([1, 2, 0, 3, 1, 1, 2, 0, 1])
    repeated = np.repeat(x, copies, axis=0)
    expected = bo.median_lengthscale(repeated)
    assert bo.median_lengthscale(x, weights=copies.astype(np.float64)) == expected
    assert bo.median_lengthscale(x, weights=copies.astype(np.float32)) == expected
    assert bo.median_lengthscale(x) != expected
    kernel = bo.with_scale("gaussian", x, weights=copies.astype(dtype))
    assert kernel == bo.GaussianKernel(bo.Isotropic(bo.median_lengthscale(repeated.astype(float))))
    options = {"rule": "mean-square-sum", "target": 0.5}
    scale = bo.with_scale(bo.SoftmaxKernel(), x, weights=copies.astype(dtype), **options).scale
    assert scale == pytest.approx(bo.with_scale(bo.SoftmaxKernel(), repeated, **options).scale)


def test_the_mean_square_sum_is_that_of_all_pairs(dtype):
    x, y = rows(5, 3, dtype), rows(9, 3, dtype, 1) + dtype.type(2)
    a, b = x.astype(np.float64), y.astype(np.float64)
    mean = ((a[:, None] + b[None]) ** 2).sum(-1).mean()
    assert bo.mean_square_sum(x, y) == pytest.approx(mean)
    assert bo.softmax_scale_for(x, y, target=3) == pytest.approx(3.0 / mean)
    assert bo.mean_square_sum(x) == bo.mean_square_sum(x, x)
    assert bo.softmax_scale_for(x, target=1.0) == pytest.approx(1 / bo.mean_square_sum(x))


def test_rules_set_the_scales_that_a_kernel_has():
    x = rows(7, 4)
    median = bo.Isotropic(bo.median_lengthscale(x))
    assert bo.with_scale(bo.GaussianKernel(), x) == bo.GaussianKernel(median)
    assert bo.with_scale("laplacian", x, rule="median") == bo.LaplacianKernel(median)
    assert bo.with_scale(bo.SoftmaxKernel(3.0), x, rule="dimension") == bo.SoftmaxKernel(0.5)
    scale = bo.softmax_scale_for(x, target=2.0)
    assert bo.with_scale(
        bo.SoftmaxKernel(), x, rule="mean-square-sum", target=2.0
    ) == bo.SoftmaxKernel(scale)
    for rule, target in (("given", None), ("dimension", None), ("mean-square-sum", 1.0)):
        assert bo.with_scale("gaussian", x, rule=rule, target=target) == bo.GaussianKernel()
    assert bo.with_scale(bo.SoftmaxKernel(3.0), x) == bo.SoftmaxKernel(3.0)


def test_kernels_by_the_numbers_of_other_libraries():
    x, y = np.array([0.0, 1.0]), np.array([2.0, 0.5])
    square = ((x - y) ** 2).sum()
    assert bo.evaluate(bo.GaussianKernel.from_gamma(0.3), x, y) == pytest.approx(
        np.exp(-0.3 * square)
    )
    assert bo.evaluate(bo.GaussianKernel.from_width(3), x, y) == pytest.approx(np.exp(-square / 3))
    assert bo.SoftmaxKernel.for_dimension(16) == bo.SoftmaxKernel(0.25)
    assert bo.SoftmaxKernel.for_dimension(np.int32(16)) == bo.SoftmaxKernel(0.25)
    assert bo.ArcCosineKernel.relu_attention().offset == pytest.approx(np.sqrt(2) * 1e-3)
    assert bo.ArcCosineKernel.relu_attention(epsilon=0.0) == bo.ArcCosineKernel()


@pytest.mark.parametrize(
    ("error", "message", "call"),
    [
        (TypeError, "gamma is '1', expected a number", lambda: bo.GaussianKernel.from_gamma("1")),
        (TypeError, "gamma is True", lambda: bo.GaussianKernel.from_gamma(True)),
        (ValueError, "gamma", lambda: bo.GaussianKernel.from_gamma(-1.0)),
        (TypeError, "width is None", lambda: bo.GaussianKernel.from_width(None)),
        (ValueError, "width", lambda: bo.GaussianKernel.from_width(float("inf"))),
        (
            TypeError,
            "head_dim is 2.0, expected an integer",
            lambda: bo.SoftmaxKernel.for_dimension(2.0),
        ),
        (ValueError, "head_dim", lambda: bo.SoftmaxKernel.for_dimension(0)),
        (TypeError, "epsilon is 1j", lambda: bo.ArcCosineKernel.relu_attention(1j)),
        (ValueError, "epsilon", lambda: bo.ArcCosineKernel.relu_attention(-1)),
        (TypeError, "evaluate: kernel is int", lambda: bo.evaluate(3, np.ones(2), np.ones(2))),
        (TypeError, "evaluate: x is list", lambda: bo.evaluate("gaussian", [1.0], np.ones(1))),
        (
            ValueError,
            r"evaluate: x has shape \(2,\) and y \(3,\), expected one shape",
            lambda: bo.evaluate("gaussian", np.ones(2), np.ones(3)),
        ),
        (ValueError, "nan", lambda: bo.evaluate("gaussian", np.full(2, np.nan), np.ones(2))),
        (
            TypeError,
            "median_lengthscale: x has dtype int64",
            lambda: bo.median_lengthscale(rows(3, 2).astype(int)),
        ),
        (
            ValueError,
            "median_lengthscale: the number of rows of x is 1",
            lambda: bo.median_lengthscale(rows(1, 2)),
        ),
        (ValueError, "duplicates", lambda: bo.median_lengthscale(np.ones((3, 2)))),
        (
            ValueError,
            "median_lengthscale: weights has 2 entries, expected 3",
            lambda: bo.median_lengthscale(rows(3, 2), weights=np.ones(2)),
        ),
        (
            ValueError,
            r"with_scale: weights\[1\] is -1",
            lambda: bo.with_scale("gaussian", rows(2, 2), weights=np.array([1.0, -1.0])),
        ),
        (
            TypeError,
            "median_lengthscale: weights has dtype <U4, expected numbers",
            lambda: bo.median_lengthscale(rows(3, 2), weights="even"),
        ),
        (
            ValueError,
            "mean_square_sum: y is 2 x 2, expected n x 3",
            lambda: bo.mean_square_sum(rows(2, 3), rows(2, 2)),
        ),
        (ValueError, "target is -1", lambda: bo.softmax_scale_for(rows(2, 3), target=-1.0)),
        (TypeError, "target is '1'", lambda: bo.softmax_scale_for(rows(2, 3), target="1")),
        (
            ValueError,
            "with_scale: rule is 'best'",
            lambda: bo.with_scale("gaussian", rows(2, 3), rule="best"),
        ),
        (TypeError, "with_scale: rule is 1", lambda: bo.with_scale("gaussian", rows(2, 3), rule=1)),
        (
            ValueError,
            "target is 0, expected a finite number above 0",
            lambda: bo.with_scale("softmax", rows(2, 3), rule="mean-square-sum"),
        ),
        (
            ValueError,
            "median has no option 'target'",
            lambda: bo.with_scale("gaussian", rows(2, 3), target=1.0),
        ),
    ],
)
def test_bad_arguments_are_refused_by_name(error, message, call):
    with pytest.raises(error, match=message):
        call()
