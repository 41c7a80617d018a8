# SPDX-License-Identifier: Apache-2.0
"""Figures: what is drawn, on which axes."""

import dataclasses
import types

import numpy as np
import pytest

import bochner as bo

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402

from bochner import plot  # noqa: E402


@pytest.fixture(autouse=True)
def closed():
    """No figure is left open."""
    yield
    plt.close("all")


def rows(n, d=4, seed=0):
    return 0.5 * np.random.default_rng(seed).normal(size=(n, d))


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_error_curves_have_a_reference_once_and_measured_points():
    x = rows(40)
    curve = bo.gram_error_curve(bo.FeatureMapSpec(4, 1), x)
    study = bo.gram_study(x, projections="orthogonal", frequencies=[16, 64], draws=3)
    ax = plot.error_curve(curve, [16, 64, 256], measured=study, label="orthogonal")
    assert np.allclose(ax.lines[0].get_ydata(), curve.at([16, 64, 256]).relative_error)
    assert np.allclose(
        ax.lines[1].get_ydata() * np.sqrt([16, 64, 256]), ax.lines[1].get_ydata()[0] * 4
    )
    assert "number of frequencies" in ax.get_xlabel()
    assert "relative Frobenius error" in ax.get_ylabel()
    assert plot.error_curve(curve, label="again", ax=ax) is ax
    assert legend(ax).count(r"$1/\sqrt{m}$") == 1
    whole = ax.lines[-1].get_xdata()
    assert np.all(np.asarray(whole) % curve.block_size == 0)


def test_heads_are_drawn_by_layer_with_their_advice():
    base = bo.FeatureMapSpec(4, 64, bo.SoftmaxKernel(), features=bo.HyperbolicFeatures(), seed=1)
    rng = np.random.default_rng(3)

    def layer(i, size):
        q, k, v = size * rng.normal(size=(3, 1, 3, 50, 4))
        return bo.attention_report(bo.head_maps(base, i, 3), q, k, v)

    # Exact attention is the advice at these lengths, whatever the error is.
    layers = [
        [dataclasses.replace(head, advice="fine") for head in layer(0, 0.05)],
        layer(1, 3.0),
    ]
    ax = plot.heads(layers, label="two layers")
    every = [head for heads in layers for head in heads]
    drawn = {}
    for line in ax.lines:
        if line.get_label() in {head.advice for head in every}:
            drawn.update(zip(line.get_xdata(), line.get_ydata(), strict=True))
    places = [0, 1, 2, 4, 5, 6]
    assert np.allclose([drawn[x] for x in places], [head.output_error for head in every])
    rings = next(line for line in ax.lines if line.get_label() == "closed form")
    assert np.allclose(
        rings.get_ydata(), [head.predicted_error for head in every if head.prediction_holds]
    )
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0", "1"]
    assert ax.get_title() == "two layers"
    alone = plot.heads(layers[0])
    assert alone.get_xlabel() == "head"
    assert plot.heads(layers[0][0], ax=alone) is alone


def test_studies_of_attention_have_a_line_and_points_for_each_map():
    q, k, v = 0.25 * np.random.default_rng(0).normal(size=(3, 1, 2, 60, 4))
    specs = bo.study_specs("softmax", 4, features=["hyperbolic", "positive"], projections=["iid"])
    study = bo.attention_study(specs, q, k, v, frequencies=[8, 32])
    ax = plot.attention_study(study)
    for i in range(2):
        here = slice(2 * i, 2 * i + 2)
        points, line = ax.lines[2 * i : 2 * i + 2]
        assert np.allclose(points.get_ydata(), study.measured[here])
        assert np.allclose(line.get_ydata(), study.predicted[here])
        assert list(points.get_xdata()) == list(line.get_xdata()) == [8, 32]
        assert points.get_color() == line.get_color()
    assert legend(ax) == list(dict.fromkeys(study.features.tolist()))
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    # Where the closed form says little, and where there is no error.
    odd = dataclasses.replace(
        study,
        prediction_holds=np.array([False, True, True, True]),
        measured=np.array([0.0, 0.1, 0.2, 0.1]),
    )
    assert plot.attention_study(odd, ax=ax) is ax
    assert all(np.isnan(line.get_ydata()[0]) for line in ax.lines[5:7])
    assert not np.isnan(ax.lines[5].get_ydata()[1])
    several = bo.study_specs("softmax", 4, features=["positive"], projections=["iid", "hadamard"])
    ax = plot.attention_study(bo.attention_study(several, q, k, v, frequencies=[8]))
    assert all(text.startswith("positive ") for text in legend(ax))
    with pytest.raises(TypeError, match="attention_study: study is int, expected AttentionStudy"):
        plot.attention_study(3)


