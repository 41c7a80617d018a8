# SPDX-License-Identifier: Apache-2.0
"""Attention that weighs some pairs exactly, and weights that decay."""

import copy
import pickle

import numpy as np
import pytest

import bochner as bo

SOFTMAX = bo.SoftmaxKernel(0.7)
EPS = {np.dtype(np.float32): 2.0**-23, np.dtype(np.float64): 2.0**-52}
WINDOW_AND_FIRST = bo.ExactPairs(window=4, first_keys=2)


def tensors(dtype, batch=2, heads=4, key_heads=2, queries=30, keys=30, dim=5, size=1.0):
    rng = np.random.default_rng(11)
    shapes = [
        (batch, heads, queries, dim),
        (batch, key_heads, keys, dim),
        (batch, key_heads, keys, 3),
    ]
    return [(size * rng.normal(size=shape)).astype(dtype) for shape in shapes]


def feature_map(features=None, m=16, kernel=SOFTMAX, dim=5):
    features = features or bo.PositiveFeatures()
    return bo.FeatureMap(bo.FeatureMapSpec(dim, m, kernel, features=features, seed=1))


def exact_weights(kernel, q, k):
    if isinstance(kernel, bo.SoftmaxKernel):
        return np.exp(kernel.scale * q @ k.T)
    squares = ((q[:, None] - k) ** 2).sum(axis=2)
    return np.exp(-squares / (2 * kernel.metric.lengthscale**2))


