"""The masks between the prompt's tokens, the text encoder and the transformer.

Every mask counts tokens, never ids: a literal `<pad>` in a prompt has id 0 and is a real token.
A boolean mask says True where a query may look at a key; a float mask is added to the attention scores.
"""

from enum import Enum
from typing import Optional

import torch
from torch import Tensor


class TextMask(str, Enum):
    """How the text encoder treats padding. The pictures differ."""

    KEY = "key"
    """Padding keys are hidden; a padding query still sees the real tokens (Hugging Face, diffusers, our default)."""

    TRAINING = "training"
    """Padding queries are hidden too, so that each of them averages over every position (flow, the training code)."""

    NONE = "none"
    """Every token sees every token (ComfyUI, which feeds no padding, or exactly one padding token)."""


def keep_mask(tokenizer_mask: Tensor, extra: int = 1) -> Tensor:
    """generate_t5_padding_mask: which text tokens the transformer gets, [B, T] bool.

    `tokenizer_mask` [B, T] is 1 for every token of the prompt, its end token included. The first `extra` padding
    tokens stay too: the transformer was trained to see one. A row without padding has nothing to add.
    """
    lengths = tokenizer_mask.long().sum(dim=1, keepdim=True)
    positions = torch.arange(tokenizer_mask.shape[1], device=tokenizer_mask.device)
    return positions[None, :] < lengths + extra


def joint_keep(text_keep: Tensor, image_tokens: int) -> Tensor:
    """[B, T] over the text -> [B, T + N] over text and image; image tokens always stay."""
    image = torch.ones(text_keep.shape[0], image_tokens, dtype=torch.bool, device=text_keep.device)
    return torch.cat([text_keep.bool(), image], dim=1)


def outer_mask(keep: Tensor) -> Tensor:
    """[B, L] -> [B, 1, L, L]: query i sees key j if both are kept. Rows of dropped tokens see nothing."""
    keep = keep.bool()
    return keep[:, None, :, None] & keep[:, None, None, :]


def key_mask(keep: Tensor) -> Tensor:
    """[B, L] -> [B, 1, L, L]: every query sees exactly the kept keys."""
    keep = keep.bool()
    return keep[:, None, None, :].expand(-1, -1, keep.shape[1], -1)


def text_encoder_mask(attention_mask: Optional[Tensor], treatment: TextMask = TextMask.KEY) -> Optional[Tensor]:
    """The boolean mask [B, 1, L, L] that T5 gets for a tokenizer mask [B, L]; None where nothing is hidden."""
    if attention_mask is None or treatment == TextMask.NONE:
        return None
    return key_mask(attention_mask) if treatment == TextMask.KEY else outer_mask(attention_mask)
