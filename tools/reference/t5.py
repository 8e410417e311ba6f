"""The encoder of T5 v1.1 in PyTorch, with the module and weight names of Hugging Face's checkpoints.

Pre-norm RMS layers without bias, attention without 1/sqrt(d) but with a relative position bias that block 0 owns and
every block uses, gated GELU. Shapes: B samples, L tokens, M model width, H heads.
"""

import math
from dataclasses import dataclass
from typing import Mapping, Optional

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass
class T5Config:
    """The sizes of a T5 encoder; the defaults are those of T5 v1.1 XXL."""

    vocab_size: int = 32_128
    d_model: int = 4096
    d_kv: int = 64
    d_ff: int = 10_240
    num_layers: int = 24
    num_heads: int = 64
    relative_attention_num_buckets: int = 32
    relative_attention_max_distance: int = 128
    layer_norm_epsilon: float = 1e-6

    @classmethod
    def from_state_dict(cls, weights: Mapping[str, Tensor]) -> "T5Config":
        """Reads every size from the shapes (the largest distance of the position buckets is always 128)."""
        embedding = _embedding(weights)
        first = "encoder.block.0.layer"
        buckets, heads = weights[f"{first}.0.SelfAttention.relative_attention_bias.weight"].shape
        return cls(
            vocab_size=embedding.shape[0],
            d_model=embedding.shape[1],
            d_kv=weights[f"{first}.0.SelfAttention.q.weight"].shape[0] // heads,
            d_ff=weights[f"{first}.1.DenseReluDense.wi_0.weight"].shape[0],
            num_layers=len({name.split(".")[2] for name in weights if name.startswith("encoder.block.")}),
            num_heads=heads,
            relative_attention_num_buckets=buckets,
        )


def _embedding(weights: Mapping[str, Tensor]) -> Tensor:
    for name in ("shared.weight", "encoder.embed_tokens.weight"):
        if name in weights:
            return weights[name]
    raise ValueError("not a T5 encoder: there is no tensor shared.weight or encoder.embed_tokens.weight")


def position_bucket(relative: Tensor, buckets: int = 32, max_distance: int = 128) -> Tensor:
    """Key position minus query position -> bucket: half for each direction, near ones exact, far ones logarithmic."""
    half = buckets // 2
    exact = half // 2
    distance = relative.abs()
    # distance 0 would make log(0); it is an exact bucket, so any value does there
    ratio = torch.log(distance.clamp(min=1).float() / exact) / math.log(max_distance / exact)
    far = (exact + (ratio * (half - exact)).long()).clamp(max=half - 1)
    return torch.where(distance < exact, distance, far) + (relative > 0).long() * half


class T5LayerNorm(nn.Module):
    """x / sqrt(mean(x^2) + eps) * weight, in float32."""

    def __init__(self, config: T5Config):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(config.d_model))
        self.epsilon = config.layer_norm_epsilon

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        normed = wide * torch.rsqrt(wide.pow(2).mean(dim=-1, keepdim=True) + self.epsilon)
        return self.weight * normed.type_as(self.weight)


class T5Attention(nn.Module):
    """softmax(q k^T + bias) v, without a scale."""

    def __init__(self, config: T5Config, has_bias: bool):
        super().__init__()
        self.config = config
        inner = config.num_heads * config.d_kv
        self.q = nn.Linear(config.d_model, inner, bias=False)
        self.k = nn.Linear(config.d_model, inner, bias=False)
        self.v = nn.Linear(config.d_model, inner, bias=False)
        self.o = nn.Linear(inner, config.d_model, bias=False)
        if has_bias:
            self.relative_attention_bias = nn.Embedding(config.relative_attention_num_buckets, config.num_heads)

    def position_bias(self, length: int) -> Tensor:
        """[1, H, L, L]: bias[h, query, key] = table[bucket(key - query), h]. Only block 0 has the table."""
        positions = torch.arange(length, device=self.q.weight.device)
        buckets = position_bucket(
            positions[None, :] - positions[:, None],
            self.config.relative_attention_num_buckets,
            self.config.relative_attention_max_distance,
        )
        return self.relative_attention_bias(buckets).permute(2, 0, 1).unsqueeze(0)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """x [B, L, M], bias [1 or B, H, L, L] (positions and mask) -> [B, L, M]."""
        batch, length, _ = x.shape

        def heads(projected: Tensor) -> Tensor:
            return projected.reshape(batch, length, self.config.num_heads, self.config.d_kv).transpose(1, 2)

        scores = heads(self.q(x)) @ heads(self.k(x)).transpose(-1, -2)
        weights = torch.softmax(scores.float() + bias.float(), dim=-1)
        v = heads(self.v(x))
        return self.o((weights.type_as(v) @ v).transpose(1, 2).flatten(2))


