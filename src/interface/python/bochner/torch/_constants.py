# SPDX-License-Identifier: Apache-2.0
"""What a map is made of, as tensors: for the path in plain torch.

Of one side, with the kernel's A and the shift c of the spec's transform, x~ = A (x - c), features
are ``v(x) exp(l(x))``. Positive ones have v = 1 and, one for each frequency w or each sign of it,

    l_r(x) = sqrt(1 - 4a) w_r.x~ + a |w_r|^2 - g |x~|^2 / 2 + t.x~ + constant,

with g = 1 for softmax kernels and 2 for Gaussian ones, and a = 0 but for OPRF features; of
trigonometric ones v holds the cosines and then the sines of w.x~, and l, one number per row, is
``+ |x~|^2 / 2 + t.x~ + constant`` for softmax kernels. What does not depend on x is read off the
features of x = c, where it is all there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from bochner import _core
from bochner._core.options import (
    FeatureMapSpec,
    GaussianKernel,
    Isotropic,
    PairTransform,
    SoftmaxKernel,
)
from bochner._map import FeatureMap
from bochner._specs import kernel_of
from bochner.torch._attention_ops import MaybeTensor  # noqa: TC001 (of a schema)
from bochner.torch._maps import given_frequencies, lines_of, maps_of
from bochner.torch._tensors import number_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIDE_TENSORS = 5


class SideConstants(NamedTuple):
    """Of queries or keys; the first axis is that of the maps, one or one per key head."""

    shift: Tensor
    """(maps, 1, d), c."""
    root: Tensor
    """(maps, d, d): ``|(x - c) @ root|^2`` is what the logarithm of positive features loses."""
    projection: Tensor
    """(maps, d, rows): ``(x - c) @ projection`` is what depends on frequencies."""
    tilt: Tensor
    """(maps, d, 1), t in terms of x - c."""
    offset: Tensor
    """(maps, 1, D), or (maps, 1, 1) of trigonometric features."""


class MapConstants(NamedTuple):
    """Of a map, or of the maps of several key heads."""

    query: SideConstants
    key: SideConstants
    kernel: Tensor
    """(maps, d, d): ``x @ kernel`` is A x without the spec's transform."""
    gaussian: Tensor
    """(maps, 1, 1): 1 for Gaussian kernels, 0 for softmax ones."""
    signed: bool
    """Whether features are cosines and sines."""


class _KernelLaw(NamedTuple):
    normal: bool
    """Whether frequencies are normal: softmax and Gaussian kernels."""
    exponential: bool
    """Whether it is exp(A x . A y)."""


class _FeatureLaw(NamedTuple):
    function: str
    """``exponentials``, ``waves`` (cosines and sines) or ``other``."""
    both: bool
    """Whether there are features of -w."""
    a: list[float]
    """Of weights exp(a |w|^2): one number, or one per direction."""


def _kernel_law(kernel: Any, dim: int) -> _KernelLaw:
    return _KernelLaw(*_core.kernel_law(kernel, dim))


def _feature_law(features: Any) -> _FeatureLaw:
    return _FeatureLaw(*_core.feature_law(features))


@torch.compiler.assume_constant_result
def is_signed(specs: str) -> bool:
    """Whether the features of the specs of a text are cosines and sines."""
    return _feature_law(lines_of(specs)[0].features).function == "waves"


