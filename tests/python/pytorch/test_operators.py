# SPDX-License-Identifier: Apache-2.0
"""The fused operators: their bits, their gradients, what torch asks of operators."""

import threading

import numpy as np
import pytest

import bochner as bo

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

import bochner.torch as bt  # noqa: E402
from bochner.torch._maps import MapCache, redrawn  # noqa: E402

OPTIONS = {
    "plain": {},
    "causal": {"causal": True},
    "offset": {"causal": True, "query_offset": -3},
    "decay": {"causal": True, "decay": [0.1, 0.5]},
    "near": {"causal": True, "exact": bo.ExactPairs(window=5, first_keys=2)},
    "heavy": {"exact": bo.ExactPairs(window=3, heaviest_keys=4)},
    "near alone": {"exact": bo.ExactPairs(window=9), "rest": "none"},
}


# Opcheck itself asks tensors for gradients that they do not hold.
QUIET = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")


def live(batch=2, keys=70):
    mask = torch.ones(batch, keys, dtype=torch.bool)
    mask[0, 50:] = False
    mask[1, :7] = False
    return mask


def numpy_options(options):
    return {name: value.numpy() if name == "key_mask" else value for name, value in options.items()}


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("masked", [False, True])
def test_forward_has_the_bits_of_the_library(cases, name, dtype, masked):
    options = {**OPTIONS[name], **({"key_mask": live()} if masked else {})}
    x = cases.rows(dtype)
    spec = cases.spec()
    expected = bo.attention(spec, *(t.numpy() for t in x), **numpy_options(options))
    assert np.array_equal(bt.attention(spec, *x, **options).numpy(), expected)


@pytest.mark.parametrize("name", OPTIONS)
def test_gradient_has_the_bits_of_the_library(cases, name):
    options = OPTIONS[name]
    x = [t.requires_grad_() for t in cases.rows()]
    out = bt.attention(cases.spec(), *x, **options)
    slope = torch.randn(out.shape, generator=torch.Generator().manual_seed(1), dtype=out.dtype)
    out.backward(slope)
    arrays = [t.detach().numpy() for t in (*x, out)]
    expected = bo.attention_gradient(cases.spec(), *arrays, slope.numpy(), **options)
    for tensor, gradient in zip(x, expected, strict=True):
        assert np.array_equal(tensor.grad.numpy(), gradient)


def test_one_map_per_key_head_and_redraws(cases):
    specs = bo.head_specs(cases.spec(), 0, 2)
    x = cases.rows(torch.float32)
    expected = bo.attention(specs, *(t.numpy() for t in x))
    assert np.array_equal(bt.attention(specs, *x).numpy(), expected)
    again = [redrawn(s, 2) for s in specs]
    found = bt.attention(specs, *x, redraws=torch.tensor(2)).numpy()
    assert np.array_equal(found, bo.attention(again, *(t.numpy() for t in x)))
    assert not np.array_equal(found, expected)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_narrow_tensors(cases, dtype):
    x = cases.rows(dtype)
    out = bt.attention(cases.spec(), *x, causal=True)
    assert out.dtype is dtype
    wide = bt.attention(cases.spec(), *(t.float() for t in x), causal=True)
    assert torch.equal(out, wide.to(dtype))
    exact = bt.exact_attention("softmax(scale=0.5)", *x, causal=True)
    assert torch.equal(
        exact,
        bt.exact_attention("softmax(scale=0.5)", *(t.float() for t in x), causal=True).to(dtype),
    )
    learned = [t.requires_grad_() for t in x]
    bt.attention(cases.spec(), *learned, causal=True).float().square().sum().backward()
    floats = [t.detach().float().requires_grad_() for t in x]
    bt.attention(cases.spec(), *floats, causal=True).square().sum().backward()
    step = torch.finfo(dtype).eps
    for narrow, single in zip(learned, floats, strict=True):
        assert narrow.grad.dtype is dtype
        # The gradient arrives rounded, and the output is read rounded: three roundings of a number.
        assert cases.relative(narrow.grad.float(), single.grad) < 3 * step


