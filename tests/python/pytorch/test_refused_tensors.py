# SPDX-License-Identifier: Apache-2.0
"""What is refused, by the sentence."""

import pytest

import bochner as bo

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

import bochner.torch as bt  # noqa: E402

META = torch.device("meta")
LONG = torch.int64


def bad_calls(spec):
    q, k, v = torch.ones(2, 4, 5, 6), torch.ones(2, 2, 7, 6), torch.ones(2, 2, 7, 3)
    full = torch.ones(2, 7, dtype=torch.bool)
    double = q.double()
    many = [spec.__replace__(num_frequencies=n) for n in (8, 16)]
    sized = bo.FeatureMapSpec(5, 8, bo.SoftmaxKernel(), features=bo.PositiveFeatures())
    matern = bo.FeatureMapSpec(6, 8, "matern(nu=1.5)")
    learned = torch.ones(2, requires_grad=True)
    plain = {"backend": "torch"}
    return [
        ((q.numpy(), k, v), {}, TypeError, "queries is ndarray, expected a torch.Tensor"),
        ((q[0], k, v), {}, ValueError, "queries has 3 dimensions, expected 4"),
        ((q, k.to(META), v), {}, ValueError, "keys is on meta and queries on cpu, expected one"),
        ((double, k, v), {}, TypeError, "keys has dtype torch.float32 and queries torch.float64"),
        ((q.to(LONG), k, v), {}, TypeError, "queries has dtype torch.int64, expected float32"),
        ((q, k[..., :5], v), {}, ValueError, r"keys has shape \(2, 2, 7, 5\), expected \(2, key"),
        ((q, k, v[:, :, :6]), {}, ValueError, r"values has shape \(2, 2, 6, 3\), expected \(2, 2"),
        ((q[:, :3], k, v), {}, ValueError, "queries has 3 heads and keys 2, expected a multiple"),
        ((q, k, v), {"key_mask": full[0]}, ValueError, r"key_mask has shape \(7,\), expected \(2,"),
        ((q, k, v), {"key_mask": full[:, None, None]}, ValueError, r"key_mask has shape \(2, 1, 1"),
        ((q, k, v), {"key_mask": full.float()}, TypeError, "key_mask has dtype torch.float32"),
        ((q, k, v), {"key_mask": full.to(META)}, ValueError, "key_mask is on meta and queries on"),
        ((q, k, v), {"key_mask": full.numpy()}, TypeError, "key_mask is ndarray, expected a"),
        ((q, k, v), {"causal": 1}, TypeError, "causal is 1"),
        ((q, k, v), {"query_offset": 8}, ValueError, "query_offset is 8, expected -5 to 7"),
        ((q, k, v), {"decay": [0.1]}, ValueError, "decay has 1 entries, expected 2"),
        ((q, k, v), {"decay": [0.1, -1]}, ValueError, r"decay\[1\] is -1.0, expected a finite"),
        ((q, k, v), {"decay": learned}, TypeError, "decay requires a gradient"),
        ((q, k, v), {"exact": 3}, TypeError, "exact is int, expected ExactPairs"),
        ((q, k, v), {"exact": "windows=3"}, ValueError, "exact holds 'windows=3', expected"),
        ((q, k, v), {"rest": "all"}, ValueError, "rest is 'all', expected one of"),
        ((q, k, v), {"softmax_scale": 0.0}, ValueError, "softmax_scale is 0.0, expected a finite"),
        ((q, k, v), {"softmax_scale": torch.ones(3)}, ValueError, r"softmax_scale has shape \(3,"),
        (
            (q, k, v),
            {"softmax_scale": torch.ones((), device=META)},
            ValueError,
            "softmax_scale is on",
        ),
        ((q, k, v), {"backend": "cuda"}, ValueError, "backend is 'cuda', expected one of auto"),
        ((q.to(META), k.to(META), v.to(META)), {"backend": "fused"}, ValueError, "'fused' and"),
        ((q, k, v), {"specs": sized}, ValueError, "queries and keys have dimension 6"),
        ((q, k, v), {"specs": sized, **plain}, ValueError, "queries has rows of 6, expected 5"),
        ((q, k, v), {"specs": []}, ValueError, "specs is empty, expected at least one spec"),
        ((q, k, v), {"specs": [spec] * 3}, ValueError, "maps has 3 entries, expected 2"),
        (
            (q, k, v),
            {"specs": [spec] * 3, **plain},
            ValueError,
            "there are 3 maps, expected 1 or 2",
        ),
        ((q, k, v), {"specs": "nonsense"}, ValueError, "nonsense"),
        ((q, k, v), {"specs": 3}, TypeError, "specs is int"),
        ((q, k, v), {"specs": many, **plain}, ValueError, "several feature functions or sizes"),
        ((q, k, v), {"specs": matern, **plain}, ValueError, "the kernel is MaternKernel"),
        (
            (q, k, v),
            {"specs": spec.__replace__(kernel="gaussian", features="cosine"), **plain},
            ValueError,
            "the features are CosineFeatures",
        ),
        ((q, k, v), {"rest": "means", **plain}, ValueError, "blocks of keys and their means"),
        (
            (q, k, v),
            {"exact": bo.ExactPairs(blocks=bo.KeyBlocks(2)), **plain},
            ValueError,
            "blocks of keys and their means are not offered",
        ),
        (
            (q, k, v),
            {"exact": "heaviest_keys=2", "causal": True, **plain},
            ValueError,
            "exact.heaviest_keys is given with a causal mask",
        ),
        ((q, k, v), {"decay": [0.1, 0.1], **plain}, ValueError, "decay is given"),
        ((q, k, v), {"decay": [0.1, 0.1]}, ValueError, "decay"),
        (
            (q, k, v),
            {"specs": spec.__replace__(kernel="gaussian"), "softmax_scale": 1.0},
            ValueError,
            "softmax_scale is given and the kernel is GaussianKernel",
        ),
    ]


