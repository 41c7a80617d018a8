# SPDX-License-Identifier: Apache-2.0
"""What runs here, and bars for long calls."""

import builtins
import os
import subprocess
import sys
import types

import numpy as np
import pytest

import bochner as bo
from bochner import _config


def test_the_configuration_names_what_runs():
    config = bo.show_config("dicts")
    assert set(config) == {"bochner", "python", "packages", "openmp"}
    own = config["bochner"]
    assert own["version"] == bo.__version__
    assert own["instruction_set"] in own["instruction_sets"]
    assert own["instruction_sets"][-1] == "scalar"
    assert own["threads"] >= 1
    assert "GCC" in own["compiler"] or "lang" in own["compiler"]
    assert config["packages"]["numpy"] == np.__version__
    assert config["openmp"]["several"] == (len(config["openmp"]["runtimes"]) > 1)
    assert any("omp" in file for file in config["openmp"]["runtimes"])


def test_the_configuration_is_printed(capsys):
    assert bo.show_config() is None
    printed = capsys.readouterr().out
    assert f"  version           {bo.__version__}\n" in printed
    assert [line for line in printed.splitlines() if not line.startswith(" ")] == [
        "bochner",
        "python",
        "packages",
        "openmp",
    ]
    with pytest.raises(ValueError, match=r"^show_config: mode is 'json', expected one of stdout"):
        bo.show_config("json")


def test_packages_that_are_missing_are_none():
    assert _config._installed("no-such-package-as-this") is None


def test_the_configuration_follows_the_environment():
    code = "import bochner as bo; own = bo.show_config('dicts')['bochner']; "
    said = subprocess.run(
        [sys.executable, "-c", code + "print(own['instruction_set'], own['threads'])"],
        env={**os.environ, "BOCHNER_ISA": "scalar", "OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    assert said.split() == ["scalar", "1"]


class Bar:
    """What tqdm would show."""

    all = []  # noqa: RUF012

    def __init__(self, **options):
        self.options = options
        self.n = 0
        self.closed = False
        Bar.all.append(self)

    def update(self, step):
        assert not self.closed
        self.n += step

    def close(self):
        self.closed = True


@pytest.fixture
def bars(monkeypatch):
    """A tqdm that remembers its bars."""
    module = types.ModuleType("tqdm.auto")
    module.tqdm = Bar
    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", module)
    monkeypatch.setattr(Bar, "all", [])
    return Bar


X = np.linspace(0.0, 6.0, 200)
QUICK = {"num_frequencies": 16, "ridge": 1e-6, "lengthscales": "fixed"}


@pytest.fixture
def data(tmp_path):
    """A file of a sine."""
    file = tmp_path / "train.npy"
    np.save(file, np.column_stack([X, np.sin(X)]))
    return file


def test_fits_show_a_bar_per_stage(bars, data):
    options = {**QUICK, "solver": "conjugate-gradients"}
    fitted = bo.fit(data, 2, on_progress="bar", **options)
    stages = []
    plain = bo.fit(data, 2, on_progress=lambda stage, *_: stages.append(stage), **options)
    assert [bar.options["desc"] for bar in bars.all] == list(dict.fromkeys(stages))
    assert all(bar.closed and 0 < bar.n == bar.options["total"] for bar in bars.all)
    assert any("rows" in bar.options["unit"] for bar in bars.all)
    assert np.array_equal(fitted.model.predict(X[:, None]), plain.model.predict(X[:, None]))


def test_bars_end_with_calls_that_fail(bars, data, monkeypatch):
    def refuse(_self, _step):
        raise RuntimeError("no bar")

    monkeypatch.setattr(Bar, "update", refuse)
    with pytest.raises(RuntimeError, match="no bar"):
        bo.fit(data, 2, on_progress="bar", **QUICK)
    assert len(bars.all) == 1
    assert bars.all[0].closed


def search(**options):
    """A small search."""
    spec = bo.FeatureMapSpec(1, 16, seed=1)
    return bo.search_hyperparameters(spec, X[:, None], np.sin(X), max_candidates=8, **options)


def test_searches_count_their_candidates(bars):
    found = search(on_candidate="bar")
    (bar,) = bars.all
    assert bar.closed
    assert bar.n == len(found.candidates)
    assert bar.options["total"] is None


def test_iterative_fits_count_their_iterations(bars):
    fitted = bo.fit_ridge(
        bo.FeatureMapSpec(1, 64, seed=1),
        X[:, None],
        np.sin(X),
        ridge=1e-6,
        solver="conjugate-gradients",
        on_iteration="bar",
    )
    (bar,) = bars.all
    assert bar.closed
    assert 0 < bar.n == fitted.report.iterations


def test_bars_need_tqdm_and_say_so(data, monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.startswith("tqdm"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"^fit: on_progress is 'bar', which needs tqdm \(pip"):
        bo.fit(data, 2, on_progress="bar", **QUICK)
    with pytest.raises(ImportError, match=r"^search_hyperparameters: on_candidate is 'bar', which"):
        search(on_candidate="bar")


def test_bars_of_tqdm_itself(data, capsys):
    pytest.importorskip("tqdm")
    bo.fit(data, 2, on_progress="bar", **QUICK)
    assert "rows" in capsys.readouterr().err


def test_other_words_are_refused(data):
    with pytest.raises(TypeError, match=r"^fit: on_progress is 'bars', expected a function, 'bar'"):
        bo.fit(data, 2, on_progress="bars", **QUICK)
    with pytest.raises(
        TypeError, match=r"^search_hyperparameters: on_candidate is 3, expected a f"
    ):
        search(on_candidate=3)
