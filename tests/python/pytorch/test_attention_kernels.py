# SPDX-License-Identifier: Apache-2.0
"""The study of attentions: every run is an entry, budgets are equal, nothing is run twice."""

import dataclasses
import importlib.util
import math
import runpy
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

import training_cases  # noqa: E402

import bochner.training as bt  # noqa: E402
from bochner import _command  # noqa: E402
from bochner.training import _kernel_runs, _kernel_study, _training_costs  # noqa: E402
from bochner.training._kernel_report import kernels_page  # noqa: E402
from bochner.training._kernel_summary import Mean, mean_of, sentences  # noqa: E402
from bochner.training._normalisers import normalisers  # noqa: E402
from bochner.training._study_command import main  # noqa: E402

MODEL = {k: v for k, v in training_cases.MODEL.items() if k != "length"}
BENCH = Path(__file__).parents[3] / "bench" / "torch" / "training.py"
LENGTHS = dict.fromkeys(("pixels", "text", "proteins"), training_cases.LENGTH)


@pytest.fixture(scope="module", name="data")
def made_packages(tmp_path_factory):
    return training_cases.packages(tmp_path_factory.mktemp("packages"))


def study(folder, data, **changed):
    given = {
        "questions": ["text-next"],
        "attentions": ["exact", "favor"],
        "windows": [0, 4],
        "seeds": 2,
        "steps": 4,
        "seconds": 1e-6,
        "measure_every": 2,
        "lengths": LENGTHS,
        **MODEL,
        **changed,
    }
    return bt.attention_kernels(folder, data, **given)


def test_every_run_is_an_entry(data, tmp_path):
    found = study(tmp_path, data)
    expected = [(a, w, s) for a in ("exact", "favor") for w in (0, 4) for s in (0, 1)]
    assert list(zip(found.attention, found.window, found.seed, strict=True)) == expected
    refused = (found.attention == "exact") & (found.window == 4)
    assert np.array_equal(found.status == "done", ~refused)
    assert all(
        status.startswith("refused: exact: window is 4, expected 0")
        for status in found.status[refused]
    )
    assert np.array_equal(np.isnan(found.loss_at_steps), refused)
    assert np.all(found.steps_at_seconds[~refused] == 1)
    assert np.all(found.seconds_per_step[~refused] > 0)
    for i in np.flatnonzero(~refused):
        curve = found.curves[i]
        assert curve[:, 0].tolist() == [0, 1, 2, 4]
        assert curve[3, 2] == found.loss_at_steps[i]
        assert curve[1, 2] == found.loss_at_seconds[i]
    assert np.all(np.isnan(found.curves[refused]))
    favor = found.attention == "favor"
    assert np.all(found.negative[favor] == 0)
    assert np.all(np.isnan(found.negative[~favor]))


def test_an_entry_is_what_training_gives(data, tmp_path):
    found = study(tmp_path, data, attentions=["favor"], windows=[4], seeds=1)
    options = bt.TrainingOptions(task="text", attention="favor", window=4, **training_cases.MODEL)
    run = bt.train(options, bt.load_sequences("text", data, 24), steps=4)
    assert found.loss_at_steps[0] == run.told(run.curve[-1])


def test_a_study_goes_on_where_it_was(data, tmp_path, monkeypatch):
    whole = study(tmp_path / "whole", data)
    trained = _kernel_study.trained
    calls = []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return trained(*arguments)

    monkeypatch.setattr(_kernel_study, "trained", interrupted)
    with pytest.raises(KeyboardInterrupt):
        study(tmp_path / "parts", data)
    calls[:] = [1] * 4
    parts = study(tmp_path / "parts", data)
    assert len(calls) == 4 + 8 - 3
    assert np.array_equal(parts.loss_at_steps, whole.loss_at_steps, equal_nan=True)
    calls[:] = [1] * 4
    assert study(tmp_path / "parts", data) == parts
    assert len(calls) == 4
    assert not list((tmp_path / "parts").rglob("*.pt"))


