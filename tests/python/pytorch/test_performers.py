# SPDX-License-Identifier: Apache-2.0
"""Performers: stacks of layers, and generation from states of constant size."""

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

import bochner.torch as bt  # noqa: E402

SMALL = {"num_frequencies": 16, "hidden_dim": 32}


def rows(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_layers_draw_independently():
    torch.manual_seed(0)
    decoder = bt.PerformerDecoder(2, 24, 4, memory_dim=10, **SMALL)
    maps = [m for m in decoder.modules() if isinstance(m, bt.FeatureMap)]
    seeds = [spec.seed for each in maps for spec in each.specs]
    assert len(seeds) == len(set(seeds)) == 2 * 2 * 4
    bt.redraw(decoder)
    later = [spec.seed for each in maps for spec in each.specs]
    assert not {*seeds} & {*later}


@pytest.mark.parametrize("options", [{}, {"exact": "window=5 first_keys=2", "decay": "alibi"}])
def test_a_decoder_sees_no_later_rows_and_advances(options):
    torch.manual_seed(0)
    decoder = bt.PerformerDecoder(2, 24, 4, num_key_heads=2, memory_dim=10, **SMALL, **options)
    decoder.eval()
    x, memory = rows(2, 40, 24), rows(2, 15, 10, seed=1)
    mask = torch.ones(2, 15, dtype=torch.bool)
    mask[0, 9:] = False
    with torch.no_grad():
        whole = decoder(x, memory, memory_key_padding_mask=~mask)
        changed = x.clone()
        changed[:, 30:] = 3.0
        early = decoder(changed, memory, memory_key_padding_mask=~mask)
    assert torch.equal(early[:, :30], whole[:, :30])
    for cut in (1, 7, 40):
        caches = decoder.start(2, memory, memory_key_mask=mask)
        pieces = [decoder.advance(piece, caches) for piece in x.split(cut, 1)]
        assert torch.allclose(torch.cat(pieces, 1), whole, atol=2e-5)
        assert caches[0].own.length == 40
    caches = decoder.start(2, memory, memory_key_mask=mask)
    decoder.advance(x[:, :20], caches)
    for cache in caches:
        for kept in cache:
            kept.select(torch.tensor([1, 1]))
    beams = decoder.advance(x[[1, 1], 20:], caches)
    assert torch.allclose(beams, whole[[1, 1], 20:], atol=2e-5)


def test_padding_of_a_decoder_leaves_no_trace():
    torch.manual_seed(0)
    decoder = bt.PerformerDecoder(1, 24, 4, **SMALL).eval()
    x = rows(1, 12, 24)
    padded = torch.cat([torch.full((1, 5, 24), 9.0), x], 1)
    live = torch.arange(17).expand(1, -1) >= 5
    out = decoder.advance(padded, decoder.start(1), key_mask=live)
    assert torch.allclose(out[:, 5:], decoder.advance(x, decoder.start(1)), atol=1e-6)
    encoder = bt.PerformerEncoder(1, 24, 4, **SMALL)
    spoiled = torch.where(live.unsqueeze(-1), padded, 0.5)
    a, b = (encoder(t, key_padding_mask=~live)[:, 5:] for t in (padded, spoiled))
    assert torch.equal(a, b)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_dtypes(dtype):
    torch.manual_seed(0)
    decoder = bt.PerformerDecoder(1, 24, 4, dtype=dtype, **SMALL)
    x = rows(1, 20, 24).to(dtype)
    whole = decoder(x)
    whole.float().sum().backward()
    assert all(p.grad.dtype is dtype for p in decoder.parameters() if p.grad is not None)
    decoder.eval()
    caches = decoder.start(1)
    out = torch.cat([decoder.advance(piece, caches) for piece in x.split(6, 1)], 1)
    assert out.dtype is dtype
    tolerance = 1e-10 if dtype is torch.float64 else 0.1
    assert torch.allclose(out, whole.detach(), atol=tolerance)


def test_a_model_learns_to_repeat():
    """A sequence of period 4, over redraws; what is generated is what the model predicts."""
    torch.manual_seed(0)
    model = bt.PerformerLanguageModel(8, 64, 1, 32, 2, num_frequencies=32)
    optimiser = torch.optim.Adam(model.parameters(), 1e-2)
    schedule = bt.RedrawSchedule(model, 10)
    period = torch.tensor([1, 5, 2, 7])
    tokens = torch.stack([period.roll(i).repeat(8) for i in range(4)])
    for _ in range(60):
        logits = model(tokens[:, :-1])
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    model.eval()
    assert loss.item() < 0.2
    found = model.generate(tokens[:, :16], 16)
    predicted = model(found).argmax(-1)
    assert torch.equal(found[:, 16:], predicted[:, 15:-1])
    one, two = (
        model.generate(
            tokens[:, :3], 5, temperature=1.5, generator=torch.Generator().manual_seed(2)
        )
        for _ in range(2)
    )
    assert torch.equal(one, two)
    assert torch.equal(model.generate(tokens[:, :3], 0), tokens[:, :3])


def test_a_layer_is_compiled_and_checkpointed():
    torch.manual_seed(0)
    layer = bt.PerformerLayer(24, 4, **SMALL)
    x = rows(2, 20, 24)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    assert torch.allclose(compiled(x, causal=True), layer(x, causal=True), atol=1e-6)
    learned = x.clone().requires_grad_()
    kept = torch.utils.checkpoint.checkpoint(layer, learned, causal=True, use_reentrant=False)
    kept.sum().backward()
    plain = x.clone().requires_grad_()
    layer(plain, causal=True).sum().backward()
    assert torch.equal(learned.grad, plain.grad)


def test_refusals():
    layer = bt.PerformerLayer(24, 4, **SMALL)
    with pytest.raises(ValueError, match="memory is given, and the layer was made without"):
        layer(rows(1, 4, 24), rows(1, 4, 24))
    layer = bt.PerformerLayer(24, 4, memory_dim=3, **SMALL)
    with pytest.raises(ValueError, match="memory is missing"):
        layer(rows(1, 4, 24))
    with pytest.raises(ValueError, match="memory is missing"):
        layer.start(1)
    with pytest.raises(ValueError, match="PerformerEncoder: depth is 0, expected at least 1"):
        bt.PerformerEncoder(0, 24, 4)
    model = bt.PerformerLanguageModel(5, 8, 1, 12, 2, **SMALL)
    with pytest.raises(ValueError, match="tokens reach position 8, expected below 8"):
        model(torch.zeros(1, 9, dtype=torch.int64))
    with pytest.raises(ValueError, match="generate: prompt has shape"):
        model.generate(torch.zeros(1, 0, dtype=torch.int64), 1)
    with pytest.raises(ValueError, match="generate: temperature is -1"):
        model.generate(torch.zeros(1, 1, dtype=torch.int64), 1, temperature=-1.0)
    with pytest.raises(ValueError, match="RedrawSchedule: every is 0"):
        bt.RedrawSchedule(model, 0)
