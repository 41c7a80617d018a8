# SPDX-License-Identifier: Apache-2.0
"""Attention states: the bits of attention, however they are cut, kept, moved and interrupted."""

import copy
import itertools
import pickle
import threading

import numpy as np
import pytest
from support import Alarm, alarm

import bochner as bo
from bochner import _attention_state

SPEC = bo.FeatureMapSpec(5, 16, bo.SoftmaxKernel(0.7), features=bo.HyperbolicFeatures(), seed=1)
LENGTH = 200


def tensors(dtype, batch=2, heads=4, key_heads=2, length=LENGTH, seed=0):
    rng = np.random.default_rng(seed)
    shapes = [
        (batch, heads, length, 5),
        (batch, key_heads, length, 5),
        (batch, key_heads, length, 3),
    ]
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def empty(dtype, batch=2, key_heads=2):
    return bo.AttentionState(SPEC, batch, key_heads, 3, dtype=dtype)


def part(x, first, last):
    return [t[:, :, first:last] for t in x]


def same(a, b):
    a, b = a.save(), b.save()
    return a.keys() == b.keys() and all(np.array_equal(a[key], b[key]) for key in a)


def test_any_cut_has_the_bits_of_causal_attention(dtype, monkeypatch):
    x = tensors(dtype)
    whole = bo.attention(SPEC, *x, causal=True)
    for cuts in ([0, 200], [0, 1, 64, 65, 200], [0, *range(150, 201)]):
        state = empty(dtype)
        pieces = [
            state.advance(*part(x, *cut), num_threads=1 + i % 2)
            for i, cut in enumerate(itertools.pairwise(cuts))
        ]
        assert np.array_equal(np.concatenate(pieces, axis=2), whole)
        assert state.length == LENGTH
    # Long calls are taken in by chunks of at least 64 rows.
    monkeypatch.setattr(_attention_state, "_CHUNK_WORK", 1)
    chunked = empty(dtype)
    out, report = chunked.advance(*x, return_report=True)
    assert np.array_equal(out, whole)
    assert same(chunked, state)
    assert report == bo.attention(SPEC, *x, causal=True, return_report=True)[1]
    appended = empty(dtype).append(*x[1:])
    assert np.array_equal(appended.attend(x[0]), chunked.attend(x[0]))


def test_append_and_attend_see_all_that_came_before(dtype):
    q, k, v = tensors(dtype)
    state = empty(dtype)
    out, report = state.attend(q, return_report=True)
    assert not out.any()
    assert report.empty_rows == 2 * 4 * LENGTH
    assert state.append(k[:, :, :70], v[:, :, :70]) is state
    state.append(k[:, :, 70:], v[:, :, 70:], num_threads=2)
    expected = bo.attention(SPEC, q, k, v)
    eps = np.finfo(dtype).eps
    assert np.abs(state.attend(q) - expected).max() < 100 * eps
    twice = [state.attend(q, num_threads=n) for n in (1, 2)]
    assert np.array_equal(*twice)
    assert state.reset() is state
    assert state.length == 0
    assert same(state, empty(dtype))


def test_every_layout_has_the_bits_of_the_contiguous_call(dtype, layouts):
    x = tensors(dtype, length=70)
    reference = empty(dtype)
    expected = reference.advance(*x)
    seen = reference.attend(x[0])
    for name in layouts(x[0]):
        state = empty(dtype)
        out = layouts(np.zeros_like(expected))[name]
        given = [layouts(t)[name] for t in x]
        if name == "read-only":
            assert np.array_equal(state.advance(*given), expected)
            with pytest.raises(ValueError, match=r"AttentionState\.attend: out is read-only"):
                state.attend(x[0], out=out)
            continue
        assert state.advance(*given, out=out) is out
        assert np.array_equal(out, expected), name
        assert np.array_equal(state.attend(given[0], out=out), seen), name
        assert same(empty(dtype).append(*given[1:]), reference), name


def test_merged_states_are_one(dtype):
    q, k, v = tensors(dtype)
    whole = empty(dtype).append(k, v).attend(q)
    eps = np.finfo(dtype).eps
    first, second = (empty(dtype).append(*part([k, v], *cut)) for cut in ((0, 90), (90, 200)))
    before = second.save()
    assert first.merge(second) is first
    assert first.length == LENGTH
    assert all(np.array_equal(second.save()[key], before[key]) for key in before)
    assert np.abs(first.attend(q) - whole).max() < 100 * eps
    # The same keys twice change no weight.
    assert np.abs(first.merge(first).attend(q) - whole).max() < 100 * eps
    assert first.length == 2 * LENGTH


