# SPDX-License-Identifier: Apache-2.0
"""Models and Gram transformers for scikit-learn against its own, and against formulas."""

import pickle

import numpy as np
import pytest
import scipy.sparse
import sklearn
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.kernel_ridge import KernelRidge as TheirKernelRidge
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    cross_val_predict,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import bochner as bo
from bochner.sklearn import (
    KernelClassifier,
    KernelPCA,
    KernelRidge,
    KernelRidgeCV,
    NystroemRPCholesky,
)


def problem(dtype=np.float64, n=120, targets=None):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, 3)).astype(dtype)
    shape = (n,) if targets is None else (n, targets)
    y = 5 + np.sin(2 * x[:, :1]).repeat(targets or 1, 1).reshape(shape)
    y = y + 0.1 * rng.normal(size=shape)
    return x, y.astype(dtype), rng.uniform(0.2, 2.0, size=n)


@pytest.mark.parametrize("targets", [None, 1, 2])
@pytest.mark.parametrize("intercept", [True, False])
def test_ridge_is_that_of_scikit_learn_on_the_features(targets, intercept):
    x, y, w = problem(targets=targets)
    model = KernelRidge(n_components=20, ridge=1e-3, fit_intercept=intercept, random_state=1)
    model.fit(x, y, sample_weight=w)
    phi = model.model_.feature_map.transform(x)
    theirs = Ridge(alpha=1e-3 * w.sum(), fit_intercept=intercept, solver="cholesky")
    expected = theirs.fit(phi, y, sample_weight=w).predict(phi).reshape(y.shape)
    assert model.predict(x).shape == y.shape
    assert np.allclose(model.predict(x), expected, rtol=0, atol=1e-9)
    assert np.allclose(model.intercept_, theirs.intercept_, rtol=0, atol=1e-8)
    other = model.set_params(ridge=2e-3).fit(x, y, w).predict(x)
    assert not np.allclose(other, expected, rtol=0, atol=1e-6)


def test_without_a_constant_it_is_kernel_ridge_with_the_kernel_of_the_features():
    x, y, _ = problem()
    model = KernelRidge(n_components=40, ridge=1e-3, fit_intercept=False, random_state=1).fit(x, y)
    phi = model.model_.feature_map.transform(x)
    theirs = TheirKernelRidge(alpha=1e-3 * len(x), kernel="precomputed").fit(phi @ phi.T, y)
    assert np.allclose(model.predict(x), theirs.predict(phi @ phi.T), rtol=0, atol=1e-9)


def test_many_features_come_near_the_exact_kernel_ridge():
    """As one over the root of their number: sixteen times as many, a quarter of the distance."""
    x, y, _ = problem()
    theirs = TheirKernelRidge(alpha=1e-2 * len(x), kernel="rbf", gamma=0.125).fit(x, y)
    kernel = bo.GaussianKernel(bo.Isotropic(2.0))

    def distance(n_components):
        model = KernelRidge(kernel, n_components=n_components, ridge=1e-2, fit_intercept=False)
        draws = [model.set_params(random_state=s).fit(x, y).predict(x) for s in range(8)]
        return np.sqrt(np.mean((np.array(draws) - theirs.predict(x)) ** 2))

    few, many = distance(64), distance(1024)
    assert many < 0.06
    assert 2.5 < few / many < 6.5


@pytest.mark.parametrize("intercept", [True, False])
def test_standard_deviations_are_those_of_the_posterior(intercept):
    x, y, w = problem(targets=2)
    model = KernelRidge(n_components=10, ridge=1e-2, fit_intercept=intercept, random_state=1)
    model.fit(x, y, w)
    z = np.hstack([model.model_.feature_map.transform(x), np.ones((len(x), int(intercept)))])
    penalty = w.sum() * 1e-2 * np.diag([1.0] * 10 + [0.0] * int(intercept))
    system = z.T @ (w[:, None] * z) + penalty
    theta = np.linalg.solve(system, z.T @ (w[:, None] * y))
    objective = (w[:, None] * (y - z @ theta) ** 2).sum(0) + (theta * (penalty @ theta)).sum(0)
    noise = objective / (len(x) - int(intercept))
    variance = np.einsum("ij,jk,ik->i", z, np.linalg.inv(system), z)[:, None] * noise
    prediction, std = model.predict(x, return_std=True)
    assert np.allclose(model.noise_variance_, noise, rtol=1e-9)
    assert np.allclose(prediction, z @ theta, rtol=1e-9)
    assert np.allclose(std, np.sqrt(variance), rtol=1e-9)


