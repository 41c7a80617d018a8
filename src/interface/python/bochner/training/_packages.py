# SPDX-License-Identifier: Apache-2.0
"""Files of Debian's packages: copies that were fetched, or those that are installed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ROOT = Path("/")


def package_files(
    function: str, folder: Path, wanted: Mapping[str, Sequence[str]], root: Path = _ROOT
) -> list[Path]:
    """Paths of the files that `wanted` names by package, each relative to the root.

    A copy below `folder` comes first, then the file that is installed. Where there is neither, the
    package is downloaded with ``apt-get``, which needs no privileges, and unpacked below `folder`.
    """
    return [
        _found(function, folder, package, file, root)
        for package, files in wanted.items()
        for file in files
    ]


def _found(function: str, folder: Path, package: str, file: str, root: Path) -> Path:
    copy = folder / package / file
    for place in (copy, root / file):
        if place.is_file():
            return place
    _unpack(function, folder, package, file)
    if not copy.is_file():
        raise FileNotFoundError(
            f"{function}: Debian's package {package} has no file {file}, which version 12 has"
        )
    return copy


def _unpack(function: str, folder: Path, package: str, file: str) -> None:
    """The package below `folder`, whole or not at all; one with this `file` is not touched.

    Another process may have unpacked it in the meantime, and be reading it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=f"{package}.part-") as scratch:
        try:
            _run(scratch, "apt-get", "download", "-qq", package)
            (archive,) = Path(scratch).glob("*.deb")
            _run(scratch, "dpkg-deb", "-x", archive.name, "unpacked")
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", None) or str(error)
            raise FileNotFoundError(
                f"{function}: Debian's package {package} is not installed and could not be "
                f"downloaded ({said.strip().splitlines()[-1]}); expected `apt-get update` to know "
                f"it, or its files below {folder / package}"
            ) from error
        target = folder / package
        if (target / file).is_file():
            return
        with contextlib.suppress(FileNotFoundError):
            os.replace(target, Path(scratch) / "replaced")
        try:
            os.replace(Path(scratch) / "unpacked", target)
        except OSError:
            if not (target / file).is_file():
                raise


def _run(folder: str, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
