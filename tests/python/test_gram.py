# SPDX-License-Identifier: Apache-2.0
"""Gram matrices as matrices and operators: values, layouts, bad input, pickles, threads."""

import copy
import pickle
import threading

import numpy as np
import pytest
from support import Foreign, alarm

import bochner as bo


def rows(n, d, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(dtype)


def gaussian(x, y):
    """exp(-|x - y|^2 / 2) by NumPy."""
    return np.exp(-((x[:, None, :] - y[None, :, :]) ** 2).sum(-1) / 2)


SPEC = bo.FeatureMapSpec(3, 16, seed=1)


@pytest.fixture
def gram(dtype):
    return bo.GramApproximation(SPEC, rows(50, 3, dtype))


@pytest.fixture
def exact(dtype):
    return bo.ExactGram(bo.GaussianKernel(), rows(50, 3, dtype))


def features_of(gram, x):
    """In float64, from the map itself."""
    return gram.feature_map.transform(x).astype(np.float64)


# Entries.


def test_exact_gram_is_the_formula(dtype):
    x, y = rows(30, 3, dtype), rows(70, 3, dtype, 1)
    a, b = x.astype(np.float64), y.astype(np.float64)
    assert np.allclose(bo.exact_gram(bo.GaussianKernel(), x, y), gaussian(a, b), atol=1e-14)
    assert np.allclose(bo.exact_gram("gaussian", x), gaussian(a, a), atol=1e-14)


def test_approximate_gram_is_the_product_of_features(dtype):
    x, y = rows(30, 3, dtype), rows(70, 3, dtype, 1)
    fm = bo.FeatureMap(SPEC)
    phi, psi = (fm.transform(a).astype(np.float64) for a in (x, y))
    tolerance = 1e-6 if dtype == np.float32 else 1e-14
    assert np.allclose(bo.approximate_gram(fm, x, y), phi @ psi.T, atol=tolerance)
    assert np.allclose(bo.approximate_gram(SPEC, x), phi @ phi.T, atol=tolerance)
    # Keys and queries are different factors of a softmax kernel.
    spec = bo.FeatureMapSpec(
        3, 16, kernel=bo.SoftmaxKernel(0.5), features=bo.PositiveFeatures(), seed=2
    )
    fm = bo.FeatureMap(spec)
    product = fm.transform(x, side="query").astype(float) @ fm.transform(y, side="key").T
    assert np.allclose(bo.approximate_gram(str(spec), x, y), product, rtol=1e-5)


def test_gram_distance_is_that_of_the_two_matrices(dtype):
    x, y = rows(30, 3, dtype), rows(70, 3, dtype, 1)
    exact = bo.exact_gram(bo.GaussianKernel(), x, y)
    error = bo.approximate_gram(SPEC, x, y) - exact
    measured = bo.gram_distance(SPEC, x, y)
    assert measured.squared_error == pytest.approx((error**2).sum())
    assert measured.squared_norm == pytest.approx((exact**2).sum())
    assert measured.relative == pytest.approx(np.linalg.norm(error) / np.linalg.norm(exact))
    with pytest.raises(ValueError, match="relative: the exact matrix is zero or has no entries"):
        _ = bo.MeasuredGramError(0.0, 0.0).relative


def test_matrices_of_every_layout_have_the_same_bits(dtype, layouts):
    x, y = rows(20, 3, dtype), rows(10, 3, dtype, 1)
    exact = bo.exact_gram(bo.GaussianKernel(), x, y)
    approximate = bo.approximate_gram(SPEC, x, y)
    distance = bo.gram_distance(SPEC, x, y)
    entries = bo.GramApproximation(SPEC, x).to_dense()
    for other in layouts(x).values():
        assert np.array_equal(bo.exact_gram(bo.GaussianKernel(), other, y), exact)
        assert np.array_equal(bo.approximate_gram(SPEC, other, y), approximate)
        assert bo.gram_distance(SPEC, other, y) == distance
        assert np.array_equal(bo.GramApproximation(SPEC, other).to_dense(), entries)
        assert np.array_equal(
            bo.ExactGram("gaussian", other).to_dense(), bo.exact_gram("gaussian", x)
        )
    constant = np.broadcast_to(x[:1], (5, 3))
    assert np.array_equal(bo.exact_gram("gaussian", constant), np.ones((5, 5)))


def test_outputs_of_every_layout_are_written(dtype):
    x = rows(12, 3, dtype)
    for matrix in (bo.exact_gram, bo.approximate_gram):
        first = "gaussian" if matrix is bo.exact_gram else SPEC
        expected = matrix(first, x)
        for out in (np.empty((12, 12), order="F"), np.empty((24, 36))[::2, ::-3]):
            assert matrix(first, x, out=out) is out
            assert np.array_equal(out, expected)


def test_arrays_of_other_libraries_are_seen_through_dlpack(exact):
    b = rows(50, 2)
    assert np.array_equal(exact.multiply(Foreign(b)), exact @ b)
    x = rows(5, 3)
    assert np.array_equal(bo.exact_gram("gaussian", Foreign(x)), bo.exact_gram("gaussian", x))


# Operators.


def test_an_exact_operator_is_its_matrix(exact, dtype):
    x = rows(50, 3, dtype).astype(np.float64)
    dense = gaussian(x, x)
    check_operator(exact, dense, 1e-13)
    assert exact.kernel == bo.GaussianKernel()


def test_an_approximate_operator_is_its_matrix(gram, dtype):
    phi = features_of(gram, rows(50, 3, dtype))
    check_operator(gram, phi @ phi.T, 1e-5 if dtype == np.float32 else 1e-13)
    assert (gram.num_features, gram.feature_dtype, gram.stored) == (32, dtype, True)
    assert gram.nbytes >= 50 * 32 * dtype.itemsize
    assert np.allclose(gram.factor(), phi, atol=1e-6)


def check_operator(operator, dense, tolerance):
    n = dense.shape[0]
    assert (operator.shape, operator.ndim, operator.dtype) == ((n, n), 2, np.float64)
    b = rows(n, 3, seed=5)
    assert np.allclose(operator @ b, dense @ b, atol=n * tolerance)
    assert np.allclose(operator @ b[:, 0], dense @ b[:, 0], atol=n * tolerance)
    assert np.allclose(b.T @ operator, b.T @ dense, atol=n * tolerance)
    assert np.allclose(b[:, 0] @ operator, b[:, 0] @ dense, atol=n * tolerance)
    assert np.allclose(operator.multiply(b.astype(np.float32)), dense @ b, atol=1e-4)
    assert np.allclose(operator.to_dense(), dense, atol=tolerance)
    assert np.allclose(operator.diagonal(), np.diag(dense), atol=tolerance)
    assert operator.trace() == pytest.approx(np.trace(dense))
    assert operator.entry(3, np.int32(7)) == pytest.approx(dense[3, 7], abs=tolerance)
    which = [4, 0, 4]
    assert np.allclose(operator.rows(which), dense[which], atol=tolerance)
    assert np.allclose(operator.rows(np.array([9], np.uint8)), dense[[9]], atol=tolerance)
    assert operator.rows([]).shape == (0, n)


def test_products_with_every_layout_have_the_same_bits(exact, gram, layouts):
    b = rows(50, 4)
    for operator in (exact, gram):
        product = operator @ b
        for other in layouts(b).values():
            assert np.array_equal(operator @ other, product)
        column = operator @ np.ascontiguousarray(b[:, 1])
        assert np.array_equal(operator @ b[:, 1], column)
        ones = operator @ np.ones(50)
        assert np.array_equal(operator @ np.broadcast_to(1.0, 50), ones)
        out = np.empty((50, 4), order="F")
        assert operator.multiply(b, out=out) is out
        assert np.array_equal(out, product)
        # In place.
        again = b.copy()
        assert np.array_equal(operator.multiply(again, out=again), product)


def test_features_that_are_not_kept_give_the_same_bits(dtype):
    x, b = rows(150, 3, dtype), rows(150, 2)
    kept = bo.GramApproximation(SPEC, x)
    made = bo.GramApproximation(SPEC, x, memory=0)
    assert kept.stored
    assert not made.stored
    assert np.array_equal(kept @ b, made @ b)
    assert np.array_equal(kept.diagonal(), made.diagonal())
    assert np.array_equal(kept.factor(), made.factor())


def test_a_factor_is_its_own_square(dtype):
    factor = rows(20, 4, dtype)
    gram = bo.GramApproximation.from_factor(factor)
    f = factor.astype(np.float64)
    assert np.allclose(gram.to_dense(), f @ f.T, atol=1e-5 if dtype == np.float32 else 1e-13)
    assert np.array_equal(gram.factor(), f)
    assert gram.feature_map is None
    assert gram.feature_dtype == dtype


def test_scipy_sees_operators(exact, gram):
    sparse = pytest.importorskip("scipy.sparse.linalg")
    for operator in (exact, gram):
        dense = operator.to_dense()
        linear = operator.as_linear_operator()
        assert (linear.shape, linear.dtype) == ((50, 50), np.float64)
        b = rows(50, 2)
        tolerance = 1e-6 * np.linalg.norm(dense, 2) * np.linalg.norm(b)
        assert np.allclose(linear @ b, dense @ b, rtol=0, atol=tolerance)
        assert np.allclose(linear.T @ b[:, 0], dense @ b[:, 0], rtol=0, atol=tolerance)
        largest = sparse.eigsh(linear, k=2, which="LA", return_eigenvectors=False, v0=np.ones(50))
        assert np.allclose(np.sort(largest), np.linalg.eigvalsh(dense)[-2:])
    shifted = bo.ShiftedGram(gram, 0.5)
    x, info = sparse.cg(
        exact.as_linear_operator() + 0.5 * sparse.aslinearoperator(np.eye(50)),
        b[:, 0],
        M=shifted.as_linear_operator(),
        rtol=1e-10,
    )
    assert info == 0
    assert np.allclose(x, np.linalg.solve(exact.to_dense() + 0.5 * np.eye(50), b[:, 0]))


def test_any_number_of_threads_gives_the_same_bits(dtype):
    x, b = rows(300, 3, dtype), rows(300, 2)
    one, two = (
        (
            bo.exact_gram("gaussian", x, num_threads=t),
            bo.approximate_gram(SPEC, x, num_threads=t),
            bo.ExactGram("gaussian", x).multiply(b, num_threads=t),
            bo.GramApproximation(SPEC, x, num_threads=t).multiply(b, num_threads=t),
            bo.GramApproximation(SPEC, x).rows([1, 2], num_threads=t),
            bo.ShiftedGram(bo.GramApproximation(SPEC, x), 0.1, num_threads=t).solve(
                b, num_threads=t
            ),
            bo.eigenpairs(bo.GramApproximation(SPEC, x), 3, num_threads=t).vectors,
            bo.nystrom(bo.ExactGram("gaussian", x), 20, num_threads=t).gram.factor(),
        )
        for t in (1, 2)
    )
    for a, b in zip(one, two, strict=True):
        assert np.array_equal(a, b)


# Systems and spectra.


def test_shifted_systems_are_solved(gram):
    dense = gram.to_dense() + 0.3 * np.eye(50)
    shifted = bo.ShiftedGram(gram, 0.3)
    b = rows(50, 3, seed=7)
    tolerance = 1e-4 if gram.feature_dtype == np.float32 else 1e-11
    assert np.allclose(shifted.solve(b), np.linalg.solve(dense, b), atol=tolerance)
    assert np.allclose(shifted.solve(b[:, 0]), np.linalg.solve(dense, b[:, 0]), atol=tolerance)
    assert shifted.log_determinant() == pytest.approx(np.linalg.slogdet(dense)[1], abs=1e-4)
    root = shifted.apply_inverse_root(np.eye(50))
    assert np.allclose(root @ root.T, np.linalg.inv(dense), atol=tolerance)
    assert np.allclose(shifted.apply_inverse_root_transposed(b), root.T @ b, atol=tolerance)
    assert (shifted.shape, shifted.ridge, shifted.gram) == ((50, 50), 0.3, gram)
    in_place = b.copy()
    shifted.solve(in_place, out=in_place)
    assert np.array_equal(in_place, shifted.solve(b))


def test_conjugate_gradients_reach_the_tolerance(exact, gram):
    b = rows(50, 2, seed=8)
    shifted = bo.ShiftedGram(gram, 0.2)
    for matrix in (exact, gram):
        dense = matrix.to_dense() + 0.2 * np.eye(50)
        x, report = bo.solve(matrix, shifted, b, tolerance=1e-10)
        assert report.converged
        assert report.iterations > 0
        assert report.residual <= 1e-10
        # The products' own errors, 1e-6 |K| |x| in float32, divided by the ridge.
        rounding = 1e-6 * np.linalg.norm(dense, 2) * np.linalg.norm(x) / 0.2
        assert np.linalg.norm(x - np.linalg.solve(dense, b)) < rounding
        vector, _ = bo.solve(matrix, shifted, b[:, 0])
        assert vector.shape == (50,)
    _, stopped = bo.solve(exact, shifted, b, tolerance=1e-14, max_iterations=1)
    assert not stopped.converged
    assert "converged" in str(stopped)


def test_eigenpairs_are_the_leading_ones(gram):
    dense = gram.to_dense()
    pairs = bo.eigenpairs(gram, 5)
    values, vectors = np.linalg.eigh(dense)
    tolerance = 1e-5 if gram.feature_dtype == np.float32 else 1e-11
    assert np.allclose(pairs.values, values[::-1][:5], atol=tolerance * values[-1])
    assert pairs.vectors.shape == (50, 5)
    overlap = np.abs((pairs.vectors * vectors[:, ::-1][:, :5]).sum(axis=0))
    assert np.allclose(overlap, 1.0, atol=1e-4)
    # There are no more than D.
    most = bo.eigenpairs(gram, 10**9)
    assert most.values.shape[0] == most.vectors.shape[1] <= 32
    one = bo.eigenpairs(bo.GramApproximation.from_factor(np.ones((4, 2))), 2)
    assert one.values == pytest.approx([8.0])
    assert np.allclose(one.vectors, 0.5)


@pytest.mark.parametrize("pivoting", ["uniform", "ridge-leverage", "randomly-pivoted"])
def test_nystrom_is_the_projection_on_its_columns(pivoting, dtype):
    exact = bo.ExactGram(bo.GaussianKernel(bo.Isotropic(0.7)), rows(80, 3))
    dense = exact.to_dense()
    made = bo.nystrom(exact, 12, pivoting=pivoting, seed=3, dtype=dtype)
    s = made.pivots
    assert (s.shape, s.dtype, made.gram.feature_dtype) == ((12,), np.int64, dtype)
    projected = dense[:, s] @ np.linalg.solve(dense[np.ix_(s, s)], dense[s])
    assert np.allclose(made.gram.to_dense(), projected, atol=1e-5)
    missing = np.trace(dense - projected) / np.trace(dense)
    assert made.relative_trace_error == pytest.approx(missing, rel=1e-6)
    everything = bo.nystrom(exact, 80, seed=1)
    assert everything.relative_trace_error < 1e-10


# Values.


def test_operators_pickle(exact, gram):
    b = rows(50, 2)
    for operator in (exact, gram, bo.GramApproximation(SPEC, rows(50, 3), memory=0)):
        again = pickle.loads(pickle.dumps(operator))
        assert np.array_equal(again @ b, operator @ b)
        assert repr(again) == repr(operator)
        assert copy.copy(operator) is operator
        assert copy.deepcopy(operator) is operator
    shifted = bo.ShiftedGram(gram, 0.1)
    again = pickle.loads(pickle.dumps(shifted))
    assert np.array_equal(again.solve(b), shifted.solve(b))
    assert repr(again) == repr(shifted)


def test_a_given_factor_pickles_with_its_bits(dtype):
    factor = rows(40, 5, dtype) * np.float64(10.0) ** np.linspace(-20, 10, 40)[:, None]
    gram = bo.GramApproximation.from_factor(factor.astype(dtype))
    columns = bo.nystrom(bo.ExactGram("gaussian", rows(40, 3)), 9, dtype=dtype).gram
    b = rows(40, 2)
    for operator in (gram, columns):
        again = pickle.loads(pickle.dumps(operator))
        assert again.feature_dtype == dtype
        assert np.array_equal(again @ b, operator @ b)
        assert np.array_equal(again.to_dense(), operator.to_dense())


def test_a_pickle_holds_the_rows_as_they_were():
    x, b = rows(30, 3), rows(30, 1)
    for operator in (bo.ExactGram("gaussian", x.copy()), bo.GramApproximation(SPEC, x)):
        product = operator @ b
        x[:] = 0.0
        assert np.array_equal(pickle.loads(pickle.dumps(operator)) @ b, product)
        x = rows(30, 3)


def test_reprs_say_what_there_is(exact, gram):
    assert repr(exact) == f"ExactGram({bo.GaussianKernel()!r}, shape=(50, 50))"
    assert repr(gram) == (
        f"GramApproximation({bo.FeatureMap(SPEC)!r}, shape=(50, 50), num_features=32)"
    )
    factor = bo.GramApproximation.from_factor(np.ones((2, 1)))
    assert repr(factor) == "GramApproximation(shape=(2, 2), num_features=1)"


# The door.


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        ([[1.0]], TypeError, "x is list, expected an array of float32 or float64"),
        (np.ones((2, 3), int), TypeError, "x has dtype int64, expected float32 or float64"),
        (np.ones((2, 3), np.float16), TypeError, "x has dtype float16"),
        (np.ones((2, 3), object), TypeError, "x has dtype object"),
        (np.ones((2, 3), ">f8"), TypeError, "x has dtype >f8"),
        (np.ones(3), ValueError, "x has 1 dimension, expected 2"),
        (np.full((2, 3), np.nan), ValueError, "row 0, column 0 is nan"),
    ],
)
def test_bad_rows_are_refused_by_name(x, error, message):
    calls = {
        "exact_gram": lambda: bo.exact_gram("gaussian", x),
        "approximate_gram": lambda: bo.approximate_gram(SPEC, x),
        "gram_distance": lambda: bo.gram_distance(SPEC, x),
        "ExactGram": lambda: bo.ExactGram("gaussian", x),
        "GramApproximation": lambda: bo.GramApproximation(SPEC, x),
    }
    for name, call in calls.items():
        with pytest.raises(error, match=message) as raised:
            call()
        assert str(raised.value).startswith(name)