@pytest.mark.parametrize("targets", [None, 2])
def test_three_pieces_are_as_good_as_the_whole(targets):
    x, y, w = problem(targets=targets)
    pieces = KernelRidge(n_components=16, random_state=3)
    for part in np.array_split(np.arange(len(x)), 3):
        pieces.partial_fit(x[part], y[part], sample_weight=w[part])
        assert pieces.predict(x).shape == y.shape
    whole = KernelRidge(n_components=16, random_state=3).fit(x, y, sample_weight=w)
    assert np.allclose(pieces.predict(x), whole.predict(x), rtol=1e-8)
    half = KernelRidge(n_components=16, random_state=3).fit(x[:60], y[:60], w[:60])
    assert not np.allclose(half.predict(x), whole.predict(x), rtol=1e-8)
    assert np.allclose(half.partial_fit(x[60:], y[60:], w[60:]).predict(x), whole.predict(x))


def test_targets_far_from_zero_keep_their_digits():
    x, y, _ = problem()
    model = KernelRidge(n_components=16, ridge=1e-3, random_state=3)
    near = model.fit(x, y).predict(x)
    far = model.fit(x, y + 1e9).predict(x) - 1e9
    assert np.allclose(far, near, rtol=0, atol=1e-6)
    assert np.isclose(model.noise_variance_, model.fit(x, y).noise_variance_, rtol=1e-5)


def test_the_ridge_may_change_between_batches():
    x, y, _ = problem()
    model = KernelRidge(n_components=16, ridge=1e-3, random_state=3).fit(x[:60], y[:60])
    model.set_params(ridge=1.0, fit_intercept=False).partial_fit(x[60:], y[60:])
    whole = KernelRidge(n_components=16, ridge=1.0, random_state=3).fit(x, y)
    assert np.allclose(model.predict(x), whole.predict(x), rtol=1e-9)


def test_a_batch_that_is_refused_leaves_the_model():
    x, y, _ = problem()
    model = KernelRidge(n_components=16, random_state=3).fit(x, y)
    before = model.predict(x)
    for bad_x, bad_y, message in (
        (x[:, :2], y, "expecting 3 features"),
        (x, np.full(len(x), np.nan), "NaN"),
        (x, np.ones((len(x), 2)), "expected"),
    ):
        with pytest.raises(ValueError, match=message):
            model.partial_fit(bad_x, bad_y)
    assert np.array_equal(model.predict(x), before)
    unfitted = KernelRidge(n_components=16)
    with pytest.raises(ValueError, match="inf"):
        unfitted.partial_fit(x, np.full(len(x), np.inf))
    assert not hasattr(unfitted, "equations_")
    with pytest.raises(sklearn.exceptions.NotFittedError):
        _ = unfitted.model_


def test_scalars_stay_what_they_are(dtype):
    x, y, w = problem(dtype)
    other = np.float32 if dtype == np.float64 else np.float64
    labels = np.where(y > 5, "high", "low")
    assert KernelRidge(n_components=8).fit(x, y, w).predict(x.astype(other)).dtype == dtype
    model = KernelClassifier(n_components=8, loss="logistic", ridge=1e-2).fit(x, labels, w)
    assert model.predict_proba(x).dtype == dtype
    assert model.decision_function(x).dtype == dtype
    pieces = KernelRidge(n_components=8).partial_fit(x, y).partial_fit(x.astype(other), y)
    assert pieces.predict(x).dtype == dtype
    assert KernelPCA(n_random_features=8).fit_transform(x).dtype == dtype
    assert NystroemRPCholesky(n_components=8).fit_transform(x).dtype == dtype


def test_numbers_of_columns_are_whole_numbers_of_frequencies():
    x, y, _ = problem()
    assert KernelRidge(n_components=7).fit(x, y).model_.feature_map.num_features == 8
    assert (
        KernelRidge(features="cosine", n_components=7).fit(x, y).model_.feature_map.num_features
        == 7
    )
    assert KernelPCA(n_random_features=9).fit(x).map_.num_features == 10