def require_plain(specs: list[FeatureMapSpec]) -> None:
    """Refuse by name what the path in plain torch does not hold."""
    for spec in specs:
        if not _kernel_law(spec.kernel, spec.input_dim).normal:
            raise ValueError(
                f"bochner.torch: the kernel is {spec.kernel!r}; outside the CPU, and with "
                'backend="torch", kernels are softmax or gaussian'
            )
        if _feature_law(spec.features).function == "other":
            raise ValueError(
                f"bochner.torch: the features are {spec.features!r}; outside the CPU, and with "
                'backend="torch", they are positive, hyperbolic, oprf, hyperbolic-oprf or '
                "trigonometric"
            )
        given = given_frequencies(spec)
        if given is not None and given.weights is not None:
            raise ValueError(
                "bochner.torch: frequencies have weights; outside the CPU, and with "
                'backend="torch", all count the same'
            )
    kinds = {
        (_feature_law(s.features).function, s.num_features, s.num_frequencies, s.input_dim)
        for s in specs
    }
    if len(kinds) > 1:
        raise ValueError(
            "bochner.torch: the maps of the heads have several feature functions or sizes; outside "
            'the CPU, and with backend="torch", they have one'
        )


def _kernel_transform(kernel: Any, dim: int) -> NDArray[np.float64]:
    """A."""
    out = np.empty((dim, dim))
    _core.kernel_transform(kernel, out)
    return out


def _transforms(spec: FeatureMapSpec) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A of queries and A of keys, with the matrix of the spec's transform."""
    dim = spec.input_dim
    kernel = _kernel_transform(spec.kernel, dim)
    if len(spec.transform.matrix) == 0:
        return kernel, kernel
    matrix = np.array(spec.transform.matrix, np.float64).reshape(dim, dim)
    return matrix @ kernel, np.linalg.inv(matrix).T @ kernel


def _standard_frequencies(spec: FeatureMapSpec) -> NDArray[np.float64]:
    """The rows that meet x~: those of the same draw for the kernel of scale 1."""
    softmax = _kernel_law(spec.kernel, spec.input_dim).exponential
    kernel = SoftmaxKernel(1.0) if softmax else GaussianKernel(Isotropic(1.0))
    plain = spec.__replace__(kernel=kernel, transform=PairTransform())
    return FeatureMap(plain).frequencies()


def _shift(values: Any, dim: int) -> NDArray[np.float64]:
    return np.array(values, np.float64) if len(values) > 0 else np.zeros(dim)


def _numbers(spec: FeatureMapSpec, feature_map: FeatureMap) -> list[NDArray[np.float64]]:
    """The arrays of one map, in the order of `MapConstants`."""
    dim = spec.input_dim
    softmax = _kernel_law(spec.kernel, dim).exponential
    law = _feature_law(spec.features)
    signed = law.function == "waves"
    stretched = _standard_frequencies(spec) * np.sqrt(1.0 - 4.0 * np.array(law.a))
    if law.both and not signed:
        stretched = np.concatenate([stretched, -stretched])
    weight = float(softmax) if signed else (1.0 if softmax else 2.0)
    shifts = (_shift(spec.transform.query, dim), _shift(spec.transform.key, dim))
    transforms = _transforms(spec)
    out: list[NDArray[np.float64]] = []
    for side, other, name in ((0, 1, "query"), (1, 0, "key")):
        transform = transforms[side]
        phi, exponent = feature_map.apply(
            shifts[side][np.newaxis], side="query" if name == "query" else "key", num_threads=1
        )
        # The cosine of 0 is 1: the first feature is the row's factor.
        columns = phi[:, :1] if signed else phi
        tilt = transforms[other] @ shifts[other] if softmax else np.zeros(dim)
        out += [
            shifts[side][np.newaxis],
            np.sqrt(0.5 * weight) * transform.T,
            transform.T @ stretched.T,
            (transform.T @ tilt)[:, np.newaxis],
            np.log(columns) + exponent[0] * np.log(2.0),
        ]
    return [*out, _kernel_transform(spec.kernel, dim).T, np.array([[0.0 if softmax else 1.0]])]


