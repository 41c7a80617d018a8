# SPDX-License-Identifier: Apache-2.0
"""States that travel: bytes, pickles, copies, merges in a fixed tree, damage."""

import functools
import itertools
import operator
import pickle

import numpy as np
import pytest
from support import require_refusals_by_name

import bochner as bo

SPEC = bo.FeatureMapSpec(3, 16, seed=1)
SOFTMAX = bo.FeatureMapSpec(3, 8, bo.SoftmaxKernel(), features=bo.PositiveFeatures(), seed=2)
CLASSES = 3


def rows(seed, count=150):
    return np.random.default_rng(seed).normal(size=(count, 3))


def equations(seed, dtype=np.float64):
    x = rows(seed)
    y = np.column_stack([np.sin(x[:, 0]), x[:, 1]])
    sums = bo.NormalEquations(SPEC, num_targets=2, target_offset=[0.5, 0.0], dtype=dtype)
    return sums.add(x.astype(dtype), y, weights=np.linspace(0.1, 1.0, len(x)))


def embedding(seed, dtype=np.float64):
    return bo.MeanEmbedding(SPEC, dtype=dtype).add(rows(seed).astype(dtype))


def point():
    rng = np.random.default_rng(99)
    return rng.normal(size=(32, CLASSES)), rng.normal(size=CLASSES)


def gradient(seed, dtype=np.float64):
    x = rows(seed).astype(dtype)
    labels = np.arange(len(x)) % CLASSES
    weights = np.linspace(0.0, 1.0, len(x))
    return bo.logistic_gradient(SPEC, x, labels, *point(), weights=weights)


def product(seed, dtype=np.float64):
    x = rows(seed).astype(dtype)
    return bo.logistic_product(SPEC, x, *point(), *point())


def attention(seed, dtype=np.float64):
    keys = rows(seed)[None, None].astype(dtype)
    return bo.AttentionState(SOFTMAX, 1, 1, 3, dtype=dtype).append(keys, keys)


def curve(seed, dtype=np.float64):
    return bo.gram_error_curve(SPEC, rows(seed, 40).astype(dtype))


def numbers(state):
    """All that a state says."""
    if isinstance(state, bo.NormalEquations):
        return [state.moments().ravel(), [state.num_rows, state.log_weights]]
    if isinstance(state, bo.MeanEmbedding):
        return [state.mean, [state.num_rows, state.distance(state).squared]]
    if isinstance(state, bo.GramErrorCurve):
        return [list(state.to_dict().values())[:-1]]
    if isinstance(state, bo.LogisticSums):
        scalars = [state.num_rows, state.weight, state.loss]
        return [state.coefficients.ravel(), state.intercepts, scalars]
    queries = rows(7)[None, None].astype(state.dtype)
    return [state.attend(queries).ravel(), state.lengths]


def same(a, b):
    return all(map(np.array_equal, numbers(a), numbers(b)))


def close(a, b, tolerance=1e-12):
    return all(
        np.allclose(x, y, rtol=tolerance, atol=tolerance)
        for x, y in zip(numbers(a), numbers(b), strict=True)
    )


MAKERS = [equations, embedding, gradient, product, attention, curve]
STATES = pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)


@STATES
def test_states_travel_with_every_bit(make, dtype):
    state = make(1, dtype)
    travelled = [
        type(state).from_bytes(state.to_bytes()),
        type(state).from_bytes(bytearray(state.to_bytes())),
        state.copy(),
        *(pickle.loads(pickle.dumps(state, protocol=p)) for p in range(2, 6)),
    ]
    for other in travelled:
        assert type(other) is type(state)
        assert same(other, state)
        assert same(other.merge(make(2, dtype)), state.copy().merge(make(2, dtype)))


@STATES
def test_buffers_of_pickles_may_begin_anywhere(make):
    state = make(1)
    buffers = []
    data = pickle.dumps(state, protocol=5, buffer_callback=buffers.append)
    shifted = []
    for buffer in buffers:
        raw = buffer.raw()
        memory = np.empty(raw.nbytes + 1, np.uint8)
        memory[1:] = np.frombuffer(raw, np.uint8)
        shifted.append(memory[1:])
    assert buffers
    assert same(pickle.loads(data, buffers=shifted), state)


@STATES
def test_copies_and_merged_states_stay_what_they_were(make):
    first, second = make(1), make(2)
    before = [pickle.dumps(state) for state in (first, second)]
    first.copy().merge(second)
    bo.merge_in_order([first, second, first])
    assert [pickle.dumps(state) for state in (first, second)] == before