def test_bad_kernels_and_maps_are_refused_by_name():
    x = rows(2, 3)
    with pytest.raises(
        TypeError,
        match=r"exact_gram: kernel is int, expected a kernel \(bochner",
    ):
        bo.exact_gram(3, x)
    with pytest.raises(TypeError, match="ExactGram: kernel is IidProjection"):
        bo.ExactGram(bo.IidProjection(), x)
    with pytest.raises(ValueError, match="unknown"):
        bo.ExactGram("gausian", x)
    with pytest.raises(TypeError, match="GramApproximation: feature_map is NoneType"):
        bo.GramApproximation(None, x)
    with pytest.raises(ValueError, match="lengthscales"):
        bo.ExactGram(bo.GaussianKernel(bo.Diagonal([1.0])), x)


def test_arguments_of_different_dtypes_are_refused(gram):
    x = rows(4, 3)
    for call in (bo.approximate_gram, bo.gram_distance):
        with pytest.raises(TypeError, match="y has dtype float32 and x float64"):
            call(SPEC, x, x.astype(np.float32))
    other = np.float32 if gram.feature_dtype == np.float64 else np.float64
    shifted = bo.ShiftedGram(bo.GramApproximation(SPEC, rows(50, 3, other)), 0.1)
    with pytest.raises(TypeError, match=r"preconditioner has float\d\d features and the matrix"):
        bo.solve(gram, shifted, np.ones(50))


