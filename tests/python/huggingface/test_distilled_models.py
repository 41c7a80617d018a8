# SPDX-License-Identifier: Apache-2.0
"""Random features in every head, and training that brings a model back to what it gave exactly."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

import bochner as bo  # noqa: E402
import bochner.transformers as hf  # noqa: E402
from bochner.torch._maps import redrawn  # noqa: E402


def exact_states(models, model, *args, **kwargs):
    model.set_attn_implementation("sdpa")
    found = models.states(model, *args, **kwargs)
    model.set_attn_implementation("bochner")
    return found


def distance(found, exact):
    return float((found - exact).norm() / exact.norm())


@pytest.mark.parametrize("fit", ["directions", "shifts", "none"])
@pytest.mark.parametrize("name", ["llama", "bert"])
def test_features_in_every_head(models, name, fit):
    """More frequencies are nearer, by what the table says of each head on its own sample."""
    model = models.make(name, num_hidden_layers=1, initializer_range=0.05)
    ids = models.tokens(2, 90)
    exact = exact_states(models, model, ids)
    found = []
    for m in (32, 2048):
        plans = hf.use_features(model, [ids], m, fit=fit, on_plans=None)
        assert {(p.method, p.exact_share) for p in plans} == {("features", 0.0)}
        transformed = [bool(bo.FeatureMap(p.spec).spec.transform.query) for p in plans]
        assert transformed == [fit != "none"] * 4
        errors = np.mean([p.error for p in plans])
        found.append((errors, distance(models.states(model, ids), exact)))
    (coarse, far), (fine, near) = found
    assert fine < coarse / 3
    assert near < far / 3


def test_favor(models):
    """What is said to be FAVOR+ is: positive features, one draw per key head, nothing from data."""
    model = models.make("llama")
    plans = hf.use_features(
        model, [models.tokens(1, 30)], 64, fit="none", features="positive", seed=7, on_plans=None
    )
    base = bo.FeatureMapSpec(
        8, 64, bo.SoftmaxKernel(8**-0.5), features=bo.PositiveFeatures(), seed=7
    )
    expected = [
        str(bo.head_specs(base, layer, 2)[head // 2]) for layer in range(2) for head in range(4)
    ]
    assert [p.spec for p in plans] == expected


@pytest.mark.parametrize("redraw", [None, 10])
def test_distillation(models, redraw):
    """The loss falls, and the model comes nearer to the exact one that it was."""
    model = models.make("bert", initializer_range=0.3)
    train = [
        {"input_ids": models.tokens(4, 40, seed), "attention_mask": models.padding(4, 40, "right")}
        for seed in range(1, 5)
    ]
    live = train[0]["attention_mask"].bool()
    exact = exact_states(models, model, **train[0])[live]
    hf.use_features(model, train, 32, on_plans=None)
    specs = [p.spec for p in hf.plans_of(model)]
    before = distance(models.states(model, **train[0])[live], exact)
    steps = []
    losses = hf.distill(
        model, train, 60, 2e-3, redraw=redraw, on_step=lambda *step: steps.append(step)
    )
    assert steps == list(enumerate(losses, 1))
    assert np.mean(losses[-8:]) < 0.8 * np.mean(losses[:8])
    assert distance(models.states(model, **train[0])[live], exact) < 0.9 * before
    drawn = [p.spec for p in hf.plans_of(model)]
    assert (drawn == specs) is (redraw is None)
    if redraw is not None:
        assert drawn == [str(redrawn(bo.FeatureMap(spec).spec, 5)) for spec in specs]
    assert model.config._attn_implementation == "bochner"
    assert not model.training


def test_distillation_goes_through_its_batches(models):
    model = models.make("llama")
    ids = models.tokens(1, 20)
    hf.use_features(model, [ids], 16, on_plans=None)
    assert len(hf.distill(model, ids, 3)) == 3
    with pytest.raises(ValueError, match="distill: batches ended after 1, expected at least one"):
        hf.distill(model, iter([ids]), 3)
    with pytest.raises(ValueError, match="distill: batches ended after 0, expected at least one"):
        hf.distill(model, [], 3)


def test_blocks_and_means_are_distilled(models):
    model = models.make("bert", initializer_range=0.1)
    ids = models.tokens(2, 300)
    plans = hf.calibrate(model, [ids], time=0.5, on_plans=None)
    assert "exact-and-means" in {p.method for p in plans}
    # The plans are close as they are: a small step stays so.
    losses = hf.distill(model, [ids], 3, 1e-6)
    assert 0.0 < losses[-1] < 1.1 * losses[0]


def test_what_cannot_be_distilled(models):
    model = models.make("bert", initializer_range=0.1)
    ids = models.tokens(2, 300)
    with pytest.raises(ValueError, match="distill: the model has no plans, expected those of"):
        hf.distill(model, [ids], 1)
    hf.use_features(model, [ids], 16, on_plans=None)
    for options, message in (
        ({"steps": 0}, "steps is 0, expected at least 1"),
        ({"steps": 1, "learning_rate": 0.0}, "learning_rate is 0.0, expected a positive"),
        ({"steps": 1, "redraw": 0}, "redraw is 0, expected at least 1"),
    ):
        with pytest.raises(ValueError, match=f"distill: {message}"):
            hf.distill(model, [ids], **options)