@STATES
def test_every_bit_of_the_bytes_counts(make):
    data = make(1).to_bytes()
    kind = type(make(1))
    rng = np.random.default_rng(0)
    for at in [0, 9, 100, len(data) - 1, *rng.integers(0, len(data), 40)]:
        damaged = bytearray(data)
        damaged[at] ^= 1 << rng.integers(8)
        with pytest.raises(ValueError, match="archive in memory"):
            kind.from_bytes(bytes(damaged))
    for damaged in (b"", data[:-1], data[: len(data) // 2], data + b"\0"):
        with pytest.raises(ValueError, match="archive in memory"):
            kind.from_bytes(damaged)
    with pytest.raises(TypeError, match="from_bytes: data is str, expected bytes"):
        kind.from_bytes("text")


@pytest.mark.parametrize(
    ("make", "other"),
    [(a, b) for a, b in itertools.permutations(MAKERS, 2) if {a, b} != {gradient, product}],
)
def test_bytes_of_another_state_are_refused(make, other):
    with pytest.raises(ValueError, match=r"archive(: 'scalar' is missing| holds a ')"):
        type(make(1)).from_bytes(other(1).to_bytes())


def test_bytes_may_share_a_map():
    shared = bo.FeatureMap(SPEC)
    assert (
        bo.NormalEquations.from_bytes(equations(1).to_bytes(), feature_map=shared).feature_map
        is shared
    )
    with pytest.raises(ValueError, match="archive has the map"):
        bo.NormalEquations.from_bytes(
            equations(1).to_bytes(), feature_map=bo.FeatureMapSpec(3, 16, seed=2)
        )


def test_states_of_maps_per_head_travel():
    maps = [
        bo.FeatureMapSpec(3, 8, bo.SoftmaxKernel(), features=bo.PositiveFeatures(), seed=s)
        for s in (1, 2)
    ]
    keys = np.stack([rows(1), rows(2)])[None]
    state = bo.AttentionState(maps, 1, 2, 3, dtype=np.float64, decay=[0.1, 0.2]).append(keys, keys)
    other = bo.AttentionState.from_bytes(state.to_bytes())
    queries = np.stack([rows(3), rows(4)])[None]
    assert np.array_equal(other.attend(queries), state.attend(queries))
    with pytest.raises(ValueError, match="feature_map has 1 entries"):
        bo.AttentionState.from_bytes(state.to_bytes(), feature_map=maps[:1])


def tree(states):
    """The definition: of n, the largest power of two below n on the left."""
    if len(states) == 1:
        return states[0].copy()
    left = 1
    while 2 * left < len(states):
        left *= 2
    return tree(states[:left]).merge(tree(states[left:]))


@STATES
@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 11])
def test_the_tree_is_the_one_that_is_said(make, count):
    states = [make(seed) for seed in range(count)]
    merged = bo.merge_in_order(iter(states))
    assert same(merged, tree(states))
    assert merged is not states[0] or make is curve  # which does not change
    in_turn = functools.reduce(lambda a, b: a.merge(b), states[1:], states[0].copy())
    assert close(merged, in_turn)


def test_the_order_of_a_tree_shows_in_the_bits():
    """What the fixed tree is for: another order has other bits."""
    states = [equations(seed) for seed in range(8)]
    orders = [bo.merge_in_order(states), bo.merge_in_order(states[::-1])]
    in_turn = functools.reduce(lambda a, b: a.merge(b), states[1:], states[0].copy())
    assert not same(orders[0], in_turn) or not same(*orders)


def test_sums_of_parts_are_sums_of_the_whole():
    x = rows(1, 500)
    whole, parts = bo.MeanEmbedding(SPEC).add(x), bo.MeanEmbedding(SPEC)
    for part in np.array_split(x, 7):
        parts.add(part)
    assert close(whole, parts)
    labels = np.arange(500) % CLASSES
    sums = [
        bo.logistic_gradient(SPEC, x[at], labels[at], *point())
        for at in np.array_split(np.arange(500), 7)
    ]
    assert close(bo.logistic_gradient(SPEC, x, labels, *point()), bo.merge_in_order(sums))
    assert bo.logistic_gradient(SPEC, x[:0], labels[:0], *point()).num_rows == 0


def test_mean_embeddings_are_means_of_features():
    x, y = rows(1), rows(2, 90) + 0.5
    first, second = bo.MeanEmbedding(SPEC).add(x), bo.MeanEmbedding(SPEC).add(y)
    assert np.allclose(first.mean, bo.FeatureMap(SPEC).transform(x).mean(axis=0), atol=1e-14)
    expected = bo.two_sample_test(SPEC, x, y, permutations=1).statistic
    assert np.isclose(first.distance(second).squared, expected, rtol=1e-11)
    for function in (
        lambda: bo.MeanEmbedding(SPEC).mean,
        lambda: first.distance(bo.MeanEmbedding(SPEC)),
    ):
        with pytest.raises(ValueError, match="rows"):
            function()


