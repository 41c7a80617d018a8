# SPDX-License-Identifier: Apache-2.0
"""Attention whose heads have maps of their own, and maps that are calibrated by data."""

import numpy as np
import pytest

import bochner as bo

SOFTMAX = bo.SoftmaxKernel(0.5)
BASE = bo.FeatureMapSpec(4, 64, SOFTMAX, features=bo.HyperbolicOprfFeatures(-0.01), seed=1)


def tensors(dtype, batch=2, heads=4, key_heads=2, length=40, size=0.5):
    rng = np.random.default_rng(7)
    shapes = [
        (batch, heads, length, 4),
        (batch, key_heads, length, 4),
        (batch, key_heads, length, 3),
    ]
    return [(size * rng.normal(size=shape)).astype(dtype) for shape in shapes]


def group(x, h):
    """Key head h and the query heads that read it."""
    return [x[0][:, 2 * h : 2 * h + 2], x[1][:, h : h + 1], x[2][:, h : h + 1]]


def test_errors_reports_and_rows_are_those_of_a_call_a_head(dtype):
    x = tensors(dtype)
    maps = bo.head_maps(BASE, 2, 2)
    out, error, report = bo.attention_with_error(maps, *x, causal=True)
    comparisons = bo.attention_report(maps, *x, causal=True, sample_rows=10)
    rows = [(0, 0, 3), (1, 3, 39), (0, 2, 0), (1, 1, 7)]
    weights = bo.attention_rows(maps, *x[:2], rows, causal=True)
    assert isinstance(comparisons, list)
    for h, fm in enumerate(maps):
        alone = bo.attention_with_error(fm, *group(x, h), causal=True)
        assert np.array_equal(out[:, 2 * h : 2 * h + 2], alone[0])
        assert np.array_equal(error[:, 2 * h : 2 * h + 2], alone[1])
        assert report.degrees_of_freedom == alone[2].degrees_of_freedom
        assert comparisons[h] == bo.attention_report(fm, *group(x, h), causal=True, sample_rows=10)
        for r, (b, head, i) in enumerate(rows):
            if head // 2 == h:
                one = bo.attention_rows(fm, *group(x, h)[:2], [(b, head - 2 * h, i)], causal=True)
                assert np.array_equal(weights[r], one[0])
    single = bo.attention_report(maps[:1], *group(x, 0))
    assert single == [bo.attention_report(maps[0], *group(x, 0))]
    for call in (
        lambda m: bo.attention_with_error(m, *x),
        lambda m: bo.attention_report(m, *x),
        lambda m: bo.attention_rows(m, *x[:2], rows),
    ):
        with pytest.raises(ValueError, match="feature_map has 1 entries, expected 2"):
            call(maps[:1])
    fewer = bo.FeatureMapSpec(4, 60, SOFTMAX, features=bo.PositiveFeatures())
    with pytest.raises(ValueError, match=r"maps\[1\] is 60 frequencies"):
        bo.attention_with_error([maps[0], fewer], *x)


@pytest.mark.parametrize("exact", [True, False], ids=["exact", "features"])
def test_gradients_come_as_they_are_wanted(dtype, exact):
    x = tensors(dtype)
    dout = np.random.default_rng(3).normal(size=(2, 4, 40, 3)).astype(dtype)
    forward, backward, what = (
        (bo.exact_attention, bo.exact_attention_gradient, SOFTMAX)
        if exact
        else (bo.attention, bo.attention_gradient, bo.head_maps(BASE, 0, 2))
    )
    out = forward(what, *x, causal=True)

    def call(**options):
        return backward(what, *x, out, dout, causal=True, **options)

    everything = dict(zip(("queries", "keys", "values"), call(), strict=True))
    for wrt in (["keys"], ("values", "queries"), ("queries", "keys"), tuple(everything)):
        found = call(wrt=wrt)
        assert len(found) == len(wrt)
        assert all(map(np.array_equal, found, (everything[name] for name in wrt)))
    to = np.empty_like(x[2])
    assert call(wrt=["values"], gradients=(to,))[0] is to
    assert np.array_equal(to, everything["values"])
    for wrong in ((), "keys", ["keys", "keys"], ["scale"]):
        with pytest.raises(ValueError, match="wrt is"):
            call(wrt=wrong)
    with pytest.raises(TypeError, match="expected a tuple of two arrays"):
        call(wrt=["keys", "values"], gradients=(to,))