def test_a_search_scores_as_scikit_learn_does():
    x, y, w = problem(n=90)
    kernel = bo.GaussianKernel(bo.Isotropic(2.0))
    folds = KFold(3, shuffle=True, random_state=0)
    model = KernelRidgeCV(
        [kernel, "matern(nu=1.5)"],
        n_components=20,
        lengthscales="fixed",
        ridges=[1e-3, 1e-1],
        cv=folds,
        random_state=2,
    ).fit(x, y, sample_weight=w)
    best = {}
    for candidate in (kernel, bo.MaternKernel(1.5)):
        spec = model.search_.spec.__replace__(kernel=candidate)
        phi = bo.FeatureMap(spec).transform(x)
        for ridge in (1e-3, 1e-1):
            held_out = np.empty(len(x))
            for train, test in folds.split(x):
                theirs = Ridge(alpha=ridge * w[train].sum(), solver="cholesky")
                theirs.fit(phi[train], y[train], sample_weight=w[train])
                held_out[test] = theirs.predict(phi[test])
            error = (w * (y - held_out) ** 2).sum()
            best[error / (w * (y - np.average(y, weights=w)) ** 2).sum()] = (candidate, ridge)
    score = min(best)
    assert np.isclose(model.search_.score, score, rtol=1e-6)
    assert (model.kernel_, model.ridge_) == best[score]
    phi = model.model_.feature_map.transform(x)
    expected = Ridge(alpha=model.ridge_ * w.sum(), solver="cholesky").fit(phi, y, w).predict(phi)
    assert np.allclose(model.predict(x), expected, rtol=0, atol=1e-8)


def test_a_search_finds_the_column_that_counts():
    rng = np.random.default_rng(0)
    x = rng.uniform(-2.0, 2.0, size=(200, 2))
    y = np.stack([np.sin(3 * x[:, 0]), np.cos(2 * x[:, 0])], axis=1)
    for criterion in ("k-fold", "leave-one-out", "generalised-cross-validation", "evidence"):
        model = KernelRidgeCV(
            n_components=32, criterion=criterion, max_candidates=12, random_state=0
        ).fit(x, y)
        short, long = model.kernel_.metric.lengthscales
        assert short < long
        assert model.score(x, y) > 0.98
        _, std = model.predict(x, return_std=True)
        assert std.shape == y.shape
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict(x), model.predict(x))


