# SPDX-License-Identifier: Apache-2.0
"""Performers that train: data, models, steps, and runs that go on from where they were saved."""

import dataclasses
import importlib.util
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

import training_cases  # noqa: E402

import bochner.training as bt  # noqa: E402
from bochner.training import _packages  # noqa: E402
from bochner.training._objectives import OBJECTIVES  # noqa: E402
from bochner.training._own_attention import ExponentialFeatures, Frame  # noqa: E402
from bochner.training._rows import rows_of  # noqa: E402
from bochner.training._whole_files import write_whole  # noqa: E402

EXAMPLE = Path(__file__).parents[3] / "examples" / "performer" / "train.py"
WINDOWED = {"window", "favor", "hyperbolic", "hyperbolic-oprf", "trigonometric"}


@pytest.fixture(scope="module", name="data")
def made_packages(tmp_path_factory):
    return training_cases.packages(tmp_path_factory.mktemp("packages"))


def options(**members):
    return bt.TrainingOptions(**{"task": "text", **training_cases.MODEL, **members})


def window_of(attention):
    return 5 if attention == "window" else 0


def sequences(data, task="text"):
    return bt.load_sequences(task, data, training_cases.LENGTH)


def test_pieces_are_cut_and_padded():
    rows = rows_of([np.arange(7, dtype=np.uint8), np.array([9, 8], np.uint8)], 3, np.array([4, 2]))
    assert rows.tokens.tolist() == [[0, 1, 2], [3, 4, 5], [6, 0, 0], [9, 8, 0]]
    assert rows.lengths.tolist() == [3, 3, 1, 2]
    assert rows.labels.tolist() == [4, 4, 4, 2]
    assert rows.live().sum(1).tolist() == rows.lengths.tolist()
    assert rows.spread(2).tokens.tolist() == [[0, 1, 2], [6, 0, 0]]
    assert rows.spread(9).lengths.tolist() == [3, 3, 1, 2]


def test_sequences_of_a_caller_are_checked():
    found = bt.sequences_of([[3, 1, 2], []], [np.array([0, 1])], 2, 4)
    assert found.train.tokens.tolist() == [[3, 1], [2, 0]]
    other = bt.sequences_of([[3, 1, 1], []], [np.array([0, 1])], 2, 4)
    assert found.digest() != other.digest()
    for wrong, error, message in (
        ([[4]], ValueError, r"train\[0\] has tokens from 4 to 4, expected 0 to 3"),
        ([[0.5]], TypeError, r"train\[0\] is of float64"),
        ([[[1]]], TypeError, "2 dimensions"),
        ([[]], ValueError, "train has no tokens"),
    ):
        with pytest.raises(error, match=message):
            bt.sequences_of(wrong, [[1]], 2, 4)


def test_packages_become_sequences(data):
    pixels = sequences(data, "pixels")
    assert pixels.train.tokens.shape == (12, 24)
    assert pixels.train.labels.tolist() == [i % 10 for i in range(12)]
    assert (pixels.vocabulary, pixels.classes) == (256, 10)
    text = sequences(data)
    begin = bytes(text.train.tokens[0].tolist())
    assert begin == b"debian-reference-en: Pac"
    whole = sum(rows.lengths.sum() for rows in (text.train, text.held_out))
    held = text.held_out.lengths.sum()
    assert abs(held / whole - 0.1) < 0.01
    proteins = sequences(data, "proteins")
    assert proteins.vocabulary == 26
    held = [10 + 3 * i for i in (0, 10)]
    assert proteins.held_out.lengths.sum() == sum(held)
    assert int(proteins.train.tokens.max()) == ord("Y") - ord("A")
    assert int(proteins.train.lengths.min()) >= 1


