# SPDX-License-Identifier: Apache-2.0
"""The path in plain torch beside the fused operators."""

import numpy as np
import pytest

import bochner as bo

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

import bochner.torch as bt  # noqa: E402

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-11}


def both(specs, x, **options):
    return (bt.attention(specs, *x, backend=backend, **options) for backend in ("torch", "fused"))


def require_equal(cases, specs, x, **options):
    plain, fused = both(specs, x, **options)
    assert cases.relative(plain, fused) < TOLERANCE[x[0].dtype]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    "features", ["positive", "hyperbolic", "oprf", "hyperbolic-oprf", "trigonometric"]
)
@pytest.mark.parametrize("kernel", [bo.SoftmaxKernel(0.4), bo.GaussianKernel(bo.Isotropic(2.0))])
def test_maps(cases, features, kernel, causal, dtype):
    # Few frequencies make signed normalisers small, and small ones lose digits in both.
    m = 256 if features == "trigonometric" else 24
    spec = cases.spec(features, kernel=kernel, m=m)
    require_equal(cases, spec, cases.rows(dtype, size=0.5), causal=causal)


DIRECTIONS = [-0.2, -0.1, 0.0, 0.05, -0.3, -0.02]


@pytest.mark.parametrize(
    "members",
    [
        {"features": bo.HyperbolicOprfFeatures(DIRECTIONS)},
        {"projection": bo.HadamardProjection(), "features": bo.OprfFeatures(-0.1)},
        {"projection": bo.IidProjection(), "features": bo.PositiveFeatures()},
        {"kernel": bo.GaussianKernel(bo.Diagonal([1.0, 2.0, 1.5, 3.0, 2.5, 1.2]))},
        {"kernel": bo.GaussianKernel(bo.Full((np.eye(6) + 0.1).ravel()))},
        {"transform": bo.PairTransform([0.3] * 6, [-0.2, 0.1, 0.4, 0.0, 0.2, 0.5])},
        {
            "transform": bo.PairTransform(
                [0.3] * 6, [-0.2] * 6, (np.eye(6) + 0.1 * np.arange(36).reshape(6, 6) / 36).ravel()
            ),
            "features": bo.HyperbolicOprfFeatures(DIRECTIONS),
        },
    ],
    ids=["directions", "hadamard", "iid", "diagonal", "full", "shifts", "matrix"],
)
def test_members_of_specs(cases, members):
    spec = cases.spec(**members)
    for exact in (None, "window=4 first_keys=3"):
        x = cases.rows()
        require_equal(cases, spec, x, exact=exact)
        require_equal(cases, spec, x, exact=exact, causal=True, decay=[0.05, 0.3])