@torch.library.custom_op("bochner::map_constants", mutates_args=())
def map_constants_op(like: Tensor, specs: str, redraws: MaybeTensor) -> list[Tensor]:
    """The numbers of maps, on the device of `like`, of its dtype or float32 where it is narrow."""
    maps = maps_of(specs, number_of(redraws)).maps
    require_plain([each.spec for each in maps])
    of_each = [_numbers(each.spec, each) for each in maps]
    dtype = torch.float64 if like.dtype is torch.float64 else torch.float32
    return [
        torch.from_numpy(np.ascontiguousarray(np.stack(arrays)))
        .to(dtype)
        .to(like.device, copy=True)
        for arrays in zip(*of_each, strict=True)
    ]


@map_constants_op.register_fake
def _(like: Tensor, specs: str, redraws: MaybeTensor) -> list[Tensor]:
    each = lines_of(specs)
    require_plain(each)
    count, dim = len(each), each[0].input_dim
    signed = is_signed(specs)
    rows = each[0].num_frequencies if signed else each[0].num_features
    side = [(1, dim), (dim, dim), (dim, rows), (dim, 1), (1, 1 if signed else rows)]
    dtype = torch.float64 if like.dtype is torch.float64 else torch.float32
    return [like.new_empty((count, *s), dtype=dtype) for s in (*side, *side, (dim, dim), (1, 1))]


def constants_of(like: Tensor, specs: str, redraws: Tensor | None) -> MapConstants:
    """The numbers of the maps of a text, on the device of `like`."""
    return gathered(map_constants_op(like.detach(), specs, redraws), is_signed(specs))


def gathered(tensors: list[Tensor], signed: bool) -> MapConstants:
    """The tensors of `map_constants_op` by name."""
    kernel, gaussian = tensors[2 * _SIDE_TENSORS :]
    return MapConstants(
        SideConstants(*tensors[:_SIDE_TENSORS]),
        SideConstants(*tensors[_SIDE_TENSORS : 2 * _SIDE_TENSORS]),
        kernel,
        gaussian,
        signed,
    )


@torch.library.custom_op("bochner::kernel_constants", mutates_args=())
def kernel_constants_op(like: Tensor, kernel: str) -> list[Tensor]:
    """A of a kernel, transposed, and 1 where it is Gaussian."""
    found = kernel_of("exact_attention", kernel)
    law = _kernel_law(found, like.shape[-1])
    if not law.normal:
        raise ValueError(f"exact_attention: the kernel is {kernel}, expected softmax or gaussian")
    transform = _kernel_transform(found, like.shape[-1])
    gaussian = np.array(float(not law.exponential))
    dtype = torch.float64 if like.dtype is torch.float64 else torch.float32
    return [
        torch.from_numpy(np.array(x, order="C")).to(dtype).to(like.device, copy=True)
        for x in (transform.T, gaussian)
    ]


@kernel_constants_op.register_fake
def _(like: Tensor, kernel: str) -> list[Tensor]:
    dim = like.shape[-1]
    dtype = torch.float64 if like.dtype is torch.float64 else torch.float32
    return [like.new_empty((dim, dim), dtype=dtype), like.new_empty((), dtype=dtype)]


@torch.library.custom_op("bochner::softmax_scales", mutates_args=())
def softmax_scales_op(like: Tensor, texts: str) -> Tensor:
    """The scales of the softmax kernels of specs, or of one kernel, in float64."""
    specs = "input_dim=" in texts
    kernels: list[Any] = (
        [spec.kernel for spec in lines_of(texts)] if specs else [kernel_of("attention", texts)]
    )
    for kernel in kernels:
        law = _kernel_law(kernel, like.shape[-1])
        if not (law.normal and law.exponential):
            raise ValueError(
                f"attention: softmax_scale is given and the kernel is {kernel!r}, expected softmax"
            )
    dtype = torch.float32 if like.device.type == "mps" else torch.float64
    return torch.tensor([kernel.scale for kernel in kernels], dtype=dtype).to(like.device)


@softmax_scales_op.register_fake
def _(like: Tensor, texts: str) -> Tensor:
    dtype = torch.float32 if like.device.type == "mps" else torch.float64
    return like.new_empty((texts.count("\n") + 1,), dtype=dtype)
