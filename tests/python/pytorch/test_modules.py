# SPDX-License-Identifier: Apache-2.0
"""Modules: maps, multi-head attention in the place of torch's, and their checkpoints."""

import copy
import io

import numpy as np
import pytest

import bochner as bo

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

import bochner.torch as bt  # noqa: E402
from bochner.torch._maps import redrawn  # noqa: E402


def rows(*shape, dtype=torch.float32, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("side", ["query", "key"])
def test_features_have_the_bits_of_the_library(cases, dtype, side):
    spec = cases.spec(transform=bo.PairTransform([0.1] * 6, [0.3] * 6))
    phi = bt.FeatureMap(spec, dtype=dtype)
    x = rows(3, 10, 6, dtype=dtype)
    expected = bo.FeatureMap(spec).transform(x.reshape(-1, 6).numpy(), side=side)
    assert np.array_equal(phi(x, side=side).reshape(30, -1).numpy(), expected)
    tolerance = 1e-5 if dtype is torch.float32 else 1e-12
    for shaped in (x, x[0], x[0, 0]):
        fused, plain = (phi(shaped, side=side, backend=b) for b in ("fused", "torch"))
        assert fused.shape == (*shaped.shape[:-1], 48)
        assert torch.allclose(plain, fused, rtol=tolerance, atol=tolerance)
    heads = bt.FeatureMap(bo.head_specs(spec, 0, 3), dtype=dtype)
    fused, plain = (heads(x, side=side, backend=b) for b in ("fused", "torch"))
    assert torch.allclose(plain, fused, rtol=tolerance, atol=tolerance)
    assert torch.equal(fused[1], bt.FeatureMap(bo.head_specs(spec, 0, 3)[1])(x[1], side=side))


def test_features_of_any_kernel_on_the_cpu():
    phi = bt.FeatureMap(bo.FeatureMapSpec(4, 16, "matern(nu=1.5)", seed=1))
    assert phi(rows(5, 4)).shape == (5, 32)
    assert phi.constants() is None
    with pytest.raises(ValueError, match="FeatureMap: these maps are not held outside the CPU"):
        phi(rows(5, 4), backend="torch")


def test_state_of_a_map_is_its_text_and_its_redraws(cases):
    phi = bt.FeatureMap(bo.head_specs(cases.spec(), 0, 2))
    assert sorted(phi.state_dict()) == ["_extra_state", "redraws"]
    for _ in range(3):
        phi.redraw()
    file = io.BytesIO()
    torch.save(phi.state_dict(), file)
    file.seek(0)
    other = bt.FeatureMap(cases.spec(m=8))
    other.load_state_dict(torch.load(file, weights_only=True))
    x = rows(2, 10, 6)
    for backend in ("fused", "torch"):
        assert torch.equal(other(x, backend=backend), phi(x, backend=backend))
    assert other.specs == phi.specs
    assert phi.specs == [redrawn(spec, 3) for spec in bo.head_specs(cases.spec(), 0, 2)]
    other.redraw()
    phi.redraw()
    assert torch.equal(other(x), phi(x))
    assert copy.deepcopy(phi).specs == phi.specs


def test_buffers_follow_the_module(cases):
    phi = bt.FeatureMap(cases.spec())
    x = rows(4, 6, dtype=torch.float64)
    phi.double()
    assert torch.allclose(phi(x, backend="torch"), phi(x), rtol=1e-12)
    phi.bfloat16()
    assert phi.query_projection.dtype is torch.float32
    narrow = phi(x.bfloat16(), backend="torch")
    assert torch.allclose(narrow.float(), phi(x.bfloat16()).float(), rtol=2**-7)
    assert bt.FeatureMap(cases.spec(), device="meta")(torch.empty(3, 6, device="meta")).is_meta
    assert phi.to("meta").query_projection.is_meta


def test_frequencies_are_not_learned(cases):
    phi = bt.FeatureMap(cases.spec())
    assert not list(phi.parameters())
    phi.query_projection.requires_grad_()
    with pytest.raises(ValueError, match="query_projection requires a gradient; frequencies are a"):
        phi(rows(3, 6))


def reference(embed_dim=24, heads=4, **options):
    torch.manual_seed(0)
    return torch.nn.MultiheadAttention(embed_dim, heads, batch_first=True, **options).eval()


def favor_like(module, embed_dim=24, heads=4, **options):
    favor = bt.FavorAttention(embed_dim, heads, batch_first=True, **options)
    found = favor.load_state_dict(module.state_dict(), strict=False)
    assert not found.unexpected_keys
    assert all(name.startswith("feature_map.") for name in found.missing_keys)
    return favor


def test_it_estimates_torchs_attention():
    exact = reference()
    x = 0.5 * rows(2, 40, 24)
    mask = torch.zeros(2, 40, dtype=torch.bool)
    mask[1, 25:] = True
    with torch.no_grad():
        expected, weights = exact(x, x, x, key_padding_mask=mask)
    errors = []
    for m in (64, 4096):
        favor = favor_like(exact, num_frequencies=m, seed=1)
        with torch.no_grad():
            out, mine = favor(x, x, x, key_padding_mask=mask, need_weights=True)
        errors.append(float((out - expected).norm() / expected.norm()))
        assert torch.allclose(mine.sum(-1), torch.ones(2, 40), atol=1e-5)
        assert not mine[1, :, 25:].any()
    assert errors[1] < 0.05
    assert errors[1] < 0.5 * errors[0]
    assert float((mine - weights).abs().max()) < 0.05


def test_exact_pairs_make_it_exact():
    """All pairs weighed exactly: torch's own numbers, in every arrangement of arguments."""
    causal = torch.nn.Transformer.generate_square_subsequent_mask(30)
    for options in ({}, {"kdim": 10, "vdim": 7}, {"bias": False}):
        exact = reference(**options)
        favor = favor_like(exact, exact="window=100", **options)
        x, k, v = (
            rows(2, 30, 24),
            rows(2, 30, options.get("kdim", 24)),
            rows(2, 30, options.get("vdim", 24)),
        )
        for masks in (
            {},
            {"attn_mask": causal},
            {"attn_mask": causal, "is_causal": True},
            {"attn_mask": causal < 0},
            {"attn_mask": torch.zeros(30, 30)},
            {"key_padding_mask": torch.arange(30).expand(2, -1) > 20},
        ):
            theirs = {"attn_mask": causal, **masks} if masks.get("is_causal") else masks
            expected, weights = exact(x, k, v, **theirs)
            out, mine = favor(x, k, v, need_weights=True, **masks)
            assert torch.allclose(out, expected, atol=1e-5)
            assert torch.allclose(mine, weights, atol=1e-5)
            single = favor(
                x[0], k[0], v[0], **{m: t for m, t in masks.items() if "padding" not in m}
            )
            if "key_padding_mask" not in masks:
                assert torch.allclose(single[0], out[0], atol=1e-6)
        heads = favor(x, k, v, need_weights=True, average_attn_weights=False)[1]
        assert heads.shape == (2, 4, 30, 30)
    turned = bt.FavorAttention(24, 4, exact="window=100", bias=False)
    turned.load_state_dict(favor.state_dict())
    swapped = [t.transpose(0, 1) for t in (x, k, v)]
    assert torch.allclose(turned(*swapped)[0].transpose(0, 1), favor(x, k, v)[0], atol=1e-6)


@pytest.mark.parametrize("training", [False, True])
def test_torchs_layers_use_it(training):
    """In evaluation, too, where torch's encoder has a fast path that reads weights by itself."""
    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(24, 4, 48, dropout=0.0, batch_first=True)
    layer.self_attn = favor_like(layer.self_attn, num_frequencies=16)
    encoder = torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    encoder.train(training)
    x = rows(2, 30, 24)
    mask = torch.zeros(2, 30, dtype=torch.bool)
    mask[0, 20:] = True
    with torch.no_grad():
        out = encoder(x, src_key_padding_mask=mask)
        scribbled = x.clone()
        scribbled[0, 20:] = 7.0
        again = encoder(scribbled, src_key_padding_mask=mask)
        assert torch.equal(out[0, :20], again[0, :20])
        for each in encoder.layers:
            each.self_attn.redraw()
        assert not torch.allclose(encoder(x, src_key_padding_mask=mask), out, atol=1e-3)
        causal = torch.nn.Transformer.generate_square_subsequent_mask(30)
        out = encoder(x, mask=causal)
        changed = x.clone()
        changed[:, 20:] = 7.0
        assert torch.equal(encoder(changed, mask=causal)[:, :20], out[:, :20])
    decoder = torch.nn.TransformerDecoderLayer(24, 4, 48, dropout=0.0, batch_first=True)
    decoder.self_attn = favor_like(decoder.self_attn, num_frequencies=16)
    decoder.multihead_attn = favor_like(decoder.multihead_attn, num_frequencies=16)
    stack = torch.nn.TransformerDecoder(decoder, 2).train(training)
    target = rows(2, 30, 24, seed=1).requires_grad_()
    stack(target, x, tgt_mask=causal, memory_key_padding_mask=mask).sum().backward()
    assert target.grad.isfinite().all()


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors is in prototype stage")
def test_an_encoder_whose_layers_were_swapped_later():
    """It makes nested tensors of padded batches, which its own layers would read."""
    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(24, 4, 48, batch_first=True)
    encoder = torch.nn.TransformerEncoder(layer, 2)
    for each in encoder.layers:
        each.self_attn = favor_like(each.self_attn, num_frequencies=16)
    encoder.eval()
    assert encoder.use_nested_tensor
    x = rows(2, 30, 24)
    mask = torch.arange(30).expand(2, -1) >= torch.tensor([[20], [30]])
    with torch.no_grad():
        fast = encoder(x, src_key_padding_mask=mask)
    slow = encoder(x, src_key_padding_mask=mask)
    assert torch.allclose(fast[~mask], slow[~mask], atol=1e-5)


def test_grouped_heads_and_learned_scales():
    favor = bt.FavorAttention(
        24, 4, num_key_heads=2, softmax_scale="learned-per-head", batch_first=True, decay="alibi"
    )
    assert favor.log_softmax_scale.shape == (2,)
    assert torch.allclose(favor.log_softmax_scale.exp(), torch.tensor(6.0).rsqrt())
    x = rows(2, 30, 24)
    out, _ = favor(x, x, x, is_causal=True)
    out.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in favor.parameters())
    one = bt.FavorAttention(24, 4, softmax_scale="learned", batch_first=True)
    one(x, x, x)[0].sum().backward()
    assert one.log_softmax_scale.grad.shape == ()
    with torch.no_grad():
        favor.log_softmax_scale += 0.5
        cache = favor.start(2)
        pieces = [favor.advance(piece, cache) for piece in x.split(7, 1)]
        whole, _ = favor(x, x, x, is_causal=True)
    assert torch.allclose(torch.cat(pieces, 1), whole, atol=1e-5)