def test_a_run_goes_on_inside(data, tmp_path, monkeypatch):
    whole = study(tmp_path / "whole", data, attentions=["favor"], windows=[0], seeds=1)

    def interrupted(_run):
        raise KeyboardInterrupt

    monkeypatch.setattr(_kernel_runs, "normalisers", interrupted)
    with pytest.raises(KeyboardInterrupt):
        study(tmp_path / "parts", data, attentions=["favor"], windows=[0], seeds=1)
    monkeypatch.undo()
    steps = []
    advance = bt.TrainingRun.advance
    monkeypatch.setattr(bt.TrainingRun, "advance", lambda run: steps.append(1) or advance(run))
    parts = study(tmp_path / "parts", data, attentions=["favor"], windows=[0], seeds=1)
    assert not steps
    assert np.array_equal(parts.loss_at_steps, whole.loss_at_steps)


def test_runs_that_diverge_are_entries(data, tmp_path):
    found = study(
        tmp_path, data, attentions=["favor"], windows=[0], learning_rate=1e30, clip=1e30, steps=50
    )
    assert all(status.startswith("diverged: train: the ") for status in found.status)
    assert np.all(np.isnan(found.loss_at_steps))
    assert np.all(np.isfinite(found.curves[:, 0]))
    (row,) = bt.kernel_rows(found)
    assert (row.runs, row.done) == (2, 0)
    assert "diverged" in kernels_page(found, None)
    assert sentences([row]) == []


def test_a_damaged_checkpoint_is_no_entry(data, tmp_path):
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / "text-next-exact-window0-seed0.pt").write_bytes(b"half")
    with pytest.raises(bt.CheckpointError, match="is no checkpoint, or a damaged one"):
        study(tmp_path, data, seeds=1)
    assert not list(runs.glob("*.json"))


def test_a_run_without_memory_is_an_entry(data, tmp_path, monkeypatch):
    def too_large(_run):
        raise RuntimeError("can't allocate memory\nsomewhere")

    monkeypatch.setattr(bt.TrainingRun, "advance", too_large)
    found = study(tmp_path, data, seeds=1, windows=[0])
    assert found.status.tolist() == ["failed: can't allocate memory"] * 2
    monkeypatch.undo()
    assert study(tmp_path, data, seeds=1, windows=[0]).status.tolist() == ["done"] * 2


def test_a_run_that_failed_goes_on_from_its_checkpoint(data, tmp_path, monkeypatch):
    advance, steps = bt.TrainingRun.advance, []

    def too_large(run):
        steps.append(run.step)
        if len(steps) == 4:
            raise RuntimeError("can't allocate memory")
        return advance(run)

    monkeypatch.setattr(bt.TrainingRun, "advance", too_large)
    chosen = {"attentions": ["favor"], "windows": [0], "seeds": 1}
    assert study(tmp_path, data, **chosen).status.tolist() == ["failed: can't allocate memory"]
    assert study(tmp_path, data, **chosen).status.tolist() == ["done"]
    assert steps == [0, 1, 2, 3, 2, 3]
    assert not list(tmp_path.rglob("*.pt"))


def test_another_study_is_refused(data, tmp_path):
    study(tmp_path, data, seeds=1)
    with pytest.raises(ValueError, match="holds a study with steps 4, expected 5 or another"):
        study(tmp_path, data, steps=5)
    with pytest.raises(ValueError, match="holds a study with depth 1, expected 2"):
        study(tmp_path, data, depth=2)
    more = study(tmp_path, data, seeds=2, attentions=["favor", "relu"])
    assert len(more.status) == 8
    lengths = {"text": training_cases.LENGTH}
    with pytest.raises(ValueError, match="holds a study with lengths"):
        study(tmp_path, data, lengths=lengths)