def test_bad_outputs_are_refused():
    x = rows(6, 3)
    gram = bo.GramApproximation(SPEC, x)
    shifted = bo.ShiftedGram(gram, 1.0)
    read_only = np.empty((6, 6))
    read_only.flags.writeable = False
    for call in (
        lambda out: bo.exact_gram("gaussian", x, out=out),
        lambda out: bo.approximate_gram(SPEC, x, out=out),
        lambda out: gram.multiply(np.eye(6), out=out),
        lambda out: gram.to_dense(out=out),
        lambda out: gram.rows(range(6), out=out),
        lambda out: shifted.solve(np.eye(6), out=out),
        lambda out: shifted.apply_inverse_root(np.eye(6), out=out),
        lambda out: bo.solve(gram, shifted, np.eye(6), out=out),
    ):
        with pytest.raises(ValueError, match="out is read-only"):
            call(read_only)
        with pytest.raises(ValueError, match=r"out has shape \(6, 5\), expected \(6, 6\)"):
            call(np.empty((6, 5)))
        with pytest.raises(TypeError, match=r"out has dtype float32, expected float64$"):
            call(np.empty((6, 6), np.float32))
        with pytest.raises(TypeError, match="out is list"):
            call([[0.0]])


def test_outputs_that_overlap_inputs_are_refused():
    memory = np.zeros((7, 6))
    x = memory[:6, :3]
    x[:] = rows(6, 3)
    for call in (
        lambda out: bo.exact_gram("gaussian", x, out=out),
        lambda out: bo.approximate_gram(SPEC, x, out=out),
    ):
        with pytest.raises(ValueError, match="out overlaps x"):
            call(memory[1:])
    gram = bo.GramApproximation(SPEC, x)
    shifted = bo.ShiftedGram(gram, 1.0)
    for call in (
        lambda b, out: gram.multiply(b, out=out),
        lambda b, out: shifted.solve(b, out=out),
        lambda b, out: bo.solve(gram, shifted, b, out=out),
    ):
        with pytest.raises(ValueError, match="out overlaps b"):
            call(memory[:6], memory[1:])
        # Interleaved views do not overlap.
        both = np.ones((6, 4))
        assert np.all(np.isfinite(call(both[:, ::2], both[:, 1::2])[0]))


