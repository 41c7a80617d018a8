# SPDX-License-Identifier: Apache-2.0
"""The estimators under scikit-learn's own checks, and against its results."""

import os
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import estimator_checks_generator

import bochner as bo
from bochner.sklearn import (
    KernelClassifier,
    KernelPCA,
    KernelRidge,
    KernelRidgeCV,
    NystroemRPCholesky,
    RandomFeatures,
    RBFSampler,
)

# Their regression problem has ten columns.
WIDE = bo.GaussianKernel(bo.Isotropic(4.0))
ESTIMATORS = [
    RBFSampler(n_components=10, random_state=0),
    RBFSampler(n_components=7, random_state=0),
    RandomFeatures(random_state=0),
    RandomFeatures("softmax", features="hyperbolic", n_components=33, random_state=0),
    KernelRidge(WIDE, n_components=40, random_state=0),
    KernelRidge(
        WIDE, "iid", "cosine", n_components=75, ridge=1e-3, fit_intercept=False, random_state=0
    ),
    KernelRidgeCV(WIDE, n_components=40, lengthscales="fixed", ridges=[1e-5, 1e-3], random_state=0),
    KernelRidgeCV(n_components=40, random_state=0),
    KernelClassifier(n_components=20, random_state=0),
    KernelClassifier(loss="logistic", random_state=0),
    NystroemRPCholesky(n_components=10, random_state=0),
    KernelPCA(n_random_features=20, random_state=0),
]


def all_checks():
    for estimator in ESTIMATORS:
        yield from estimator_checks_generator(estimator)


def name_of(part):
    if hasattr(part, "func"):
        return part.func.__name__
    return part.__name__ if callable(part) else type(part).__name__


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize(("estimator", "check"), list(all_checks()), ids=name_of)
def test_scikit_learn_accepts_the_estimator(estimator, check):
    check(estimator)


def test_the_tests_of_their_rbf_sampler_pass_with_ours(tmp_path):
    """Their own file, with the class swapped before it is imported."""
    swap = (
        "import sys, pytest, sklearn.kernel_approximation as theirs, bochner.sklearn as ours\n"
        "theirs.RBFSampler = ours.RBFSampler\n"
        "sys.exit(pytest.main(['-q', '-c', '/dev/null', '-p', 'no:cacheprovider', '--pyargs',\n"
        "    'sklearn.tests.test_kernel_approximation', '-k',\n"
        "    'rbf or input_validation or feature_names', '-rA']))\n"
    )
    environment = os.environ | {"SKLEARN_RUN_FLOAT32_TESTS": "1"}
    run = subprocess.run(
        [sys.executable, "-c", swap],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:]
    assert "test_rbf_sampler" in run.stdout
    assert "passed" in run.stdout


@pytest.mark.parametrize("n_components", [1, 2, 9, 64])
@pytest.mark.parametrize("gamma", [0.0, 0.7, "scale"])
def test_weights_and_offsets_reproduce_the_output(n_components, gamma, dtype):
    x = np.random.default_rng(0).normal(size=(30, 5)).astype(dtype)
    sampler = RBFSampler(gamma=gamma, n_components=n_components, random_state=1).fit(x)
    angles = x.astype(np.float64) @ sampler.random_weights_ + sampler.random_offset_
    expected = np.sqrt(2 / n_components) * np.cos(angles)
    tolerance = 1e-12 if dtype == np.float64 else 3e-6
    result = sampler.transform(x)
    assert result.dtype == dtype
    assert np.abs(result - expected).max() < tolerance
    assert np.abs(result + expected).max() > tolerance


def test_the_kernel_is_estimated_with_less_variance_than_theirs():
    """Over many draws: the mean within its error, the spread below that of independent cosines."""
    x = np.random.default_rng(3).normal(size=(2, 6)) * 0.15
    exact = rbf_kernel(x[:1], x[1:], gamma=0.5).item()
    draws, n_components = 400, 60
    estimates = []
    for seed in range(draws):
        phi = RBFSampler(gamma=0.5, n_components=n_components, random_state=seed).fit_transform(x)
        estimates.append(phi[0] @ phi[1])
    spec = bo.FeatureMapSpec(6, n_components // 2)
    estimates = np.array(estimates)
    squared = ((x[0] - x[1]) ** 2).sum()
    # Independent cosines with random phases: n Var = 1 + k(2 (x - y)) / 2 - k^2.
    theirs = (1 + 0.5 * np.exp(-2 * squared) - exact**2) / n_components
    assert abs(estimates.mean() - exact) < 5 * estimates.std() / np.sqrt(draws)
    assert estimates.var() < 0.5 * theirs
    assert spec.num_features == n_components


def test_an_odd_number_of_columns_is_unbiased():
    x = np.random.default_rng(5).normal(size=(2, 4)) * 0.4
    exact = rbf_kernel(x[:1], x[1:], gamma=0.5).item()
    squared = ((x[0] - x[1]) ** 2).sum()
    draws = 4000
    estimates = np.empty(draws)
    for seed in range(draws):
        phi = RBFSampler(gamma=0.5, n_components=3, random_state=seed).fit_transform(x)
        estimates[seed] = phi[0] @ phi[1]
    # Two of three parts are a cosine of the difference, one is a random-phase product.
    single = 1 + 0.5 * np.exp(-2 * squared) - exact**2
    pair = (1 + np.exp(-2 * squared)) / 2 - exact**2
    sigma = np.sqrt((4 * pair + single) / 9 / draws)
    assert abs(estimates.mean() - exact) < 5 * sigma
    assert 0.9 < estimates.var() / (sigma**2 * draws) < 1.1


def test_sparse_rows_are_made_dense():
    x = np.random.default_rng(0).normal(size=(20, 4))
    x[x < 0] = 0.0
    sampler = RBFSampler(n_components=16, random_state=0).fit(scipy.sparse.csr_matrix(x))
    assert np.array_equal(sampler.transform(scipy.sparse.csr_matrix(x)), sampler.transform(x))


def test_options_that_do_not_go_together_are_refused():
    x = np.zeros((4, 3))
    with pytest.raises(ValueError, match="unknown name 'nothing'"):
        RandomFeatures(features="nothing").fit(x)
    with pytest.raises(ValueError, match="orthogonal"):
        RandomFeatures("sum", n_components=8).fit(x)
    with pytest.raises(ValueError, match="n_components"):
        RBFSampler(n_components=0).fit(x)
    with pytest.raises(ValueError, match="kernel"):
        RandomFeatures(kernel=3).fit(x)


def test_a_grid_search_in_processes():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    y = np.sin(2 * x[:, 0]) + 0.1 * rng.normal(size=200)
    model = make_pipeline(RandomFeatures(n_components=128, random_state=0), Ridge(1e-2))
    kernels = [bo.GaussianKernel(bo.Isotropic(scale)) for scale in (0.02, 1.0, 50.0)]
    search = GridSearchCV(model, {"randomfeatures__kernel": kernels}, cv=3, n_jobs=2).fit(x, y)
    assert search.best_params_["randomfeatures__kernel"] == kernels[1]
    assert search.best_score_ > 0.9


def test_outputs_have_names():
    pandas = pytest.importorskip("pandas")
    sampler = RandomFeatures(n_components=4, random_state=0).set_output(transform="pandas")
    frame = sampler.fit_transform(pandas.DataFrame({"a": [0.0, 1.0], "b": [1.0, 2.0]}))
    assert list(frame.columns) == [f"randomfeatures{i}" for i in range(4)]
    assert list(sampler.feature_names_in_) == ["a", "b"]