def test_maps_per_head(cases):
    q, k, v = cases.rows(size=2.0)
    calibrated = bo.calibrate(cases.spec("hyperbolic-oprf"), 0, q.numpy(), k.numpy())
    for causal in (False, True):
        require_equal(cases, [head.spec for head in calibrated], (q, k, v), causal=causal)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(
    ("queries", "keys"), [(1, 1), (1, 200), (200, 1), (63, 65), (64, 64), (130, 257), (3, 2)]
)
def test_lengths_and_offsets(cases, queries, keys, dtype):
    x = cases.rows(dtype, queries=queries, keys=keys)
    mask = torch.ones(2, keys, dtype=torch.bool)
    mask[0, : keys // 2] = False
    for offset in {0, 1, -1, keys, keys // 2, -queries, -(queries // 2)}:
        for options in ({}, {"decay": [0.01, 0.5]}, {"key_mask": mask}):
            options = {"causal": True, "query_offset": offset, **options}
            plain, fused = both(cases.spec(), x, **options)
            assert torch.allclose(plain, fused, rtol=0, atol=10 * TOLERANCE[dtype])


def test_several_spans(cases):
    x = cases.rows(torch.float64, batch=1, queries=2500, keys=2500)
    for options in ({}, {"causal": True}, {"causal": True, "decay": [0.001, 0.1]}):
        require_equal(cases, cases.spec(), x, **options)
    q, k, v = x
    for offset in (1100, 2400, -200):
        require_equal(cases, cases.spec(), (q[:, :, :300], k, v), causal=True, query_offset=offset)


PAIRS = ["window=1", "window=7", "window=500", "first_keys=5", "window=9 first_keys=30"]


@pytest.mark.parametrize(
    "exact", [*PAIRS, "heaviest_keys=6", "window=5 first_keys=2 heaviest_keys=3"]
)
@pytest.mark.parametrize("rest", ["features", "none"])
@pytest.mark.parametrize("offset", [0, 20, -20])
def test_exact_pairs(cases, exact, rest, offset):
    mask = torch.ones(2, 90, dtype=torch.bool)
    mask[0, 3:20] = False
    mask[1, 60:] = False
    for dtype in TOLERANCE:
        x = cases.rows(dtype, queries=70, keys=90)
        for options in ({}, {"key_mask": mask}):
            for causal in (False, True):
                if causal and "heaviest" in exact:
                    continue
                options = {
                    "exact": exact,
                    "rest": rest,
                    "query_offset": offset,
                    "causal": causal,
                    **options,
                }
                plain, fused = both(cases.spec(), x, **options)
                assert torch.allclose(plain, fused, rtol=0, atol=10 * TOLERANCE[dtype])


def test_gaussian_pairs_far_from_the_origin(cases):
    kernel = bo.GaussianKernel(bo.Isotropic(1.5))
    q, k, v = cases.rows(torch.float32)
    shift = bo.PairTransform([100.0] * 6, [100.0] * 6)
    spec = cases.spec(kernel=kernel, transform=shift)
    plain, fused = both(spec, (q + 100.0, k + 100.0, v), exact="window=5", causal=True)
    # A coordinate of 100 has lost a hundred times the digits of a coordinate of 1.
    assert cases.relative(plain, fused) < 100 * TOLERANCE[torch.float32]


@pytest.mark.parametrize("options", [{}, {"causal": True}, {"exact": "window=4", "causal": True}])
def test_gradients(cases, options):
    for features in ("hyperbolic-oprf", "trigonometric"):
        m = 256 if features == "trigonometric" else 24
        gradients = []
        for backend in ("torch", "fused"):
            x = [t.requires_grad_() for t in cases.rows(size=0.5)]
            out = bt.attention(cases.spec(features, m=m), *x, backend=backend, **options)
            out.square().sum().backward()
            gradients.append([t.grad for t in x])
        for plain, fused in zip(*gradients, strict=True):
            assert cases.relative(plain, fused) < 1e-10


def test_second_derivatives(cases):
    x = [t.requires_grad_() for t in cases.rows(batch=1, heads=1, key_heads=1, queries=3, keys=4)]
    spec = cases.spec(m=3)
    assert torch.autograd.gradgradcheck(
        lambda *x: bt.attention(spec, *x, backend="torch", causal=True), x
    )


@pytest.mark.parametrize("factor", [1.0, 4.0, 12.0])
def test_no_row_underflows(cases, factor):
    """Early keys far smaller, and far larger, than late ones, and queries opposite to keys."""
    for turned in (False, True):
        q, k, v = cases.rows(torch.float32, heads=2, queries=200, keys=200, size=3.0)
        k[:, :, :100] *= factor
        if turned:
            k = k.flip(2)
        for queries in (q, -k):
            plain, fused = both(cases.spec(), (queries, k, v), causal=True)
            assert plain.isfinite().all()
            wide = bt.attention(cases.spec(), queries.double(), k.double(), v.double(), causal=True)
            # Logarithms of hundreds have lost hundreds of units of rounding, in both.
            bound = 4 * float((fused - wide).norm() / wide.norm()) + 1e-5
            assert cases.relative(plain.double(), wide) < bound


def test_rows_see_nothing_of_later_nans(cases):
    q, k, v = cases.rows()
    spoiled = v.clone()
    spoiled[:, :, 40] = torch.nan
    out = bt.attention(cases.spec(), q, k, spoiled, causal=True, backend="torch")
    expected = bt.attention(cases.spec(), q, k, v, causal=True, backend="torch")
    assert torch.equal(out[:, :, :40], expected[:, :, :40])
    assert out[:, :, 40:].isnan().all()


@pytest.mark.parametrize(
    "kernel", ["softmax(scale=0.5)", "gaussian(metric=isotropic(lengthscale=2))"]
)
def test_exact_attention(cases, kernel):
    allowed = torch.rand(2, 1, 70, 70, generator=torch.Generator().manual_seed(4)) < 0.7
    mask = torch.ones(2, 70, dtype=torch.bool)
    mask[0, 30:] = False
    for dtype, tolerance in TOLERANCE.items():
        x = cases.rows(dtype)
        bias = torch.randn(4, 70, 70, generator=torch.Generator().manual_seed(5)).to(dtype)
        for options in (
            {},
            {"causal": True, "query_offset": 5, "decay": [0.1, 0.2]},
            {"allowed": allowed, "key_mask": mask},
            {"window": 9, "causal": True},
            {"bias": bias},
        ):
            plain, fused = (
                bt.exact_attention(kernel, *x, backend=backend, **options)
                for backend in ("torch", "fused")
            )
            assert cases.relative(plain, fused) < tolerance


def test_a_bias_is_learned_in_plain_torch(cases):
    x = cases.rows(batch=1, heads=1, key_heads=1, queries=3, keys=4)
    bias = torch.zeros(1, 1, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda b: bt.exact_attention("softmax", *x, bias=b, backend="torch"), (bias,)
    )


def test_other_devices(cases):
    """Tensors of shapes alone stand for those of other devices: all is asked of plain torch."""
    for dtype in (torch.float32, torch.bfloat16):
        x = [t.to("meta") for t in cases.rows(dtype)]
        mask = torch.ones(2, 70, dtype=torch.bool, device="meta")
        for options in ({}, {"causal": True, "exact": "window=4"}, {"key_mask": mask}):
            out = bt.attention(cases.spec(), *x, **options)
            assert out.is_meta
            assert (out.shape, out.dtype) == ((2, 4, 70, 5), dtype)
        assert bt.exact_attention("softmax", *x, causal=True).shape == (2, 4, 70, 5)
    scale = torch.ones((), device="meta")
    assert bt.attention(cases.spec(), *x, softmax_scale=scale).is_meta


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_narrow_tensors_are_computed_wide(cases, dtype):
    x = cases.rows(dtype)
    plain, fused = both(cases.spec(), x, causal=True)
    assert plain.dtype is dtype
    step = torch.finfo(dtype).eps
    assert torch.allclose(plain.float(), fused.float(), rtol=step, atol=1e-5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        single = [t.float() for t in cases.rows(torch.bfloat16)]
        again = bt.attention(cases.spec(), *single, causal=True, backend="torch")
    assert again.dtype is torch.bfloat16
