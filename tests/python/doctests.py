# SPDX-License-Identifier: Apache-2.0
"""Run the examples of docstrings and of pages; every public name has a docstring."""

import doctest
import importlib.util
import inspect
import pkgutil
import sys
from pathlib import Path

import bochner

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "docs" / "python.md",
    ROOT / "docs" / "coming_from.md",
    ROOT / "docs" / "errors.md",
    ROOT / "docs" / "intervals.md",
    ROOT / "docs" / "statistics.md",
    ROOT / "src" / "interface" / "python" / "package.md",
]
CLUSTER_PAGES = [ROOT / "docs" / "cluster.md"]
TORCH_PAGES = [ROOT / "docs" / "torch.md", ROOT / "docs" / "performers.md"]
TRANSFORMERS_PAGES = [ROOT / "docs" / "transformers.md"]
OPTIONAL = {
    "bochner.dask": ("distributed",),  # `dask` alone would be found here: a folder of tests
    "bochner.mpi": ("mpi4py",),
    "bochner.plot": ("matplotlib",),
    "bochner.sklearn": ("sklearn",),
    "bochner.torch": ("torch",),
    "bochner.training": ("torch",),
    "bochner.transformers": ("torch", "transformers"),
}


def installed(names):
    """Whether all packages of these names can be imported."""
    return all(importlib.util.find_spec(name) for name in names)


def modules():
    """Every module of the package that can be imported here."""
    yield bochner
    for info in pkgutil.walk_packages(bochner.__path__, "bochner."):
        part = ".".join(info.name.split(".")[:2])
        if part == "bochner._core":
            continue
        if installed(OPTIONAL.get(part, ())):
            yield importlib.import_module(info.name)


def main() -> int:
    """Print what failed; the exit status says whether anything did."""
    failed = tried = 0
    for module in modules():
        result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
        failed += result.failed
        tried += result.attempted
    pages = PAGES if importlib.util.find_spec("sklearn") else []
    pages = pages + (TORCH_PAGES if installed(OPTIONAL["bochner.torch"]) else [])
    pages = pages + (TRANSFORMERS_PAGES if installed(OPTIONAL["bochner.transformers"]) else [])
    clusters = OPTIONAL["bochner.dask"] + OPTIONAL["bochner.mpi"]
    pages = pages + (CLUSTER_PAGES if installed(clusters) else [])
    for page in pages:
        result = doctest.testfile(str(page), module_relative=False, optionflags=doctest.ELLIPSIS)
        failed += result.failed
        tried += result.attempted
    for name in bochner.__all__:
        thing = getattr(bochner, name)
        if callable(thing) and not inspect.getdoc(thing):
            print(f"bochner.{name} has no docstring")
            failed += 1
    print(f"{tried} examples, {failed} failed")
    if tried < 5:
        print("expected at least 5 examples")
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
