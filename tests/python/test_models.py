# SPDX-License-Identifier: Apache-2.0
"""Models of files: against fits of arrays, and between Python and the command line."""

import os
import pickle
import shutil
import signal
import subprocess
import threading

import numpy as np
import pytest

import bochner as bo


def wave(n=400):
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.uniform(0, 5, n), rng.normal(size=n)])
    return x, np.sin(x[:, 0]) + 0.05 * rng.normal(size=n)


def table(path, names, columns):
    lines = [",".join(names), *(",".join(map(str, row)) for row in zip(*columns, strict=True))]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def data(tmp_path):
    x, y = wave()
    return table(tmp_path / "train.csv", ["x", "u", "y"], [x[:, 0], x[:, 1], y])


QUICK = {"num_frequencies": 16, "lengthscales": "fixed", "ridge": 1e-4}


def test_a_model_is_the_regression_of_standardised_columns(data, dtype):
    x, y = wave()
    fitted = bo.fit(data, "y", dtype=dtype, **QUICK)
    model = fitted.model
    assert (model.inputs, model.targets, model.classes) == (("x", "u"), ("y",), ())
    assert (model.num_rows, model.named, model.places) == (400, True, (0, 1, 2))
    assert (model.ridge, model.num_outputs) == (1e-4, 1)
    assert (model.probabilistic, model.has_posterior) == (False, False)
    assert np.allclose(model.centre, x.mean(axis=0), rtol=1e-12)
    assert np.allclose(model.scale, x.std(axis=0), rtol=1e-12)
    z = ((x - model.centre) / model.scale).astype(dtype)
    direct = bo.NormalEquations(model.spec, target_offset=y.mean(), dtype=dtype).add(z, y)
    expected = bo.RidgeRegression(direct, ridge=1e-4)
    assert np.allclose(model.regression.coefficients, expected.coefficients, rtol=1e-8)
    out = model.outputs(x)
    assert out.dtype == np.float64
    assert np.allclose(out[:, 0], expected.predict(z, out=np.empty(400)), rtol=1e-10)
    assert np.array_equal(model.predict(x), out[:, 0])
    assert np.array_equal(model.outputs(data), out)
    assert np.array_equal(bo.predict(model, str(data)), out[:, 0])
    assert fitted.outcome.layout == "CSV, comma, header, 3 columns"
    assert fitted.outcome.search is None
    assert np.std(model.predict(x) - y) < 0.1


def test_models_pickle_and_are_files(data, tmp_path):
    x, _ = wave()
    output = tmp_path / "model"
    model = bo.fit(data, "y", posterior="full", output=output, **QUICK).model
    bo.save_model(model, tmp_path / "again")
    assert output.read_bytes() == (tmp_path / "again").read_bytes()
    mean, std = model.predict(x, return_std=True)
    regression = model.regression
    z = ((x - model.centre) / model.scale).astype(np.float32)
    assert np.allclose(std, regression.predict(z, return_std=True)[1][:, 0])
    assert model.to_bytes() == output.read_bytes()
    for other in (
        pickle.loads(pickle.dumps(model)),
        bo.load_model(output),
        bo.Model.from_bytes(model.to_bytes()),
    ):
        assert repr(other) == repr(model)
        assert other.data_digest == model.data_digest
        for a, b in zip(other.predict(x, return_std=True), (mean, std), strict=True):
            assert np.array_equal(a, b)
    assert np.array_equal(bo.predict(output, x), mean)
    assert pickle.loads(pickle.dumps(regression)).ridge == 1e-4
    words, arrays = model.__reduce__()[1]
    with pytest.raises(ValueError, match="task"):
        model.__reduce__()[0]({**words, "task": "guess"}, arrays)


def test_classes_are_words(tmp_path):
    x, y = wave()
    words = np.where(y > 0.3, "high", np.where(y < -0.3, "low", "middle"))
    data = table(tmp_path / "c.csv", ["x", "u", "level"], [x[:, 0], x[:, 1], words])
    squared = bo.fit(data, "level", task="classify", **QUICK).model
    logistic = bo.fit(data, "level", task="classify", objective="logistic", **QUICK)
    assert logistic.outcome.logistic.steps > 0
    for model in (squared, logistic.model):
        assert model.classes == ("high", "low", "middle")
        assert model.outputs(x).shape == (400, 3)
        assert (model.predict(x) == words).mean() > 0.8
        assert np.array_equal(model.predict(x), model.predict(data))
        assert np.array_equal(pickle.loads(pickle.dumps(model)).predict(x), model.predict(x))
    assert isinstance(logistic.model.regression, bo.LogisticRegression)
    assert np.allclose(logistic.model.outputs(x).sum(axis=1), 1, atol=1e-6)
    with pytest.raises(ValueError, match="posterior"):
        squared.predict(x, return_std=True)


def test_layouts_of_rows_have_the_bits_of_the_contiguous_call(data, layouts, dtype):
    model = bo.fit(data, "y", posterior="full", **QUICK).model
    x = wave()[0].astype(dtype)
    for name, layout in layouts(x).items():
        assert np.array_equal(model.outputs(layout, num_threads=2), model.outputs(x)), name
        for a, b in zip(
            model.predict(layout, return_std=True), model.predict(x, return_std=True), strict=True
        ):
            assert np.array_equal(a, b), name


