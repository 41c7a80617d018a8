# SPDX-License-Identifier: Apache-2.0
"""Tiny random models, always the same ones."""

import inspect

import torch
import transformers

VOCABULARY = 50
_SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
_TEXT = {
    **_SIZES,
    "vocab_size": VOCABULARY,
    "intermediate_size": 48,
    "bos_token_id": None,
    "eos_token_id": None,
    "pad_token_id": 0,
}


class Models:
    """Tiny random models by name."""

    vocabulary = VOCABULARY

    @staticmethod
    def make(name, **options):
        """In evaluation mode; weights large enough for attention to look closely somewhere."""
        t = transformers
        wide = {"initializer_range": 0.2, **options}
        torch.manual_seed(5)
        if name == "gpt2":
            sizes = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 640}
            config = t.GPT2Config(**{**_TEXT, **sizes, **wide})
            model = t.GPT2LMHeadModel(config)
        elif name == "llama":
            config = t.LlamaConfig(**{**_TEXT, "num_key_value_heads": 2, **wide})
            model = t.LlamaForCausalLM(config)
        elif name == "mistral":
            window = {"num_key_value_heads": 2, "sliding_window": 9}
            config = t.MistralConfig(**{**_TEXT, **window, **wide})
            model = t.MistralForCausalLM(config)
        elif name == "bert":
            model = t.BertModel(t.BertConfig(**{**_TEXT, "max_position_embeddings": 640, **wide}))
        else:
            assert name == "vit"
            sizes = {"intermediate_size": 48, "image_size": 32, "patch_size": 4}
            model = t.ViTModel(t.ViTConfig(**{**_SIZES, **sizes, **wide}))
        return model.eval()

    @staticmethod
    def tokens(batch, length, seed=0):
        generator = torch.Generator().manual_seed(seed)
        return torch.randint(1, VOCABULARY, (batch, length), generator=generator)

    @staticmethod
    def padding(batch, length, side):
        """A mask with 0, 7, 14, ... tokens of padding."""
        mask = torch.ones((batch, length), dtype=torch.long)
        for entry in range(batch):
            mask[entry, : 7 * entry] = 0
        return mask if side == "left" else mask.flip(1)

    @staticmethod
    def cached(model):
        """What its cache is called among its inputs."""
        inputs = inspect.signature(model.forward).parameters
        return "cache" if "cache" in inputs else "past_key_values"

    @staticmethod
    def states(model, *args, **kwargs):
        """Logits, or the last hidden state."""
        with torch.no_grad():
            found = model(*args, **kwargs)
        return found.logits if "logits" in found else found.last_hidden_state