def test_layouts(cases):
    spec = cases.spec()
    q, k, v = cases.rows(torch.float32, heads=2, value_dim=6)
    expected = bt.attention(spec, q, k, v)
    inside = [x.transpose(1, 2).contiguous().transpose(1, 2) for x in (q, k, v)]
    out = bt.attention(spec, *inside)
    assert torch.equal(out, expected)
    assert out.stride() == inside[0].stride()
    assert out.transpose(1, 2).is_contiguous()
    wide = torch.zeros(2, 2, 70, 18)
    wide[..., ::3] = q
    assert torch.equal(bt.attention(spec, wide[..., ::3], k, v), expected)
    one = k[:1, :1].expand(2, 2, -1, -1)
    same = bt.attention(spec, q, one.contiguous(), v)
    assert torch.equal(bt.attention(spec, q, one, v), same)
    assert bt.attention(spec, inside[0], k, v[..., :3]).transpose(1, 2).is_contiguous()
    learned = q.requires_grad_()
    bt.attention(spec, learned, k, v).sum().backward()  # an expanded gradient
    assert learned.grad.isfinite().all()


@pytest.mark.parametrize(
    "sizes",
    [{"batch": 0}, {"queries": 0}, {"keys": 0}, {"value_dim": 0}, {"heads": 0, "key_heads": 0}],
)
@pytest.mark.parametrize("backend", ["fused", "torch"])
def test_nothing_at_all(cases, sizes, backend):
    x = [t.requires_grad_() for t in cases.rows(**sizes)]
    for causal in (False, True):
        out = bt.attention(cases.spec(), *x, causal=causal, backend=backend)
        assert tuple(out.shape) == (*x[0].shape[:3], x[2].shape[3])
        assert not out.any()
        out = bt.exact_attention("softmax", *x, causal=causal, backend=backend)
        assert not out.any()
    if backend == "fused":
        bt.attention(cases.spec(), *x).sum().backward()
        assert not x[0].grad.any()


def small(cases, **sizes):
    sizes = {"batch": 1, "heads": 2, "key_heads": 1, "queries": 4, "keys": 5, "dim": 3, **sizes}
    return cases.rows(value_dim=2, **sizes)


TINY = {
    "plain": {},
    "causal": {"causal": True, "query_offset": 1},
    "masked": {"key_mask": torch.tensor([[False, False, True, True, False]])},
    "near": {"causal": True, "exact": "window=2 first_keys=1", "decay": [0.3]},
    "one a head": {},
}


def tiny(cases, name):
    spec = cases.spec(dim=3, m=3)
    if name == "one a head":
        return bo.head_specs(spec, 0, 2), small(cases, key_heads=2)
    return spec, small(cases)


@pytest.mark.parametrize("name", TINY)
def test_gradcheck(cases, name):
    specs, x = tiny(cases, name)
    x = [t.requires_grad_() for t in x]
    assert torch.autograd.gradcheck(lambda *x: bt.attention(specs, *x, **TINY[name]), x)
    if name in ("plain", "causal", "masked"):
        assert torch.autograd.gradcheck(
            lambda *x: bt.exact_attention("softmax(scale=0.6)", *x, **TINY[name]), x
        )


def test_gradcheck_of_the_scale_and_of_features(cases):
    x = [t.requires_grad_() for t in small(cases, key_heads=2)]
    scale = torch.tensor(0.4, dtype=torch.float64, requires_grad=True)
    specs = bo.head_specs(cases.spec(dim=3, m=3), 0, 2)
    assert torch.autograd.gradcheck(
        lambda s, *x: bt.attention(specs, *x, softmax_scale=s), (scale, *x)
    )
    each = torch.tensor([0.4, 0.9], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda s, *x: bt.attention(specs, *x, softmax_scale=s), (each, *x)
    )
    assert torch.autograd.gradcheck(
        lambda s, *x: bt.exact_attention("softmax", *x, softmax_scale=s), (scale, *x)
    )
    phi = bt.FeatureMap(cases.spec(dim=3, m=3), dtype=torch.float64)
    for side in ("query", "key"):
        assert torch.autograd.gradcheck(lambda r, s=side: phi(r, side=s), (x[0],))