def test_damaged_packages_are_named(tmp_path, monkeypatch):
    training_cases.packages(tmp_path)
    path = training_cases.proteins(tmp_path, b">odd\nAC1\n")
    with pytest.raises(ValueError, match="no letters, or others too, in odd"):
        sequences(tmp_path, "proteins")
    assert path.exists()
    base = "usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz"
    for content, message in ((b"GIF8", "is no IDX"), (b"\0\0\x08\1\0\0\0\3ab", "has 2 bytes")):
        training_cases.write(tmp_path, "dataset-fashion-mnist", base, content)
        with pytest.raises(ValueError, match=message):
            sequences(tmp_path, "pixels")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FileNotFoundError, match="package no-such is not installed and could not"):
        _packages.package_files("text", tmp_path, {"no-such": ["usr/nothing"]})
    assert not list(tmp_path.glob("no-such*"))


@pytest.mark.parametrize("task", ["pixels", "text", "proteins"])
def test_packages_that_are_installed(task, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    try:
        found = bt.load_sequences(task, tmp_path)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    assert len(found.train.tokens) > 4 * len(found.held_out.tokens)
    assert int(found.train.tokens.max()) < found.vocabulary


def test_the_next_token_is_asked_from_those_before():
    rows = rows_of([np.array([5, 6, 7], np.uint8), np.array([8], np.uint8)], 3)
    question = OBJECTIVES["next"].ask(rows, 99, torch.Generator())
    assert question.inputs.tolist() == [[99, 5, 6], [99, 8, 0]]
    assert question.targets[question.counted].tolist() == [5, 6, 7, 8]
    outputs = torch.zeros(2, 3, 10)
    outputs[..., 6] = 50.0
    assert question.mistakes(outputs).tolist() == [True, False, True, True]
    assert question.losses(outputs).tolist() == pytest.approx([50.0, 0.0, 50.0, 50.0])


def test_hidden_tokens_are_asked_from_the_others():
    lengths = np.random.default_rng(0).integers(1, 60, 400)
    rows = rows_of([np.full(n, 3, np.uint8) for n in lengths], 60)
    question = OBJECTIVES["masked"].ask(rows, 99, torch.Generator().manual_seed(1))
    hidden = question.counted
    assert not bool((hidden & question.padding).any())
    assert int(hidden.sum(1).min()) >= 1
    assert bool((question.inputs[hidden] == 99).all())
    assert bool((question.inputs[~hidden] == rows.tokens[~hidden]).all())
    # Of n tokens each is hidden with probability p, and one where none of them is.
    p = 0.15
    expected = sum(p * n + (1 - p) ** n for n in lengths)
    sigma = math.sqrt(sum(p * (1 - p) * n for n in lengths))
    assert abs(int(hidden.sum()) - expected) < 5 * sigma
    assert abs(int(hidden.sum()) - 0.2 / p * expected) > 5 * sigma


@pytest.mark.parametrize("attention", bt.ATTENTIONS)
def test_a_causal_model_sees_no_later_token(attention):
    model = bt.SequenceModel(options(attention=attention, window=window_of(attention)), 24, 256, 0)
    tokens = torch.randint(256, (2, 24), generator=torch.Generator().manual_seed(0))
    later = tokens.clone()
    later[:, 15:] = 7
    padding = torch.zeros_like(tokens, dtype=torch.bool)
    with torch.no_grad():
        a, b = (model(each, padding)[:, :15] for each in (tokens, later))
    assert torch.allclose(a, b, atol=1e-5)
    assert not torch.allclose(model(later.flip(1), padding)[:, :15], a, atol=1e-2)


@pytest.mark.parametrize("attention", bt.ATTENTIONS)
@pytest.mark.parametrize("asked", [("pixels", "class"), ("proteins", "masked")], ids="-".join)
def test_padding_leaves_no_trace(attention, asked):
    task, objective = asked
    chosen = options(
        task=task, objective=objective, attention=attention, window=window_of(attention)
    )
    model = bt.SequenceModel(chosen, 24, 26, 10)
    tokens = torch.randint(26, (1, 16), generator=torch.Generator().manual_seed(0))
    padding = torch.arange(24).expand(1, -1) >= 16
    with torch.no_grad():
        found = [
            model(torch.nn.functional.pad(tokens, (0, 8), value=value), padding)
            for value in (0, 11)
        ]
        alone = model(tokens, padding[:, :16])
    if objective == "masked":
        found = [each[:, :16] for each in found]
    assert torch.allclose(found[0], found[1], atol=1e-5)
    assert torch.allclose(found[0], alone, atol=1e-5)


def test_parameters_start_alike_whatever_the_attention():
    models = {
        name: bt.SequenceModel(options(attention=name, window=window_of(name)), 24, 256, 0)
        for name in bt.ATTENTIONS
    }
    state = torch.get_rng_state()
    first = dict(models["exact"].named_parameters())
    for model in models.values():
        assert dict(model.named_parameters()).keys() == first.keys()
        assert all(torch.equal(p, first[name]) for name, p in model.named_parameters())
    other = bt.SequenceModel(options(attention="exact", seed=1), 24, 256, 0)
    assert not torch.equal(other.head.weight, models["exact"].head.weight)
    assert torch.equal(torch.get_rng_state(), state)


def test_features_near_exact_attention_at_the_start():
    """Of many columns, on rows that are short; the sketch of another kernel is not."""
    tokens = torch.randint(256, (2, 24), generator=torch.Generator().manual_seed(0))
    outputs = {}
    for name in ("exact", "favor", "hyperbolic-oprf", "trigonometric", "polynomial"):
        model = bt.SequenceModel(options(attention=name, num_features=2048), 24, 256, 0)
        with torch.no_grad():
            outputs[name] = model.body.layers[0].self_attn(
                *[model.embedding(tokens) / 0.02 / math.sqrt(2)] * 3, is_causal=True
            )[0]
    exact = outputs.pop("exact")
    errors = {name: float((x - exact).norm() / exact.norm()) for name, x in outputs.items()}
    assert all(errors[name] < 0.15 for name in ("favor", "hyperbolic-oprf", "trigonometric"))
    assert errors["polynomial"] > 0.15


def test_exponential_features_are_those_of_the_map():
    frame = Frame(8, 2, 6, 0, 5, 3, 1, torch.device("cpu"))
    features = ExponentialFeatures(frame)
    q, k = torch.randn(2, 1, 2, 5, 4, generator=torch.Generator().manual_seed(0))
    of_q, of_k = features(q, k)
    weights = of_q @ of_k.mT
    rows = features.get_buffer("rows") / math.sqrt(math.sqrt(4))
    expected = (q @ rows.mT).exp() @ (k @ rows.mT).exp().mT
    shares = weights / weights.sum(-1, keepdim=True)
    assert torch.allclose(shares, expected / expected.sum(-1, keepdim=True), atol=1e-6)


def test_a_long_key_leaves_earlier_exponential_features():
    """What a causal model sees before it: a shift by its own logarithm would be exp(-110), 0."""
    frame = Frame(8, 2, 6, 0, 5, 3, 1, torch.device("cpu"))
    features = ExponentialFeatures(frame)
    rows = features.get_buffer("rows")[0] / math.sqrt(math.sqrt(4))
    k = 0.1 * torch.randn(1, 2, 5, 4, generator=torch.Generator().manual_seed(0))
    k[0, 0, 4] = 110.0 * rows[0] / rows[0].square().sum()
    q = torch.zeros(1, 2, 5, 4)
    of_q, of_k = features(q, k)
    largest = float((k[0, 0] @ rows.mT).max())
    assert 105 < largest < 112
    weights = (of_q @ of_k.mT)[0, 0, 0, :4]
    expected = (k[0, 0, :4] @ rows.mT).exp().sum(-1)
    assert torch.allclose(weights / weights.sum(), expected / expected.sum(), rtol=1e-4)
    assert float(torch.tensor(-largest).exp()) < 1e-44


@pytest.mark.parametrize("attention", bt.ATTENTIONS)
def test_windows_are_taken_or_refused(attention, data):
    def steps():
        return bt.train(options(attention=attention, window=4), sequences(data), steps=1).step

    if attention in WINDOWED:
        assert steps() == 1
    else:
        with pytest.raises(ValueError, match=r"expected 0|softmax"):
            steps()


@pytest.mark.parametrize(
    "members",
    [
        {"attention": "exact"},
        {"attention": "favor", "redraw_every": 2},
        {"attention": "hyperbolic", "window": 4, "redraw_every": 3},
        {"attention": "relu"},
        {"attention": "exp"},
        {"task": "proteins", "objective": "masked"},
        {"task": "pixels", "objective": "class"},
    ],
    ids=str,
)
def test_a_run_goes_on_to_the_same_loss(members, data, tmp_path):
    chosen = options(**members)
    given = sequences(data, chosen.task)
    whole = bt.train(chosen, given, steps=7, measure_every=2)
    file = tmp_path / "run.pt"
    for steps in (3, 3, 5, 7):
        parts = bt.train(chosen, given, steps=steps, measure_every=2, checkpoint=file)
        assert parts.step == steps
    ends = [run.curve[-1] for run in (whole, parts)]
    assert ends[0].loss == ends[1].loss
    for mine, theirs in zip(whole.model.parameters(), parts.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    assert [p.step for p in parts.curve] == [0, 2, 3, 4, 5, 6, 7]
    assert list(tmp_path.iterdir()) == [file]
    other = bt.train(dataclasses.replace(chosen, seed=1), given, steps=7, measure_every=2)
    assert other.curve[-1].loss != ends[0].loss


def test_a_longer_run_begins_as_a_shorter_one(data):
    given = sequences(data)
    short, long = (bt.train(options(), given, steps=n, measure_every=2) for n in (2, 4))
    assert [p.loss for p in long.curve[:2]] == [p.loss for p in short.curve]


@pytest.mark.parametrize("attention", ["exact", "hyperbolic", "relu"])
def test_a_model_learns(attention, data):
    run = bt.train(options(attention=attention, learning_rate=1e-2), sequences(data), steps=60)
    assert run.told(run.curve[-1]) < 0.6 * run.told(run.curve[0])
    assert run.curve[-1].mistakes < run.curve[0].mistakes
    assert run.unit == "bits per byte"


def test_minutes_end_a_run(data):
    lines = []
    run = bt.train(
        options(), sequences(data), minutes=1e-9, progress=lambda *line: lines.append(line)
    )
    assert run.step == 1
    assert [line[0::3] for line in lines] == [("train", "s")]
    bt.train(options(), sequences(data), steps=2, progress=lambda *line: lines.append(line))
    assert lines[1:] == [("train", 1, 2, "steps"), ("train", 2, 2, "steps")]


def test_a_run_that_diverges_says_where(data):
    wild = options(learning_rate=1e30, warmup=0, clip=1e30)
    with pytest.raises(bt.DivergenceError, match=r"train: the .* at step \d") as found:
        bt.train(wild, sequences(data), steps=50)
    assert found.value.run.step < 50
    assert math.isfinite(found.value.run.curve[0].loss)


def ends_of(model, value):
    """Parameters of the output, all of them this."""
    with torch.no_grad():
        for parameter in model.head.parameters():
            parameter.fill_(value)


def test_a_gradient_that_is_not_finite_changes_nothing(data):
    run = bt.TrainingRun(options(), sequences(data))
    run.advance()
    before = [p.detach().clone() for p in run.model.parameters()]
    run.model.head.weight.register_hook(lambda gradient: gradient * math.nan)
    with pytest.raises(FloatingPointError, match="the gradient is nan long at step 1"):
        run.advance()
    assert run.step == 1
    assert all(torch.equal(p, b) for p, b in zip(run.model.parameters(), before, strict=True))
    assert all(p.grad is None for p in run.model.parameters())


def test_a_loss_held_out_that_is_not_finite_is_no_point(data, tmp_path, monkeypatch):
    """Measured after a last step whose batch was still fine."""
    advance = bt.TrainingRun.advance

    def spoil(run):
        loss = advance(run)
        if run.step == 3:
            ends_of(run.model, math.nan)
        return loss

    monkeypatch.setattr(bt.TrainingRun, "advance", spoil)
    file = tmp_path / "run.pt"
    with pytest.raises(bt.DivergenceError, match="the loss held out is nan at step 3") as found:
        bt.train(options(), sequences(data), steps=3, measure_every=2, checkpoint=file)
    assert [point.step for point in found.value.run.curve] == [0, 2]
    kept = bt.TrainingRun(options(), sequences(data))
    kept.load(file)
    assert kept.step == 2


@pytest.mark.parametrize("attention", ["exp", "favor"])
def test_redraws_are_refused_where_frequencies_are_kept(attention, data):
    chosen = options(attention=attention, redraw_every=2)
    if attention == "favor":
        bt.TrainingRun(chosen, sequences(data))
    else:
        with pytest.raises(ValueError, match="exp: redraw_every is 2, expected 0"):
            bt.TrainingRun(chosen, sequences(data))


def test_options_of_numpy_are_kept_as_python(data, tmp_path):
    given = {
        "attention": np.str_("favor"),
        "batch": np.int32(4),
        "window": np.int64(0),
        "learning_rate": np.float32(0.5),
        "clip": np.int64(1),
        "seed": np.uint64(3),
        "length": np.int16(training_cases.LENGTH),
    }
    chosen = options(**given)
    kinds = {type(value) for value in chosen.to_dict().values()}
    assert kinds == {str, int, float}
    file = tmp_path / "run.pt"
    for steps in (1, 2):
        run = bt.train(chosen, sequences(data), steps=steps, checkpoint=file)
    assert run.step == 2


def unpacking(folder, before):
    """What `_packages._run` does, with `before` called when the package was unpacked."""

    def act(scratch, *command):
        if command[0] == "apt-get":
            (Path(scratch) / "some.deb").write_bytes(b"")
        else:
            file = Path(scratch) / "unpacked" / "usr" / "file"
            file.parent.mkdir(parents=True)
            file.write_bytes(b"mine")
            before(folder / "some" / "usr")

    return act


@pytest.mark.parametrize("there", ["file", "other"])
def test_what_another_process_unpacked_is_not_touched(there, tmp_path, monkeypatch):
    def other(place):
        place.mkdir(parents=True)
        (place / there).write_bytes(b"theirs")

    monkeypatch.setattr(_packages, "_run", unpacking(tmp_path, other))
    (found,) = _packages.package_files("text", tmp_path, {"some": ["usr/file"]}, tmp_path / "none")
    assert found.read_bytes() == (b"theirs" if there == "file" else b"mine")
    assert [path.name for path in found.parent.iterdir()] == ["file"]
    assert [path.name for path in tmp_path.iterdir()] == ["some"]


def test_other_checkpoints_are_refused(data, tmp_path):
    given, file = sequences(data), tmp_path / "run.pt"
    bt.train(options(), given, steps=1, checkpoint=file)
    with pytest.raises(bt.CheckpointError, match="was saved with batch 4, expected 3"):
        bt.train(options(batch=3), given, steps=2, checkpoint=file)
    other = given._replace(train=given.train.spread(5))
    with pytest.raises(bt.CheckpointError, match="was saved with other data"):
        bt.train(options(), other, steps=2, checkpoint=file)
    content = file.read_bytes()
    for damaged in (b"", content[:100], content[: len(content) // 2], b"x" * 50):
        file.write_bytes(damaged)
        with pytest.raises(bt.CheckpointError, match="is no checkpoint"):
            bt.train(options(), given, steps=2, checkpoint=file)
    middle = len(content) // 2
    file.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    with pytest.raises(bt.CheckpointError, match="is a damaged checkpoint, in"):
        bt.train(options(), given, steps=2, checkpoint=file)
    torch.save({"format": 99}, file)
    with pytest.raises(bt.CheckpointError, match="is no checkpoint of format"):
        bt.train(options(), given, steps=2, checkpoint=file)


def test_files_appear_whole_or_not_at_all(tmp_path):
    file = tmp_path / "deep" / "file"
    write_whole(file, lambda out: out.write(b"one"))

    def fail(out):
        out.write(b"half")
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        write_whole(file, fail)
    assert file.read_bytes() == b"one"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"task": "films"}, "task is 'films', expected one of pixels, text, proteins"),
        ({"objective": "class"}, "objective is 'class', expected one of next"),
        ({"attention": "linear"}, "attention is 'linear'"),
        ({"length": 1}, "length is 1, expected at least 2"),
        ({"task": "pixels", "length": 785}, "length is 785, expected at most 784"),
        ({"embed_dim": 17}, "embed_dim is 17, expected a multiple of num_heads"),
        ({"depth": 0}, "depth is 0"),
        ({"window": -1}, "window is -1"),
        ({"learning_rate": 0.0}, "learning_rate is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_options_are_refused_by_name(members, message):
    with pytest.raises(ValueError, match=f"TrainingOptions: {message}"):
        options(**members)


def test_runs_are_refused_by_name(data):
    with pytest.raises(ValueError, match="train: neither steps nor minutes"):
        bt.train(options(), sequences(data))
    with pytest.raises(ValueError, match="sequences have length 24, expected 30"):
        bt.train(options(length=30), sequences(data), steps=1)
    with pytest.raises(ValueError, match="sequences have no classes"):
        bt.train(options(task="pixels", objective="class"), sequences(data), steps=1)
    with pytest.raises(ValueError, match="load_sequences: length is 785"):
        bt.load_sequences("pixels", data, 785)
    with pytest.raises(ValueError, match="window is 0, expected at least 1"):
        bt.train(options(attention="window"), sequences(data), steps=1)


def test_the_example_says_that_a_run_diverges(data, tmp_path):
    command = [sys.executable, str(EXAMPLE), "--task=text", "--data", str(data), "--output"]
    command += [str(tmp_path), "--length=24", "--embed-dim=16", "--depth=1", "--num-heads=2"]
    command += ["--steps=50", "--learning-rate=1e30", "--clip=1e30", "--warmup=0"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert done.stderr.startswith("train.py: train: the ")


def test_the_example_trains_and_goes_on(data, tmp_path):
    command = [
        sys.executable,
        str(EXAMPLE),
        "--task",
        "text",
        "--data",
        str(data),
        "--measure-every=2",
    ]
    command += [
        "--output",
        str(tmp_path),
        "--length=24",
        "--embed-dim=16",
        "--depth=1",
        "--num-heads=2",
    ]

    def run(*more):
        return subprocess.run(
            [*command, *more], check=True, capture_output=True, text=True, timeout=300
        ).stdout.splitlines()

    whole = run("--steps=4", "--output", str(tmp_path / "whole"))
    first = run("--steps=2")
    assert [line.split()[0] for line in first] == ["favor"] * 2 + ["exact"] * 2 + ["favor", "exact"]
    last = run("--steps=4")
    assert [line.split()[5] for line in last[-2:]] == [line.split()[5] for line in whole[-2:]]
    assert "bits per byte" in last[-1]
    if importlib.util.find_spec("matplotlib") is not None:
        run("--steps=4", "--plot")
        assert (tmp_path / "curves.svg").stat().st_size > 1000
