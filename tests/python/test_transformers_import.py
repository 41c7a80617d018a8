# SPDX-License-Identifier: Apache-2.0
"""Without transformers, with an old one, or without PyTorch, a sentence says what to install."""

import subprocess
import sys

import pytest

BLOCKED = """
import sys, types


class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name == MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def transformers(version):
    module = types.ModuleType("transformers")
    module.__version__ = version
    sys.modules["transformers"] = module


sys.meta_path.insert(0, Nothing())
"""


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (
            "MISSING = 'transformers'",
            "bochner.transformers needs Hugging Face transformers, which is not installed: pip "
            "install bochner[transformers]",
        ),
        (
            "MISSING = ''; transformers('4.57.1')",
            "bochner.transformers needs Hugging Face transformers 5.0 or newer, and 4.57.1 is "
            "installed: pip install --upgrade bochner[transformers]",
        ),
        (
            "MISSING = 'torch'; transformers('5.24.0')",
            "bochner.transformers needs PyTorch, which is not installed: pip install "
            "bochner[transformers]",
        ),
    ],
    ids=["no transformers", "an old one", "no PyTorch"],
)
def test_what_to_install(program, message):
    found = subprocess.run(
        [sys.executable, "-c", f"{BLOCKED}\n{program}\nimport bochner.transformers"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    assert found.stderr.splitlines()[-1] == f"ImportError: {message}"