def test_groups_are_held_out_together():
    """What only tells groups apart is worth nothing then."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 5)
    x = rng.normal(size=(40, 2))[groups]
    y = rng.normal(size=40)[groups] + 0.01 * rng.normal(size=200)
    model = KernelRidgeCV(
        bo.GaussianKernel(bo.Isotropic(0.3)), n_components=128, lengthscales="fixed", random_state=0
    )
    alone = model.fit(x, y).search_.score
    names = np.array([f"group {g}" for g in groups])
    together = model.fit(x, y, groups=names).search_
    assert together.num_groups == 40
    assert alone < 0.1
    assert together.score > 0.8
    by_splitter = model.set_params(cv=GroupKFold(4)).fit(x, y, groups=names).search_
    assert by_splitter.num_groups == 4
    assert by_splitter.score > 0.8


def test_splits_hold_out_every_row_once():
    x, y, _ = problem(n=30)
    rows = np.arange(30)
    model = KernelRidgeCV(n_components=8, max_candidates=2)
    for splits, message in (
        ([(rows[5:], rows[:5]), (rows[:5], rows[6:])], "cv never holds out row 5"),
        ([(rows[15:], rows[:15]), (rows[:14], rows[14:])], "cv holds out a row twice"),
    ):
        with pytest.raises(ValueError, match=message):
            model.set_params(cv=splits).fit(x, y)
    with pytest.raises(ValueError, match="kernels is empty"):
        KernelRidgeCV([]).fit(x, y)
    with pytest.raises(ValueError, match="minimum of 2"):
        KernelRidgeCV(n_components=8).fit(x[:1], y[:1])
    with pytest.raises(ValueError, match="folds"):
        KernelRidgeCV(n_components=8).fit(x[:3], y[:3])


LABELS = {
    "words": np.array(["b", "a", "c"]),
    "objects": np.array(["b", "a", "c"], dtype=object),
    "integers": np.array([7, -2, 3]),
    "two": np.array([True, False, False]),
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
@pytest.mark.parametrize("intercept", [True, False])
def test_squared_loss_is_their_ridge_classifier_on_the_features(labels, intercept):
    x, _, w = problem()
    y = labels[(x[:, 0] > 0.3).astype(int) + (x[:, 1] > 0.5)]
    model = KernelClassifier(n_components=20, ridge=1e-3, fit_intercept=intercept, random_state=0)
    model.fit(x, y, sample_weight=w)
    phi = model.model_.feature_map.transform(x)
    theirs = RidgeClassifier(alpha=1e-3 * w.sum(), fit_intercept=intercept, solver="cholesky")
    theirs.fit(phi, y, sample_weight=w)
    assert np.array_equal(model.classes_, theirs.classes_)
    assert np.allclose(model.decision_function(x), theirs.decision_function(phi), atol=1e-9)
    assert np.array_equal(model.predict(x), theirs.predict(phi))
    assert not hasattr(model, "predict_proba")


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_logistic_loss_is_their_logistic_regression_on_the_features(labels):
    x, _, w = problem()
    y = labels[(x[:, 0] > 0.3).astype(int) + (x[:, 1] > 0.5)]
    model = KernelClassifier(n_components=20, loss="logistic", ridge=1e-2, random_state=0, tol=1e-9)
    model.fit(x, y, sample_weight=w)
    phi = model.model_.feature_map.transform(x)
    factor = 2.0 if len(model.classes_) == 2 else 1.0
    theirs = LogisticRegression(C=factor / (1e-2 * w.sum()), solver="newton-cholesky", tol=1e-10)
    theirs.fit(phi, y, sample_weight=w)
    probabilities = model.predict_proba(x)
    assert np.allclose(probabilities, theirs.predict_proba(phi), rtol=0, atol=1e-7)
    assert np.allclose(model.predict_log_proba(x), np.log(probabilities), atol=1e-12)
    assert np.allclose(model.decision_function(x), theirs.decision_function(phi), rtol=0, atol=1e-6)
    assert np.array_equal(model.predict(x), model.classes_[probabilities.argmax(axis=1)])
    assert 1 <= model.n_iter_ < 50
    assert not hasattr(model, "partial_fit")


def test_classes_may_come_in_pieces():
    x, _, w = problem()
    y = np.array(["b", "a", "c"])[(x[:, 0] > 0.3).astype(int) + (x[:, 1] > 0.5)]
    order = np.argsort(y)
    x, y, w = x[order], y[order], w[order]
    pieces = KernelClassifier(n_components=16, random_state=3)
    with pytest.raises(ValueError, match="classes must be passed"):
        pieces.partial_fit(x, y)
    with pytest.raises(ValueError, match="classes has one class"):
        pieces.partial_fit(x, y, classes=["a"])
    with pytest.raises(ValueError, match="weights"):
        pieces.partial_fit(x, y, classes=["a", "b", "c"], sample_weight=np.full(len(x), 1e101))
    with pytest.raises(sklearn.exceptions.NotFittedError):
        pieces.predict(x)
    for part in np.array_split(np.arange(len(x)), 3):
        pieces.partial_fit(x[part], y[part], classes=["a", "b", "c"], sample_weight=w[part])
    whole = KernelClassifier(n_components=16, random_state=3).fit(x, y, sample_weight=w)
    scores = whole.decision_function(x)
    assert np.allclose(pieces.decision_function(x), scores, rtol=0, atol=1e-9)
    with pytest.raises(ValueError, match=r"y has .*'d'.*, expected one of classes"):
        pieces.partial_fit(x[:1], ["d"])
    with pytest.raises(ValueError, match="not the same as on last call"):
        pieces.partial_fit(x, y, classes=["a", "b"])
    assert np.allclose(pieces.decision_function(x), scores, rtol=0, atol=1e-9)
    # Another loss begins anew.
    pieces.set_params(loss="logistic", ridge=1e-2)
    with pytest.raises(sklearn.exceptions.NotFittedError, match="another loss"):
        pieces.predict_proba(x)
    assert not hasattr(pieces.fit(x, y), "equations_")


def test_what_is_no_classification_is_refused():
    x, y, _ = problem()
    labels = (y > 5).astype(int)
    with pytest.raises(ValueError, match="one class"):
        KernelClassifier(n_components=8).fit(x, np.zeros(len(x)))
    with pytest.raises(ValueError, match="continuous"):
        KernelClassifier(n_components=8).fit(x, y)
    with pytest.raises(ValueError, match="ridge"):
        KernelClassifier(n_components=8, loss="logistic", ridge=0.0).fit(x, labels)
    with pytest.raises(ValueError, match="loss"):
        KernelClassifier(n_components=8, loss="hinge").fit(x, labels)
    with pytest.warns(sklearn.exceptions.ConvergenceWarning, match="1 steps left"):
        KernelClassifier(n_components=8, loss="logistic", max_iter=1, tol=1e-12).fit(x, labels)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nystroem_of_the_fitted_rows_is_the_factor(dtype):
    x = np.random.default_rng(5).normal(size=(200, 3)).astype(dtype)
    at_once = NystroemRPCholesky(n_components=30, random_state=2)
    phi = at_once.fit_transform(x)
    apart = NystroemRPCholesky(n_components=30, random_state=2).fit(x)
    assert phi.dtype == dtype
    assert np.array_equal(at_once.component_indices_, apart.component_indices_)
    assert np.array_equal(at_once.cholesky_, apart.cholesky_)
    assert np.allclose(phi, apart.transform(x), atol=1e-5 if dtype == np.float32 else 1e-9)


@pytest.mark.parametrize("pivoting", ["randomly-pivoted", "ridge-leverage", "uniform"])
def test_nystroem_is_theirs_with_the_same_landmarks(pivoting):
    x, _, _ = problem()
    kernel = bo.GaussianKernel(bo.Isotropic(0.8))
    ours = NystroemRPCholesky(kernel, n_components=20, pivoting=pivoting, random_state=1)
    ours.fit(x[:80])
    assert np.array_equal(ours.components_, x[ours.component_indices_])
    assert len(set(ours.component_indices_)) == 20
    theirs = Nystroem(kernel="rbf", gamma=0.5 / 0.8**2, n_components=20).fit(ours.components_)
    phi, psi = ours.transform(x), theirs.transform(x)
    assert np.allclose(phi @ phi.T, psi @ psi.T, rtol=0, atol=1e-9)
    # The columns taken are exact, and the error is the share of the trace that is said.
    taken = bo.exact_gram(kernel, x, ours.components_)
    gram = phi @ phi.T
    assert np.allclose(gram[:, ours.component_indices_], taken, rtol=0, atol=1e-9)
    error = 1 - np.trace(gram[:80, :80]) / 80
    assert np.isclose(ours.relative_trace_error_, error, rtol=1e-6)
    factor = np.linalg.cholesky(taken[ours.component_indices_])
    assert np.allclose(ours.cholesky_, factor, rtol=0, atol=1e-9)


def test_rows_that_others_explain_are_no_landmarks():
    x = np.random.default_rng(0).normal(size=(6, 2)).repeat(10, axis=0)
    sampler = NystroemRPCholesky(n_components=30, random_state=0).set_output(transform="default")
    phi = sampler.fit_transform(x)
    assert phi.shape == (60, 6)
    assert list(sampler.get_feature_names_out()) == [f"nystroemrpcholesky{i}" for i in range(6)]
    assert np.allclose(phi @ phi.T, bo.exact_gram(bo.GaussianKernel(), x), rtol=0, atol=1e-9)
    assert NystroemRPCholesky(n_components=30).fit(x[::10]).components_.shape == (6, 2)


@pytest.mark.parametrize("lengthscale", [1.0, 3.0, 100.0])
def test_features_of_a_matrix_of_low_rank_stay_bounded(lengthscale):
    """No more than the kernel at unseen rows, however near to singular the landmarks' matrix."""
    rng = np.random.default_rng(0)
    x, unseen = rng.normal(size=(400, 2)), 1.5 * rng.normal(size=(200, 2))
    kernel = bo.GaussianKernel(bo.Isotropic(lengthscale))
    sampler = NystroemRPCholesky(kernel, n_components=300, random_state=0).fit(x)
    phi, psi = sampler.transform(x), sampler.transform(unseen)
    assert sampler.components_.shape[0] < 300
    assert np.linalg.norm(psi, axis=1).max() < 1 + 1e-9
    assert np.allclose(phi @ phi.T, bo.exact_gram(kernel, x), rtol=0, atol=1e-11)
    assert np.allclose(psi @ phi.T, bo.exact_gram(kernel, unseen, x), rtol=0, atol=1e-6)