@pytest.mark.parametrize(
    "move",
    [
        bo.AttentionState.copy,
        copy.copy,
        copy.deepcopy,
        *(
            lambda s, p=p: pickle.loads(pickle.dumps(s, protocol=p))
            for p in range(2, pickle.HIGHEST_PROTOCOL + 1)
        ),
        lambda s: bo.AttentionState.load(s.feature_map, s.save()),
        lambda s: s.select(range(s.batch)),
    ],
)
def test_a_copy_goes_on_with_the_same_bits_and_alone(dtype, move):
    x = tensors(dtype)
    state = empty(dtype)
    state.advance(*part(x, 0, 130))
    moved = move(state)
    assert type(moved) is bo.AttentionState
    assert same(moved, state)
    assert (moved.batch, moved.key_heads, moved.value_dim, moved.dtype, moved.length) == (
        (2, 2, 3, dtype, 130)
    )
    assert moved.feature_map == state.feature_map
    rest = state.advance(*part(x, 130, 200))
    assert moved.length == 130
    assert np.array_equal(moved.advance(*part(x, 130, 200)), rest)
    assert same(moved, state)


def test_a_state_is_a_file_of_numpys(dtype, tmp_path):
    x = tensors(dtype)
    state = empty(dtype).append(*x[1:])
    np.savez(tmp_path / "state.npz", **state.save())
    with np.load(tmp_path / "state.npz") as archive:
        assert same(bo.AttentionState.load(SPEC, archive), state)


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65])
def test_short_states_move_too(dtype, length):
    x = tensors(dtype)
    state = empty(dtype)
    state.advance(*part(x, 0, length))
    moved = pickle.loads(pickle.dumps(state))
    rest = part(x, length, 200)
    assert np.array_equal(moved.advance(*rest), state.advance(*rest))


def test_damaged_states_are_refused(dtype):
    archive = empty(dtype).append(*tensors(dtype)[1:]).save()
    for key in archive:
        missing = {other: archive[other] for other in archive if other != key}
        with pytest.raises(ValueError, match=key):
            bo.AttentionState.load(SPEC, missing)
    poisoned = dict(archive)
    poisoned["values"] = np.full_like(archive["values"], np.nan)
    with pytest.raises(ValueError, match="values"):
        bo.AttentionState.load(SPEC, poisoned)
    other = bo.FeatureMapSpec(5, 16, bo.SoftmaxKernel(0.7), features=bo.HyperbolicFeatures())
    with pytest.raises(ValueError, match="'map' is"):
        bo.AttentionState.load(other, archive)
    for value, error in (
        (3, TypeError),
        (np.zeros(3), ValueError),
        (np.zeros((1, 1), int), TypeError),
    ):
        with pytest.raises(error, match=r"AttentionState\.load: values"):
            bo.AttentionState.load(SPEC, {**archive, "values": value})
    for wrong in (3, None, [1]):
        with pytest.raises(TypeError, match=r"AttentionState\.load: archive is"):
            bo.AttentionState.load(SPEC, wrong)


def test_beams_go_on_as_their_origins(dtype):
    x = tensors(dtype, batch=3)
    state = empty(dtype, batch=3)
    state.advance(*x)
    before = state.save()
    token = tensors(dtype, batch=4, length=1, seed=7)
    entries = np.array([2, 0, 0, 1])
    beams = state.select(entries)
    assert (beams.batch, beams.length, state.batch) == (4, LENGTH, 3)
    out = beams.advance(*token)
    for i, entry in enumerate(entries):
        alone = empty(dtype, batch=1).append(*(t[entry : entry + 1] for t in x[1:]))
        assert np.array_equal(alone.advance(*(t[i : i + 1] for t in token)), out[i : i + 1])
    assert all(np.array_equal(before[key], state.save()[key]) for key in before)
    assert same(state.select([2, 0, 0]).select([1]), state.select([0]))
    assert state.select([]).batch == 0
    for wrong, error, text in (
        ([3], ValueError, r"batch\[0\] is 3, expected an entry of the state's batch of 3"),
        ([0, -1], ValueError, r"batch\[1\] is -1"),
        ([0.0], TypeError, "batch has dtype float64, expected integers"),
        ([[0]], ValueError, "batch has 2 dimensions"),
        ([True], TypeError, "batch has dtype bool"),
    ):
        with pytest.raises(error, match=text):
            state.select(wrong)