def mixed_attention(fm, q, k, v, sees, by_kernel, decay=1.0):
    """Weights by the kernel where `by_kernel` says so, the others by features; all in float64."""
    share = q.shape[1] // k.shape[1]
    shape = (*q.shape[:3], k.shape[2])
    sees, by_kernel, decay = (np.broadcast_to(each, shape) for each in (sees, by_kernel, decay))
    out = np.zeros((*q.shape[:3], v.shape[3]))
    for b, h in np.ndindex(q.shape[:2]):
        queries, keys = (x.astype(np.float64) for x in (q[b, h], k[b, h // share]))
        phi, exponent = fm.apply(queries)
        psi, other = fm.apply(keys, side="key")
        by_features = np.exp2(exponent[:, None] + other.astype(float)) * (phi @ psi.T)
        exact = exact_weights(fm.spec.kernel, queries, keys)
        w = np.where(by_kernel[b, h], exact, by_features) * decay[b, h] * sees[b, h]
        out[b, h] = w @ v[b, h // share] / w.sum(axis=1, keepdims=True)
    return out


def longest(k, count):
    """Whether each key is among the longest of its head: batch, key heads, keys."""
    squares = (k.astype(np.float64) ** 2).sum(axis=3)
    order = np.argsort(-squares, axis=2, kind="stable")
    found = np.zeros(squares.shape, bool)
    np.put_along_axis(found, order[..., :count], True, axis=2)
    return found


def pairs_of(exact, queries, keys, causal):
    distance = np.arange(queries)[:, None] - np.arange(keys)
    near = (distance if causal else np.abs(distance)) < exact.window
    return near | (np.arange(keys) < exact.first_keys)


@pytest.mark.parametrize("rest", ["features", "none"])
@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
@pytest.mark.parametrize(
    "exact",
    [bo.ExactPairs(window=5), bo.ExactPairs(first_keys=3), WINDOW_AND_FIRST],
    ids=["window", "first keys", "both"],
)
def test_exact_pairs_and_the_rest_share_a_normaliser(exact, causal, rest, dtype):
    x = tensors(dtype)
    sees = np.tri(30, dtype=bool) if causal else np.ones((30, 30), bool)
    by_kernel = pairs_of(exact, 30, 30, causal)
    for kernel in (SOFTMAX, bo.GaussianKernel(bo.Isotropic(1.5))):
        for features in (bo.PositiveFeatures(), bo.HyperbolicFeatures()):
            fm = feature_map(features, kernel=kernel)
            out = bo.attention(fm, *x, causal=causal, exact=exact, rest=rest)
            assert out.dtype == dtype
            counted = sees & by_kernel if rest == "none" else sees
            expected = mixed_attention(fm, *x, counted, by_kernel)
            assert np.abs(out - expected).max() < 200 * EPS[dtype]


def test_the_longest_keys_of_each_head_are_exact(dtype):
    x = tensors(dtype)
    fm = feature_map()
    by_kernel = np.repeat(longest(x[1], 6), 2, axis=1)[:, :, None, :]
    expected = mixed_attention(fm, *x, True, by_kernel)
    out = bo.attention(fm, *x, exact=bo.ExactPairs(heaviest_keys=6))
    assert np.abs(out - expected).max() < 200 * EPS[dtype]
    assert np.abs(out - bo.attention(fm, *x)).max() > 1e-3
    with pytest.raises(ValueError, match=r"^attention: exact.heaviest_keys is given with a causal"):
        bo.attention(fm, *x, causal=True, exact=bo.ExactPairs(heaviest_keys=6))


def test_a_window_over_everything_is_exact_attention(dtype):
    x = tensors(dtype)
    for exact in (bo.ExactPairs(window=30), bo.ExactPairs(blocks=bo.KeyBlocks(2))):
        for rest in ("features", "means", "none"):
            out = bo.attention(feature_map(), *x, exact=exact, rest=rest)
            assert np.abs(out - bo.exact_attention(SOFTMAX, *x)).max() < 50 * EPS[dtype], rest


def means_of_blocks(x, scale, width=16):
    """Softmax attention where each block of keys counts by its moments, none exactly."""
    q, k, v = (t.astype(np.float64) for t in x)
    out = np.zeros((*q.shape[:3], v.shape[3]))
    for b, h in np.ndindex(q.shape[:2]):
        keys, values = np.sqrt(scale) * k[b, h], v[b, h]
        queries = np.sqrt(scale) * q[b, h]
        blocks = [slice(start, start + width) for start in range(0, len(keys), width)]
        logits = np.stack(
            [
                queries @ keys[s].mean(axis=0)
                + queries**2 @ keys[s].var(axis=0) / 2
                + np.log(len(keys[s]))
                for s in blocks
            ],
            axis=1,
        )
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        means = np.stack([values[s].mean(axis=0) for s in blocks])
        out[b, h] = weights @ means / weights.sum(axis=1, keepdims=True)
    return out


def test_blocks_count_by_their_means(dtype):
    x = tensors(dtype, heads=2, queries=70, keys=70)
    out = bo.attention(feature_map(), *x, rest="means")
    assert np.abs(out - means_of_blocks(x, 0.7)).max() < 200 * EPS[dtype]
    # More exact blocks are nearer to exact attention.
    truth = bo.exact_attention(SOFTMAX, *x)
    errors = [
        np.linalg.norm(
            bo.attention(feature_map(), *x, rest="means", exact=bo.ExactPairs(blocks=blocks))
            - truth
        )
        for blocks in (bo.KeyBlocks(0), bo.KeyBlocks(2), bo.KeyBlocks(4), bo.KeyBlocks(5))
    ]
    assert sorted(errors, reverse=True) == errors
    bisected = bo.ExactPairs(blocks=bo.KeyBlocks(2, order="bisection"))
    other = bo.attention(feature_map(), *x, rest="means", exact=bisected)
    assert np.isfinite(other).all()
    assert np.abs(other - out).max() > 1e-3
    with pytest.raises(
        ValueError, match=r"^attention: exact.blocks.order is bisection with a caus"
    ):
        bo.attention(feature_map(), *x, causal=True, exact=bisected)


def test_float16_is_weighed_exactly_too():
    x = [t.astype(np.float16) for t in tensors(np.float32)]
    wide = [t.astype(np.float32) for t in x]
    options = {"causal": True, "exact": WINDOW_AND_FIRST, "decay": [0.1, 0.2]}
    narrow = bo.attention(feature_map(), *x, **options)
    assert np.array_equal(narrow, bo.attention(feature_map(), *wide, **options))


NEAR = {"causal": True, "decay": [0.3], "exact": bo.ExactPairs(window=2, first_keys=1)}
BLOCKS = {"exact": bo.ExactPairs(blocks=bo.KeyBlocks(count=1, order="bisection"))}


@pytest.mark.parametrize(
    ("length", "options"),
    [(6, NEAR | {"rest": rest}) for rest in ("features", "none")]
    + [(34, BLOCKS | {"rest": rest}) for rest in ("features", "means", "none")],
)
def test_gradients_are_those_of_the_output(length, options):
    x = tensors(np.float64, batch=1, heads=2, key_heads=1, queries=length, keys=length, dim=2)
    fm = feature_map(m=6, dim=2)
    dout = np.random.default_rng(3).normal(size=(1, 2, length, 3))
    out = bo.attention(fm, *x, **options)
    found = bo.attention_gradient(fm, *x, out, dout, **options)
    step = 1e-5
    for at in range(3):
        for index in np.ndindex(*x[at].shape):
            upper, lower = ([t.copy() for t in x] for _ in range(2))
            upper[at][index] += step
            lower[at][index] -= step
            change = bo.attention(fm, *upper, **options) - bo.attention(fm, *lower, **options)
            assert abs(found[at][index] - (dout * change).sum() / (2 * step)) < 1e-7


def distances(queries, keys, offset):
    return (np.arange(queries)[:, None] + offset - np.arange(keys)).astype(float)


def test_decay_is_a_bias_of_the_distance(dtype):
    x = tensors(dtype, queries=20)
    offset = 10
    rates = np.array([0.25, 1.5])
    bias = -np.repeat(rates, 2)[None, :, None, None] * distances(20, 30, offset)
    options = {"causal": True, "query_offset": offset}
    exact = bo.exact_attention(SOFTMAX, *x, **options, bias=bias.astype(dtype))
    for decay in (rates, list(rates), np.repeat(rates, 3)[::3], rates.astype(np.float32)):
        out = bo.exact_attention(SOFTMAX, *x, **options, decay=decay)
        assert np.abs(out - exact).max() < 100 * EPS[dtype]
    row = bo.exact_attention_rows(SOFTMAX, *x[:2], [(1, 3, 7)], **options, decay=rates)
    w = np.exp(0.7 * x[1][1, 1] @ x[0][1, 3, 7] + bias[0, 3, 7]) * (np.arange(30) <= 7 + offset)
    assert np.abs(row[0] - w / w.sum()).max() < 50 * EPS[dtype]
    dout = np.ones_like(out)
    found = bo.exact_attention_gradient(SOFTMAX, *x, out, dout, **options, decay=rates)
    expected = bo.exact_attention_gradient(
        SOFTMAX, *x, exact, dout, **options, bias=bias.astype(dtype)
    )
    for one, other in zip(found, expected, strict=True):
        assert np.abs(one - other).max() < 500 * EPS[dtype]


def test_features_decay(dtype):
    x = tensors(dtype, queries=20)
    fm = feature_map(m=80)
    rates = [0.25, 1.5]
    options = {"causal": True, "query_offset": 10, "decay": rates}
    distance = distances(20, 30, 10)
    decay = np.exp(-np.repeat(rates, 2)[:, None, None] * np.maximum(distance, 0))
    expected = mixed_attention(fm, *x, distance >= 0, False, decay=decay)
    out = bo.attention(fm, *x, **options)
    assert np.abs(out - expected).max() < 200 * EPS[dtype]
    assert np.array_equal(bo.attention_with_error(fm, *x, **options)[0], out)
    row = bo.attention_rows(fm, *x[:2], [(1, 3, 7)], **options)
    assert np.abs(row[0] @ x[2][1, 1] - out[1, 3, 7]).max() < 200 * EPS[dtype]
    near = distance < 4
    mixed = bo.attention(fm, *x, **options, exact=bo.ExactPairs(window=4))
    expected = mixed_attention(fm, *x, distance >= 0, near, decay=decay)
    assert np.abs(mixed - expected).max() < 200 * EPS[dtype]


def test_alibi_slopes():
    assert bo.alibi_slopes(0).shape == (0,)
    assert np.array_equal(bo.alibi_slopes(8), 2.0 ** -np.arange(1, 9))
    six = bo.alibi_slopes(6)
    assert np.array_equal(six[:4], bo.alibi_slopes(4))
    assert np.array_equal(six[4:], bo.alibi_slopes(8)[:4:2])
    x = tensors(np.float64)
    out = bo.attention(feature_map(), *x, causal=True, decay=bo.alibi_slopes(2))
    assert np.isfinite(out).all()


BAD = [
    ({"exact": 3}, TypeError, "exact is int, expected ExactPairs or None"),
    ({"exact": {"window": 3}}, TypeError, "exact is dict, expected ExactPairs or None"),
    ({"exact": bo.ExactPairs(window=-1)}, ValueError, "exact.window is -1"),
    ({"exact": bo.ExactPairs(first_keys=-1)}, ValueError, "exact.first_keys is -1"),
    (
        {"exact": bo.ExactPairs(blocks=bo.KeyBlocks(1, 8))},
        ValueError,
        "exact.blocks.query_rows is 8",
    ),
    ({"rest": "mean"}, ValueError, "rest is 'mean', expected one of features, means, none"),
    ({"rest": None}, ValueError, "rest is None, expected one of"),
    ({"decay": [0.1, 0.2]}, ValueError, "decay is given without a causal mask"),
    ({"decay": [], "causal": True}, ValueError, "decay has 0 entries, expected 2 (one per key"),
    ({"decay": [0.1], "causal": True}, ValueError, "decay has 1 entries, expected 2"),
    ({"decay": [[0.1, 0.2]], "causal": True}, ValueError, "decay has 2 dimensions"),
    ({"decay": ["a", "b"], "causal": True}, TypeError, "decay has dtype"),
    ({"decay": [0.1, -0.2], "causal": True}, ValueError, "decay[1] is -0.2"),
    ({"decay": [np.nan, 0.2], "causal": True}, ValueError, "decay[0] is nan"),
    (
        {"decay": [0.1, 0.2], "causal": True, "rest": "means"},
        ValueError,
        "decay is given together with blocks",
    ),
]


@pytest.mark.parametrize(("options", "error", "words"), BAD, ids=lambda value: str(value)[:40])
def test_wrong_options_are_refused_by_name(options, error, words):
    x = tensors(np.float64)
    with pytest.raises(error) as caught:
        bo.attention(feature_map(), *x, **options)
    assert str(caught.value).startswith(f"attention: {words}")


def test_other_kernels_have_no_exact_pairs():
    spec = bo.FeatureMapSpec(5, 8, bo.ArcCosineKernel(), features=bo.RectifiedFeatures())
    with pytest.raises(ValueError, match=r"^attention: "):
        bo.attention(spec, *tensors(np.float64), exact=bo.ExactPairs(window=2))


def test_pairs_are_values():
    pairs = bo.ExactPairs(window=33, blocks=bo.KeyBlocks(8, key_rows=32, order="bisection"))
    assert pairs.blocks.query_rows == 16
    assert eval(repr(pairs), vars(bo)) == pairs
    assert str(pairs) == repr(pairs)
    assert pickle.loads(pickle.dumps(pairs)) == pairs
    assert copy.deepcopy(pairs) == pairs
    assert len({pairs, copy.copy(pairs), bo.ExactPairs()}) == 2
    assert pairs != bo.ExactPairs(window=33)
    assert pairs.__replace__(window=1).blocks == pairs.blocks
    with pytest.raises(AttributeError):
        pairs.window = 2
    with pytest.raises(ValueError, match=r"^KeyBlocks: order is 'x', expected one of given, bisec"):
        bo.KeyBlocks(order="x")
    for kind in (bo.ExactPairs, bo.KeyBlocks):
        assert len(kind.__doc__) > 100
    assert "sink of attention" in bo.ExactPairs.__doc__
