# SPDX-License-Identifier: Apache-2.0
"""PyTorch is asked for by bochner.torch alone, and missed by name."""

import subprocess
import sys


def run(program):
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )


def test_the_package_does_not_import_torch():
    found = run("import sys, bochner; print(any(m.split('.')[0] == 'torch' for m in sys.modules))")
    assert found.stdout == "False\n", found.stderr


BLOCKED = """
import sys


class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")


sys.meta_path.insert(0, Nothing())
import bochner.torch
"""


def test_without_torch_the_extra_is_named():
    found = run(BLOCKED)
    assert found.returncode == 1
    assert found.stderr.splitlines()[-1] == (
        "ImportError: bochner.torch needs PyTorch, which is not installed: pip install "
        "bochner[torch]"
    )


STUDY = BLOCKED.replace(
    "import bochner.torch",
    "sys.argv = ['bochner', 'study']; from bochner._command import main; main()",
)


def test_without_torch_a_study_names_the_extra():
    found = run(STUDY)
    assert found.returncode == 1
    assert found.stderr == (
        "bochner study: bochner.torch needs PyTorch, which is not installed: pip install "
        "bochner[torch]\n"
    )


OLD = """
import sys, types

torch = types.ModuleType("torch")
torch.__version__, torch.library = "1.13.1", types.ModuleType("torch.library")
sys.modules["torch"] = torch
import bochner.torch
"""


def test_an_old_torch_is_named():
    last = run(OLD).stderr.splitlines()[-1]
    assert last.startswith(
        "ImportError: bochner.torch needs PyTorch 2.6 or newer, and 1.13.1 is installed"
    )