def test_a_refused_call_leaves_the_state_and_names_the_row(dtype, monkeypatch):
    x = tensors(dtype)
    state = empty(dtype).append(*part(x, 0, 50)[1:])
    before = state.save()
    huge = x[1].copy()
    huge[1, 1, 170, 2] = np.finfo(dtype).max
    for work in (2**28, 1):  # at once, and by chunks
        monkeypatch.setattr(_attention_state, "_CHUNK_WORK", work)
        for call in (
            lambda: state.append(huge, x[2]),
            lambda: state.advance(x[0], huge, x[2]),
        ):
            with pytest.raises(ValueError, match="170"):
                call()
            assert state.length == 50
            assert all(np.array_equal(before[key], state.save()[key]) for key in before)


@pytest.mark.parametrize("chunk_work", [2**28, 1], ids=["at once", "by chunks"])
def test_bad_input_is_refused_by_name(monkeypatch, chunk_work):
    q, k, v = tensors(np.float32)
    state = empty(np.float32)
    monkeypatch.setattr(_attention_state, "_CHUNK_WORK", chunk_work)
    trials = [
        (lambda: bo.AttentionState(3, 1, 1, 1), TypeError, "AttentionState: feature_map is int"),
        (lambda: bo.AttentionState([SPEC], 1, 2, 1), ValueError, "has 1 entries, expected 2"),
        (lambda: bo.AttentionState([SPEC, 3], 1, 2, 1), TypeError, r"feature_map\[1\] is int"),
        (lambda: bo.AttentionState(SPEC, -1, 1, 1), ValueError, "batch is -1"),
        (lambda: bo.AttentionState(SPEC, 1, 1.0, 1), TypeError, "key_heads is 1.0"),
        (lambda: bo.AttentionState(SPEC, 1, 1, 0), ValueError, "value_dim is 0"),
        (lambda: bo.AttentionState(SPEC, 2**40, 2**40, 1), ValueError, "too many"),
        (lambda: bo.AttentionState(SPEC, 1, 1, 1, dtype=int), TypeError, "dtype is int64"),
        (lambda: bo.AttentionState(SPEC, 1, 1, 1, dtype=3), TypeError, "dtype"),
        (lambda: state.append(k.astype(float), v), TypeError, "keys has dtype float64"),
        (lambda: state.append(k, v[:1]), ValueError, "values"),
        (lambda: state.append(k[..., :2], v), ValueError, "AttentionState::append"),
        (lambda: state.append(k[0], v), ValueError, "keys has 3 dimensions"),
        (lambda: state.append(k.tolist(), v), TypeError, "keys is list"),
        (lambda: state.append(k, v, num_threads=0), ValueError, "num_threads is 0"),
        (lambda: state.attend(q[:, :3]), ValueError, "3 query heads and 2 key heads"),
        (lambda: state.attend(None), TypeError, "queries is NoneType"),
        (lambda: state.attend(q, out=q), ValueError, "out has shape"),
        (lambda: state.advance(q, k, v, return_report=1), TypeError, "return_report is 1"),
        (lambda: state.advance(q[:, :, :9], k, v), ValueError, "9 queries and 200 keys"),
        (lambda: state.advance(q, k[:, :, :9], v), ValueError, "values"),
        (lambda: state.merge(3), TypeError, "other is int"),
        (lambda: state.merge(empty(np.float64)), TypeError, "other is of float64"),
        (lambda: state.merge(empty(np.float32, batch=1)), ValueError, "batch"),
    ]
    for call, error, text in trials:
        with pytest.raises(error, match=text) as caught:
            call()
        assert "incompatible function arguments" not in str(caught.value)
        assert str(caught.value).startswith("AttentionState")
    assert same(state, empty(np.float32))


def test_threads_share_a_state():
    x = tensors(np.float64, batch=1, heads=1, key_heads=1, length=1)
    state = empty(np.float64, batch=1, key_heads=1)

    def work():
        for _ in range(200):
            state.append(*x[1:])
            state.attend(x[0])
            state.length  # noqa: B018

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert state.length == 800
    alone = empty(np.float64, batch=1, key_heads=1)
    for _ in range(800):
        alone.append(*x[1:])
    assert same(state, alone)
    others = [empty(np.float64, batch=1, key_heads=1) for _ in range(2)]
    # Merges in both directions at once do not wait for each other for ever.
    merging = [
        threading.Thread(target=lambda a=a, b=b: [a.merge(b) for _ in range(50)])
        for a, b in (others, others[::-1])
    ]
    for worker in merging:
        worker.start()
    for worker in merging:
        worker.join()