def test_a_search_and_a_study_are_reported(data):
    stages = []
    fitted = bo.fit(
        data,
        3,
        num_frequencies=16,
        study=True,
        on_progress=lambda *said: stages.append(said),
    )
    search = fitted.outcome.search
    assert search.ridge == fitted.model.ridge
    assert search.spec == fitted.model.spec
    assert len(fitted.outcome.path.ridge) == 25
    assert fitted.outcome.left_out.shape[1] == 2
    assert np.std(np.diff(fitted.outcome.left_out)) < 0.2
    assert {stage for stage, *_ in stages} >= {"search", "fit"}
    assert ("fit", 400.0, 400.0, "rows") in stages
    iterative = bo.fit(data, "y", solver="conjugate-gradients", **QUICK).outcome.iterative
    assert iterative.solver == "conjugate-gradients"
    assert iterative.converged


def test_the_map_goes_with_the_kernel(data):
    kernel = bo.ArcCosineKernel()
    model = bo.fit(data, "y", kernel=kernel, **QUICK).model
    assert model.spec.kernel == kernel
    assert isinstance(model.spec.features, bo.RectifiedFeatures)
    with pytest.raises(ValueError, match="fit: "):
        bo.fit(data, "y", kernel=kernel, features=bo.TrigonometricFeatures(), **QUICK)


def test_columns_and_reading(tmp_path):
    x, y = wave()
    data = tmp_path / "semi.txt"
    rows = np.column_stack([x, y, np.arange(400) % 7 + 1.0])
    np.savetxt(data, rows, delimiter=";", header="x;u;y;w", comments="")
    data.write_text(data.read_text().replace(".", ","))
    reading = bo.ReadOptions(columns=["x"], delimiter="semicolon", decimal="comma")
    model = bo.fit(data, ["y", 2], weights="w", reading=reading, **QUICK).model
    assert (model.inputs, model.targets) == (("x",), ("y", "u"))
    assert model.predict(x[:, :1]).shape == (400, 2)
    assert np.isclose(model.centre[0], np.average(x[:, 0], weights=rows[:, 3]))
    plain = bo.ReadOptions(delimiter="semicolon", decimal="comma")
    assert np.array_equal(model.predict(data, reading=plain), model.predict(x[:, :1]))
    with pytest.raises(ValueError, match="choose"):
        model.predict(data, reading=reading)


def test_the_median_rule_honours_weights(tmp_path):
    x, y = wave(120)
    copies = np.where(x[:, 0] > 2.5, 3, 1) * (np.arange(120) % 10 > 0)
    columns = [x[:, 0], x[:, 1], y]
    weighted = table(tmp_path / "weighted.csv", ["x", "u", "y", "w"], [*columns, copies])
    repeated = table(
        tmp_path / "repeated.csv", ["x", "u", "y"], [np.repeat(c, copies) for c in columns]
    )

    def lengthscale(path, **options):
        model = bo.fit(path, "y", scale="median", **options, **QUICK).model
        return model.spec.kernel.metric.lengthscale

    expected = lengthscale(repeated)
    assert lengthscale(weighted, weights="w") == pytest.approx(expected, rel=1e-12)
    even = lengthscale(weighted, reading=bo.ReadOptions(drop=["w"]))
    assert even != pytest.approx(expected, rel=1e-3)


def test_what_progress_raises_ends_the_fit_and_resume_goes_on(data, tmp_path):
    output = tmp_path / "model"

    def refuse(stage, *_):
        if stage == "fit":
            raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        bo.fit(data, "y", output=output, on_progress=refuse, **QUICK)
    assert not output.exists()
    with pytest.raises(OSError, match="an unfinished run is there"):
        bo.fit(data, "y", output=output, **QUICK)
    resumed = bo.fit(data, "y", output=output, resume=True, **QUICK)
    whole = bo.fit(data, "y", **QUICK)
    x, _ = wave()
    assert np.array_equal(resumed.model.outputs(x), whole.model.outputs(x))


def test_an_interrupt_says_what_is_kept(data, tmp_path):
    def strike(stage, *_):
        if stage == "fit":
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt, match="they are lost"):
        bo.fit(data, "y", on_progress=strike, **QUICK)
    with pytest.raises(KeyboardInterrupt, match="checkpoint0/1 holds them"):
        bo.fit(data, "y", on_progress=strike, output=tmp_path / "model", **QUICK)


def test_an_interrupt_from_outside_ends_a_fit(tmp_path):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(200_000, 4)))
    begun = threading.Event()

    def strike():
        begun.wait()
        os.kill(os.getpid(), signal.SIGINT)

    striker = threading.Thread(target=strike)
    striker.start()
    options = {**QUICK, "num_frequencies": 256, "on_progress": lambda *_: begun.set()}
    with pytest.raises(KeyboardInterrupt):
        bo.fit(tmp_path / "x.npy", 4, **options)
    striker.join()