def test_calibration_centres_and_chooses_the_parameter(dtype):
    q, k, v = tensors(dtype)
    q[:, 2:] += 1.0
    k[:, 1] += 0.5
    heads = bo.calibrate(BASE, 2, q, k, fit="shifts")
    assert len(heads) == 2
    for h, head in enumerate(heads):
        x, y = group([q, k, v], h)[:2]
        x = x.astype(float) - np.array(head.spec.transform.query)
        y = y.astype(float) - np.array(head.spec.transform.key)
        assert np.allclose(x.mean(axis=(0, 1, 2)) + y.mean(axis=(0, 1, 2)), 0, atol=1e-6)
        pairs = [
            0.5 * ((a[:, None] + b[None]) ** 2).sum(axis=-1)
            for a, b in zip(x.reshape(2, 80, 4), y.reshape(2, 40, 4), strict=True)
        ]
        assert np.isclose(head.mean_square, np.mean(pairs), rtol=1e-5)
        best = bo.optimal_hyperbolic_oprf_parameter(head.mean_square, 4)
        assert head.spec.features == bo.HyperbolicOprfFeatures(best)
        assert head.spec.seed == bo.head_specs(BASE, 2, 2)[h].seed
    specs = [head.spec for head in heads]
    exact = bo.exact_attention(SOFTMAX, q, k, v)

    def error(maps):
        return np.linalg.norm(bo.attention(maps, q, k, v)[:, 2:] - exact[:, 2:])

    assert error(specs) < error(bo.head_specs(BASE, 2, 2))
    assert bo.calibrate(str(BASE), 2, q, k, fit="shifts", num_threads=2) == heads
    live = np.ones((2, 40), bool)
    live[:, :9] = False
    poisoned = [np.where(live[:, None, :, None], t, np.nan).astype(dtype) for t in (q, k)]
    masked = bo.calibrate(BASE, 2, *poisoned, query_mask=live, key_mask=live)
    assert masked == bo.calibrate(BASE, 2, q[:, :, 9:], k[:, :, 9:])


def test_calibration_balances_directions(dtype):
    q, k, v = tensors(dtype)
    wide = np.array([4.0, 1.0, 0.5, 0.25], dtype)
    q, k = q * wide, k / wide
    heads = bo.calibrate(BASE, 0, q, k)
    shifted = bo.calibrate(BASE, 0, q, k, fit="shifts")
    for h, (head, plain) in enumerate(zip(heads, shifted, strict=True)):
        assert len(head.spec.features.a) == 4
        assert head.mean_square < 0.8 * plain.mean_square
        fitted = head.spec.transform
        m = np.reshape(fitted.matrix, (4, 4))
        x, y = group([q, k, v], h)[:2]
        x = (x.astype(float) - fitted.query) @ m.T
        y = (y.astype(float) - fitted.key) @ np.linalg.inv(m)
        pairs = [
            0.5 * ((a[:, None] + b[None]) ** 2).sum(axis=-1)
            for a, b in zip(x.reshape(2, 80, 4), y.reshape(2, 40, 4), strict=True)
        ]
        assert np.isclose(head.mean_square, np.mean(pairs), rtol=1e-4)


def test_calibration_refuses_by_name():
    q, k, _ = tensors(np.float32)
    relu = bo.FeatureMapSpec(
        4, 8, bo.ArcCosineKernel.relu_attention(), features=bo.RectifiedFeatures()
    )
    live = np.ones((2, 40), bool)
    for call, error, text in (
        (lambda: bo.calibrate(relu, 0, q, k), ValueError, "expected softmax or gaussian"),
        (lambda: bo.calibrate(3, 0, q, k), TypeError, "calibrate: base is int"),
        (lambda: bo.calibrate(BASE, 0, q, k, fit="all"), ValueError, "fit is 'all'"),
        (lambda: bo.calibrate(BASE, 0, q, k, fit=1), TypeError, "calibrate: fit is 1"),
        (lambda: bo.calibrate(BASE, -1, q, k), ValueError, "calibrate: layer is -1"),
        (lambda: bo.calibrate(BASE, 0, q, k[..., :3]), ValueError, "calibrate: keys"),
        (lambda: bo.calibrate(BASE, 0, q[..., :3], k[..., :3]), ValueError, "expected 4"),
        (lambda: bo.calibrate(BASE, 0, q, k.astype(float)), TypeError, "keys has dtype float64"),
        (
            lambda: bo.calibrate(BASE, 0, q, k, query_mask=live[:, :3]),
            ValueError,
            r"calibrate: query_mask has shape \(2, 3\), expected \(2, 40\)",
        ),
        (lambda: bo.calibrate(BASE, 0, q, k, key_mask=~live), ValueError, "key head 0 has no"),
        (lambda: bo.calibrate(BASE, 0, q * np.inf, k), ValueError, "queries: batch 0, head 0"),
    ):
        with pytest.raises(error, match=text):
            call()
