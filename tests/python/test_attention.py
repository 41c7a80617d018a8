# SPDX-License-Identifier: Apache-2.0
"""Attention: values, masks, gradients, layouts, bad input, threads."""

import inspect

import numpy as np
import pytest
from support import Alarm, Foreign, Learning, alarm

import bochner as bo

SOFTMAX = bo.SoftmaxKernel(0.7)
EPS = {np.dtype(np.float32): 2.0**-23, np.dtype(np.float64): 2.0**-52}


def tensors(dtype, batch=2, heads=4, key_heads=2, queries=9, keys=13, dim=5, value_dim=3, seed=0):
    rng = np.random.default_rng(seed)
    shapes = [
        (batch, heads, queries, dim),
        (batch, key_heads, keys, dim),
        (batch, key_heads, keys, value_dim),
    ]
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def spec(features=None, m=16, dim=5, seed=1):
    return bo.FeatureMapSpec(
        dim, m, SOFTMAX, features=features or bo.HyperbolicFeatures(), seed=seed
    )


def grouped(x, heads):
    return np.repeat(x, heads // x.shape[1], axis=1)


def weights_of(logits, sees):
    """Softmax over the keys that a query sees; zeros where it sees none."""
    logits = np.where(sees, logits, -np.inf)
    top = logits.max(axis=-1, keepdims=True, initial=-np.inf)
    w = np.exp(logits - np.where(np.isfinite(top), top, 0))
    total = w.sum(axis=-1, keepdims=True)
    return np.divide(w, total, out=np.zeros_like(w), where=total > 0)


def softmax_attention(q, k, v, sees=True, bias=0.0, scale=0.7):
    q, k, v = (x.astype(np.float64) for x in (q, k, v))
    logits = scale * q @ grouped(k, q.shape[1]).swapaxes(2, 3) + bias
    sees = np.broadcast_to(sees, logits.shape)
    return weights_of(logits, sees) @ grouped(v, q.shape[1])


def feature_weights(fm, q, k, sees=True):
    """phi(q).phi(k) in float64 for one head each, normalised over what is seen."""
    phi_q, a = fm.apply(q.astype(np.float64))
    phi_k, b = fm.apply(k.astype(np.float64), side="key")
    product = phi_q @ phi_k.T
    exponent = np.where(sees, a[:, None] + b[None, :].astype(float), -np.inf)
    top = exponent.max(axis=1, keepdims=True, initial=-np.inf)
    w = np.exp2(exponent - np.where(np.isfinite(top), top, 0)) * product
    total = w.sum(axis=1, keepdims=True)
    return np.divide(w, total, out=np.zeros_like(w), where=total != 0)


def feature_attention(fms, q, k, v, sees=True):
    share = q.shape[1] // k.shape[1]
    sees = np.broadcast_to(sees, (*q.shape[:3], k.shape[2]))
    out = np.zeros((*q.shape[:3], v.shape[3]))
    for b in range(q.shape[0]):
        for h in range(q.shape[1]):
            g = h // share
            fm = fms[g] if isinstance(fms, list) else fms
            out[b, h] = feature_weights(fm, q[b, h], k[b, g], sees[b, h]) @ v[b, g]
    return out


def cases(batch=2, queries=9, keys=13):
    """Options by name, with the pairs of a query and a key that they let through."""
    i, j = np.arange(queries)[:, None], np.arange(keys)[None, :]
    key_mask = np.ones((batch, keys), bool)
    key_mask[0, 3:6] = key_mask[1] = False
    lengths = [13, 4]
    return {
        "all": ({}, True),
        "causal": ({"causal": True}, j <= i),
        "decoding": ({"causal": True, "query_offset": 4}, j <= i + 4),
        "negative offset": ({"causal": True, "query_offset": -3}, j <= i - 3),
        "key_mask": ({"key_mask": key_mask}, key_mask[:, None, None, :]),
        "causal key_mask": (
            {"causal": True, "key_mask": key_mask},
            key_mask[:, None, None, :] & (j <= i),
        ),
        "key_lengths": (
            {"key_lengths": lengths},
            (j < np.array(lengths)[:, None, None])[:, None],
        ),
    }


def packed_case():
    """The same for a batch of 1."""
    which_query = np.repeat([0, 1, 2], [4, 0, 5])
    which_key = np.repeat([0, 1, 2], [6, 2, 5])
    options = {"cu_seqlens": [0, 4, 4, 9], "cu_seqlens_keys": np.array([0, 6, 8, 13])}
    return options, which_query[:, None] == which_key[None, :]


@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_attention_is_its_formula(case, dtype):
    options, sees = cases()[case]
    q, k, v = tensors(dtype)
    for features in (bo.HyperbolicFeatures(), bo.PositiveFeatures(), bo.TrigonometricFeatures()):
        fm = bo.FeatureMap(spec(features))
        out = bo.attention(fm, q, k, v, **options)
        assert out.dtype == dtype
        expected = feature_attention(fm, q, k, v, sees)
        # Signed features: rounding of a sum grows by the inverse of a normaliser.
        loose = 1e4 if isinstance(features, bo.TrigonometricFeatures) else 100
        assert np.abs(out - expected).max() < loose * EPS[dtype] * max(1, np.abs(expected).max())


@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_exact_attention_is_softmax(case, dtype):
    options, sees = cases()[case]
    q, k, v = tensors(dtype)
    out = bo.exact_attention(SOFTMAX, q, k, v, **options)
    assert out.dtype == dtype
    assert np.abs(out - softmax_attention(q, k, v, sees)).max() < 50 * EPS[dtype]


def test_packed_sequences_see_their_own_keys(dtype):
    options, sees = packed_case()
    q, k, v = tensors(dtype, batch=1)
    fm = bo.FeatureMap(spec())
    out = bo.attention(fm, q, k, v, **options)
    assert np.abs(out - feature_attention(fm, q, k, v, sees)).max() < 100 * EPS[dtype]
    out = bo.exact_attention(SOFTMAX, q, k, v, **options)
    assert np.abs(out - softmax_attention(q, k, v, sees)).max() < 50 * EPS[dtype]


def test_exact_attention_honours_bias_window_and_allowed(dtype, layouts):
    q, k, v = tensors(dtype)
    rng = np.random.default_rng(5)
    i, j = np.arange(9)[:, None], np.arange(13)[None, :]
    bias = rng.normal(size=(2, 4, 9, 13)).astype(dtype)
    allowed = rng.random((2, 4, 9, 13)) < 0.7
    window = j > i + 2 - 4
    for given in (bias, bias[0], bias[0, 0], bias[:1, :, :, :1]):
        out = bo.exact_attention(SOFTMAX, q, k, v, bias=given)
        assert np.abs(out - softmax_attention(q, k, v, bias=given)).max() < 50 * EPS[dtype]
    for given in (allowed, allowed[1, 2], allowed[:, :1]):
        out = bo.exact_attention(SOFTMAX, q, k, v, allowed=given)
        assert np.abs(out - softmax_attention(q, k, v, given)).max() < 50 * EPS[dtype]
    options = {"window": 4, "query_offset": 2, "causal": True, "allowed": allowed, "bias": bias}
    expected = softmax_attention(q, k, v, window & (j <= i + 2) & allowed, bias)
    out = bo.exact_attention(SOFTMAX, q, k, v, **options)
    assert np.abs(out - expected).max() < 50 * EPS[dtype]
    for name, given in layouts(bias).items():
        options["bias"] = given
        assert np.array_equal(bo.exact_attention(SOFTMAX, q, k, v, **options), out), name
    for name, given in layouts(allowed).items():
        options["allowed"] = given
        assert np.array_equal(bo.exact_attention(SOFTMAX, q, k, v, **options), out), name


def test_gaussian_kernels_and_texts_are_kernels(dtype):
    q, k, v = tensors(dtype, heads=2)
    kernel = bo.GaussianKernel(bo.Isotropic(1.5))
    squares = ((q[:, :, :, None].astype(float) - k[:, :, None]) ** 2).sum(axis=4)
    w = np.exp(-squares / (2 * 1.5**2))
    expected = (w / w.sum(axis=3, keepdims=True)) @ v
    for given in (kernel, str(kernel)):
        assert np.abs(bo.exact_attention(given, q, k, v) - expected).max() < 50 * EPS[dtype]


def test_a_map_a_head_is_a_call_a_head(dtype):
    q, k, v = tensors(dtype)
    fms = bo.head_maps(spec(), layer=3, heads=2)
    out = bo.attention(fms, q, k, v, causal=True)
    for h, fm in enumerate(fms):
        alone = bo.attention(
            fm, q[:, 2 * h : 2 * h + 2], k[:, h : h + 1], v[:, h : h + 1], causal=True
        )
        assert np.array_equal(out[:, 2 * h : 2 * h + 2], alone)
    specs = bo.head_specs(spec(), 3, 2)
    assert [fm.spec for fm in fms] == specs
    assert np.array_equal(bo.attention([str(s) for s in specs], q, k, v, causal=True), out)
    # Hashed: a redraw of the network shares no head with this one.
    seeds = {
        s.seed
        for seed in range(5)
        for layer in range(5)
        for s in bo.head_specs(spec(seed=seed), layer, 8)
    }
    assert len(seeds) == 200


def test_what_padding_holds_changes_no_bit(dtype):
    q, k, v = tensors(dtype)
    options, _ = cases()["causal key_mask"]
    live = options["key_mask"][:, None, :, None]
    k2, v2 = np.where(live, k, np.nan).astype(dtype), np.where(live, v, np.inf).astype(dtype)
    for run in (
        lambda k, v: bo.attention(spec(), q, k, v, **options),
        lambda k, v: bo.exact_attention(SOFTMAX, q, k, v, **options),
        lambda k, v: bo.attention_with_error(spec(m=80), q, k, v, **options)[1],
        lambda k, _: bo.attention_rows(spec(), q, k, [(0, 1, 4)], **options),
    ):
        assert np.array_equal(run(k, v), run(k2, v2))


def test_reports_count_rows(dtype):
    q, k, v = tensors(dtype)
    options, _ = cases()["key_mask"]
    for run in (
        lambda **o: bo.attention(spec(), q, k, v, **o, return_report=True),
        lambda **o: bo.exact_attention(SOFTMAX, q, k, v, **o, return_report=True),
    ):
        out, report = run(**options)
        assert report.empty_rows == 4 * 9  # of batch entry 1
        assert not out[1].any()
        assert report.arithmetic == ("float" if dtype == np.float32 else "double")
        assert report.to_dict()["empty_rows"] == 36
        assert "empty_rows" in str(report)
    poisoned = v.copy()
    poisoned[0, 0, 5, 1] = np.nan
    out, report = bo.attention(spec(), q, k, poisoned, causal=True, return_report=True)
    assert report.nonfinite_rows == 2 * (9 - 5)
    assert np.isfinite(out[1]).all()


def test_bfloat16_products_are_near_and_say_so():
    q, k, v = tensors(np.float32)
    out, report = bo.attention(spec(), q, k, v, products="bfloat16", return_report=True)
    assert report.arithmetic.startswith("bfloat16")
    error = np.abs(out - bo.attention(spec(), q, k, v)).max()
    # Factors are off by 2^-9; values are below 4.
    assert 0 < error < 4 * 4 * 2.0**-9
    with pytest.raises(ValueError, match="attention"):
        bo.attention(spec(), *tensors(np.float64), products="bfloat16")


CALLS = {
    "attention": lambda x, **o: bo.attention(spec(), *x, **o),
    "exact_attention": lambda x, **o: bo.exact_attention(SOFTMAX, *x, **o),
}


@pytest.mark.parametrize("call", list(CALLS))
def test_every_layout_has_the_bits_of_the_contiguous_call(call, dtype, layouts):
    run = CALLS[call]
    x = tensors(dtype)
    expected = run(x, causal=True)
    for at in range(3):
        for name, given in layouts(x[at]).items():
            y = [*x[:at], given, *x[at + 1 :]]
            assert np.array_equal(run(y, causal=True), expected), (at, name)
    for name, out in layouts(np.zeros_like(expected)).items():
        if name != "read-only":
            assert run(x, causal=True, out=out) is out
            assert np.array_equal(out, expected), name
    transposed = [np.ascontiguousarray(t.swapaxes(1, 2)).swapaxes(1, 2) for t in x]
    assert np.array_equal(run(transposed, causal=True), expected)
    for threads in (1, 2):
        assert np.array_equal(run(x, causal=True, num_threads=threads), expected)
    one = [t[:, :1] for t in x]
    shared = [np.broadcast_to(one[0], x[0].shape), one[1], one[2]]
    assert shared[0].strides[1] == 0
    copied = [shared[0].copy(), *one[1:]]
    assert np.array_equal(run(shared), run(copied))
    mask = np.random.default_rng(1).random((2, 13)) < 0.5
    masked = run(x, key_mask=mask)
    for name, given in layouts(mask).items():
        assert np.array_equal(run(x, key_mask=given), masked), name


def test_what_speaks_dlpack_is_an_array(dtype):
    x = tensors(dtype)
    expected = bo.attention(spec(), *x)
    assert np.array_equal(bo.attention(spec(), *map(Foreign, x)), expected)
    out = np.zeros_like(expected)
    lengths = np.array([13, 4])
    bo.attention(spec(), *x, key_lengths=Foreign(lengths), out=out)
    assert np.array_equal(out, bo.attention(spec(), *x, key_lengths=[13, 4]))


def numerical_gradients(run, x, dout, step=1e-5):
    out = []
    for at in range(3):
        gradient = np.zeros_like(x[at])
        for index in np.ndindex(*x[at].shape):
            y = [t.copy() for t in x]
            y[at][index] += step
            upper = (dout * run(y)).sum()
            y[at][index] -= 2 * step
            gradient[index] = (upper - (dout * run(y)).sum()) / (2 * step)
        out.append(gradient)
    return out


@pytest.mark.parametrize("per_head", [False, True], ids=["one map", "a map per head"])
def test_gradients_are_those_of_the_output(per_head):
    x = tensors(np.float64, batch=1, heads=4, key_heads=2, queries=3, keys=4, dim=2, value_dim=2)
    fms = bo.head_maps(spec(dim=2, m=6), 0, 2) if per_head else spec(dim=2, m=6)
    dout = np.random.default_rng(3).normal(size=(1, 4, 3, 2))
    options = {"causal": True, "query_offset": 1, "key_mask": np.array([[True, True, False, True]])}
    out = bo.attention(fms, *x, **options)
    found = bo.attention_gradient(fms, *x, out, dout, **options)
    expected = numerical_gradients(lambda y: bo.attention(fms, *y, **options), x, dout)
    for one, other in zip(found, expected, strict=True):
        assert np.abs(one - other).max() < 1e-8
    assert not found[1][:, :, 2].any()


def test_exact_gradients_are_those_of_the_softmax(dtype, layouts):
    q, k, v = tensors(dtype)
    rng = np.random.default_rng(4)
    bias = rng.normal(size=(4, 9, 13)).astype(dtype)
    sees = (rng.random((2, 4, 9, 13)) < 0.7) & (np.arange(13) > np.arange(9)[:, None] - 5)
    dout = rng.normal(size=(2, 4, 9, 3)).astype(dtype)
    options = {"bias": bias, "allowed": sees, "window": 5}
    out = bo.exact_attention(SOFTMAX, q, k, v, **options)
    found = bo.exact_attention_gradient(SOFTMAX, q, k, v, out, dout, **options)
    q8, k8, v8, dout8 = (t.astype(np.float64) for t in (q, k, v, dout))
    kk, vv = grouped(k8, 4), grouped(v8, 4)
    w = weights_of(0.7 * q8 @ kk.swapaxes(2, 3) + bias, sees)
    dw = dout8 @ vv.swapaxes(2, 3)
    dlogits = 0.7 * w * (dw - (w * dw).sum(axis=3, keepdims=True))
    expected = (
        dlogits @ kk,
        (dlogits.swapaxes(2, 3) @ q8).reshape(2, 2, 2, 13, 5).sum(axis=2),
        (w.swapaxes(2, 3) @ dout8).reshape(2, 2, 2, 13, 3).sum(axis=2),
    )
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == dtype
        assert np.abs(one - other).max() < 200 * EPS[dtype]
    for threads in (1, 2):
        again = bo.exact_attention_gradient(
            SOFTMAX, q, k, v, out, dout, **options, num_threads=threads
        )
        assert all(map(np.array_equal, again, found))
    for name in layouts(q):
        if name == "read-only":
            continue
        written = tuple(layouts(np.zeros_like(t))[name] for t in (q, k, v))
        given = [layouts(t)[name] for t in (q, k, v, out, dout)]
        bo.exact_attention_gradient(SOFTMAX, *given, **options, gradients=written)
        assert all(map(np.array_equal, written, found)), name


def test_gradients_have_the_same_bits_in_every_layout(dtype, layouts):
    q, k, v = tensors(dtype)
    dout = np.random.default_rng(4).normal(size=(2, 4, 9, 3)).astype(dtype)
    out = bo.attention(spec(), q, k, v, causal=True)
    found = bo.attention_gradient(spec(), q, k, v, out, dout, causal=True)
    for threads in (1, 2):
        again = bo.attention_gradient(spec(), q, k, v, out, dout, causal=True, num_threads=threads)
        assert all(map(np.array_equal, again, found))
    for name in layouts(q):
        if name == "read-only":
            continue
        written = tuple(layouts(np.zeros_like(t))[name] for t in (q, k, v))
        given = [layouts(t)[name] for t in (q, k, v, out, dout)]
        again = bo.attention_gradient(spec(), *given, causal=True, gradients=written)
        assert all(one is other for one, other in zip(again, written, strict=True))
        assert all(map(np.array_equal, written, found)), name


@pytest.mark.parametrize("exact", [True, False], ids=["exact", "features"])
def test_the_scale_gradient_is_the_slope_of_the_scale(exact):
    q, k, v = tensors(np.float64)
    dout = np.random.default_rng(6).normal(size=(2, 4, 9, 3))

    def kernel_of(scale):
        return bo.SoftmaxKernel(scale)

    def run(scale):
        kernel = kernel_of(scale)
        if exact:
            out = bo.exact_attention(kernel, q, k, v)
            return out, bo.exact_attention_gradient(kernel, q, k, v, out, dout)
        fm = bo.FeatureMapSpec(5, 8, kernel, features=bo.PositiveFeatures(), seed=2)
        out = bo.attention(fm, q, k, v)
        return out, bo.attention_gradient(fm, q, k, v, out, dout)

    _, (dq, dk, _) = run(0.7)
    slope = ((dout * run(0.7 + 1e-5)[0]).sum() - (dout * run(0.7 - 1e-5)[0]).sum()) / 2e-5
    found = bo.softmax_scale_gradient(kernel_of(0.7), q, k, dq, dk)
    assert abs(found - slope) < 1e-7 * max(1, abs(slope))


def test_rows_are_the_weights(dtype):
    q, k, v = tensors(dtype)
    rows = [(b, h, i) for b in range(2) for h in range(4) for i in range(9)]
    for options, sees in cases().values():
        sees = np.broadcast_to(sees, (2, 4, 9, 13)).reshape(-1, 13)
        out = bo.attention(spec(), q, k, v, **options)
        w = bo.attention_rows(spec(), q, k, rows, **options)
        assert w.dtype == dtype
        assert not w[~sees].any()
        again = w.reshape(2, 4, 9, 13) @ grouped(v, 4)
        assert np.abs(again - out).max() < 100 * EPS[dtype]
        w = bo.exact_attention_rows(SOFTMAX, q, k, np.array(rows), **options, num_threads=2)
        expected = weights_of(
            0.7 * q.astype(float) @ grouped(k, 4).swapaxes(2, 3),
            sees.reshape(2, 4, 9, 13),
        )
        assert np.abs(w - expected.reshape(-1, 13)).max() < 10 * EPS[dtype]
    w = bo.exact_attention_rows(SOFTMAX, q, k, [(0, 0, 8)], causal=True, window=2)
    assert (w[0] > 0).nonzero()[0].tolist() == [7, 8]
    assert bo.attention_rows(spec(), q, k, np.empty((0, 3), int)).shape == (0, 13)


def test_intervals_cover_and_those_of_another_kernel_do_not():
    # Independent draws of one problem: at a nominal 95 %, 200 draws cover 190 +- 3.1. The jackknife
    # of a ratio falls a little short: allow 5 sigma below 92 %.
    q, k, v = (0.5 * x for x in tensors(np.float64, 1, 1, 1, 1, 12, 4, 1, seed=8))
    exact = bo.exact_attention(SOFTMAX, q, k, v).item()
    other = bo.exact_attention(bo.SoftmaxKernel(1.4), q, k, v).item()
    covered = of_other = 0
    for seed in range(200):
        fm = bo.FeatureMapSpec(
            4, 256, SOFTMAX, bo.IidProjection(), bo.HyperbolicFeatures(), seed=seed
        )
        out, error, report = bo.attention_with_error(fm, q, k, v)
        half = report.factor(0.95) * error.item()
        covered += abs(out.item() - exact) < half
        of_other += abs(out.item() - other) < half
    assert covered > 200 * 0.92 - 5 * np.sqrt(200 * 0.92 * 0.08)
    assert of_other < 200 * 0.5
    assert report.source == "blocks"


def test_standard_errors_come_per_entry_or_row(dtype):
    q, k, v = tensors(dtype)
    fm = bo.FeatureMap(spec(m=80))
    out, error, report = bo.attention_with_error(fm, q, k, v, causal=True)
    assert np.array_equal(out, bo.attention(fm, q, k, v, causal=True))
    assert error.shape == out.shape
    again, per_row, _ = bo.attention_with_error(fm, q, k, v, causal=True, per="row", num_threads=2)
    assert np.array_equal(again, out)
    assert per_row.shape == (2, 4, 9, 1)
    norms = np.linalg.norm(error, axis=3, keepdims=True)
    assert np.allclose(per_row, norms, rtol=100 * EPS[dtype])
    assert report.groups == 16
    assert report.attention.arithmetic in ("float", "double")
    assert report.factor(0.5) < report.factor()
    few = bo.attention_with_error(spec(m=4), q, k, v, redraws=5)[2]
    assert (few.source, few.groups) == ("redraws", 5)


def test_the_comparison_measures_what_numpy_measures(dtype):
    q, k, v = (0.5 * x for x in tensors(dtype))
    q, k, v = (x.astype(dtype) for x in (q, k, v))
    found = bo.attention_report(spec(), q, k, v, sample_rows=2 * 4 * 9)
    out, exact = bo.attention(spec(), q, k, v), bo.exact_attention(SOFTMAX, q, k, v)
    error = np.linalg.norm(out.astype(float) - exact) / np.linalg.norm(exact.astype(float))
    assert found.rows == 72
    assert found.output_error == pytest.approx(error, rel=1e-3)
    sums = np.sqrt(0.7) * (q[:, :, :, None].astype(float) + grouped(k, 4)[:, :, None])
    squares = (sums**2).sum(axis=4)
    assert found.norms.mean == pytest.approx(squares.mean(), rel=1e-5)
    assert found.norms.largest == pytest.approx(squares.max(), rel=1e-5)
    assert found.advice in ("fine", "keep-exact", "more-frequencies", "change-map", "centre")
    assert found.sentence
    one, two = (bo.attention_report(spec(), q, k, v, num_threads=n) for n in (1, 2))
    assert one == two
    assert one.to_dict()["norms"] == one.norms


def test_modelled_times_are_their_formulas():
    c = bo.AttentionCosts()
    queries, keys, d, features = 700, 1000, 32, 128
    exact = bo.attention_nanoseconds("exact", queries, keys, d, features)
    assert exact == pytest.approx(queries * keys * (2 * d * c.product + c.weight))
    pairs = sum(keys - queries + i + 1 for i in range(queries))
    exact = bo.attention_nanoseconds("exact", queries, keys, d, features, causal=True)
    assert exact == pytest.approx(pairs * (2 * d * c.product + c.weight))
    both = (queries + keys) * features * (2 * d * c.product + c.feature)
    found = bo.attention_nanoseconds("random-features", queries, keys, d, features)
    assert found == pytest.approx(both)
    both += queries * 32 * (features + d) * c.product + keys / 64 * features * d * c.fold
    found = bo.attention_nanoseconds("random-features", queries, keys, d, features, causal=True)
    assert found == pytest.approx(both)
    free = bo.AttentionCosts(weight=0.0, product=0.0)
    assert bo.attention_backend(10**6, 10**6, d, features) == "random-features"
    assert bo.attention_backend(10**6, 10**6, d, features, costs=free) == "exact"


def test_empty_tensors_are_tensors(dtype):
    for shape in ({"batch": 0}, {"queries": 0}, {"heads": 0, "key_heads": 2}):
        x = tensors(dtype, **shape)
        assert bo.attention(spec(), *x).shape == (*x[0].shape[:3], 3)
        assert bo.exact_attention(SOFTMAX, *x).shape == (*x[0].shape[:3], 3)
    x = tensors(dtype, keys=0)
    assert not bo.attention(spec(), *x).any()
    assert not bo.exact_attention(SOFTMAX, *x, bias=np.zeros((9, 0), dtype)).any()


def refusals():
    """Functions, changes of a good call, and what is said."""
    q, k, v = tensors(np.float32)
    wrong = {
        "queries": [
            (q.tolist(), TypeError, "queries is list"),
            (q.astype(np.float16), TypeError, "keys has dtype float32 and queries float16"),
            (q.astype(int), TypeError, "queries has dtype int64"),
            (q.astype(object), TypeError, "queries has dtype object"),
            (q.astype(">f4"), TypeError, "queries has dtype >f4"),
            (q[0], ValueError, r"queries has 3 dimensions, expected 4 \(batch, heads, length, dim"),
            (q[:, :3], ValueError, "3 query heads and 2 key heads"),
            (q[:1], ValueError, "keys is 2 x"),
            (np.zeros((2, 4, 9, 0), np.float32), ValueError, "dimension"),
        ],
        "keys": [
            (k.astype(np.float64), TypeError, "keys has dtype float64 and queries float32"),
            (k[..., :2], ValueError, "keys is"),
        ],
        "values": [(v[:, :, :4], ValueError, "values is"), (None, TypeError, "values is NoneType")],
        "causal": [(1, TypeError, "causal is 1, expected True or False")],
        "query_offset": [
            (1.0, TypeError, "query_offset is 1.0, expected an integer"),
            (2**70, ValueError, "query_offset is"),
        ],
        "key_mask": [
            (np.ones((2, 13), int), TypeError, "key_mask has dtype int64, expected bool"),
            (np.ones((2, 12), bool), ValueError, r"key_mask has shape \(2, 12\), expected \(2, 13"),
            (np.ones((1, 13), bool), ValueError, r"key_mask has shape \(1, 13\), expected \(2, 13"),
            ([[True] * 13] * 2, TypeError, "key_mask is list, expected an array of bool"),
        ],
        "key_lengths": [
            ([], ValueError, "key_lengths has 0 entries, expected 2"),
            ([1.0, 2.0], TypeError, "key_lengths has dtype float64, expected integers"),
            ([1, 14], ValueError, r"key_lengths\[1\] is 14, expected 0 to 13"),
            ([[1, 2]], ValueError, "key_lengths has 2 dimensions"),
            (np.array([2**63, 1], np.uint64), ValueError, "key_lengths holds"),
        ],
        "cu_seqlens": [
            ([0, 9], ValueError, "batch of 2"),
            ([], ValueError, "cu_seqlens has no entries"),
        ],
        "cu_seqlens_keys": [([0, 13], ValueError, "without cu_seqlens")],
        "num_threads": [
            (0, ValueError, "num_threads is 0"),
            (1.5, TypeError, "num_threads is 1.5"),
        ],
        "return_report": [("yes", TypeError, "return_report is 'yes'")],
        "out": [
            (np.zeros((2, 4, 9, 2), np.float32), ValueError, "out has shape"),
            (np.zeros((2, 4, 9, 3)), TypeError, "out has dtype float64"),
            (np.broadcast_to(np.float32(0), (2, 4, 9, 3)), ValueError, "out is read-only"),
        ],
    }
    only = {
        "attention": {
            "feature_map": [
                (3, TypeError, "feature_map is int"),
                ([spec()] * 3, ValueError, r"feature_map has 3 entries, expected 2 \(one per key"),
                ([spec(), 3], TypeError, r"feature_map\[1\] is int"),
                (spec(dim=4), ValueError, "dimension 5, expected 4"),
            ],
            "products": [("half", ValueError, "products is 'half'")],
        },
        "exact_attention": {
            "kernel": [
                (3, TypeError, r"kernel is int, expected a kernel \(bochner.kernels\)"),
                (bo.ArcCosineKernel(), ValueError, "softmax"),
            ],
            "window": [(0, ValueError, "window is 0"), (2.5, TypeError, "window is 2.5")],
            "bias": [
                (np.zeros((9, 13)), TypeError, "bias has dtype float64 and queries float32"),
                (np.zeros((9, 12), np.float32), ValueError, r"bias has shape \(9, 12\), which"),
                (np.zeros((1, 1, 1, 9, 13), np.float32), ValueError, "bias has 5 dimensions"),
                ([0.0], TypeError, "bias is list"),
            ],
            "allowed": [
                (np.ones((9, 12), bool), ValueError, r"allowed has shape \(9, 12\), which"),
                (np.ones((9, 13)), TypeError, "allowed has dtype float64, expected bool"),
            ],
        },
    }
    for function, first in (("attention", "feature_map"), ("exact_attention", "kernel")):
        for argument, trials in (wrong | only[function]).items():
            for value, error, text in trials:
                good = {first: SOFTMAX if first == "kernel" else spec()}
                good |= {"queries": q, "keys": k, "values": v}
                yield function, good | {argument: value}, error, text


@pytest.mark.parametrize(("function", "arguments", "error", "text"), list(refusals()))
def test_bad_input_is_refused_by_name(function, arguments, error, text):
    with pytest.raises(error, match=text) as caught:
        getattr(bo, function)(**arguments)
    assert str(caught.value).startswith(f"{function}: ")
    assert "incompatible function arguments" not in str(caught.value)


def test_other_functions_refuse_by_name():
    q, k, v = tensors(np.float32)
    out = bo.attention(spec(), q, k, v)
    trials = [
        (lambda: bo.attention_gradient(spec(), q, k, v, out[:, :1], out), ValueError, "out is"),
        (
            lambda: bo.attention_gradient(spec(), q, k, v, out, out.astype(float)),
            TypeError,
            "out_gradient has dtype float64",
        ),
        (
            lambda: bo.attention_gradient(spec(), q, k, v, out, out, gradients=[q, k, v]),
            TypeError,
            "gradients is list",
        ),
        (
            lambda: bo.attention_gradient(
                spec(), q, k, v, out, out, gradients=(np.empty_like(q), k, np.empty_like(v))
            ),
            ValueError,
            "overlaps keys",
        ),
        (
            lambda: bo.attention_gradient(
                spec(), q, k, v, out, out, gradients=(np.empty_like(q), v, np.empty_like(v))
            ),
            ValueError,
            r"gradients\[1\] has shape",
        ),
        (lambda: bo.attention_with_error(spec(), q, k, v, per="x"), ValueError, "per is 'x'"),
        (lambda: bo.attention_with_error(spec(), q, k, v, redraws=1), ValueError, "redraws is 1"),
        (
            lambda: bo.attention_with_error([spec()] * 3, q, k, v),
            ValueError,
            r"feature_map has 3 entries, expected 2 \(one per key head\)",
        ),
        (lambda: bo.attention_report(spec(), q, k, v, sample_rows=0), ValueError, "sample_rows"),
        (lambda: bo.attention_rows(spec(), q, k, [(0, 0)]), ValueError, "rows has shape"),
        (lambda: bo.attention_rows(spec(), q, k, [(0, 0, 9)]), ValueError, r"rows\[0\] is"),
        (lambda: bo.attention_rows(spec(), q, k, [0, 0, 9]), ValueError, "rows has 1 dimension"),
        (lambda: bo.exact_attention_rows(3, q, k, [(0, 0, 0)]), TypeError, "kernel is int"),
        (
            lambda: bo.softmax_scale_gradient(bo.GaussianKernel(), q, k, q, k),
            ValueError,
            "expected softmax",
        ),
        (lambda: bo.softmax_scale_gradient(SOFTMAX, q, k, k, k), ValueError, "query_gradient"),
        (lambda: bo.head_specs(3, 0, 1), TypeError, "base is int"),
        (lambda: bo.head_specs(spec(), -1, 1), ValueError, "layer is -1"),
        (lambda: bo.head_maps(spec(), 0, 1.0), TypeError, "heads is 1.0"),
        (lambda: bo.attention_backend(-1, 1, 1, 1), ValueError, "queries is -1"),
        (lambda: bo.attention_backend(1, 1, 0, 1), ValueError, "dim is 0"),
        (lambda: bo.attention_backend(1, 1, 1, 1, costs=3), TypeError, "costs is int"),
        (lambda: bo.attention_nanoseconds("x", 1, 1, 1, 1), ValueError, "backend is 'x'"),
        (lambda: bo.AttentionCosts(fold=-1.0), ValueError, "fold is -1.0"),
        (lambda: bo.AttentionCosts(fold="x"), TypeError, "fold is 'x'"),
        (lambda: bo.AttentionCosts(fold=np.inf), ValueError, "fold is inf"),
    ]
    for call, error, text in trials:
        with pytest.raises(error, match=text) as caught:
            call()
        assert "incompatible function arguments" not in str(caught.value)
    report = bo.attention_with_error(spec(m=80), q, k, v)[2]
    for level in (0.0, 1.0, 2.0):
        with pytest.raises(ValueError, match="level"):
            report.factor(level)


def test_outputs_may_not_overlap_inputs():
    q, k, v = tensors(np.float32, dim=3)
    with pytest.raises(ValueError, match="out overlaps queries"):
        bo.attention(spec(dim=3), q, k, v, out=q)
    keys, values = (x[:, [0, 0, 1, 1], :9].copy() for x in (k, v))
    with pytest.raises(ValueError, match="out overlaps values"):
        bo.exact_attention(SOFTMAX, q, keys, values, out=values)
    bias = np.zeros((2, 4, 9, 13), np.float32)
    with pytest.raises(ValueError, match="out overlaps bias"):
        bo.exact_attention(SOFTMAX, q, k, v, bias=bias, out=bias[..., 5:8])
    out = bo.exact_attention(SOFTMAX, q, k, v)
    with pytest.raises(ValueError, match=r"gradients.queries overlaps bias"):
        bo.exact_attention_gradient(
            SOFTMAX,
            q,
            k,
            v,
            out,
            out,
            bias=bias,
            gradients=(bias[..., 5:8], np.empty_like(k), np.empty_like(v)),
        )


def test_torch_tensors_that_want_a_gradient_are_refused():
    q, k, v = tensors(np.float32)
    with pytest.raises(TypeError, match="attention: keys requires a gradient"):
        bo.attention(spec(), q, Learning(k), v)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_signal_ends_a_long_call(threads):
    # Seconds of work, of which the last rows are never reached.
    q, k, v = tensors(np.float64, 1, 2, 2, 50000, 50000, 8, 8)
    out = np.full(q.shape, np.nan)
    with alarm(), pytest.raises(Alarm):
        bo.exact_attention(SOFTMAX, q, k, v, out=out, num_threads=threads)
    assert np.isnan(out[0, -1, -1]).all()


def test_a_signal_ends_the_call_of_one_causal_head():
    # One block of work, in which the last rows come last.
    q, k, v = (
        np.broadcast_to(x, (1, 1, 200000, 8)) for x in tensors(np.float64, 1, 1, 1, 1, 1, 8, 8)
    )
    out = np.full(q.shape, np.nan)
    with alarm(), pytest.raises(Alarm):
        bo.attention(spec(m=512, dim=8), q, k, v, causal=True, out=out, num_threads=1)
    assert np.isnan(out[0, -1, -1]).all()


def test_options_are_by_keyword():
    for name in bo.__all__:
        function = getattr(bo, name)
        if not inspect.isfunction(function) or "attention" not in name:
            continue
        for parameter in inspect.signature(function).parameters.values():
            if parameter.default is not inspect.Parameter.empty:
                assert parameter.kind == inspect.Parameter.KEYWORD_ONLY, (name, parameter)