def test_bad_vectors_are_refused_by_name(exact, gram):
    shifted = bo.ShiftedGram(gram, 1.0)
    for call in (
        exact.multiply,
        gram.multiply,
        shifted.solve,
        shifted.apply_inverse_root_transposed,
        lambda b: bo.solve(exact, shifted, b),
    ):
        with pytest.raises(ValueError, match="b is 3 x 1, expected 50 x m"):
            call(np.ones(3))
        with pytest.raises(ValueError, match="b has 3 dimensions, expected 2"):
            call(np.ones((50, 1, 1)))
        with pytest.raises(TypeError, match="b has dtype int64"):
            call(np.ones(50, int))
        with pytest.raises(TypeError, match="b is list"):
            call([1.0] * 50)
        with pytest.raises(ValueError, match="row 2, column 0 is inf"):
            call(np.where(np.arange(50) == 2, np.inf, 0.0))
    with pytest.raises(TypeError):
        exact + np.eye(50)
    with pytest.raises(TypeError, match="b is str"):
        exact @ "b"


def test_bad_row_numbers_are_refused(exact, gram):
    for operator in (exact, gram):
        with pytest.raises(ValueError, match=r"which is 50, expected a row in \[0, 50\)"):
            operator.rows([50])
        with pytest.raises(ValueError, match="which is -1"):
            operator.rows([-1])
        with pytest.raises(TypeError, match="rows: which has dtype float64, expected integers"):
            operator.rows([1.0])
        with pytest.raises(TypeError, match="rows: which has dtype bool"):
            operator.rows([True])
        with pytest.raises(ValueError, match="rows: which has 2 dimensions, expected 1"):
            operator.rows([[1]])
        with pytest.raises(ValueError, match="j is 50, expected a row in"):
            operator.entry(0, 50)
        with pytest.raises(TypeError, match=r"entry: i is 0.0, expected an integer"):
            operator.entry(0.0, 1)
        with pytest.raises(TypeError, match="entry: i is True, expected an integer"):
            operator.entry(True, 1)
        with pytest.raises(ValueError, match="i is 9223372036854775808, expected"):
            operator.entry(2**63, 1)


