# SPDX-License-Identifier: Apache-2.0
"""Attention over float16 and bfloat16: the bits of float32 copies, outputs, refusals."""

import numpy as np
import pytest
from support import Bfloat16, Foreign, Learning

import bochner as bo

SOFTMAX = bo.SoftmaxKernel(0.7)
SPEC = bo.FeatureMapSpec(5, 16, SOFTMAX, features=bo.HyperbolicFeatures(), seed=1)


def tensors(batch=2, heads=4, key_heads=2, queries=9, keys=13, dim=5, value_dim=3, seed=0):
    rng = np.random.default_rng(seed)
    shapes = [
        (batch, heads, queries, dim),
        (batch, key_heads, keys, dim),
        (batch, key_heads, keys, value_dim),
    ]
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


def as_half(x):
    return x.astype(np.float16)


def single(x):
    return x.single() if isinstance(x, Bfloat16) else x.astype(np.float32)


def rounded(x, like):
    """float32 in the stored type of `like`, as words."""
    return Bfloat16(x).words if isinstance(like, Bfloat16) else x.astype(np.float16).view(np.uint16)


def words(x):
    return x.words if isinstance(x, Bfloat16) else x.view(np.uint16)


@pytest.fixture(params=[as_half, Bfloat16], ids=["float16", "bfloat16"])
def store(request):
    return request.param


def options():
    mask = np.arange(26).reshape(2, 13) % 3 > 0
    return [
        {},
        {"causal": True, "query_offset": 4},
        {"key_mask": mask},
        {"key_lengths": [13, 4], "causal": True, "query_offset": 4},
    ]


def calls():
    for how in options():
        yield lambda *x, how=how, **kw: bo.attention(SPEC, *x, **how, **kw)
        maps = bo.head_maps(SPEC, 0, 2)
        yield lambda *x, how=how, maps=maps, **kw: bo.attention(maps, *x, **how, **kw)
        yield lambda *x, how=how, **kw: bo.exact_attention(SOFTMAX, *x, **how, **kw)
    bias = np.random.default_rng(1).normal(size=(4, 9, 13)).astype(np.float32)
    allowed = np.arange(117).reshape(9, 13) % 4 > 0
    yield lambda *x, **kw: bo.exact_attention(SOFTMAX, *x, bias=bias, allowed=allowed, **kw)
    yield lambda *x, **kw: bo.exact_attention("gaussian", *x, window=3, **kw)
    yield lambda *x, **kw: bo.attention(SPEC, *x, products="bfloat16", **kw)


@pytest.mark.parametrize("call", list(calls()))
def test_results_have_the_bits_of_float32_copies(call, store):
    x = [store(t) for t in tensors()]
    expected, report = call(*map(single, x), return_report=True)
    for threads in (1, 2):
        out, found = call(*x, num_threads=threads, return_report=True)
        assert out.dtype == np.float32
        assert np.array_equal(out, expected)
        assert found == report
        into = np.full_like(expected, 7)
        assert np.shares_memory(call(*x, out=into, num_threads=threads), into)
        assert np.array_equal(into, expected)
        into = store(np.zeros_like(expected))
        returned = call(*x, out=into, num_threads=threads)
        assert returned is into or np.shares_memory(returned, into)
        assert np.array_equal(words(into), rounded(expected, into))


def test_packed_sequences(store):
    x = [store(t) for t in tensors(batch=1)]
    how = {"cu_seqlens": [0, 4, 9], "cu_seqlens_keys": [0, 10, 13], "causal": True}
    expected = bo.attention(SPEC, *map(single, x), **how)
    assert np.array_equal(bo.attention(SPEC, *x, **how), expected)


@pytest.mark.parametrize(
    "layout",
    [
        lambda x: np.asfortranarray(x),
        lambda x: x[:, :, ::-1, ::-1],
        lambda x: np.broadcast_to(x[:1, :1], x.shape),
        lambda x: np.repeat(x, 2, axis=3)[..., ::2],
    ],
)
def test_any_strides_will_do(layout, store):
    x = tensors()
    expected = bo.attention(SPEC, *(layout(single(store(t))) for t in x))
    laid = [Bfloat16(t, layout=layout) if store is Bfloat16 else layout(as_half(t)) for t in x]
    assert np.array_equal(bo.attention(SPEC, *laid), expected)


def test_half_arrays_of_other_libraries():
    x = [as_half(t) for t in tensors()]
    expected = bo.attention(SPEC, *x)
    assert np.array_equal(bo.attention(SPEC, *map(Foreign, x)), expected)


def test_arrays_of_ml_dtypes():
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    x = tensors()
    stored = [t.astype(bfloat16) for t in x]
    expected = bo.attention(SPEC, *(t.astype(np.float32) for t in stored))
    assert np.array_equal(bo.attention(SPEC, *stored), expected)
    out = np.zeros(expected.shape, bfloat16)
    assert bo.attention(SPEC, *stored, out=out) is out
    assert np.array_equal(out, expected.astype(bfloat16))


def test_numbers_of_every_kind(store):
    q, k, v = tensors()
    q[0, 1, 2, 3] = np.nan
    v[1, 1, 5, 0] = np.inf
    v[0, 0, :, 1] = 2.0 ** -np.arange(14, 27)
    x = [store(t) for t in (q, k, v)]
    expected, report = bo.attention(SPEC, *map(single, x), return_report=True)
    out, found = bo.attention(SPEC, *x, return_report=True)
    assert np.array_equal(out, expected, equal_nan=True)
    assert found == report
    assert report.nonfinite_rows > 0