def test_an_interrupted_call_leaves_the_state(monkeypatch):
    monkeypatch.setattr(_attention_state, "_CHUNK_WORK", 2**20)
    token = tensors(np.float64, batch=1, heads=1, key_heads=1, length=1)
    state = empty(np.float64, batch=1, key_heads=1).append(*token[1:])
    before = state.save()
    # Millions of tokens in the memory of one.
    q, k, v = (np.broadcast_to(t, (*t.shape[:2], 5_000_000, t.shape[3])) for t in token)
    for call in (lambda: state.append(k, v), lambda: state.attend(q)):
        with alarm(), pytest.raises(Alarm):
            call()
        assert state.length == 1
        assert all(np.array_equal(before[key], state.save()[key]) for key in before)


def test_states_print_what_they_are():
    state = bo.AttentionState(str(SPEC), 2, 1, 3)
    assert "batch=2" in repr(state)
    assert "length=0" in repr(state)
    assert state.feature_map.spec == SPEC


def two_maps():
    """Of key heads with frequencies, and numbers of them, of their own."""
    other = bo.FeatureMapSpec(5, 8, bo.SoftmaxKernel(0.7), features=bo.PositiveFeatures(), seed=3)
    return [bo.FeatureMap(SPEC), bo.FeatureMap(other)]


def test_a_map_a_head_has_the_bits_of_attention_with_them(dtype, tmp_path):
    x = tensors(dtype)
    maps = two_maps()
    whole = bo.attention(maps, *x, causal=True)
    state = bo.AttentionState(maps, 2, 2, 3, dtype=dtype)
    assert state.feature_map == tuple(maps)
    first = state.advance(*part(x, 0, 120))
    np.savez(tmp_path / "state.npz", **state.save())
    moved = [
        bo.AttentionState.load(maps, np.load(tmp_path / "state.npz")),
        pickle.loads(pickle.dumps(state)),
        state.select([0, 1]),
        state.copy(),
    ]
    for each in [state, *moved]:
        out = each.advance(*part(x, 120, LENGTH), num_threads=2)
        assert np.array_equal(np.concatenate([first, out], axis=2), whole)
    with pytest.raises(ValueError, match="map_0"):
        bo.AttentionState.load(maps[::-1], state.save())
    with pytest.raises(ValueError, match="feature_map has 1 entries, expected 2"):
        bo.AttentionState.load(maps[:1], state.save())
    with pytest.raises(ValueError, match="of another map"):
        state.merge(bo.AttentionState(maps[::-1], 2, 2, 3, dtype=dtype))


def test_what_is_not_live_leaves_no_trace(dtype):
    x = tensors(dtype)
    live = np.arange(LENGTH) >= np.array([[0], [70]])
    for t in x[1:]:
        t[1, :, :70] = np.nan
    whole = bo.attention(SPEC, *x, causal=True, key_mask=live)
    state = empty(dtype)
    pieces = [
        state.advance(*part(x, *cut), key_mask=live[:, slice(*cut)])
        for cut in itertools.pairwise([0, 1, 66, LENGTH])
    ]
    assert np.array_equal(np.concatenate(pieces, axis=2), whole)
    assert state.lengths.tolist() == [LENGTH, LENGTH - 70]
    assert state.length == LENGTH
    assert same(empty(dtype).append(*x[1:], key_mask=live), state)
    assert same(pickle.loads(pickle.dumps(state)), state)
    alone = empty(dtype, batch=1).append(*(t[1:, :, 70:] for t in x[1:]))
    token = tensors(dtype, length=1, seed=8)
    assert np.array_equal(alone.advance(*(t[1:] for t in token)), state.advance(*token)[1:])
    counted = empty(dtype).append(*(t[:, :, 70:] for t in x[1:]), key_lengths=[130, 0])
    assert counted.lengths.tolist() == [130, 0]
    k, v = x[1:]
    for error, text, options in (
        (ValueError, "both given", {"key_mask": live, "key_lengths": [1, 2]}),
        (ValueError, r"append: key_mask has shape \(2, 3\)", {"key_mask": live[:, :3]}),
        (ValueError, "append: key_lengths has 1 entries, expected 2", {"key_lengths": [1]}),
        (ValueError, r"key_lengths\[1\] is 201", {"key_lengths": [1, 201]}),
        (TypeError, "key_mask has dtype", {"key_mask": live.astype(int)}),
    ):
        with pytest.raises(error, match=text):
            state.append(k, v, **options)
