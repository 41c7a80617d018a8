# SPDX-License-Identifier: Apache-2.0
"""Given frequencies: features of other libraries, texts, pickles, models, refusals."""

import pickle

import numpy as np
import pytest
from sklearn.kernel_approximation import RBFSampler

import bochner as bo

D, M = 6, 40
W = np.random.default_rng(0).normal(size=(M, D))


def normals(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def given_spec(w, phases=None, **options):
    projection = bo.GivenProjection(bo.GivenFrequencies(w, phases))
    return bo.FeatureMapSpec(w.shape[1], w.shape[0], projection=projection, **options)


def test_features_of_scikit_learn(dtype):
    x = normals(50, D, seed=1).astype(dtype)
    sampler = RBFSampler(gamma=0.3, n_components=M, random_state=4).fit(x)
    spec = given_spec(
        sampler.random_weights_.T, sampler.random_offset_, features=bo.CosineFeatures()
    )
    assert np.abs(bo.FeatureMap(spec).transform(x) - sampler.transform(x)).max() < 1e-6


def favor(x, projection, side):
    """FAVOR+ as its checkpoints have it: softmax features of inputs over d^(1/4)."""
    x = x * x.shape[-1] ** -0.25
    u = x @ projection.T
    square = (x**2).sum(axis=-1, keepdims=True) / 2
    # The query's own maximum cancels in attention, the keys' common one too.
    axes = -1 if side == "query" else (-2, -1)
    return np.exp(u - square - u.max(axis=axes, keepdims=True)) / np.sqrt(len(projection))


def test_attention_of_a_performer_checkpoint(dtype):
    projection_matrix = normals(M, D, seed=2)
    q, k, v = (normals(1, 2, 30, D, seed=s).astype(dtype) for s in (3, 4, 5))
    spec = given_spec(
        projection_matrix,
        kernel=bo.SoftmaxKernel.for_dimension(D),
        features=bo.PositiveFeatures(),
    )
    wide = [t.astype(np.float64) for t in (q, k, v)]
    phi_q = favor(wide[0], projection_matrix, "query")
    weights = phi_q @ np.swapaxes(favor(wide[1], projection_matrix, "key"), -1, -2)
    expected = weights @ wide[2] / weights.sum(axis=-1, keepdims=True)
    tolerance = 1e-6 if dtype == np.float64 else 1e-4
    assert np.abs(bo.attention(spec, q, k, v) - expected).max() < tolerance
    out, error, report = bo.attention_with_error(spec, q, k, v)
    assert np.array_equal(out, bo.attention(spec, q, k, v))
    assert report.source == "blocks"
    assert np.all(error > 0)


def test_a_few_given_frequencies_cannot_be_drawn_again():
    spec = given_spec(W[:3])
    q = normals(1, 1, 5, D)
    with pytest.raises(ValueError, match="cannot be drawn again"):
        bo.attention_with_error(spec, q, q, q)


def test_a_certificate_needs_no_law():
    x = normals(60, D)
    fm = bo.FeatureMap(given_spec(W))
    certificate = bo.gram_certificate(
        bo.GramApproximation(fm, x), bo.ExactGram(bo.GaussianKernel(), x), seed=1
    )
    phi = fm.transform(x)
    exact = np.exp(-((x[:, None] - x[None]) ** 2).sum(axis=-1) / 2)
    low, high = certificate.frobenius
    assert low <= np.linalg.norm(phi @ phi.T - exact) <= high


def test_specs_of_given_frequencies_are_values():
    w, phases = normals(M, D), normals(M, seed=1)
    spec = given_spec(w, phases, features=bo.CosineFeatures())
    given = spec.projection.frequencies
    assert np.array_equal(given.frequencies, w)
    assert np.array_equal(given.phases, phases)
    assert given == bo.GivenFrequencies(w.copy(), phases)
    assert given != bo.GivenFrequencies(w)
    same = pickle.loads(pickle.dumps(spec))
    assert same == spec
    assert hash(same) == hash(spec)
    x = normals(4, D)
    assert np.array_equal(bo.FeatureMap(same).transform(x), bo.FeatureMap(spec).transform(x))
    assert np.array_equal(
        pickle.loads(pickle.dumps(bo.FeatureMap(spec))).transform(x),
        bo.FeatureMap(spec).transform(x),
    )
    parsed = bo.FeatureMapSpec.parse(str(spec))
    assert parsed == spec
    assert given.digest in str(spec)
    assert pickle.loads(pickle.dumps(parsed.projection)) == spec.projection
    with pytest.raises(ValueError, match="with_frequencies"):
        bo.FeatureMap(parsed).transform(x)
    filled = bo.with_frequencies(str(spec), given)
    assert np.array_equal(bo.FeatureMap(filled).transform(x), bo.FeatureMap(spec).transform(x))
    with pytest.raises(ValueError, match="with_frequencies: frequencies is of digest"):
        bo.with_frequencies(parsed, bo.GivenFrequencies(w))
    with pytest.raises(TypeError, match="with_frequencies: frequencies is ndarray"):
        bo.with_frequencies(parsed, w)


def test_a_model_file_holds_its_frequencies(tmp_path):
    x, w = normals(80, D), normals(M, D, seed=9)
    equations = bo.NormalEquations(bo.FeatureMap(given_spec(w))).add(x, np.sin(x[:, :1]))
    model = bo.RidgeRegression(equations, ridge=1e-3)
    model.save(tmp_path / "model")
    loaded = bo.RidgeRegression.load(tmp_path / "model")
    assert np.array_equal(loaded.predict(x), model.predict(x))
    assert np.array_equal(loaded.feature_map.frequencies(), w)


def test_errors_are_not_predicted():
    spec = given_spec(normals(M, D))
    with pytest.raises(ValueError, match="law of given frequencies is not known"):
        bo.kernel_moments(spec, np.zeros(D), np.ones(D))
    assert bo.estimate(bo.FeatureMap(spec), np.zeros(D), np.ones(D)).standard_error > 0


@pytest.mark.parametrize(
    ("make", "kind", "match"),
    [
        (lambda: bo.GivenFrequencies(W[0]), ValueError, "frequencies"),
        (lambda: bo.GivenFrequencies("many"), TypeError, "frequencies"),
        (lambda: bo.GivenFrequencies(W, np.zeros(3)), ValueError, "phases"),
        (lambda: bo.GivenFrequencies(None, np.zeros(3)), ValueError, "phases"),
        (lambda: bo.GivenFrequencies(np.where(W > 0, np.nan, W)), ValueError, "nan"),
        (lambda: bo.GivenFrequencies.of_digest("12"), ValueError, "digest"),
        (lambda: bo.GivenProjection(W), TypeError, "GivenFrequencies"),
        (lambda: given_spec(W).__replace__(input_dim=D + 1), ValueError, "40 x 6"),
        (lambda: given_spec(W, np.zeros(M)), ValueError, "trigonometric features have none"),
        (lambda: bo.FeatureMapSpec(D, M, projection="given"), ValueError, "need a matrix"),
        (
            lambda: bo.FeatureMapSpec(D, M, projection=bo.GivenProjection()),
            ValueError,
            "need a matrix",
        ),
    ],
)
def test_refusals(make, kind, match):
    with pytest.raises(kind, match=match):
        make()


def identity_spec(d):
    return bo.FeatureMapSpec(
        d,
        d,
        kernel=bo.DotProductKernel([0.0, 1.0]),
        projection=bo.CoordinatesProjection(),
        features=bo.IdentityFeatures(),
    )


def test_learned_features_are_taken_as_they_are(dtype):
    # As cosFormer's: positive features by the cosine and the sine of the position.
    length, dim = 40, 5
    angle = np.pi / 2 * np.arange(length)[:, None] / length

    def reweighed(x):
        return np.concatenate([np.exp(x) * np.cos(angle), np.exp(x) * np.sin(angle)], -1)

    q, k, v = (normals(1, 2, length, dim, seed=s) for s in (6, 7, 8))
    phi_q, phi_k = reweighed(q), reweighed(k)
    weights = phi_q @ np.swapaxes(phi_k, -1, -2)
    expected = weights @ v / weights.sum(axis=-1, keepdims=True)
    spec = identity_spec(2 * dim)
    arrays = [a.astype(dtype) for a in (phi_q, phi_k, v)]
    tolerance = 1e-12 if dtype == np.float64 else 1e-4
    assert np.abs(bo.attention(spec, *arrays) - expected).max() < tolerance
    assert np.array_equal(bo.FeatureMap(spec).transform(arrays[0][0, 0]), arrays[0][0, 0])
    with pytest.raises(ValueError, match="law is not known"):
        bo.kernel_moments(spec, phi_q[0, 0], phi_k[0, 0])
    assert bo.parse_features("identity") == bo.IdentityFeatures()


def test_softmax_kernel_has_a_metric():
    x, y = normals(7, 3, seed=9), normals(5, 3, seed=10)
    kernel = bo.SoftmaxKernel(0.5, bo.Diagonal([1.0, 2.0, 4.0]))
    scaled = [a / [1.0, 2.0, 4.0] for a in (x, y)]
    assert np.allclose(bo.exact_gram(kernel, x, y), np.exp(0.5 * scaled[0] @ scaled[1].T))
    found = bo.optimal_pair_transform(x, y, kernel=kernel)
    assert np.allclose(found.matrix, bo.optimal_pair_transform(*scaled).matrix)
    with pytest.raises(ValueError, match="softmax"):
        bo.optimal_pair_transform(x, y, kernel=bo.GaussianKernel())


def test_offsets_of_batch_entries():
    spec = given_spec(W, kernel=bo.SoftmaxKernel(), features=bo.PositiveFeatures())
    q, k, v = (
        normals(3, 2, 4, D, seed=11),
        normals(3, 2, 20, D, seed=12),
        normals(3, 2, 20, 2, seed=13),
    )
    offsets, lengths = [16, 5, 0], [20, 9, 4]
    out = bo.attention(spec, q, k, v, causal=True, query_offset=offsets, key_lengths=lengths)
    exact = bo.exact_attention(
        spec.kernel, q, k, v, causal=True, query_offset=np.array(offsets), key_lengths=lengths
    )
    for b, (offset, length) in enumerate(zip(offsets, lengths, strict=True)):
        one = [a[b : b + 1] for a in (q, k[:, :, :length], v[:, :, :length])]
        assert np.array_equal(
            out[b : b + 1], bo.attention(spec, *one, causal=True, query_offset=offset)
        )
        assert np.array_equal(
            exact[b : b + 1],
            bo.exact_attention(spec.kernel, *one, causal=True, query_offset=offset),
        )
    with pytest.raises(ValueError, match="one per batch entry"):
        bo.attention(spec, q, k, v, causal=True, query_offset=[1, 2])
    with pytest.raises(TypeError, match="query_offset"):
        bo.attention(spec, q, k, v, causal=True, query_offset=[0.5, 1.0, 2.0])


def test_weights_of_frequencies(dtype):
    x = normals(20, D, seed=14).astype(dtype)
    weights = np.linspace(0.1, 1.0, M)
    given = bo.GivenFrequencies(W, weights=weights)
    plain = bo.FeatureMap(given_spec(W)).transform(x)
    spec = bo.FeatureMapSpec(D, M, projection=bo.GivenProjection(given))
    factors = np.tile(np.sqrt(M * weights), 2)
    assert np.allclose(bo.FeatureMap(spec).transform(x), factors * plain, rtol=1e-5)
    assert np.array_equal(given.weights, weights)
    assert bo.GivenFrequencies(W).weights is None
    assert np.array_equal(pickle.loads(pickle.dumps(given)).weights, weights)
    with pytest.raises(ValueError, match=r"weights\[0\] is 0"):
        bo.GivenFrequencies(W, weights=np.zeros(M))
    with pytest.raises(ValueError, match="weights"):
        bo.GivenFrequencies(weights=weights)
    drawn = bo.GivenProjection(bo.GivenFrequencies(W), law="independent")
    one = bo.kernel_moments(bo.FeatureMapSpec(D, M, projection=drawn), x, x[::-1])
    other = bo.kernel_moments(bo.FeatureMapSpec(D, M, projection=bo.IidProjection()), x, x[::-1])
    assert np.array_equal(one.variance, other.variance)