def command():
    """The command line, beside the package or on the path."""
    package = os.path.dirname(bo.__file__)
    places = [os.path.join(package, *up, "bin", "bochner") for up in ([], ["..", ".."])]
    return next((p for p in [*places, shutil.which("bochner")] if p and os.path.exists(p)), None)


@pytest.mark.skipif(command() is None, reason="the command line is not built")
def test_the_command_line_reads_and_writes_the_same_files(data, tmp_path):
    x, _ = wave()
    theirs = tmp_path / "theirs"
    arguments = ["--frequencies", "16", "--lengthscale", "1", "--ridge", "1e-4", "--seed", "1"]
    subprocess.run(
        [command(), "fit", "--data", data, "--target", "y", *arguments, "-o", theirs],
        check=True,
        capture_output=True,
    )
    ours = tmp_path / "ours"
    bo.fit(data, "y", output=ours, **QUICK)
    assert ours.read_bytes() == theirs.read_bytes()
    predicted = tmp_path / "predicted.npy"
    subprocess.run(
        [command(), "predict", "--model", ours, "--data", data, "-o", predicted],
        check=True,
        capture_output=True,
    )
    assert np.array_equal(np.load(predicted)[:, 0], bo.predict(theirs, x))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"data": 3}, TypeError, "fit: data is 3, expected a path"),
        ({"data": "nothing.csv"}, OSError, "nothing.csv"),
        ({"data": b"x.csv"}, TypeError, "fit: data is b'x.csv'"),
        ({"data": "\udc80.csv"}, ValueError, "fit: data is .*UTF-8"),
        ({"targets": "\udc80"}, ValueError, "fit: targets is .*UTF-8"),
        ({"targets": 1.5}, TypeError, "fit: targets is 1.5"),
        ({"targets": []}, ValueError, "targets is empty"),
        ({"targets": "z"}, OSError, "z"),
        ({"targets": 0}, ValueError, "targets is 0"),
        ({"task": "guess"}, ValueError, "fit: task is 'guess'"),
        ({"task": None}, TypeError, "fit: task is None"),
        ({"objective": "logistic"}, ValueError, "classes"),
        ({"kernel": "nothing"}, ValueError, "nothing"),
        ({"projection": 3}, TypeError, "fit: projection is int"),
        ({"features": bo.GaussianKernel()}, TypeError, "a feature function"),
        ({"num_frequencies": 0}, ValueError, "num_frequencies is 0"),
        ({"scale": "biggest"}, ValueError, "fit: scale is 'biggest': .*unknown name"),
        ({"scale": 3.0}, TypeError, "fit: scale is 3.0"),
        ({"ridge": -1.0}, ValueError, "ridge is -1"),
        ({"solver": "dual"}, ValueError, "dual"),
        ({"dtype": np.float16}, TypeError, "dtype is float16"),
        ({"study": 1}, TypeError, "fit: study is 1"),
        ({"resume": True}, ValueError, "resume"),
        ({"output": "-"}, ValueError, "output"),
        ({"checkpoint_interval": 0}, ValueError, "checkpoint_interval"),
        ({"on_progress": 3}, TypeError, "on_progress is 3"),
        ({"reading": {}}, TypeError, "fit: reading is dict"),
        ({"reading": bo.ReadOptions(width=3)}, ValueError, "width"),
        ({"num_threads": 0}, ValueError, "num_threads is 0"),
    ],
)
def test_bad_requests_are_named(data, change, error, message):
    options = {"data": data, "targets": "y", **QUICK, **change}
    with pytest.raises(error, match=message):
        bo.fit(options.pop("data"), options.pop("targets"), **options)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m, x, _: m.predict(x[:, :1]), ValueError, "expected n x 2"),
        (lambda m, x, _: m.predict(x * np.nan), ValueError, "row 0, column 0"),
        (lambda m, x, _: m.predict(x.astype(int)), TypeError, "outputs: data has dtype int64"),
        (lambda m, x, _: m.predict(x, reading=bo.ReadOptions()), ValueError, "reading is for a f"),
        (lambda m, _, d: m.predict(d, return_std=True), ValueError, "data is a file"),
        (lambda m, x, _: m.predict(x, return_std=True), ValueError, "posterior"),
        (lambda m, *_: m.predict("nothing.csv"), OSError, "nothing.csv"),
        (lambda _, x, d: bo.predict(d, x), OSError, "bochner"),
        (lambda _, x, d: bo.predict(x, d), TypeError, "model is ndarray"),
        (lambda m, *_: bo.save_model(m, 3), TypeError, "save_model: file is 3"),
        (lambda m, *_: bo.save_model(m.spec, "x"), TypeError, "save_model: model is"),
        (lambda m, *_: bo.save_model(m, "-"), OSError, "-"),
        (lambda *_: bo.load_model("nothing"), OSError, "nothing"),
        (lambda *_: bo.Model(3), TypeError, "made by fit"),
    ],
)
def test_bad_input_of_a_model_is_named(data, call, error, message):
    model = bo.fit(data, "y", **QUICK).model
    with pytest.raises(error, match=message):
        call(model, wave()[0], data)
