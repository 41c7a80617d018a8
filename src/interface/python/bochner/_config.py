# SPDX-License-Identifier: Apache-2.0
"""What runs here."""

from __future__ import annotations

import os
import pathlib
import platform
from typing import Any, Literal, overload

from bochner import _core
from bochner._options import one_of

_MODES = ("stdout", "dicts")

_PACKAGES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "pandas",
    "matplotlib",
    "tqdm",
    "torch",
    "dask",
    "distributed",
    "mpi4py",
)


def _installed(package: str) -> str | None:
    import importlib.metadata

    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _openmp_runtimes() -> list[str]:
    """Files of OpenMP runtimes in this process: more than one means as many teams of threads."""
    try:
        maps = pathlib.Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    files = {line.split(maxsplit=5)[-1] for line in maps.splitlines() if "/" in line}
    names = ("libgomp", "libomp", "libiomp5")
    return sorted(file for file in files if os.path.basename(file).startswith(names))


@overload
def show_config(mode: Literal["stdout"] = "stdout") -> None: ...
@overload
def show_config(mode: Literal["dicts"]) -> dict[str, Any]: ...
def show_config(mode: Literal["stdout", "dicts"] = "stdout") -> dict[str, Any] | None:
    """Print what a report of a fault should say: versions, instruction sets, threads.

    Nothing is imported for it: versions are those that are installed.

    Parameters
    ----------
    mode : {"stdout", "dicts"}
        Whether to print, or to return the same as a dict.

    Returns
    -------
    dict or None
        ``bochner`` (version, the instruction set in use and all that this machine has, threads,
        compiler), ``python`` (version, platform), ``packages`` (version or None) and ``openmp``
        (the files of OpenMP runtimes that are loaded, and whether they are several, each with
        threads of its own).

    Raises
    ------
    ValueError
        On another mode.

    Examples
    --------
    >>> import bochner as bo
    >>> config = bo.show_config("dicts")
    >>> config["bochner"]["version"] == bo.__version__
    True
    >>> config["bochner"]["instruction_set"] in config["bochner"]["instruction_sets"]
    True
    """
    mode = one_of("show_config", "mode", mode, _MODES)  # type: ignore[assignment]
    runtimes = _openmp_runtimes()
    config = {
        "bochner": {"version": _core.version, **_core.config()},
        "python": {"version": platform.python_version(), "platform": platform.platform()},
        "packages": {package: _installed(package) for package in _PACKAGES},
        "openmp": {"runtimes": runtimes, "several": len(runtimes) > 1},
    }
    if mode == "dicts":
        return config
    for part, entries in config.items():
        print(part)
        for name, value in entries.items():
            shown = ", ".join(value) if isinstance(value, list) else value
            print(f"  {name:17} {'-' if shown is None else shown}")
    return None
