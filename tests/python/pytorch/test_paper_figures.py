# SPDX-License-Identifier: Apache-2.0
"""The figures of the Performers' paper: what they show is what the closed forms and runs say."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

import training_cases  # noqa: E402

import bochner as bo  # noqa: E402
import bochner.training as bt  # noqa: E402
from bochner.training._paper_training import draw_learning_curves  # noqa: E402
from bochner.training._study_command import main  # noqa: E402


@pytest.fixture(scope="module", name="data")
def made_packages(tmp_path_factory):
    return training_cases.packages(tmp_path_factory.mktemp("packages"))


def test_ratios_are_those_of_the_paper():
    """Lemma 2 of [Choromanski21], with z = x + y and D = |x - y|."""
    lengths, count = [0.3, 1.0, 1.7], 9
    found = bt.variance_ratios(lengths=lengths, angles=count, replicates=10)
    z2 = 2 * found.length**2 * (1 + np.cos(found.angle))
    d2 = 2 * found.length**2 * (1 - np.cos(found.angle))
    kernel2 = np.exp(z2 / 2 - d2 / 2)
    trigonometric = 0.5 * np.exp(z2) / kernel2 * (1 - np.exp(-d2)) ** 2
    positive = np.exp(z2) * kernel2 * (1 - np.exp(-z2))
    assert np.allclose(found.predicted, trigonometric / positive, rtol=1e-9)
    angles = found.angle[:count]
    assert np.allclose(angles, np.pi - angles[::-1])
    assert np.allclose(np.diff(angles), np.pi / count)
    assert found.length.tolist() == np.repeat(lengths, count).tolist()


def test_measured_ratios_agree_and_others_do_not():
    found = bt.variance_ratios(lengths=[0.5], angles=3, replicates=4000, seed=3)
    # 1e-6 for the family of three, to both sides.
    for factor, agrees in ((1.0, True), (1.5, False)):
        z = (found.measured - factor * found.predicted) / found.error
        assert np.all((np.abs(z) < 5.1) == agrees)


def test_approximations_are_those_of_studies():
    found = bt.attention_approximations(
        length=40, dim=4, scale=0.5, num_features=[16, 64], draws=3, seed=5
    )
    assert found.features.tolist() == ["trigonometric"] * 4 + ["positive"] * 4
    assert found.num_features.tolist() == [16, 64] * 4
    rng = np.random.default_rng(5)
    q, k, v = rng.normal(size=(3, 1, 1, 40, 4)).astype(np.float32)
    q, k = q / 2, k / 2
    kernel = bo.SoftmaxKernel.for_dimension(4)
    exact = bo.exact_attention(kernel, q, k, v)
    errors = []
    for draw in range(3):
        spec = bo.FeatureMapSpec(
            4, 16, kernel, bo.IidProjection(), bo.PositiveFeatures(), seed=bo.derive_seed(5, draw)
        )
        out = bo.attention(spec, q, k, v)
        errors.append(np.mean((out.astype(float) - exact) ** 2))
    assert found.measured[4] == pytest.approx(np.mean(errors), rel=1e-4)
    assert found.error[4] == pytest.approx(np.std(errors, ddof=1) / math.sqrt(3), rel=1e-3)
    assert found.median[4] == pytest.approx(np.median(errors), rel=1e-4)


def test_short_rows_are_approximated_as_predicted():
    found = bt.attention_approximations(length=256, scale=0.25, num_features=[128], draws=10)
    assert np.all(np.abs(np.log(found.measured / found.predicted)) < math.log(2))
    assert found.predicted[1] < 0.5 * found.predicted[0]


def costs(attention, lengths, microseconds):
    count = len(lengths)
    return bt.TrainingCosts(
        np.array([attention] * count),
        np.zeros(count, int),
        np.array(lengths),
        np.array(["done"] * count),
        np.array(microseconds),
        np.ones(count),
    )


def test_the_longest_length_is_predicted_from_the_others():
    lengths = [256, 1024, 4096, 16384]
    model = [bo.attention_nanoseconds("exact", n, n, 32, 64, causal=True) / n for n in lengths]
    measured = [7.0 + 0.02 * m for m in model]
    found = bt.modelled_microseconds(costs("exact", lengths, measured), 32, 64)
    assert np.allclose(found, measured)
    spoiled = [*measured[:3], 10 * measured[3]]
    assert np.allclose(bt.modelled_microseconds(costs("exact", lengths, spoiled), 32, 64), found)
    flat = bt.modelled_microseconds(costs("favor", lengths, [9.0, 10.0, 9.5, 9.0]), 32, 64)
    assert np.all((flat > 9) & (flat < 10))
    short = bt.modelled_microseconds(costs("exact", lengths[:2], measured[:2]), 32, 64)
    assert np.all(np.isnan(short))


def test_carried_weights_start_where_exact_attention_ended(data, tmp_path):
    given = bt.load_sequences("text", data, training_cases.LENGTH)
    model = {**training_cases.MODEL, "num_features": 1024, "learning_rate": 1e-2}
    options = bt.TrainingOptions(task="text", **model)
    counts = {"steps_before": 30, "steps_after": 4, "measure_every": 2, "seeds": 1}
    pairs = [("hyperbolic", 0), ("hyperbolic", 24), ("relu", 0)]
    found = bt.carried_over(tmp_path, options, given, attentions=pairs, **counts)
    assert found.label.tolist() == [
        label
        for label in ("exact", "hyperbolic", "hyperbolic + window 24", "relu")
        for _ in range(3)
    ]
    start = found.loss[found.step == 0]
    before = bt.train(bt.TrainingOptions(task="text", attention="exact", **model), given, steps=30)
    assert start[0] == before.told(before.curve[-1])
    assert start[2] == pytest.approx(start[0], rel=1e-5)  # a window over the whole sequence
    assert abs(start[1] - start[0]) < 0.05 * start[0]
    assert start[3] > start[0]
    assert bt.carried_over(tmp_path, options, given, attentions=pairs, **counts) == found


def test_weights_of_another_start_are_other_runs(data, tmp_path):
    given = bt.load_sequences("text", data, training_cases.LENGTH)
    options = bt.TrainingOptions(task="text", **training_cases.MODEL)

    def curve(folder, before):
        pairs = [("favor", 0), ["favor", 0], ("exact", 0)]
        counts = {"steps_before": before, "steps_after": 2, "measure_every": 2, "seeds": 1}
        return bt.carried_over(folder, options, given, attentions=pairs, **counts)

    first, second = (curve(tmp_path / "one", before) for before in (2, 4))
    assert first.label.tolist() == ["exact"] * 2 + ["favor"] * 2
    assert not np.any(first.loss == second.loss)
    assert curve(tmp_path / "other", 4) == second


def test_curves_have_no_points_where_shorter_runs_ended(data, tmp_path):
    given = bt.load_sequences("text", data, training_cases.LENGTH)
    options = bt.TrainingOptions(task="text", attention="favor", **training_cases.MODEL)

    def steps(count, seeds):
        found = bt.redraw_curves(
            tmp_path, options, given, redraw_every=[0, 0], steps=count, measure_every=2, seeds=seeds
        )
        return found.step.tolist()

    assert steps(3, 1) == [0, 2, 3]
    assert steps(6, 2) == [0, 2, 4, 6] * 2
    assert steps(3, 2) == [0, 2, 3, 0, 2]  # the second run was not measured at 3


def test_means_are_of_steps_that_all_seeds_have():
    figure = pytest.importorskip("matplotlib.figure").Figure()
    seeds, steps = np.array([0, 0, 0, 1, 1]), np.array([0, 2, 3, 0, 2])
    losses = np.array([4.0, 3.0, 0.5, 6.0, 5.0])
    found = bt.LearningCurves(np.array(["never"] * 5), seeds, steps, losses, "bits per byte")
    (line,) = draw_learning_curves(found, figure.subplots()).lines
    assert line.get_xdata().tolist() == [0, 2]
    assert line.get_ydata().tolist() == [5.0, 4.0]


@pytest.mark.parametrize("attention", ["exact", "window", "exp", "cosine", "identity"])
def test_what_has_nothing_to_redraw_has_no_curves(attention, data, tmp_path):
    given = bt.load_sequences("text", data, training_cases.LENGTH)
    options = bt.TrainingOptions(task="text", attention=attention, **training_cases.MODEL)
    with pytest.raises(ValueError, match=f"redraw_curves: attention is '{attention}'"):
        bt.redraw_curves(tmp_path, options, given, steps=1, seeds=1)
    assert not list(tmp_path.iterdir())


def test_the_command_says_that_a_run_diverges(data, tmp_path, capsys):
    arguments = ["performer-paper", "--output", str(tmp_path), "--data", str(data)]
    arguments += ["--length=24", "--depth=1", "--embed-dim=16", "--num-heads=2", "--batch=2"]
    arguments += ["--learning-rate=1e30", "--clip=1e30", "--warmup=0", "--steps=50", "--seeds=1"]
    assert main([*arguments, "--figure=redraws"]) == 1
    assert capsys.readouterr().err.startswith("bochner study: train: the ")


def test_models_of_other_sizes_are_not_taken_over(data):
    given = bt.load_sequences("text", data, training_cases.LENGTH)
    small, deep, wide = (
        bt.TrainingOptions(task="text", **{**training_cases.MODEL, **changed})
        for changed in ({}, {"depth": 2}, {"embed_dim": 32})
    )
    start = bt.TrainingRun(small, given).model
    for options in (deep, wide):
        with pytest.raises(ValueError, match=r"SequenceModel: .* which the other model does not"):
            bt.train(options, given, steps=1, start=start)


def test_redraws_are_curves(data, tmp_path):
    given = bt.load_sequences("text", data, training_cases.LENGTH)
    options = bt.TrainingOptions(task="text", attention="favor", **training_cases.MODEL)
    found = bt.redraw_curves(
        tmp_path, options, given, redraw_every=[0, 2], steps=4, measure_every=2, seeds=2
    )
    assert found.unit == "bits per byte"
    assert found.label.tolist() == ["never"] * 6 + ["every 2 steps"] * 6
    assert found.step.tolist() == [0, 2, 4] * 4
    kept, drawn = found.loss.reshape(2, 2, 3)
    # The first batches see the same frequencies; what is measured after step 2 does not.
    assert np.array_equal(kept[:, 0], drawn[:, 0])
    assert not np.any(kept[:, 1:] == drawn[:, 1:])


def test_numbers_are_refused_by_name():
    with pytest.raises(ValueError, match="variance_ratios: angles is 0, expected at least 1"):
        bt.variance_ratios(angles=0)
    with pytest.raises(ValueError, match="variance_ratios: lengths is 0"):
        bt.variance_ratios(lengths=[0.0])
    with pytest.raises(ValueError, match="attention_approximations: draws is 1"):
        bt.attention_approximations(draws=1)
    with pytest.raises(ValueError, match="attention_approximations: scale is -1"):
        bt.attention_approximations(scale=-1.0)


def test_the_command_draws_every_figure(data, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    arguments = ["performer-paper", "--output", str(tmp_path), "--data", str(data)]
    arguments += ["--length=24", "--depth=1", "--embed-dim=16", "--num-heads=2", "--batch=2"]
    arguments += ["--num-features=8", "--held-out=2", "--seeds=1", "--steps=3"]
    fast = ["--replicates=4", "--cost-lengths=16,32,64"]
    assert main([*arguments, *fast, "--figure=ratio", "--figure=speed"]) == 0
    assert main([*arguments, "--figure=redraws", "--figure=compatibility"]) == 0
    page = (tmp_path / "gallery.md").read_text()
    assert page.count("![Figure") == 4
    for name in ("ratio", "speed", "redraws", "compatibility"):
        assert f"]({name}.svg)" in page
        assert (tmp_path / f"{name}.svg").stat().st_size > 1000
        assert len((tmp_path / f"{name}.csv").read_text().splitlines()) > 3
    assert "written:" in capsys.readouterr().out