def test_backends_of_a_module_agree():
    x = rows(2, 40, 24)
    favor = bt.FavorAttention(24, 4, batch_first=True, num_frequencies=32, exact="window=4")
    fused, _ = favor(x, x, x, is_causal=True)
    favor.backend = "torch"
    assert torch.allclose(favor(x, x, x, is_causal=True)[0], fused, atol=1e-5)
    favor.double()
    plain, _ = favor(x.double(), x.double(), x.double())
    favor.backend = "fused"
    assert torch.allclose(favor(x.double(), x.double(), x.double())[0], plain, atol=1e-11)
    meta = bt.FavorAttention(24, 4, batch_first=True, device="meta")
    assert meta(x.to("meta"), x.to("meta"), x.to("meta"))[0].is_meta


def test_training_resumes_to_the_same_draws():
    def make():
        torch.manual_seed(1)
        return bt.FavorAttention(12, 2, num_frequencies=8, batch_first=True)

    def train(model, schedule, optimiser, steps, first):
        losses = []
        for step in range(first, first + steps):
            x = rows(2, 10, 12, seed=step)
            loss = model(x, x, x)[0].square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        return losses

    def parts(model):
        return bt.RedrawSchedule(model, 3), torch.optim.SGD(model.parameters(), 0.1)

    model = make()
    schedule, optimiser = parts(model)
    train(model, schedule, optimiser, 5, 0)
    kept = copy.deepcopy((model.state_dict(), schedule.state_dict(), optimiser.state_dict()))
    expected = train(model, schedule, optimiser, 5, 5)
    again = make()
    schedule, optimiser = parts(again)
    for part, state in zip((again, schedule, optimiser), kept, strict=True):
        part.load_state_dict(state)
    assert train(again, schedule, optimiser, 5, 5) == expected
    assert int(again.feature_map.redraws) == 3