def test_a_default_may_be_given(data, tmp_path):
    given = {"attentions": ["favor"], "windows": [0], "seeds": 1, "lengths": None, "steps": 1}
    text = bt.sequences_of([np.arange(250)], [np.arange(250)], 1024, 256)
    given["sequences"] = lambda _options: text
    first = study(tmp_path, data, **given)
    given |= {"lengths": {"text": 1024}, "learning_rate": np.float64(1e-3), "device": "cpu"}
    assert study(tmp_path, data, **given) == first
    with pytest.raises(ValueError, match=r"with learning_rate 0\.001, expected 0\.01"):
        study(tmp_path, data, **{**given, "learning_rate": 0.01})


def test_other_data_are_refused(data, tmp_path):
    def of(token):
        rows = bt.sequences_of([[token] * 48], [[token] * 24], training_cases.LENGTH, 256)
        return lambda _options: rows

    chosen = {"attentions": ["favor"], "windows": [0], "seeds": 1}
    first = study(tmp_path, data, sequences=of(1), **chosen)
    with pytest.raises(ValueError, match="holds a study of other data for text-next"):
        study(tmp_path, data, sequences=of(2), **chosen)
    assert study(tmp_path, data, sequences=of(1), **chosen) == first


def test_what_is_named_twice_is_run_once(data, tmp_path):
    found = study(
        tmp_path,
        data,
        questions=["text-next"] * 2,
        attentions=["favor", "favor"],
        windows=[0, np.int64(0)],
        seeds=1,
    )
    assert found.attention.tolist() == ["favor"]
    (row,) = bt.kernel_rows(found)
    assert row.runs == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"questions": ["text-class"]}, "questions has 'text-class', expected some of pixels-next"),
        ({"attentions": ["linear"]}, "attentions has 'linear'"),
        ({"seeds": 0}, "seeds is 0"),
        ({"steps": 0}, "steps is 0"),
        ({"seconds": 0.0}, "seconds is 0"),
        ({"windows": [-1]}, "windows is -1"),
        ({"window": 3}, "window is given, which the study varies itself"),
        ({"questions": []}, "questions is empty"),
        (
            {"lengths": {"films": 24}},
            "lengths has 'films', expected some of pixels, text",
        ),
        ({"lengths": {"text": 1}}, "lengths is 1"),
    ],
)
def test_studies_are_refused_by_name(data, tmp_path, changed, message):
    with pytest.raises(ValueError, match=f"attention_kernels: {message}"):
        study(tmp_path, data, **changed)
    assert not list(tmp_path.iterdir())


def made(entries):
    """A study of entries (attention, window, seed, loss)."""
    attention, window, seed, loss = zip(*entries, strict=True)
    count = len(entries)
    nothing = np.full(count, np.nan)
    return bt.AttentionKernels(
        question=np.array(["text-next"] * count),
        attention=np.array(attention),
        window=np.array(window),
        seed=np.array(seed),
        status=np.array(["done"] * count, object),
        loss_at_steps=np.array(loss),
        loss_at_seconds=nothing,
        steps_at_seconds=nothing,
        seconds_per_step=nothing,
        negative=nothing,
        underflowed=nothing,
        curves=np.full((count, 1, 3), np.nan),
    )


def test_rows_are_means_with_errors_in_spreads_of_exact_attention():
    found = bt.kernel_rows(
        made(
            [("exact", 0, s, loss) for s, loss in enumerate((2.0, 2.2, 2.4))]
            + [("favor", 0, s, loss) for s, loss in enumerate((2.3, 2.5))]
            + [("favor", 8, 0, 2.0)]
        )
    )
    exact, favor, near = found
    assert exact.at_steps == pytest.approx(Mean(2.2, 0.2 / math.sqrt(3)))
    assert exact.spreads == pytest.approx(0.0)
    assert favor.at_steps == pytest.approx(Mean(2.4, 0.1))
    assert favor.spreads == pytest.approx(1.0)
    assert near.name == "favor + window 8"
    assert near.spreads == pytest.approx(-1.0)
    assert math.isnan(near.at_steps.error)
    assert math.isnan(favor.at_seconds.value)
    assert str(mean_of([])) == "-"


