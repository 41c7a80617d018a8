# SPDX-License-Identifier: Apache-2.0
"""Feature maps as modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from bochner.torch._checks import (
    Backend,
    fused,
    require_device,
    require_dtype,
    under_autocast,
)
from bochner.torch._constants import (
    MapConstants,
    SideConstants,
    gathered,
    is_signed,
    map_constants_op,
)
from bochner.torch._feature_ops import features_op
from bochner.torch._log_features import plain_features
from bochner.torch._maps import Specs, as_text, lines_of, maps_of, redrawn
from bochner.torch._plain_attention import without_autocast
from bochner.torch._tensors import wide

if TYPE_CHECKING:
    from collections.abc import Callable

    from bochner._core.options import FeatureMapSpec
    from bochner._map import Side

_NAMES = (
    *(f"query_{field}" for field in SideConstants._fields),
    *(f"key_{field}" for field in SideConstants._fields),
    "kernel",
    "gaussian",
)


class FeatureMap(nn.Module):
    """A random feature map, or one for each key head, as a module without parameters.

    Its state is the text of its specs and the number of redraws. What plain torch computes with
    (see `attention`) are buffers made from these, on the module's device and of its dtype (float32
    where that is narrow). A checkpoint so holds a few hundred bytes, in ``_extra_state`` (the text,
    as bytes) and ``redraws``, and brings back the same frequencies, bit for bit.

    Parameters
    ----------
    specs : FeatureMapSpec, FeatureMap or str, or a sequence of them
        One, or one per key head.
    device, dtype : optional
        Where the buffers are, and their dtype.

    Raises
    ------
    TypeError, ValueError
        When that is no spec, or describes no map.

    Examples
    --------
    >>> import torch
    >>> import bochner as bo
    >>> from bochner.torch import FeatureMap
    >>> kernel = bo.SoftmaxKernel.for_dimension(4)
    >>> phi = FeatureMap(bo.FeatureMapSpec(4, 4096, kernel, features=bo.HyperbolicFeatures()))
    >>> x = torch.full((3, 4), 0.25)
    >>> torch.allclose(phi(x) @ phi(x).T, torch.tensor(0.125).exp(), rtol=0.1)
    True
    >>> phi.redraw()
    >>> sorted(phi.state_dict())
    ['_extra_state', 'redraws']
    """

    redraws: Tensor

    def __init__(
        self,
        specs: Specs,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self._specs = as_text("FeatureMap", specs)
        self.register_buffer("redraws", torch.zeros((), dtype=torch.int64, device=device))
        probe = torch.empty((), dtype=dtype or torch.get_default_dtype(), device=device)
        self._fill(probe)

    @property
    def text(self) -> str:
        """The texts of the first draw's specs, as lines."""
        return self._specs

    @property
    def specs(self) -> list[FeatureMapSpec]:
        """The specs of the present draw."""
        count = int(self.redraws)
        return [redrawn(spec, count) for spec in lines_of(self._specs)]

    @property
    def input_dim(self) -> int:
        """Columns of the inputs, d."""
        return lines_of(self._specs)[0].input_dim

    def constants(self) -> MapConstants | None:
        """The buffers by name, None where plain torch does not hold these maps."""
        if self._buffers.get("gaussian") is None:
            return None
        tensors = [self.get_buffer(name) for name in _NAMES]
        for name, tensor in zip(_NAMES, tensors, strict=True):
            if tensor.requires_grad:
                raise ValueError(
                    f"FeatureMap: {name} requires a gradient; frequencies are a function of the "
                    "spec and are not learned"
                )
        return gathered(tensors, is_signed(self._specs))

    def _fill(self, like: Tensor) -> None:
        """Makes the buffers, or writes into those that fit."""
        count = None if self.redraws.is_meta else self.redraws.cpu()
        tensors: list[Tensor] | None
        try:
            tensors = map_constants_op(like, self._specs, count)
        except ValueError:
            maps_of(self._specs, 0)  # these are no maps at all
            tensors = None
        for i, name in enumerate(_NAMES):
            new = None if tensors is None else tensors[i]
            old = self._buffers.get(name)
            fits = (
                new is not None
                and old is not None
                and (old.shape, old.dtype, old.device) == (new.shape, new.dtype, new.device)
            )
            if fits and old is not None and new is not None:
                with torch.no_grad():
                    old.copy_(new)
            else:
                self.register_buffer(name, new, persistent=False)

    def redraw(self) -> None:
        """Draw new frequencies: the n-th redraw of a seed is the same everywhere, for ever."""
        maps_of(self._specs, int(self.redraws) + 1)  # refuses before anything changes
        with torch.no_grad():
            self.redraws += 1
        self._refill()

    def _refill(self) -> None:
        like = self._buffers.get("gaussian")
        self._fill(self.redraws.new_empty((), dtype=torch.float32) if like is None else like)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Any:
        super()._apply(fn, recurse)
        # In the new dtype from the spec: neither rounded twice nor widened after rounding.
        self._refill()
        return self

    def get_extra_state(self) -> Tensor:
        """The text of the specs as bytes: a tensor, so that every format of weights holds it."""
        return torch.frombuffer(bytearray(self._specs.encode()), dtype=torch.uint8)

    def set_extra_state(self, state: Any) -> None:
        """Take over the specs of a checkpoint."""
        specs = bytes(state.tolist()).decode()
        maps_of(specs, 0)
        self._specs = specs

    def _load_from_state_dict(self, *arguments: Any, **keywords: Any) -> None:
        super()._load_from_state_dict(*arguments, **keywords)
        self._refill()

    def forward(self, x: Tensor, *, side: Side = "query", backend: Backend = "auto") -> Tensor:
        """Features of rows, their exponents multiplied in.

        Parameters
        ----------
        x : tensor of shape (..., d)
            Several maps take (..., key_heads, n, d).
        side : {"query", "key"}
            The factor of the kernel that the rows are for.
        backend : {"auto", "fused", "torch"}
            As in `attention`.

        Returns
        -------
        tensor of shape (..., D)

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On other extents, another device than the module's, and as `FeatureMap.transform`.
        """
        name = "FeatureMap"
        if not isinstance(x, Tensor):
            raise TypeError(f"{name}: x is {type(x).__name__}, expected a torch.Tensor")
        require_dtype(name, "x", x)
        require_device(name, "x", x, "the module", self.redraws.device)
        if side not in ("query", "key"):
            raise ValueError(f"{name}: side is {side!r}, expected 'query' or 'key'")
        constants = self.constants()
        lines = self._specs.split("\n")
        if x.dim() < (1 if len(lines) == 1 else 3):
            raise ValueError(
                f"{name}: x has {x.dim()} dimensions, expected (..., d), or (..., key_heads, n, d) "
                "with several maps"
            )
        if len(lines) > 1 and x.shape[-3] != len(lines):
            raise ValueError(
                f"{name}: x has {x.shape[-3]} heads, expected {len(lines)} (one per map)"
            )
        x = under_autocast(x)
        if fused(name, backend, x):
            if len(lines) == 1:
                rows = features_op(x.reshape(-1, x.shape[-1]), lines[0], self.redraws, side)
                return rows.reshape(*x.shape[:-1], rows.shape[-1])
            each = [
                features_op(head.reshape(-1, x.shape[-1]), line, self.redraws, side).unflatten(
                    0, head.shape[:-1]
                )
                for line, head in zip(lines, x.unbind(-3), strict=True)
            ]
            return torch.stack(each, -3)
        if constants is None:
            raise ValueError(
                f"{name}: these maps are not held outside the CPU or with backend='torch': "
                f"{self._specs}"
            )
        if x.shape[-1] != constants.kernel.shape[-1]:
            raise ValueError(
                f"{name}: x has rows of {x.shape[-1]}, expected {constants.kernel.shape[-1]} (the "
                "map's input_dim)"
            )
        of_side = constants.query if side == "query" else constants.key
        if len(lines) == 1:
            of_side = SideConstants(*(tensor.squeeze(0) for tensor in of_side))
        with without_autocast(x):
            if of_side.root.dtype != wide(x).dtype:
                raise TypeError(
                    f"{name}: x has dtype {x.dtype} and the module's buffers {of_side.root.dtype}; "
                    "expected module.to(x.dtype)"
                )
            rows = x.unsqueeze(0) if x.dim() == 1 else x
            found = plain_features(wide(rows), of_side, constants.signed).to(x.dtype)
            return found.squeeze(0) if x.dim() == 1 else found

    def extra_repr(self) -> str:
        """The specs of the first draw."""
        return self._specs