def test_bad_options_are_refused_by_name(exact, gram):
    cases = [
        (TypeError, "ShiftedGram: gram is ExactGram", lambda: bo.ShiftedGram(exact, 1.0)),
        (TypeError, "ShiftedGram: ridge is '1'", lambda: bo.ShiftedGram(gram, "1")),
        (ValueError, "ShiftedGram: ridge is 0.0", lambda: bo.ShiftedGram(gram, 0)),
        (ValueError, "ShiftedGram: ridge is nan", lambda: bo.ShiftedGram(gram, np.nan)),
        (TypeError, "eigenpairs: gram is ExactGram", lambda: bo.eigenpairs(exact, 1)),
        (ValueError, "eigenpairs: count is 0", lambda: bo.eigenpairs(gram, 0)),
        (TypeError, "nystrom: gram is Gram", lambda: bo.nystrom(gram, 1)),
        (ValueError, "nystrom: rank is 51", lambda: bo.nystrom(exact, 51)),
        (ValueError, "nystrom: pivoting is 'x'", lambda: bo.nystrom(exact, 1, pivoting="x")),
        (TypeError, "nystrom: pivoting is 3", lambda: bo.nystrom(exact, 1, pivoting=3)),
        (ValueError, "nystrom: seed is -1", lambda: bo.nystrom(exact, 1, seed=-1)),
        (TypeError, "nystrom: seed is 1.0", lambda: bo.nystrom(exact, 1, seed=1.0)),
        (TypeError, "nystrom: dtype is int8", lambda: bo.nystrom(exact, 1, dtype="int8")),
        (TypeError, "nystrom: dtype is 'what'", lambda: bo.nystrom(exact, 1, dtype="what")),
        (ValueError, "memory is -1", lambda: bo.GramApproximation(SPEC, rows(2, 3), memory=-1)),
        (TypeError, "num_threads is 1.5", lambda: exact.multiply(np.ones(50), num_threads=1.5)),
        (ValueError, "num_threads is 0", lambda: gram.diagonal(num_threads=0)),
        (TypeError, "from_factor: factor is list", lambda: bo.GramApproximation.from_factor([])),
        (
            ValueError,
            "rows of the factor is 0",
            lambda: bo.GramApproximation.from_factor(np.ones((0, 2))),
        ),
    ]
    shifted = bo.ShiftedGram(gram, 1.0)
    b = np.ones(50)
    cases += [
        (TypeError, "solve: gram is int", lambda: bo.solve(3, shifted, b)),
        (TypeError, "solve: preconditioner is Gram", lambda: bo.solve(exact, gram, b)),
        (ValueError, "tolerance is 0", lambda: bo.solve(exact, shifted, b, tolerance=0.0)),
        (TypeError, "tolerance is None", lambda: bo.solve(exact, shifted, b, tolerance=None)),
        (ValueError, "max_iterations is", lambda: bo.solve(exact, shifted, b, max_iterations=-1)),
    ]
    for error, message, call in cases:
        with pytest.raises(error, match=message):
            call()


