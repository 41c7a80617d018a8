# SPDX-License-Identifier: Apache-2.0
"""States that weigh a window and the first keys exactly, or with decay."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import bochner as bo

SPEC = bo.FeatureMapSpec(4, 16, bo.SoftmaxKernel(), features=bo.HyperbolicFeatures(), seed=3)
X = np.random.default_rng(5).normal(size=(1, 2, 90, 4))


@pytest.mark.parametrize(
    ("state_options", "options"),
    [
        ({"window": 12}, {"exact": bo.ExactPairs(window=12)}),
        (
            {"window": 9, "first_keys": 3, "rest": "none"},
            {"exact": bo.ExactPairs(window=9, first_keys=3), "rest": "none"},
        ),
        (
            {"window": 5, "decay": [0.1, 0.5]},
            {"exact": bo.ExactPairs(window=5), "decay": [0.1, 0.5]},
        ),
    ],
)
def test_decoding_is_causal_attention(state_options: Any, options: Any) -> None:
    whole = bo.attention(SPEC, X, X, X, causal=True, **options)
    state = bo.AttentionState(SPEC, 1, 2, 4, dtype=X.dtype, **state_options)
    parts = [state.advance(*[X[:, :, a:b]] * 3) for a, b in ((0, 60), (60, 61), (61, 90))]
    assert np.array_equal(np.concatenate(parts, axis=2), whole)
    again = pickle.loads(pickle.dumps(state))
    token = X[:, :, :1]
    assert np.array_equal(again.advance(token, token, token), state.advance(token, token, token))


def test_refusals() -> None:
    def state(**options: Any) -> bo.AttentionState:
        return bo.AttentionState(SPEC, 1, 2, 4, **options)

    with pytest.raises(ValueError, match="AttentionState: window is -1"):
        state(window=-1)
    with pytest.raises(ValueError, match="AttentionState: rest"):
        state(rest="means")
    with pytest.raises(ValueError, match="AttentionState: decay has 1 entries, expected 2"):
        state(decay=[0.1])
    with pytest.raises(ValueError, match=r"decay\[1\] is -1"):
        state(decay=[0.1, -1.0])
