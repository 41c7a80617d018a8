# SPDX-License-Identifier: Apache-2.0
"""Plans of heads: what is chosen, that it is carried out, what is refused."""

import dataclasses
import pickle

import numpy as np
import pytest

import bochner as bo

KERNEL = bo.SoftmaxKernel.for_dimension(16)
BASE = bo.FeatureMapSpec(16, 64, KERNEL, features=bo.HyperbolicOprfFeatures(), seed=1)


def heads_of_all_kinds(dtype=np.float32, length=500):
    """0 is nearly uniform, 1 in clusters that are far away by position, 2 sharp without order."""
    rng = np.random.default_rng(5)
    q, k = rng.normal(size=(2, 1, 3, length, 16))
    v = rng.normal(size=(1, 3, length, 8))
    centres = 3.0 * rng.normal(size=(12, 16))
    of_key = 12 * np.arange(length) // length
    for x in (q, k):
        x[0, 0] *= 0.2
        x[0, 2] *= 6.0
    q[0, 1] = centres[np.arange(length) % 12] + 0.05 * q[0, 1]
    k[0, 1] = centres[of_key] + 0.05 * k[0, 1]
    v[0, 1] = centres[of_key, :8] + 0.05 * v[0, 1]
    return [x.astype(dtype) for x in (q, k, v)]


def error_of(out, exact):
    return np.linalg.norm(out - exact) / np.linalg.norm(exact)


def test_plans_reach_their_error_and_are_carried_out(dtype):
    x = heads_of_all_kinds(dtype)
    # Features are cheap enough for the easy head, at this length.
    plans = bo.plan_attention(BASE, *x, error=0.2, costs=bo.AttentionCosts(feature=0.2))
    assert [plan.method for plan in plans] == ["features", "exact-and-means", "exact"]
    assert [plan.source for plan in plans] == ["closed-form", "measured", "none"]
    out, report = bo.attend_as_planned(plans, *x, return_report=True)
    exact = bo.exact_attention(KERNEL, *x)
    assert out.dtype == dtype
    assert report.nonfinite_rows == 0
    for h, plan in enumerate(plans):
        alone = [t[:, h : h + 1] for t in x]
        # Each head has the bits of a call by itself.
        mine = bo.attention(plan.spec, *alone, exact=plan.exact, rest=plan.rest)
        assert np.array_equal(out[:, h : h + 1], mine)
        # One draw may have twice the root mean square over draws.
        assert error_of(out[:, h], exact[:, h]) < 2 * 0.2
        assert plan.error <= 0.2
        assert 0 < plan.time <= 1.0
        assert plan.time == plan.nanoseconds / plan.exact_nanoseconds
        assert plan.sentence.endswith(".")
    assert error_of(out[:, 2], exact[:, 2]) < 1e-5
    assert plans[1].rest == "means"
    assert plans[1].exact.blocks.order == "bisection"
    assert plans[1].exact.blocks.count > 0
    assert (
        bo.plan_attention(BASE, *x, error=0.2, costs=bo.AttentionCosts(feature=0.2), num_threads=2)
        == plans
    )
    to = np.zeros_like(out)
    assert bo.attend_as_planned(plans, *x, out=to) is to
    assert np.array_equal(to, out)


def test_plans_for_a_time_stay_in_it():
    x = heads_of_all_kinds()
    for plan in bo.plan_attention(BASE, *x, time=0.5):
        assert plan.method == "exact" or plan.time <= 0.5
    nothing = bo.plan_attention(str(BASE), *x, time=1e-9)
    assert {plan.method for plan in nothing} == {"exact"}
    assert "nothing else is in" in nothing[0].sentence