class T5LayerSelfAttention(nn.Module):
    def __init__(self, config: T5Config, has_bias: bool):
        super().__init__()
        self.SelfAttention = T5Attention(config, has_bias)
        self.layer_norm = T5LayerNorm(config)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        return x + self.SelfAttention(self.layer_norm(x), bias)


class T5DenseGatedActDense(nn.Module):
    """wo(gelu(wi_0 x) * wi_1 x), GELU in its tanh form."""

    def __init__(self, config: T5Config):
        super().__init__()
        self.wi_0 = nn.Linear(config.d_model, config.d_ff, bias=False)
        self.wi_1 = nn.Linear(config.d_model, config.d_ff, bias=False)
        self.wo = nn.Linear(config.d_ff, config.d_model, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.wo(F.gelu(self.wi_0(x), approximate="tanh") * self.wi_1(x))


class T5LayerFF(nn.Module):
    def __init__(self, config: T5Config):
        super().__init__()
        self.DenseReluDense = T5DenseGatedActDense(config)
        self.layer_norm = T5LayerNorm(config)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.DenseReluDense(self.layer_norm(x))


class T5Block(nn.Module):
    def __init__(self, config: T5Config, has_bias: bool):
        super().__init__()
        self.layer = nn.ModuleList([T5LayerSelfAttention(config, has_bias), T5LayerFF(config)])

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        return self.layer[1](self.layer[0](x, bias))


class T5Stack(nn.Module):
    def __init__(self, config: T5Config, embed_tokens: nn.Embedding):
        super().__init__()
        self.embed_tokens = embed_tokens
        self.block = nn.ModuleList(T5Block(config, i == 0) for i in range(config.num_layers))
        self.final_layer_norm = T5LayerNorm(config)

    def forward(self, ids: Tensor, mask: Optional[Tensor] = None) -> Tensor:
        x = self.embed_tokens(ids)
        bias = self.block[0].layer[0].SelfAttention.position_bias(ids.shape[1])
        if mask is not None:
            # the lowest finite number, not -inf: a query that sees no key averages over all of them
            bias = bias.float().masked_fill(~mask, torch.finfo(torch.float32).min)
        for block in self.block:
            x = block(x, bias)
        return self.final_layer_norm(x)


class T5Encoder(nn.Module):
    """Token ids -> one vector per token."""

    def __init__(self, config: T5Config):
        super().__init__()
        self.config = config
        self.shared = nn.Embedding(config.vocab_size, config.d_model)
        self.encoder = T5Stack(config, self.shared)
        self.initialise()

    @classmethod
    def from_state_dict(cls, weights: Mapping[str, Tensor]) -> "T5Encoder":
        """A float32 model in evaluation mode. Decoder weights are ignored."""
        model = cls(T5Config.from_state_dict(weights))
        used = {n: t.float() for n, t in weights.items() if n.startswith("encoder.")}
        used["shared.weight"] = used["encoder.embed_tokens.weight"] = _embedding(weights).float()
        model.load_state_dict(used)
        return model.eval()

    def initialise(self) -> None:
        """The widths of T5's own initialisation (no attention scale, so the queries carry it)."""
        c = self.config
        nn.init.normal_(self.shared.weight, std=1.0)
        for block in self.encoder.block:
            attention, dense = block.layer[0].SelfAttention, block.layer[1].DenseReluDense
            nn.init.normal_(attention.q.weight, std=(c.d_model * c.d_kv) ** -0.5)
            nn.init.normal_(attention.k.weight, std=c.d_model**-0.5)
            nn.init.normal_(attention.v.weight, std=c.d_model**-0.5)
            nn.init.normal_(attention.o.weight, std=(c.num_heads * c.d_kv) ** -0.5)
            nn.init.normal_(dense.wi_0.weight, std=c.d_model**-0.5)
            nn.init.normal_(dense.wi_1.weight, std=c.d_model**-0.5)
            nn.init.normal_(dense.wo.weight, std=c.d_ff**-0.5)
        first = self.encoder.block[0].layer[0].SelfAttention
        nn.init.normal_(first.relative_attention_bias.weight, std=c.d_model**-0.5)

    def forward(self, input_ids: Tensor, mask: Optional[Tensor] = None) -> Tensor:
        """input_ids [B, L], mask [B, 1, L, L] bool (see masks.text_encoder_mask) -> [B, L, M]."""
        return self.encoder(input_ids, mask)