def test_attention_refuses(cases):
    spec = cases.spec()
    for arguments, options, kind, sentence in bad_calls(spec):
        options = {"specs": spec, **options}
        specs = options.pop("specs")
        with pytest.raises(kind, match=sentence):
            bt.attention(specs, *arguments, **options)


def test_exact_attention_refuses():
    q = torch.ones(1, 1, 3, 2)
    kernel = bo.SoftmaxKernel()
    for options, kind, sentence in [
        (
            {"allowed": torch.ones(3, 3)},
            TypeError,
            "allowed has dtype torch.float32, expected bool",
        ),
        ({"allowed": torch.ones(2, 3) > 0}, ValueError, r"allowed has shape \(2, 3\), which does"),
        ({"allowed": torch.ones(1, 1, 1, 3, 3) > 0}, ValueError, "allowed has shape"),
        ({"bias": torch.ones(3, 3).double()}, TypeError, "bias has dtype torch.float64, expected"),
        ({"bias": torch.ones(3, 3, requires_grad=True)}, TypeError, "bias requires a gradient"),
        ({"window": 0}, ValueError, "window is 0, expected at least 1"),
        ({"kernel": "matern(nu=1.5)"}, ValueError, "softmax or gaussian"),
        ({"kernel": "matern(nu=1.5)", "backend": "torch"}, ValueError, "softmax or gaussian"),
    ]:
        options = {"kernel": kernel, **options}
        with pytest.raises(kind, match=sentence):
            bt.exact_attention(options.pop("kernel"), q, q, q, **options)


def test_rows_that_are_too_long_are_named(cases):
    q, k, v = cases.rows(torch.float32)
    q[0, 1, 3, 2] = 1e6
    with pytest.raises(ValueError, match="queries: batch 0, head 1, row 3 is too long"):
        bt.attention(cases.spec(), q, k, v)


@pytest.mark.parametrize("backend", ["fused", "torch"])
def test_a_nan_reaches_the_rows_that_see_it(cases, backend):
    q, k, v = cases.rows(torch.float32)
    expected = bt.attention(cases.spec(), q, k, v, backend=backend)
    q[0, 1, 3, 2] = torch.nan
    out = bt.attention(cases.spec(), q, k, v, backend=backend)
    assert out[0, 1, 3].isnan().all()
    out[0, 1, 3] = expected[0, 1, 3]
    assert torch.equal(out, expected)


def test_modules_refuse(cases):
    spec = cases.spec()
    for options, kind, sentence in [
        ({"embed_dim": 25}, ValueError, r"embed_dim is 25, expected a multiple of num_heads \(4\)"),
        ({"num_key_heads": 3}, ValueError, "num_heads is 4, expected a multiple of num_key_heads"),
        ({"dropout": 0.1}, ValueError, "dropout is 0.1, expected 0: linear attention never forms"),
        ({"add_bias_kv": True}, ValueError, "add_bias_kv is True, which is not offered"),
        ({"add_zero_attn": True}, ValueError, "add_zero_attn is True, which is not offered"),
        (
            {"specs": spec.__replace__(input_dim=5)},
            ValueError,
            "specs have input_dim 5, expected 6",
        ),
        ({"specs": [spec] * 3}, ValueError, "specs has 3 entries, expected 1 or 4"),
        ({"decay": "alibis"}, ValueError, "decay is 'alibis', expected rates or 'alibi'"),
        ({"softmax_scale": "free"}, ValueError, "softmax_scale is 'free', expected one of fixed"),
        ({"rest": "means"}, ValueError, "rest is 'means', expected one of features, none"),
        ({"num_heads": 0}, ValueError, "num_heads is 0, expected at least 1"),
    ]:
        with pytest.raises(kind, match=f"FavorAttention: {sentence}"):
            bt.FavorAttention(**{"embed_dim": 24, "num_heads": 4, **options})
    with pytest.raises(ValueError, match="a state holds a window and first"):
        bt.FavorAttention(24, 4, exact="heaviest_keys=2").start(1)