def test_a_wrong_gradient_is_caught(cases):
    """The twin of the checks above: a gradient that is 1 % off."""

    class Off(torch.autograd.Function):
        @staticmethod
        def forward(_context, x):
            return x.clone()

        @staticmethod
        def backward(_context, gradient):
            return 1.01 * gradient

    x = [t.requires_grad_() for t in small(cases)]
    spec = cases.spec(dim=3, m=3)
    assert not torch.autograd.gradcheck(
        lambda q, k, v: Off.apply(bt.attention(spec, q, k, v)), x, raise_exception=False
    )


def test_scale_is_that_of_the_kernel(cases):
    q, k, v = cases.rows()
    for s in (0.25, torch.tensor(0.25), torch.full((2,), 0.25)):
        scaled = bt.attention(cases.spec(), q, k, v, softmax_scale=s)
        own = bt.attention(cases.spec(kernel=bo.SoftmaxKernel(0.25)), q, k, v)
        assert torch.allclose(scaled, own, rtol=0, atol=1e-12)
    exact = bt.exact_attention("softmax", q, k, v, softmax_scale=0.25)
    assert torch.allclose(exact, bt.exact_attention("softmax(scale=0.25)", q, k, v), atol=1e-12)
    learned = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    x = [t.requires_grad_() for t in (q, k, v)]
    out = bt.attention(cases.spec(), *x, softmax_scale=learned)
    out.sum().backward()
    spec = cases.spec(kernel=bo.SoftmaxKernel(0.7))
    arrays = [t.detach().numpy() for t in (*x, out)]
    dq, dk, _ = bo.attention_gradient(spec, *arrays, np.ones(out.shape))
    expected = bo.softmax_scale_gradient(spec.kernel, *arrays[:2], dq, dk)
    assert abs(float(learned.grad) - expected) < 1e-10 * abs(expected)


@QUIET
@pytest.mark.parametrize("name", TINY)
def test_opcheck(cases, name):
    specs, (q, k, v) = tiny(cases, name)
    given = TINY[name]
    text, mask = bt.spec_text(specs), given.get("key_mask")
    options = (
        given.get("decay", []),
        given.get("causal", False),
        given.get("query_offset", 0),
        given.get("exact", ""),
        "features",
    )
    x = [t.requires_grad_() for t in (q, k, v)]
    ops = torch.ops.bochner
    torch.library.opcheck(ops.attention.default, (*x, text, None, mask, *options))
    x = [t.detach() for t in x]
    out = bt.attention(specs, *x, **given)
    torch.library.opcheck(
        ops.attention_backward.default,
        (out, *x, out, text, torch.tensor(0), mask, *options, [True, False, True]),
    )


@QUIET
def test_opcheck_of_the_others(cases):
    q, k, v = (t.requires_grad_() for t in small(cases))
    ops = torch.ops.bochner
    options = ("softmax(scale=0.5)", None, None, None, [], True, 1, 2)
    torch.library.opcheck(ops.exact_attention.default, (q, k, v, *options))
    x = [t.detach() for t in (q, k, v)]
    out = ops.exact_attention(*x, *options)
    torch.library.opcheck(
        ops.exact_attention_backward.default, (out, *x, out, *options, [False, True, True])
    )
    text = str(cases.spec(dim=3, m=3))
    rows = q.detach()[0, 0].requires_grad_()
    torch.library.opcheck(ops.features.default, (rows, text, None, "key"))
    phi = ops.features(rows.detach(), text, None, "key")
    torch.library.opcheck(ops.features_backward.default, (phi, rows.detach(), text, None, "key"))
    torch.library.opcheck(ops.map_constants.default, (rows.detach(), text, None))
    torch.library.opcheck(ops.kernel_constants.default, (rows.detach(), "gaussian"))
    torch.library.opcheck(ops.softmax_scales.default, (rows.detach(), text))