def test_plans_of_masked_causal_batches_never_read_what_is_not_live():
    q, k, v = heads_of_all_kinds(length=200)
    k[:, :, 150:], v[:, :, 150:] = np.nan, np.inf
    mask = np.arange(200)[None] < 150
    for options in ({"key_lengths": [150]}, {"key_mask": mask}):
        plans = bo.plan_attention(BASE, q, k, v, error=0.3, causal=True, **options)
        out = bo.attend_as_planned(plans, q, k, v, causal=True, **options)
        assert np.isfinite(out).all()
    other = bo.plan_attention(BASE, q, k, v, error=0.3, causal=True, layer=1, key_mask=mask)
    assert [plan.spec.seed for plan in other] != [plan.spec.seed for plan in plans]


def test_plans_print_as_a_table_and_convert():
    pandas = pytest.importorskip("pandas")
    plans = bo.plan_attention(BASE, *heads_of_all_kinds(length=200))
    lines = str(plans).splitlines()
    assert lines[0].split() == ["head", "method", "error", "source", "exact_share", "time"]
    assert [line.split()[:2] for line in lines[1:]] == [
        [str(h), plan.method] for h, plan in enumerate(plans)
    ]
    frame = plans.to_frame()
    assert isinstance(frame, pandas.DataFrame)
    assert frame.index.name == "head"
    assert frame.shape[0] == 3
    assert list(frame["method"]) == [plan.method for plan in plans]
    assert plans.to_dict()["time"] == [plan.time for plan in plans]
    assert "sentence" in str(plans[0])
    assert plans[0].to_dict()["spec"] == plans[0].spec
    again = pickle.loads(pickle.dumps(plans))
    assert type(again) is bo.HeadPlans
    assert again == plans
    assert hash(again) == hash(plans)


def test_plans_can_be_changed_by_hand():
    x = heads_of_all_kinds(length=100)
    plan = bo.plan_attention(BASE, *x, time=1e-9)[0]
    by_hand = dataclasses.replace(plan, exact=bo.ExactPairs(window=8), rest="none")
    out = bo.attend_as_planned([by_hand] * 3, *x, causal=True)
    near = np.tri(100, dtype=bool) & ~np.tri(100, k=-8, dtype=bool)
    expected = bo.exact_attention(KERNEL, *x, causal=True, allowed=near)
    assert np.abs(out - expected).max() < 1e-4


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"error": 0.0}, ValueError, "error is 0"),
        ({"error": "a"}, TypeError, "error is 'a'"),
        ({"time": -1.0}, ValueError, "time is -1"),
        ({"time": np.inf}, ValueError, "time is inf"),
        ({"layer": -1}, ValueError, "layer is -1"),
        ({"costs": 3}, TypeError, "costs is int, expected AttentionCosts"),
        ({"key_lengths": [1, 2]}, ValueError, "key_lengths has 2 entries"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_wrong_goals_are_refused(options, error, words):
    with pytest.raises(error) as caught:
        bo.plan_attention(BASE, *heads_of_all_kinds(length=20), **options)
    assert str(caught.value).startswith(f"plan_attention: {words}")


def test_wrong_plans_are_refused():
    x = heads_of_all_kinds(length=20)
    plans = bo.plan_attention(BASE, *x, time=1e-9)
    for given, error, words in [
        (plans[:2], ValueError, "plans has 2 entries, expected 3 (one per query head)"),
        ([], ValueError, "plans is empty"),
        (plans[0], TypeError, "plans is HeadPlan("),
        ([*plans[:2], BASE], TypeError, "plans[2] is FeatureMapSpec, expected a HeadPlan"),
    ]:
        with pytest.raises(error) as caught:
            bo.attend_as_planned(given, *x)
        assert str(caught.value).startswith(f"attend_as_planned: {words}")
    wrong = [dataclasses.replace(plans[0], rest="some"), *plans[1:]]
    with pytest.raises(ValueError, match="rest"):
        bo.attend_as_planned(wrong, *x)
    kernel = bo.FeatureMapSpec(16, 8, bo.ArcCosineKernel(), features=bo.RectifiedFeatures())
    with pytest.raises(ValueError, match=r"^plan_attention: "):
        bo.plan_attention(kernel, *x)
