# SPDX-License-Identifier: Apache-2.0
"""Attention with one factor per key and head."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import bochner as bo

SOFTMAX = bo.SoftmaxKernel(0.7)
SPEC = bo.FeatureMapSpec(5, 24, SOFTMAX, features=bo.HyperbolicFeatures(), seed=3)
EPS = {np.dtype(np.float32): 2.0**-23, np.dtype(np.float64): 2.0**-52}


def tensors(dtype: Any = np.float64, queries: int = 30, keys: int = 30) -> Any:
    rng = np.random.default_rng(11)
    shapes = [(2, 4, queries, 5), (2, 2, keys, 5), (2, 2, keys, 3)]
    return [(0.7 * rng.normal(size=shape)).astype(dtype) for shape in shapes]


def some_gates(keys: int = 30) -> Any:
    gates = np.random.default_rng(12).uniform(0.5, 1.0, size=(2, 2, keys))
    gates[0, 1, [k for k in (0, 7, 19) if k < keys]] = 0.0
    gates[1, 0, 11] = 1e-300
    return gates


def factors(gates: Any, queries: int, offset: int = 0) -> Any:
    """The product of the gates between each query and key: batch, heads, queries, keys."""
    keys = gates.shape[2]
    out = np.zeros((2, 4, queries, keys))
    for b, h, i in np.ndindex(2, 4, queries):
        last = min(i + offset, keys - 1)
        for j in range(last + 1):
            out[b, h, i, j] = np.prod(gates[b, h // 2, j + 1 : last + 1])
    return out


def weighted(w: Any, v: Any) -> Any:
    return w @ np.repeat(v, 2, axis=1).astype(np.float64) / w.sum(axis=3, keepdims=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gates_multiply_weights(dtype: Any) -> None:
    q, k, v = tensors(dtype, queries=20)
    gates = some_gates()
    options: dict[str, Any] = {"causal": True, "query_offset": 10}
    w = factors(gates, 20, 10)
    exact = np.exp(0.7 * q.astype(float) @ np.repeat(k, 2, axis=1).swapaxes(2, 3).astype(float))
    for given in (gates, np.asfortranarray(gates), np.repeat(gates, 2, axis=2)[:, :, ::2]):
        out = bo.exact_attention(SOFTMAX, q, k, v, **options, gates=given)
        assert np.abs(out - weighted(w * exact, v)).max() < 100 * EPS[np.dtype(dtype)]
    row = bo.exact_attention_rows(SOFTMAX, q, k, [(1, 3, 7)], **options, gates=gates)
    expected = (w * exact)[1, 3, 7]
    assert np.abs(row[0] - expected / expected.sum()).max() < 50 * EPS[np.dtype(dtype)]
    fm = bo.FeatureMap(SPEC)
    out = bo.attention(fm, q, k, v, **options, gates=gates)
    by_features = np.empty(w.shape)
    for b, h in np.ndindex(2, 4):
        phi, exponent = fm.apply(q[b, h].astype(np.float64))
        psi, other = fm.apply(k[b, h // 2].astype(np.float64), side="key")
        by_features[b, h] = np.exp2(exponent[:, None] + other.astype(float)) * (phi @ psi.T)
    assert np.abs(out - weighted(w * by_features, v)).max() < 500 * EPS[np.dtype(dtype)]
    rows = bo.attention_rows(fm, q, k, [(0, 2, 19)], **options, gates=gates)
    assert (rows[0, :19] == 0).all()
    with_error, _, _ = bo.attention_with_error(fm, q, k, v, **options, gates=gates)
    assert np.array_equal(with_error, out)


def test_gates_of_one_and_equal_gates() -> None:
    x = tensors()
    plain = bo.attention(SPEC, *x, causal=True)
    assert np.array_equal(bo.attention(SPEC, *x, causal=True, gates=np.ones((2, 2, 30))), plain)
    rates = np.array([0.3, 0.02])
    gates = np.broadcast_to(np.exp(-rates)[None, :, None], (2, 2, 30))
    decayed = bo.attention(SPEC, *x, causal=True, decay=rates)
    assert np.allclose(bo.attention(SPEC, *x, causal=True, gates=gates), decayed, atol=1e-12)
    single = gates.astype(np.float32)
    assert np.array_equal(
        bo.attention(SPEC, *x, causal=True, gates=single),
        bo.attention(SPEC, *x, causal=True, gates=single.astype(np.float64)),
    )


@pytest.mark.parametrize("exactly", [True, False])
def test_gradients_are_those_of_the_output(exactly: bool) -> None:
    x = tensors(queries=12, keys=12)
    q, k, v = x
    gates = some_gates(12)
    gates[1, 0, 11] = 0.8
    dout = np.random.default_rng(3).normal(size=(2, 4, 12, 3))

    def forward(inputs: Any, g: Any) -> Any:
        if exactly:
            return bo.exact_attention(SOFTMAX, *inputs, causal=True, gates=g)
        return bo.attention(SPEC, *inputs, causal=True, gates=g)

    def backward(**options: Any) -> Any:
        out = forward(x, gates)
        if exactly:
            return bo.exact_attention_gradient(
                SOFTMAX, q, k, v, out, dout, causal=True, gates=gates, **options
            )
        return bo.attention_gradient(SPEC, q, k, v, out, dout, causal=True, gates=gates, **options)

    dq, dk, dv, dgates = backward(wrt=("queries", "keys", "values", "gates"))
    assert dgates.shape == gates.shape
    assert dgates.dtype == np.float64
    step = 1e-6
    rng = np.random.default_rng(4)
    for at, found in enumerate((dq, dk, dv)):
        direction = rng.normal(size=x[at].shape)
        moved = [
            [t + sign * step * direction if i == at else t for i, t in enumerate(x)]
            for sign in (1, -1)
        ]
        change = (dout * (forward(moved[0], gates) - forward(moved[1], gates))).sum() / (2 * step)
        assert abs((found * direction).sum() - change) < 1e-6 * (1 + abs(change))
    for index in np.ndindex(*gates.shape):
        if gates[index] == 0.0:
            assert dgates[index] == 0.0
            continue
        upper, lower = gates.copy(), gates.copy()
        upper[index] += step if index[2] > 0 else 0
        lower[index] -= step
        change = (dout * (forward(x, upper) - forward(x, lower))).sum()
        width = upper[index] - lower[index]
        assert abs(dgates[index] - change / width) < 1e-6
    to = np.full(gates.shape, np.nan)
    assert backward(wrt=["gates"], gradients=(to,))[0] is to
    assert np.array_equal(to, dgates)
    with pytest.raises(ValueError, match="wrt names gates, which are not given"):
        bo.attention_gradient(SPEC, q, k, v, dout, dout, wrt=["gates"])


@pytest.mark.parametrize(
    ("state_options", "options"),
    [
        ({}, {}),
        ({"window": 5}, {"exact": bo.ExactPairs(window=5)}),
        (
            {"window": 5, "first_keys": 3, "decay": [0.1, 0.5]},
            {"exact": bo.ExactPairs(window=5, first_keys=3), "decay": [0.1, 0.5]},
        ),
    ],
)
def test_decoding_with_gates_is_causal_attention(state_options: Any, options: Any) -> None:
    x = tensors()
    gates = some_gates()
    whole = bo.attention(SPEC, *x, causal=True, gates=gates, **options)

    def fresh() -> bo.AttentionState:
        return bo.AttentionState(SPEC, 2, 2, 3, dtype=np.float64, **state_options)

    def piece(a: int, b: int) -> Any:
        return [t[:, :, a:b] for t in x]

    state = fresh()
    parts = [
        state.advance(*piece(a, b), gates=gates[:, :, a:b]) for a, b in ((0, 9), (9, 10), (10, 29))
    ]
    assert np.array_equal(np.concatenate(parts, axis=2), whole[:, :, :29])
    again = pickle.loads(pickle.dumps(state))
    last = state.advance(*piece(29, 30), gates=gates[:, :, 29:])
    assert np.array_equal(last, whole[:, :, 29:])
    assert np.array_equal(again.advance(*piece(29, 30), gates=gates[:, :, 29:]), last)
    merged = fresh().append(x[1][:, :, :8], x[2][:, :, :8], gates=gates[:, :, :8])
    merged.merge(fresh().append(x[1][:, :, 8:], x[2][:, :, 8:], gates=gates[:, :, 8:]))
    assert np.allclose(merged.attend(x[0][:, :, 29:]), last, atol=1e-11)


def test_refusals() -> None:
    x = tensors()
    gates = some_gates()

    def refused(wrong: Any, match: str, causal: bool = True) -> None:
        with pytest.raises(ValueError, match=match):
            bo.attention(SPEC, *x, causal=causal, gates=wrong)
        with pytest.raises(ValueError, match=match):
            bo.exact_attention(SOFTMAX, *x, causal=causal, gates=wrong)

    refused(gates[:, :1], r"gates has shape \(2, 1, 30\), expected \(2, 2, 30\)")
    refused(gates[0], "gates has 2 dimensions")
    refused(np.where(gates > 0, gates, np.nan), "gates: batch 0, head 1, row 0 is nan")
    refused(gates + 0.6, "expected a number from 0 to 1")
    refused(gates, "gates are given without a causal mask", causal=False)
    with pytest.raises(TypeError, match="gates"):
        bo.attention(SPEC, *x, causal=True, gates=gates > 0)
    state = bo.AttentionState(SPEC, 2, 2, 3, dtype=np.float64)
    with pytest.raises(ValueError, match=r"AttentionState.append: gates has shape"):
        state.append(x[1], x[2], gates=gates[:, :, 1:])
    with pytest.raises(ValueError, match="AttentionState::append: gates: batch 0, head 0, row 0"):
        state.append(x[1], x[2], gates=gates + 1)
    assert state.length == 0