def test_second_derivatives_are_refused(cases):
    x = [t.requires_grad_() for t in small(cases)]
    phi = bt.FeatureMap(cases.spec(dim=3, m=3), dtype=torch.float64)
    for name, out in {
        "attention_backward": bt.attention(cases.spec(dim=3, m=3), *x),
        "exact_attention_backward": bt.exact_attention("softmax", *x),
        "features_backward": phi(x[0]),
    }.items():
        (slope,) = torch.autograd.grad(out.square().sum(), x[0], create_graph=True)
        with pytest.raises(RuntimeError, match=f"bochner::{name}: second derivatives are not"):
            slope.sum().backward()


@pytest.mark.parametrize("backend", ["fused", "torch"])
def test_what_a_mask_hides_leaves_no_trace(cases, backend):
    q, k, v = cases.rows()
    mask = live()
    options = {"key_mask": mask, "backend": backend}
    nan_k, nan_v = k.clone(), v.clone()
    dead = ~mask[:, None].expand(-1, 2, -1)
    nan_k[dead], nan_v[dead] = torch.nan, torch.inf
    for more in ({}, {"causal": True}, {"exact": "window=4 first_keys=2"}):
        x = [t.requires_grad_() for t in (q.clone(), nan_k.clone(), nan_v.clone())]
        out = bt.attention(cases.spec(), *x, **options, **more)
        assert torch.equal(out, bt.attention(cases.spec(), q, k, v, **options, **more))
        out.square().sum().backward()
        assert all(t.grad.isfinite().all() for t in x)
        assert not x[1].grad[dead].any()
        assert not x[2].grad[dead].any()
    exact = bt.exact_attention("softmax", q, nan_k, nan_v, **options)
    assert torch.equal(exact, bt.exact_attention("softmax", q, k, v, **options))


def test_threads_share_maps(cases):
    x = cases.rows(torch.float32)
    specs = [cases.spec(seed=seed) for seed in range(4)]
    expected = [bt.attention(spec, *x) for spec in specs]
    found = [[None] * 4 for _ in range(4)]

    def work(row):
        for i, spec in enumerate(specs):
            row[i] = bt.attention(spec, *x)

    workers = [threading.Thread(target=work, args=(row,)) for row in found]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for row in found:
        assert all(torch.equal(a, b) for a, b in zip(row, expected, strict=True))


def test_cache_of_maps_is_bounded(cases):
    cache = MapCache(most_numbers=3 * 6 * 24)
    texts = [str(cases.spec(seed=seed)) for seed in range(10)]
    kept = [cache.maps(text, 0) for text in texts]
    assert len(cache) == 3
    assert cache.maps(texts[9], 0) is kept[9]
    assert cache.maps(texts[0], 0) is not kept[0]
    assert cache.maps(texts[0], 1).maps[0] != cache.maps(texts[0], 0).maps[0]
    large = MapCache(most_numbers=1)
    assert large.maps(texts[0], 0) is large.maps(texts[0], 0)


def test_given_frequencies(cases):
    weights = np.random.default_rng(0).normal(size=(16, 6))
    given = bo.FeatureMapSpec(
        6,
        16,
        bo.SoftmaxKernel(0.5),
        projection=bo.GivenProjection(bo.GivenFrequencies(weights)),
        features=bo.PositiveFeatures(),
    )
    x = cases.rows(torch.float64)
    fused = bt.attention(given, *x)
    assert np.array_equal(fused.numpy(), bo.attention(given, *(t.numpy() for t in x)))
    assert torch.allclose(bt.attention(given, *x, backend="torch"), fused, atol=1e-12)
    with pytest.raises(ValueError, match="frequencies that were given cannot be redrawn"):
        bt.attention(given, *x, redraws=torch.tensor(1))
