# SPDX-License-Identifier: Apache-2.0
"""What the tests of bochner.transformers share. They skip by name where something is missing."""

import pytest


@pytest.fixture
def models():
    """`tiny_models.Models`."""
    from tiny_models import Models

    return Models


@pytest.fixture(scope="session", autouse=True)
def registered():
    import transformers

    import bochner.transformers

    transformers.utils.logging.set_verbosity_error()
    bochner.transformers.register()


@pytest.fixture(autouse=True)
def one_thread():
    """Spinning teams of threads disturb each other on a machine that has other work."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
