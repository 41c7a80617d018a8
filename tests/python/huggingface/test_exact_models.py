# SPDX-License-Identifier: Apache-2.0
"""Models with the library's exact attention give what they give with their own."""

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

# Of float32 through two layers, relative to the largest output.
_ROUNDING = 1e-5


def both(models, model, *args, **kwargs):
    """States with eager attention and with the library's."""
    model.set_attn_implementation("eager")
    eager = models.states(model, *args, **kwargs)
    model.set_attn_implementation("bochner")
    return eager, models.states(model, *args, **kwargs)


def difference(eager, found, live=None):
    if live is not None:
        eager, found = eager[live.bool()], found[live.bool()]
    return float((eager - found).abs().max() / eager.abs().max())


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", ["gpt2", "llama", "mistral", "bert"])
def test_padded_text(models, name, side):
    ids, mask = models.tokens(4, 40), models.padding(4, 40, side)
    eager, found = both(models, models.make(name), ids, attention_mask=mask)
    assert difference(eager, found, mask) < _ROUNDING


@pytest.mark.parametrize("name", ["gpt2", "llama", "mistral", "bert"])
def test_text_without_a_mask(models, name):
    eager, found = both(models, models.make(name), models.tokens(2, 33))
    assert difference(eager, found) < _ROUNDING


def test_images(models):
    pixels = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    eager, found = both(models, models.make("vit"), pixel_values=pixels)
    assert difference(eager, found) < _ROUNDING


def test_a_window_is_seen_exactly(models):
    """What is behind the window of all layers together changes no bit; what is in it does."""
    model = models.make("mistral")
    model.set_attn_implementation("bochner")
    ids = models.tokens(1, 40)
    before = models.states(model, ids)[0, -1]
    reach = 2 * (9 - 1)
    for distance, same in ((reach + 1, True), (reach, False)):
        other = ids.clone()
        other[0, -1 - distance] = 1 + other[0, -1 - distance] % (models.vocabulary - 1)
        assert torch.equal(models.states(model, other)[0, -1], before) is same


@pytest.mark.parametrize("name", ["llama", "mistral", "bert"])
def test_no_bit_depends_on_padding(models, name):
    model = models.make(name)
    model.set_attn_implementation("bochner")
    ids, mask = models.tokens(4, 40), models.padding(4, 40, "left")
    live = mask.bool()
    before = models.states(model, ids, attention_mask=mask)
    scribbled = torch.where(live, ids, models.tokens(4, 40, seed=1))
    assert not torch.equal(ids, scribbled)
    after = models.states(model, scribbled, attention_mask=mask)
    assert torch.equal(before[live], after[live])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_beams": 3},
        {"use_cache": False},
        {"cache_implementation": "static"},
    ],
    ids=["cache", "beams", "no-cache", "static-cache"],
)
@pytest.mark.parametrize("name", ["gpt2", "llama", "mistral"])
def test_generated_tokens(models, name, options):
    model = models.make(name)
    ids, mask = models.tokens(3, 20), models.padding(3, 20, "left")
    found = []
    for implementation in ("eager", "bochner"):
        model.set_attn_implementation(implementation)
        found.append(
            model.generate(ids, attention_mask=mask, max_new_tokens=12, do_sample=False, **options)
        )
    assert torch.equal(*found)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_narrow_weights(models, dtype):
    """Rounded where eager attention rounds, and in fewer places."""
    ids, mask = models.tokens(3, 30), models.padding(3, 30, "left")
    model = models.make("llama")
    wide = models.states(model, ids, attention_mask=mask)
    eager, found = both(models, model.to(dtype), ids, attention_mask=mask)
    assert found.dtype is dtype
    assert difference(wide, found.float(), mask) < 1.5 * difference(wide, eager.float(), mask)


def test_gradients(models):
    ids, mask = models.tokens(2, 24), models.padding(2, 24, "right")
    labels = ids.masked_fill(mask == 0, -100)
    model = models.make("llama")
    model.train()
    gradients = []
    for implementation in ("eager", "bochner"):
        model.set_attn_implementation(implementation)
        model.zero_grad()
        model(ids, attention_mask=mask, labels=labels).loss.backward()
        gradients.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
    assert difference(*gradients) < _ROUNDING


def test_gradient_checkpointing(models):
    ids = models.tokens(2, 24)
    model = models.make("llama").train()
    model.set_attn_implementation("bochner")
    gradients = []
    for checkpointing in (False, True):
        if checkpointing:
            model.activation_checkpointing_enable()
        model.zero_grad()
        model(ids, labels=ids, use_cache=False).loss.backward()
        gradients.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
    assert torch.equal(*gradients)


def test_encoder_and_decoder(models):
    """Three kinds of attention, one of them across."""
    from transformers import BartConfig, BartModel

    torch.manual_seed(0)
    config = BartConfig(
        vocab_size=models.vocabulary,
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=48,
        decoder_ffn_dim=48,
        init_std=0.2,
        pad_token_id=0,
    )
    model = BartModel(config).eval()
    eager, found = both(
        models,
        model,
        models.tokens(3, 30),
        attention_mask=models.padding(3, 30, "right"),
        decoder_input_ids=models.tokens(3, 11, seed=1),
    )
    assert difference(eager, found) < _ROUNDING