def test_sentences_say_what_cannot_be_told_apart():
    def said(second):
        losses = {"exact": (2.0, 2.1), "favor": (1.9, 2.0), "relu": second}
        entries = [(a, 0, s, x) for a, pair in losses.items() for s, x in enumerate(pair)]
        (sentence,) = sentences(bt.kernel_rows(made(entries)))
        return sentence

    near, far = said((2.0, 2.05)), said((3.0, 3.05))
    assert near.startswith("text-next, after the same steps: favor is best, with 1.95 ± 0.05 bits")
    assert "within two standard errors of it are exact, relu;" in near
    assert "within two standard errors of it are exact;" in far
    assert near.endswith("exact attention has 2.05 ± 0.05.")


def test_sentences_leave_out_what_did_not_end_and_doubt_one_seed():
    found = made([("exact", 0, 0, 2.0), ("favor", 0, 0, 1.0), ("favor", 0, 1, np.nan)])
    found.status[2] = "diverged: at step 3"
    (sentence,) = sentences(bt.kernel_rows(found))
    assert sentence == (
        "text-next, after the same steps: exact is best, with 2 bits per byte, of one seed, which "
        "tells nothing apart."
    )


def test_negative_normalisers_are_counted(data):
    given = bt.load_sequences("text", data, 24)

    def share(attention):
        options = bt.TrainingOptions(task="text", attention=attention, **training_cases.MODEL)
        return normalisers(bt.TrainingRun(options, given))

    identity, cosine, exact = share("identity"), share("cosine"), share("exact")
    held_out = given.held_out.spread(MODEL["held_out"])
    rows = int(held_out.lengths[: MODEL["batch"]].sum()) * MODEL["num_heads"]
    assert identity.rows == cosine.rows == rows
    # The sign of q.k is even at the start, and the first row sees one key alone.
    assert 0.1 * rows < identity.negative < 0.9 * rows
    assert cosine.negative == 0
    assert exact.rows == 0


@pytest.mark.parametrize(("task", "objective"), [("text", "next"), ("proteins", "masked")])
def test_normalisers_of_padding_are_not_counted(task, objective):
    """Causal, where the model is not told of padding, and not."""
    pieces = [np.arange(2 + 3 * i) % 20 for i in range(5)]
    given = bt.sequences_of(pieces, pieces, training_cases.LENGTH, 26)
    chosen = bt.TrainingOptions(
        task=task, objective=objective, attention="identity", **training_cases.MODEL
    )
    run = bt.TrainingRun(chosen, given)
    live = int((~run.held_out()[0].padding).sum())
    assert live == 2 + 5 + 8 + 11 < MODEL["batch"] * training_cases.LENGTH
    assert normalisers(run).rows == live * MODEL["num_heads"] * MODEL["depth"]


@pytest.mark.parametrize("done", [2, 1])
def test_the_benchmark_holds_where_all_runs_are_done(done, tmp_path, monkeypatch, capsys):
    entries = [("exact", 0, s, loss) for s, loss in enumerate((2.0, 2.2))]
    found = made([*entries, ("favor", 0, 0, 2.0), ("favor", 0, 1, 2.0)])
    found.status[3] = "done" if done == 2 else "diverged: train: the loss is nan at step 3"
    monkeypatch.setattr(bt, "attention_kernels", lambda *_given, **_options: found)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["training.py"])
    runpy.run_path(str(BENCH))
    verdict = "holds" if done == 2 else "short"
    assert f"<=2 {verdict} text-next, favor" in capsys.readouterr().out