def test_derivatives_are_those_of_the_loss():
    x, labels = rows(1), np.arange(150) % CLASSES
    weights = np.linspace(0.0, 2.0, 150)
    theta, constants = point()
    rng = np.random.default_rng(5)
    v, u = rng.normal(size=theta.shape), rng.normal(size=CLASSES)

    def at(step):
        return bo.logistic_gradient(
            SPEC, x, labels, theta + step * v, constants + step * u, weights=weights
        )

    phi = bo.FeatureMap(SPEC).transform(x)
    outputs = phi @ theta + constants
    outputs -= np.log(np.exp(outputs).sum(axis=1, keepdims=True))
    assert np.isclose(at(0.0).loss, -(weights * outputs[np.arange(150), labels]).sum(), rtol=1e-12)
    assert at(0.0).weight == weights.sum()
    assert at(0.0).num_rows == 149
    # Central differences: error of step^2 times a third derivative, and of rounding over the step.
    step = 1e-5
    slope = (at(0.0).coefficients * v).sum() + at(0.0).intercepts @ u
    assert np.isclose((at(step).loss - at(-step).loss) / (2 * step), slope, rtol=1e-7)
    bent = bo.logistic_product(SPEC, x, theta, constants, v, u, weights=weights)
    change = (at(step).coefficients - at(-step).coefficients) / (2 * step)
    assert np.allclose(bent.coefficients, change, atol=1e-6 * np.abs(change).max())
    change = (at(step).intercepts - at(-step).intercepts) / (2 * step)
    assert np.allclose(bent.intercepts, change, atol=1e-6 * np.abs(change).max())


@STATES
def test_other_states_are_not_merged(make):
    state = make(1)
    if make is not curve:  # of entries, whatever the dtype of the rows
        with pytest.raises(TypeError, match="float32"):
            state.merge(make(1, np.float32))
    with pytest.raises(TypeError, match="other is int"):
        state.merge(3)


def test_sums_of_other_maps_or_classes_are_not_merged():
    other = bo.FeatureMapSpec(3, 16, seed=9)
    with pytest.raises(ValueError, match=r"MeanEmbedding\.merge: other has the map .*seed=9"):
        embedding(1).merge(bo.MeanEmbedding(other))
    with pytest.raises(ValueError, match="other has 2 classes, expected 3"):
        gradient(1).merge(
            bo.logistic_gradient(SPEC, rows(1)[:0], [], np.zeros((32, 2)), [0.0, 0.0])
        )


def test_arguments_are_refused_by_name():
    x, labels = rows(1), np.arange(150) % CLASSES
    theta, constants = point()
    odd = [None, 3, "text", np.zeros(2), rows(1).astype(np.float16), np.full((150, 3), np.nan)]
    arguments = {
        "feature_map": SPEC,
        "x": x,
        "labels": labels,
        "coefficients": theta,
        "intercepts": constants,
        "weights": np.ones(150),
        "num_threads": 1,
    }
    require_refusals_by_name(bo.logistic_gradient, arguments, odd)
    with pytest.raises(ValueError, match=r"logistic_gradient: labels\[4\] is 3, expected 0 to 2"):
        bo.logistic_gradient(SPEC, x, np.where(np.arange(150) == 4, 3, labels), theta, constants)
    with pytest.raises(ValueError, match=r"weights\[2\] is -1.0"):
        bo.logistic_product(
            SPEC, x, theta, constants, theta, constants, weights=1.0 - np.arange(150)
        )
    with pytest.raises(ValueError, match="add: x: row 5, column 1 is nan"):
        embedding(1).add(np.where(np.arange(450).reshape(150, 3) == 16, np.nan, x))
    with pytest.raises(ValueError, match="states is empty"):
        bo.merge_in_order([])
    with pytest.raises(TypeError, match=r"states\[1\] is int, which cannot be merged"):
        bo.merge_in_order([embedding(1), 3])


def test_logistic_models_of_coefficients_are_the_model():
    x, labels = rows(1), np.arange(150) % CLASSES
    fitted = bo.LogisticRegression(SPEC, x, labels, ridge=1e-3)
    made = bo.LogisticRegression.from_coefficients(
        SPEC, fitted.coefficients, intercepts=fitted.intercepts + 7.0, ridge=1e-3
    )
    assert np.allclose(made.predict_probabilities(x), fitted.predict_probabilities(x), atol=1e-13)
    assert operator.attrgetter("ridge", "intercept", "num_classes")(made) == (1e-3, True, CLASSES)
    with pytest.raises(ValueError, match="fewer than two classes"):
        bo.LogisticRegression.from_coefficients(SPEC, np.zeros((32, 1)))
