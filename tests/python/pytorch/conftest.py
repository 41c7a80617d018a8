# SPDX-License-Identifier: Apache-2.0
"""What the tests of bochner.torch share. They skip by name where there is no PyTorch."""

import pytest


@pytest.fixture
def cases():
    """`tensor_cases.Cases`."""
    from tensor_cases import Cases

    return Cases


@pytest.fixture(autouse=True)
def one_thread():
    """Spinning teams of threads disturb each other on a machine that has other work."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