def test_pivots_find_small_clusters_that_uniform_landmarks_miss():
    rng = np.random.default_rng(0)
    centres = np.concatenate([np.zeros(2000), np.arange(1, 11)]) * 20.0
    x = centres[:, None] + 0.1 * rng.normal(size=(2010, 1))
    errors = {
        pivoting: NystroemRPCholesky(n_components=40, pivoting=pivoting, random_state=0)
        .fit(x)
        .relative_trace_error_
        for pivoting in ("randomly-pivoted", "uniform")
    }
    assert errors["randomly-pivoted"] < 1e-4 < errors["uniform"]


def test_principal_components_are_those_of_the_features():
    x, _, _ = problem()
    ours = KernelPCA(3, n_random_features=24, random_state=1).fit(x[:80])
    theirs = PCA(3, svd_solver="full").fit(ours.map_.transform(x[:80]))
    expected = theirs.transform(ours.map_.transform(x))
    scores = ours.transform(x)
    signs = np.sign((scores * expected).sum(axis=0))
    assert np.allclose(scores, signs * expected, rtol=0, atol=1e-9)
    assert np.allclose(ours.explained_variance_, theirs.explained_variance_, rtol=1e-9)
    assert np.allclose(ours.explained_variance_ratio_, theirs.explained_variance_ratio_, rtol=1e-9)
    assert ours.n_components_ == 3


