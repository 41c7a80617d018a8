# SPDX-License-Identifier: Apache-2.0
"""Queries, keys and values of every layer, on the user's data."""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface

from bochner.transformers._attention import layer_call
from bochner.transformers._layers import config_of
from bochner.transformers._masks import attention_mask
from bochner.transformers._plans import configs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from bochner.transformers._attention import LayerCall

_NAME = "bochner_calibration"


Sequence: TypeAlias = tuple[Tensor, Tensor, Tensor]
"""Queries, keys and values of all heads."""


class LayerSample:
    """Whole sequences that a layer has seen, without their padding.

    Of a layer that is called several times in a forward pass, since layers share its weights, each
    of its calls is sampled alike.
    """

    def __init__(self, module: nn.Module, call: LayerCall, most_tokens: int) -> None:
        self.module = module
        self.config = config_of(module)
        self.scale = call.scale
        self.causal = call.causal
        self.windowed = False
        self.most_tokens = most_tokens
        self.heads, self.key_heads = call.queries.shape[1], call.keys.shape[1]
        self.dim = call.queries.shape[3]
        self.calls: list[list[Sequence]] = []

    def full(self) -> bool:
        """Whether more batches would add nothing."""
        return self.windowed or all(_tokens(each) >= self.most_tokens for each in self.calls)

    @property
    def sequences(self) -> list[Sequence]:
        """Those of all calls in turn, until there are as many tokens as wanted."""
        found: list[Sequence] = []
        for turn in itertools.zip_longest(*self.calls):
            for each in turn:
                if each is not None and _tokens(found) < self.most_tokens:
                    found.append(each)
        return found

    def add(self, call: LayerCall, number: int) -> None:
        """Take in the entries of a batch, seen by the call of that number in a forward pass."""
        while len(self.calls) <= number:
            self.calls.append([])
        sequences = self.calls[number]
        self.windowed = self.windowed or call.window is not None
        same_tokens = call.queries.shape[2] == call.keys.shape[2]
        for entry in range(call.queries.shape[0]):
            if self.windowed or _tokens(sequences) >= self.most_tokens:
                return
            parts = [x[entry].detach() for x in (call.queries, call.keys, call.values)]
            if call.key_mask is not None:
                live = call.key_mask[entry]
                parts = [x[:, live] if same_tokens or i > 0 else x for i, x in enumerate(parts)]
            if all(x.shape[1] > 0 for x in parts):
                queries, keys, values = (x.to("cpu", torch.float32, copy=True) for x in parts)
                sequences.append((queries, keys, values))

    def batch(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Queries, keys, values and numbers of keys, as one batch.

        Shorter entries end with dead keys, and with queries that were there before: every query is
        one of the layer's.
        """
        sequences = self.sequences
        lengths = torch.tensor([keys.shape[1] for _, keys, _ in sequences])
        most_queries = max(queries.shape[1] for queries, _, _ in sequences)
        most_keys = int(lengths.max())

        def repeated(x: Tensor) -> Tensor:
            return x[:, torch.arange(most_queries) % x.shape[1]]

        def padded(x: Tensor) -> Tensor:
            return torch.nn.functional.pad(x, (0, 0, 0, most_keys - x.shape[1]))

        return (
            torch.stack([repeated(queries) for queries, _, _ in sequences]),
            torch.stack([padded(keys) for _, keys, _ in sequences]),
            torch.stack([padded(values) for _, _, values in sequences]),
            lengths,
        )


def _tokens(sequences: list[Sequence]) -> int:
    return sum(queries.shape[1] for queries, _, _ in sequences)


class Capture:
    """Samples of all layers, by their names, in the order of their first calls."""

    def __init__(self, function: str, most_tokens: int) -> None:
        self.function = function
        self.most_tokens = most_tokens
        self.samples: dict[str, LayerSample] = {}
        self.numbers: Counter[str] = Counter()

    def full(self) -> bool:
        """Whether more batches would add nothing."""
        return bool(self.samples) and all(each.full() for each in self.samples.values())

    def start(self) -> None:
        """Begin a forward pass."""
        self.numbers.clear()

    def take(self, module: nn.Module, call: LayerCall) -> None:
        if call.offset != 0:
            raise ValueError(
                f"{self.function}: {call.layer} has {call.queries.shape[2]} queries and "
                f"{call.keys.shape[2]} keys, expected batches of whole sequences, without a cache"
            )
        if config_of(module) is None:
            raise ValueError(
                f"{self.function}: {call.layer} has no config, which plans are written into, "
                "expected a layer of transformers"
            )
        sample = self.samples.setdefault(call.layer, LayerSample(module, call, self.most_tokens))
        if sample.module is not module:
            raise ValueError(
                f"{self.function}: two layers of the model are called {call.layer}, so that plans "
                "of one would be the other's; expected a number of its own (layer_idx) for each"
            )
        sample.add(call, self.numbers[call.layer])
        self.numbers[call.layer] += 1


_current: ContextVar[Capture | None] = ContextVar("bochner_capture", default=None)


def _captured_attention(module: nn.Module, *arguments: Any, **options: Any) -> tuple[Tensor, None]:
    """Exact attention that is looked at."""
    call = layer_call(module, *arguments, **options)
    capture = _current.get()
    if capture is not None:
        capture.take(module, call)
    return call.exact().transpose(1, 2).contiguous(), None


AttentionInterface.register(_NAME, _captured_attention)
AttentionMaskInterface.register(_NAME, attention_mask)


@contextlib.contextmanager
def implementation(model: Any, name: str) -> Iterator[None]:
    """A model with another attention, and then with its own again."""
    before = [(config, config._attn_implementation) for config in configs_of(model)]
    model.set_attn_implementation(name)
    try:
        yield
    finally:
        for config, own in before:
            config._attn_implementation = own


@contextlib.contextmanager
def evaluated(model: nn.Module) -> Iterator[None]:
    """A model without dropout and gradients, and then in the modes that it had."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module in training:
            module.training = True


def run(function: str, model: Any, batch: Any, place: str) -> Any:
    """What a model makes of a batch: its inputs by name, or the first of them."""
    if isinstance(batch, Mapping):
        on_device = {
            name: x.to(model.device) if isinstance(x, Tensor) else x for name, x in batch.items()
        }
        return model(**on_device)
    if isinstance(batch, Tensor):
        return model(batch.to(model.device))
    raise TypeError(
        f"{function}: {place} is {type(batch).__name__}, expected a mapping of the model's inputs "
        "by name, or a tensor of the first"
    )


def batches_of(function: str, batches: Any) -> Iterable[Any]:
    """Batches one after the other; a single one counts as a list of one."""
    if isinstance(batches, (Mapping, Tensor)):
        return [batches]
    if isinstance(batches, str) or not isinstance(batches, Iterable):
        raise TypeError(
            f"{function}: batches is {type(batches).__name__}, expected an iterable of mappings or "
            "tensors"
        )
    return batches


def capture(function: str, model: Any, batches: Any, most_tokens: int) -> dict[str, LayerSample]:
    """Samples of the layers of a model with exact attention."""
    found = Capture(function, most_tokens)
    token = _current.set(found)
    try:
        with implementation(model, _NAME), evaluated(model):
            for i, batch in enumerate(batches_of(function, batches)):
                found.start()
                run(function, model, batch, f"batches[{i}]")
                if found.full():
                    break
    finally:
        _current.reset(token)
    for layer, sample in found.samples.items():
        if not sample.windowed and not sample.sequences:
            raise ValueError(f"{function}: {layer} has seen padding alone, expected live tokens")
    if not found.samples:
        raise ValueError(
            f"{function}: no layer of {type(model).__name__} was called, expected at least one "
            "batch and a model whose attention can be set (set_attn_implementation)"
        )
    return found.samples