def test_costs_that_failed_are_measured_again(tmp_path, monkeypatch):
    answers = iter(["failed: no memory", "done", "failed: no memory"])

    def apart(options, _runs):
        names = {"attention": options.attention, "window": 0, "length": options.length}
        return {**names, "status": next(answers), "microseconds": 1.0, "bytes": 1.0}

    monkeypatch.setattr(_training_costs, "_apart", apart)

    def status():
        given = {"attentions": ["favor", "favor"], "windows": [0, 0], "lengths": [32, 32]}
        return bt.training_costs(tmp_path, **given).status.tolist()

    assert [status() for _ in range(3)] == [["failed: no memory"], ["done"], ["done"]]


def test_costs_are_measured_once(tmp_path):
    options = {"attentions": ["exact", "favor"], "windows": [0, 8], "lengths": [32, 64]}
    model = {"embed_dim": 16, "num_heads": 2, "depth": 1, "num_features": 16}
    costs = bt.training_costs(tmp_path, timed_steps=1, **options, **model)
    assert costs.length.tolist() == [32, 64] * 4
    refused = (costs.attention == "exact") & (costs.window == 8)
    assert np.array_equal(costs.status == "done", ~refused)
    assert all(status.startswith("refused: exact: window is 8") for status in costs.status[refused])
    assert np.all(costs.microseconds[~refused] > 0)
    assert np.all(costs.bytes[~refused] >= 0)
    assert bt.training_costs(tmp_path, timed_steps=1, **options, **model) == costs
    with pytest.raises(ValueError, match="training_costs: timed_steps is 0"):
        bt.training_costs(tmp_path, timed_steps=0)


def test_memory_that_a_step_takes_is_seen(tmp_path):
    """Whatever this process has had at its peak."""
    had = np.ones(2**27)
    del had
    model = {"embed_dim": 64, "num_heads": 2, "depth": 2, "num_features": 32}
    costs = bt.training_costs(
        tmp_path, attentions=["favor"], lengths=[4096], timed_steps=1, **model
    )
    # At least the rows of the feed-forward network, before and after its GELU, in float32.
    assert costs.bytes[0] > 2 * 2 * 4 * 64 * 4


def test_the_command_writes_a_page(data, tmp_path, capsys):
    arguments = ["attention-kernels", "--output", str(tmp_path / "study"), "--data", str(data)]
    arguments += ["--questions=text-next,proteins-masked", "--attentions=exact,identity"]
    arguments += ["--windows=0", "--seeds=2", "--steps=2", "--seconds=1e-6", "--measure-every=1"]
    arguments += ["--lengths=text=24,proteins=24", "--cost-lengths=32", "--embed-dim=16"]
    arguments += ["--num-heads=2", "--depth=1", "--batch=4", "--held-out=4"]
    assert main(arguments) == 0
    page = (tmp_path / "study" / "report.md").read_text()
    assert page in capsys.readouterr().out
    assert "## text-next, bits per byte" in page
    assert "## proteins-masked, perplexity" in page
    assert "| identity | 2 of 2 |" in page
    assert page.count("after the same steps") == 2
    runs = (tmp_path / "study" / "runs.csv").read_text().splitlines()
    names = [field.name for field in dataclasses.fields(bt.AttentionKernels)]
    assert runs[0].split(",") == names[:-1]
    assert len(runs) == 1 + 2 * 2 * 2
    if importlib.util.find_spec("matplotlib") is not None:
        assert (tmp_path / "study" / "text-next.svg").stat().st_size > 1000
        assert (tmp_path / "study" / "costs.svg").stat().st_size > 1000
    assert main([*arguments, "--steps=3"]) == 1
    assert "holds a study with steps 2, expected 3" in capsys.readouterr().err


def test_study_is_a_command_of_the_package(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["bochner", "study", "attention-kernels", "--help"])
    with pytest.raises(SystemExit) as ended:
        _command.main()
    assert ended.value.code == 0
    assert "--attentions" in capsys.readouterr().out