def test_ratio_maps_have_a_cell_a_map_and_number_of_frequencies():
    x = rows(5)
    specs = bo.study_specs("softmax", 4, projections=["iid", "orthogonal"])
    study = bo.pair_study(specs, x, rows(5, seed=1), frequencies=[8, 32], replicates=40)
    ax = plot.ratio_map(study)
    shown = ax.images[0].get_array()
    assert shown.shape == (len(specs), 2)
    first = slice(0, 10, 2)
    expected = np.sqrt(
        (study.measured_relative_error[first] ** 2).sum()
        / (study.predicted_relative_error[first] ** 2).sum()
    )
    assert shown[0, 0] == pytest.approx(expected)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["8", "32"]
    assert plot.ratio_map(bo.matrix_study(specs, x, frequencies=[8])).images
    gram = bo.gram_study(x, projections=["iid", "sobol"], frequencies=[8], draws=2)
    shown = plot.ratio_map(gram).images[0].get_array()
    assert list(np.ma.getmaskarray(shown)[:, 0]) == [False, True]
    with pytest.raises(ValueError, match="ratio_map: largest is 1, expected more than 1"):
        plot.ratio_map(study, largest=1)


def test_calibration_counts_the_intervals_that_hold_the_value():
    x, y = rows(2)
    exact = np.exp(-((x - y) ** 2).sum() / 2)
    specs = [
        bo.FeatureMapSpec(4, 64, projection=bo.IidProjection(), seed=seed) for seed in range(50)
    ]
    estimates = [bo.estimate(spec, x, y) for spec in specs]
    ax = plot.calibration(estimates, exact, levels=[0.5, 0.9])
    expected = [
        np.mean([low <= exact <= high for low, high in (e.interval(level) for e in estimates)])
        for level in (0.5, 0.9)
    ]
    assert np.allclose(ax.lines[-1].get_ydata(), expected)
    assert "coverage" in ax.get_xlabel()
    many = bo.estimate(specs[0], rows(30), rows(30, seed=1))
    ax = plot.calibration(many, np.ones(30), label="wrong", ax=ax)
    assert "wrong" in legend(ax)
    with pytest.raises(ValueError, match=r"calibration: exact has shape \(2,\), expected a number"):
        plot.calibration(many, np.ones(2))


def test_ridge_paths_mark_the_smallest_value_or_the_model():
    path = types.SimpleNamespace(ridge=[1e-2, 0.0, 1e-4, 1e-3], gcv=[4.0, 9.0, 2.0, 1.0])
    ax = plot.ridge_path(path)
    assert np.allclose(ax.lines[0].get_xdata(), [1e-4, 1e-3, 1e-2])
    assert np.allclose(ax.lines[0].get_ydata(), np.sqrt([2, 1, 4]))
    assert ax.lines[1].get_xdata() == [1e-3]
    assert plot.ridge_path(path, ridge=0.02).lines[1].get_xdata() == [1e-2]
    assert ax.get_xscale() == "log"
    losses = types.SimpleNamespace(
        ridge=np.array([1e-3, 1e-2]), log_loss=np.array([0.5, 0.4]), standard_error=np.full(2, 0.1)
    )
    assert "log loss" in plot.ridge_path(losses).get_ylabel()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plot.error_curve(3), "error_curve: curve is int, expected GramErrorCurve"),
        (lambda: plot.ratio_map(3), "ratio_map: study is int, expected PairStudy or MatrixStudy"),
        (lambda: plot.calibration(3, 1.0), "calibration: estimates is 3, expected a list"),
        (lambda: plot.heads(3), "heads: comparisons is int, expected a list of Attention"),
        (lambda: plot.heads([[], [3]]), "heads: layer 1, head 0 is int, expected an Attention"),
        (lambda: plot.calibration([3], 1.0), r"calibration: estimates\[0\] is int"),
        (lambda: plot.ridge_path(3), "ridge_path: path is int, expected a path of ridges"),
    ],
)
def test_other_things_are_refused_by_name(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_plans_are_drawn_by_method_share_and_error():
    q, k, v = np.random.default_rng(0).normal(size=(3, 1, 3, 300, 4))
    q[:, 0] *= 0.1
    q[:, 1:] *= 12.0
    base = bo.FeatureMapSpec(4, 64, bo.SoftmaxKernel(0.5), features=bo.HyperbolicOprfFeatures())
    plans = bo.plan_attention(base, q, k, v)
    assert [plan.method for plan in plans] == ["exact-and-means", "exact", "exact"]
    ax = plot.plan(plans, label="three heads")
    drawn = {line.get_label(): line for line in ax.lines}
    for method in ("exact-and-means", "exact"):
        mine = [plan for plan in plans if plan.method == method]
        assert np.allclose(drawn[method].get_xdata(), [plan.exact_share for plan in mine])
        assert np.allclose(drawn[method].get_ydata(), [plan.error for plan in mine])
    assert drawn["exact-and-means"].get_color() != drawn["exact"].get_color()
    assert legend(ax) == ["exact-and-means", "exact"]
    # Heads of one place share a label.
    assert sorted(text.get_text() for text in ax.texts) == ["0", "1, 2"]
    assert ax.get_title() == "three heads"
    assert plot.plan(plans[0], ax=ax) is ax
    with pytest.raises(TypeError, match=r"plan: plans\[1\] is int, expected HeadPlan"):
        plot.plan([plans[0], 3])
    with pytest.raises(ValueError, match="plan: plans is empty"):
        plot.plan([])
