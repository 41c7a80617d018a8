# SPDX-License-Identifier: Apache-2.0
"""Whatever is passed, what is wrong is said by the package, not by the binding behind it."""

import inspect

import numpy as np
import pytest

import bochner as bo

X = np.random.default_rng(0).normal(size=(10, 3))
SPEC = bo.FeatureMapSpec(3, 8, seed=1)
GRAM = bo.GramApproximation(SPEC, X)
EXACT = bo.ExactGram("gaussian", X)
SHIFTED = bo.ShiftedGram(GRAM, 1.0)
ERROR = bo.SampledGramError(1.0, 0.1, 0.0, 10)
COMPONENTS = bo.KernelPrincipalComponents(SPEC, X, 2)

CALLS = [
    (bo.exact_gram, ("gaussian", X), {}),
    (bo.approximate_gram, (SPEC, X), {}),
    (bo.gram_distance, (SPEC, X), {}),
    (bo.ExactGram, ("gaussian", X), {}),
    (bo.GramApproximation, (SPEC, X), {}),
    (bo.GramApproximation.from_factor, (X,), {}),
    (bo.ShiftedGram, (GRAM, 1.0), {}),
    (bo.solve, (EXACT, SHIFTED, X), {}),
    (bo.eigenpairs, (GRAM, 2), {}),
    (bo.nystrom, (EXACT, 3), {}),
    (bo.sampled_error, (GRAM, EXACT), {}),
    (bo.hutchinson_error, (GRAM, EXACT), {}),
    (bo.spectral_error, (GRAM, EXACT), {}),
    (bo.delta_spectral, (GRAM, SHIFTED, EXACT), {}),
    (bo.squared_norm, (EXACT,), {}),
    (bo.relative_interval, (ERROR, bo.GramNorm(2.0, 1.5)), {}),
    (bo.compare_approximations, (SPEC, X), {"memory": 10_000}),
    (bo.KernelPrincipalComponents, (SPEC, X, 2), {}),
    (bo.kernel_kmeans, (GRAM, 2), {}),
    (bo.nearest_clusters, (GRAM, np.ones((16, 2))), {}),
    (bo.two_sample_test, (SPEC, X, X), {}),
    (bo.two_sample_test, (EXACT, 4), {}),
    (bo.independence_test, (GRAM, GRAM), {}),
    (bo.evaluate, ("gaussian", X, X), {}),
    (bo.median_lengthscale, (X,), {}),
    (bo.mean_square_sum, (X,), {}),
    (bo.softmax_scale_for, (X,), {"target": 1.0}),
    (bo.with_scale, ("gaussian", X), {}),
    (bo.GaussianKernel.from_gamma, (1.0,), {}),
    (bo.GaussianKernel.from_width, (1.0,), {}),
    (bo.SoftmaxKernel.for_dimension, (4,), {}),
    (bo.ArcCosineKernel.relu_attention, (0.1,), {}),
    (EXACT.multiply, (X,), {}),
    (GRAM.multiply, (X,), {}),
    (EXACT.entry, (0, 1), {}),
    (GRAM.entry, (0, 1), {}),
    (GRAM.rows, ([0],), {}),
    (EXACT.to_dense, (), {}),
    (GRAM.diagonal, (), {}),
    (SHIFTED.solve, (X,), {}),
    (COMPONENTS.transform, (X,), {}),
    (ERROR.interval, (0.9,), {}),
]

STRANGE = [
    None,
    True,
    -1,
    2**70,
    1.5,
    float("nan"),
    "word",
    b"bytes",
    [1],
    [[1.0]],
    (1, 2),
    {},
    object(),
    np.float32(1),
    np.array(1.0),
    np.array(["text"]),
    np.ones(3),
    np.ones((2, 2, 2)),
    np.ones((0, 0)),
    np.ones((2, 2), np.float16),
    np.ones((3, 3), complex),
    np.ones((3, 3), ">f8"),
    np.full((10, 3), np.inf),
    SPEC,
    bo.GaussianKernel(),
    GRAM,
    EXACT,
    SHIFTED,
]


def strange_calls(call, args, options):
    """Every call with one argument that is strange."""
    # What C++ defines has no keyword-only arguments here, and no signature.
    parameters = inspect.signature(call).parameters.values() if callable_of_python(call) else ()
    for value in STRANGE:
        for i in range(len(args)):
            yield (*args[:i], value, *args[i + 1 :]), options
        for parameter in parameters:
            if parameter.kind == parameter.KEYWORD_ONLY:
                yield args, {**options, parameter.name: value}


def callable_of_python(call):
    return inspect.isfunction(call) or inspect.ismethod(call) or inspect.isclass(call)


def refusal(call, args, options):
    """What the call says, or nothing where it has a result."""
    try:
        call(*args, **options)
    except (TypeError, ValueError) as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("call", "args", "options"), CALLS, ids=[call.__qualname__ for call, _, _ in CALLS]
)
def test_strange_arguments_are_refused_in_the_package_s_words(call, args, options):
    assert refusal(call, args, options) is None
    said = [refusal(call, *strange) for strange in strange_calls(call, args, options)]
    refused = [message for message in said if message is not None]
    assert len(refused) > 10
    for message in refused:
        assert ": " in message
        assert "incompatible function arguments" not in message
        assert "nanobind" not in message