def test_no_more_components_than_there_are():
    x, _, _ = problem()
    few = KernelPCA(30, n_random_features=40, random_state=1).fit(x[:4])
    assert few.n_components_ == 3
    assert np.isclose(few.explained_variance_ratio_.sum(), 1.0)
    assert list(few.get_feature_names_out()) == ["kernelpca0", "kernelpca1", "kernelpca2"]
    with pytest.raises(ValueError, match="minimum of 2"):
        KernelPCA().fit(x[:1])


@pytest.mark.parametrize("transformer", [KernelPCA(2), NystroemRPCholesky(n_components=2)])
def test_outputs_have_names(transformer):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(problem()[0], columns=["a", "b", "c"])
    prefix = type(transformer).__name__.lower()
    out = sklearn.clone(transformer).set_output(transform="pandas").fit_transform(frame)
    assert list(out.columns) == [f"{prefix}0", f"{prefix}1"]


@pytest.mark.parametrize(
    "model",
    [
        KernelRidge(n_components=8, random_state=0),
        KernelRidgeCV(n_components=8, max_candidates=2, random_state=0),
        KernelClassifier(n_components=8, random_state=0),
        KernelPCA(n_random_features=8, random_state=0),
        NystroemRPCholesky(n_components=8, random_state=0),
    ],
    ids=lambda model: type(model).__name__,
)
def test_sparse_rows_are_made_dense(model):
    x, y, _ = problem()
    x[x < 0] = 0.0
    labels = (y > 5).astype(int)
    sparse = scipy.sparse.csr_matrix(x)
    call = "transform" if hasattr(model, "transform") else "predict"
    dense = getattr(sklearn.clone(model).fit(x, labels), call)(x)
    assert np.array_equal(getattr(sklearn.clone(model).fit(sparse, labels), call)(sparse), dense)


def test_grid_searches_in_processes():
    x, y, _ = problem(n=200)
    labels = np.where(y > 5, "high", "low")
    kernels = [bo.GaussianKernel(bo.Isotropic(scale)) for scale in (0.02, 1.0, 50.0)]
    pipe = make_pipeline(StandardScaler(), KernelRidge(n_components=64, random_state=0))
    grid = {"kernelridge__kernel": kernels, "kernelridge__ridge": [1e-4, 1e2]}
    search = GridSearchCV(pipe, grid, cv=3, n_jobs=2).fit(x, y)
    assert search.best_params_ == {"kernelridge__kernel": kernels[1], "kernelridge__ridge": 1e-4}
    assert search.best_score_ > 0.8
    for loss in ("squared", "logistic"):
        model = KernelClassifier(n_components=64, loss=loss, ridge=1e-3, random_state=0)
        found = GridSearchCV(model, {"kernel": kernels}, cv=3, n_jobs=2).fit(x, labels)
        assert found.best_params_["kernel"] == kernels[1]
        assert found.best_score_ > 0.8
    assert np.corrcoef(cross_val_predict(pipe, x, y, cv=3), y)[0, 1] > 0.5


def test_metadata_is_routed():
    x, y, w = problem()
    groups = np.repeat(np.arange(12), 10)
    with sklearn.config_context(enable_metadata_routing=True):
        asking = KernelRidge(n_components=8, random_state=0).set_fit_request(sample_weight=True)
        pipe = make_pipeline(NystroemRPCholesky(n_components=8, random_state=0), asking)
        routed = pipe.fit(x, y, sample_weight=w).predict(x)
        searching = KernelRidgeCV(n_components=8, max_candidates=2, random_state=0)
        scores = cross_validate(
            searching, x, y, cv=GroupKFold(3), params={"groups": groups}, return_estimator=True
        )
        assert [each.search_.num_groups for each in scores["estimator"]] == [8, 8, 8]
    weighted = sklearn.clone(pipe)
    assert np.array_equal(weighted.fit(x, y, kernelridge__sample_weight=w).predict(x), routed)
    assert not np.array_equal(weighted.fit(x, y).predict(x), routed)