def test_masks_of_every_kind():
    favor = bt.FavorAttention(24, 4, num_frequencies=8, batch_first=True)
    x = torch.ones(2, 5, 24)
    causal = torch.ones(5, 5, dtype=torch.bool).triu(1)
    for options, kind, sentence in [
        ({"attn_mask": ~causal}, ValueError, "attn_mask is not the causal mask; linear attention"),
        ({"attn_mask": causal.tril(2), "is_causal": True}, ValueError, "is given with is_causal"),
        ({"attn_mask": torch.zeros(5, 5), "is_causal": True}, ValueError, "given with is_causal"),
        ({"attn_mask": torch.rand(5, 5)}, ValueError, "attn_mask is not the causal mask"),
        ({"attn_mask": causal[0]}, ValueError, "attn_mask has 1 dimensions, expected 2"),
        ({"attn_mask": causal.expand(8, 5, 5)}, ValueError, "attn_mask has 3 dimensions"),
        ({"attn_mask": causal.expand(2, 4, 5, 5)}, ValueError, "attn_mask has 4 dimensions"),
        ({"attn_mask": causal[:4]}, ValueError, r"attn_mask has shape \(4, 5\), expected \(5, 5\)"),
        ({"attn_mask": [0]}, TypeError, "attn_mask is list"),
        ({"key_padding_mask": causal[0]}, ValueError, r"key_padding_mask has shape \(5,\), exp"),
        ({"key_padding_mask": torch.rand(2, 5)}, ValueError, "adds other numbers than 0 and minus"),
        ({"key_padding_mask": torch.zeros(2, 5, dtype=LONG)}, TypeError, "has dtype torch.int64"),
        ({"key_padding_mask": [0]}, TypeError, "key_padding_mask is list"),
    ]:
        with pytest.raises(kind, match=f"FavorAttention: .*{sentence}"):
            favor(x, x, x, **options)
    with pytest.raises(ValueError, match="FavorAttention: key has 2 dimensions, expected 3"):
        favor(x, x[0], x)
    with pytest.raises(ValueError, match="FavorAttention: value has 23 columns, expected 24"):
        favor(x, x, x[..., :23])
    nothing = torch.zeros(2, 5).masked_fill(torch.tensor([[False] * 5, [True] * 5]), -torch.inf)
    out, weights = favor(x, x, x, key_padding_mask=nothing, need_weights=True)
    assert not weights[1].any()
    assert out.isfinite().all()


def test_a_state_is_for_the_cpu():
    favor = bt.FavorAttention(24, 4, num_frequencies=8)
    cache = favor.start(1)
    q = torch.ones(1, 4, 2, 6, device=META)
    with pytest.raises(ValueError, match="AttentionCache: queries is on meta"):
        cache.attend(q)
    with pytest.raises(TypeError, match=r"AttentionState\.append"):
        cache.append(torch.ones(1, 4, 2, 6, dtype=torch.float64), torch.ones(1, 4, 2, 6).double())


def test_features_refuse(cases):
    phi = bt.FeatureMap(cases.spec())
    for x, options, kind, sentence in [
        ([1.0], {}, TypeError, "x is list, expected a torch.Tensor"),
        (torch.ones(3, 5), {}, ValueError, "expected"),
        (torch.ones(3, 5), {"backend": "torch"}, ValueError, "x has rows of 5, expected 6"),
        (torch.ones(3, 6, dtype=LONG), {}, TypeError, "x has dtype torch.int64"),
        (torch.ones(3, 6, device=META), {}, ValueError, "x is on meta and the module on cpu"),
        (torch.ones(3, 6), {"side": "left"}, ValueError, "side is 'left', expected"),
        (torch.ones(3, 6).double(), {"backend": "torch"}, TypeError, "the module's buffers"),
    ]:
        with pytest.raises(kind, match=sentence):
            phi(x, **options)
    heads = bt.FeatureMap(bo.head_specs(cases.spec(), 0, 2))
    with pytest.raises(ValueError, match="x has 3 heads, expected 2"):
        heads(torch.ones(3, 4, 6))
    with pytest.raises(ValueError, match="x has 2 dimensions"):
        heads(torch.ones(4, 6))