def test_maps_with_two_centres_have_no_symmetric_matrix():
    spec = bo.FeatureMapSpec(
        1,
        2,
        kernel=bo.SoftmaxKernel(),
        features=bo.PositiveFeatures(),
        transform=bo.PairTransform([1.0], [0.0]),
    )
    with pytest.raises(ValueError, match="expected equal shifts"):
        bo.GramApproximation(spec, np.ones((2, 1)))


@pytest.mark.parametrize("num_threads", [1, 2])
def test_a_signal_ends_a_long_product(num_threads):
    exact = bo.ExactGram("gaussian", rows(60_000, 8))
    seen = []

    def raise_stop(*_):
        seen.append(threading.get_ident())
        raise KeyboardInterrupt

    with alarm(raise_stop), pytest.raises(KeyboardInterrupt):
        exact.multiply(np.ones(60_000), num_threads=num_threads)
    assert seen == [threading.get_ident()]
    # The matrix is as it was.
    assert exact.entry(0, 0) == 1.0


def test_threads_share_operators(exact, gram):
    b = rows(50, 2)
    expected = exact @ b, gram @ b
    results = []

    def work():
        results.extend((exact @ b, gram @ b) for _ in range(20))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(results) == 40
    for one, other in results:
        assert np.array_equal(one, expected[0])
        assert np.array_equal(other, expected[1])