def test_states_take_narrow_rows(store):
    length = 300
    x = tensors(queries=length, keys=length)
    x = [store(t) for t in x]
    copies = [single(t) for t in x]
    live = np.arange(length) >= np.array([[0], [90]])
    other = bo.AttentionState(SPEC, 2, 2, 3).append(*copies[1:], key_mask=live)
    state = bo.AttentionState(SPEC, 2, 2, 3).append(*x[1:], key_mask=live)
    assert state.lengths.tolist() == other.lengths.tolist() == [300, 210]
    expected = other.attend(copies[0])
    assert np.array_equal(state.attend(x[0]), expected)
    out = store(np.zeros_like(expected))
    state.attend(x[0], out=out)
    assert np.array_equal(words(out), rounded(expected, out))
    expected, report = other.advance(*copies, key_lengths=[300, 7], return_report=True)
    again = state.copy()
    found, told = state.advance(*x, key_lengths=[300, 7], return_report=True)
    assert np.array_equal(found, expected)
    assert told == report
    again.advance(*x, key_lengths=[300, 7], out=out)
    assert np.array_equal(words(out), rounded(expected, out))
    assert np.array_equal(state.attend(x[0]), other.attend(copies[0]))


def test_empty_tensors(store):
    for shape in ({"batch": 0}, {"queries": 0}, {"keys": 0}):
        x = [store(t) for t in tensors(**shape)]
        assert np.array_equal(bo.attention(SPEC, *x), bo.attention(SPEC, *map(single, x)))


def refusals():
    q, k, v = tensors()
    h = [as_half(t) for t in (q, k, v)]
    b = [Bfloat16(t) for t in (q, k, v)]
    words_only = b[0].words
    good = {"queries": h[0], "keys": h[1], "values": h[2]}
    out = np.zeros((2, 4, 9, 3), np.float16)
    frozen = out.copy()
    frozen.flags.writeable = False
    for name, value, error, text in [
        ("keys", k, TypeError, "keys has dtype float32 and queries float16"),
        ("values", b[2], TypeError, "values has dtype bfloat16 and queries float16"),
        ("queries", b[0], TypeError, "keys has dtype float16 and queries bfloat16"),
        (
            "queries",
            words_only,
            TypeError,
            "queries has dtype uint16, expected float32, float64",
        ),
        ("queries", h[0].astype(">f2"), TypeError, "queries has dtype >f2"),
        ("queries", h[0][0], ValueError, "queries has 3 dimensions, expected 4"),
        ("queries", Learning(h[0]), TypeError, "requires a gradient"),
        ("values", h[2][:, :1], ValueError, "values is"),
        ("out", np.zeros((2, 4, 9, 3)), TypeError, "out has dtype float64, expected float32 or fl"),
        ("out", Bfloat16(out), TypeError, "out has dtype bfloat16, expected float32 or float16"),
        ("out", out[:1], ValueError, "out has shape"),
        ("out", frozen, ValueError, "out is read-only"),
        ("out", h[2].reshape(-1)[:0].reshape(0, 4, 9, 3), ValueError, "out has shape"),
    ]:
        yield good | {name: value}, error, text
    yield good | {"values": h[1], "out": h[0]}, ValueError, "out overlaps queries"


@pytest.mark.parametrize(("arguments", "error", "text"), list(refusals()))
def test_bad_input_is_refused_by_name(arguments, error, text):
    for name, call in (
        ("attention", lambda **kw: bo.attention(SPEC, **kw)),
        ("exact_attention", lambda **kw: bo.exact_attention(SOFTMAX, **kw)),
    ):
        with pytest.raises(error, match=text) as caught:
            call(**arguments)
        assert str(caught.value).startswith(f"{name}: ")


def test_narrow_arrays_are_refused_elsewhere():
    q, k, v = (as_half(t) for t in tensors())
    out = np.zeros((2, 4, 9, 3), np.float32)
    trials = [
        (lambda: bo.exact_attention(SOFTMAX, q, k, v, bias=np.zeros((9, 13), np.float16)), "bias"),
        (
            lambda: bo.exact_attention(SOFTMAX, q, k, v, bias=np.zeros((9, 13))),
            "bias has dtype float64 and queries float16, expected float32 with these",
        ),
        (lambda: bo.attention_gradient(SPEC, q, k, v, out, out), "queries has dtype float16"),
        (lambda: bo.attention_with_error(SPEC, q, k, v), "queries has dtype float16"),
        (lambda: bo.attention_report(SPEC, q, k, v), "queries has dtype float16"),
        (lambda: bo.attention_rows(SPEC, q, k, [(0, 0, 0)]), "queries has dtype float16"),
        (
            lambda: bo.AttentionState(SPEC, 2, 2, 3, dtype=np.float64).append(k, v),
            "keys has dtype float16 and the state float64",
        ),
        (
            lambda: bo.AttentionState(SPEC, 2, 2, 3).append(k, v.astype(np.float32)),
            "values has dtype float32 and keys float16",
        ),
    ]
    for call, text in trials:
        with pytest.raises(TypeError, match=text):
            call()


def test_a_refused_row_leaves_the_state(store):
    q, k, v = tensors(queries=300, keys=300)
    k[1, 1, 290, 2] = 60000.0
    state = bo.AttentionState(SPEC, 2, 2, 3)
    with pytest.raises(ValueError, match="keys: batch 1, head 1, row 290 is too long"):
        state.append(store(k), store(v))
    assert state.length == 0
    with pytest.raises(ValueError, match="keys: batch 1, head 1, row 290 is too long"):
        bo.attention(SPEC, store(q), store(k), store(v), num_threads=1)
