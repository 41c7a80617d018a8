# SPDX-License-Identifier: Apache-2.0
"""What depends on the process: what is imported, in which order, with how many threads."""

import functools
import importlib.util
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BITS = Path(__file__).with_name("bits.py")
ORDERS = [
    *itertools.permutations(["bochner", "sklearn.linear_model"]),
    *itertools.permutations(["bochner", "torch"]),
    *itertools.permutations(["bochner", "sklearn.linear_model", "torch"]),
]


def run(*arguments, **environment):
    """What another Python prints."""
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout


@functools.cache
def computed(modules, threads):
    """What bits.py says."""
    return json.loads(run(str(BITS), *modules, OMP_NUM_THREADS=threads))


def test_the_import_brings_nothing_but_numpy():
    code = "import bochner, json, sys; print(json.dumps(sorted(sys.modules)))"
    modules = json.loads(run("-c", code))
    unwanted = {"scipy", "sklearn", "torch", "pandas", "matplotlib", "tqdm", "IPython"}
    assert "bochner" in modules
    assert not unwanted & {module.partition(".")[0] for module in modules}
    assert not {"multiprocessing", "importlib.metadata", "doctest"} & set(modules)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_threads_of_the_environment_change_no_bit(threads):
    assert computed((), threads)["digest"] == computed((), "1")["digest"]


@pytest.mark.parametrize("modules", ORDERS, ids=" ".join)
def test_imports_of_every_order_change_no_bit_and_no_threads(modules):
    for module in modules:
        package = module.partition(".")[0]
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    said = computed(modules, "2")
    assert said["digest"] == computed((), "1")["digest"]
    # Pools of libraries that were not loaded before are no change.
    assert said["before"] == {name: said["after"].get(name) for name in said["before"]}
    assert "sklearn.linear_model" not in modules or said["before"]
