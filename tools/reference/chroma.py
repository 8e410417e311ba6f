"""The Chroma transformer in PyTorch, read top to bottom in the order in which data flows.

Modules and parameters carry the names of the public checkpoints, so a checkpoint loads as it is and a forward hook on
`named_modules()` has the name that the engine's layer taps use. Shapes: B samples, T text tokens, N image tokens,
L = T + N, C hidden size, H heads, D = C / H. Text stands before the image wherever both are in one sequence.

The network is that of lodestone-rock/flow (Chroma1): FLUX.1-schnell in which one small network, the Approximator,
produces every modulation vector from the timestep and the index of the vector.
"""

import math
from dataclasses import dataclass
from typing import List, Mapping, NamedTuple, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from masks import joint_keep, outer_mask
from positions import EmbedND, apply_rope, image_ids, pack, pad_to_patch, text_ids, timestep_embedding, unpack

EPSILON = 1e-6


@dataclass
class ChromaConfig:
    """The sizes of a Chroma transformer; the defaults are Chroma1's."""

    in_channels: int = 64
    context_in_dim: int = 4096
    hidden_size: int = 3072
    num_heads: int = 24
    depth: int = 19
    depth_single_blocks: int = 38
    mlp_ratio: float = 4.0
    axes_dim: Tuple[int, int, int] = (16, 56, 56)
    theta: float = 10_000.0
    approximator_in_dim: int = 64
    approximator_hidden_size: int = 5120
    approximator_depth: int = 5

    def __post_init__(self):
        if self.hidden_size % self.num_heads:
            raise ValueError(f"hidden size {self.hidden_size} does not divide into {self.num_heads} heads")
        if any(axis <= 0 or axis % 2 for axis in self.axes_dim) or sum(self.axes_dim) != self.head_dim:
            raise ValueError(f"rope axes {tuple(self.axes_dim)} must be even and sum to the head size {self.head_dim}")

    @property
    def head_dim(self) -> int:
        return self.hidden_size // self.num_heads

    @property
    def mlp_hidden(self) -> int:
        return int(self.hidden_size * self.mlp_ratio)

    @property
    def modulation_rows(self) -> int:
        return 3 * self.depth_single_blocks + 12 * self.depth + 2

    @classmethod
    def from_state_dict(cls, weights: Mapping[str, Tensor], axes_dim=None) -> "ChromaConfig":
        """Reads every size from the shapes. Rope axes cannot be seen there: Chroma1's, unless they are given."""
        for name in ("img_in.weight", "txt_in.weight", "distilled_guidance_layer.in_proj.weight"):
            if name not in weights:
                raise ValueError(f"not a Chroma transformer: there is no tensor {name}")
        hidden, in_channels = weights["img_in.weight"].shape
        approximator_hidden, approximator_in = weights["distilled_guidance_layer.in_proj.weight"].shape
        doubles, singles = _count(weights, "double_blocks"), _count(weights, "single_blocks")
        if doubles:
            head_dim = weights["double_blocks.0.img_attn.norm.query_norm.scale"].shape[0]
            mlp_hidden = weights["double_blocks.0.img_mlp.0.weight"].shape[0]
        else:
            head_dim = weights["single_blocks.0.norm.query_norm.scale"].shape[0]
            mlp_hidden = weights["single_blocks.0.linear2.weight"].shape[1] - hidden
        return cls(
            in_channels=in_channels,
            context_in_dim=weights["txt_in.weight"].shape[1],
            hidden_size=hidden,
            num_heads=hidden // head_dim,
            depth=doubles,
            depth_single_blocks=singles,
            mlp_ratio=mlp_hidden / hidden,
            axes_dim=tuple(axes_dim) if axes_dim else cls.axes_dim,
            approximator_in_dim=approximator_in,
            approximator_hidden_size=approximator_hidden,
            approximator_depth=_count(weights, "distilled_guidance_layer.layers"),
        )


def _count(weights: Mapping[str, Tensor], prefix: str) -> int:
    """How many numbered modules there are under `prefix`."""
    indices = {int(name[len(prefix) + 1 :].split(".")[0]) for name in weights if name.startswith(prefix + ".")}
    if indices != set(range(len(indices))):
        raise ValueError(f"{prefix}: the blocks {sorted(indices)} are not numbered from 0 without a gap")
    return len(indices)


# --- normalisation, attention, modulation ----------------------------------------------------------------------------


class RMSNorm(nn.Module):
    """x / sqrt(mean(x^2) + eps) * scale, in float32."""

    def __init__(self, dim: int):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        normed = wide * torch.rsqrt(wide.pow(2).mean(dim=-1, keepdim=True) + EPSILON)
        return normed.type_as(x) * self.scale.type_as(x)


class QKNorm(nn.Module):
    """Normalises queries and keys per head, each with a scale of its own."""

    def __init__(self, head_dim: int):
        super().__init__()
        self.query_norm = RMSNorm(head_dim)
        self.key_norm = RMSNorm(head_dim)

    def forward(self, q: Tensor, k: Tensor) -> Tuple[Tensor, Tensor]:
        return self.query_norm(q), self.key_norm(k)


def split_heads(qkv: Tensor, heads: int) -> Tuple[Tensor, Tensor, Tensor]:
    """[B, L, 3*H*D] -> q, k, v, each [B, H, L, D]."""
    batch, length, _ = qkv.shape
    return qkv.reshape(batch, length, 3, heads, -1).permute(2, 0, 3, 1, 4).unbind(0)


def attention(q: Tensor, k: Tensor, v: Tensor, pe: Optional[Tensor] = None, mask: Optional[Tensor] = None) -> Tensor:
    """softmax(q k^T / sqrt(D) + mask) v: [B, H, L, D] each -> [B, L, H*D].

    A boolean mask [B, 1, L, L] says which keys a query sees; a query that sees none gives zeros. A float mask is added.
    """
    if pe is not None:
        q, k = apply_rope(q, pe), apply_rope(k, pe)
    seeing = None
    if mask is not None and mask.dtype == torch.bool:
        seeing = mask.any(dim=-1, keepdim=True)
        mask = mask | ~seeing  # a row of nothing but -inf would be NaN; its result is dropped below
    if hasattr(F, "scaled_dot_product_attention"):
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    else:
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
        if mask is not None:
            scores = scores.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else scores + mask
        out = torch.softmax(scores.float(), dim=-1).type_as(v) @ v
    if seeing is not None:
        out = torch.where(seeing, out, torch.zeros_like(out))
    return out.transpose(1, 2).flatten(2)


class ModulationOut(NamedTuple):
    """What one place of one block gets from the Approximator, each [B, 1, C]."""

    shift: Tensor
    scale: Tensor
    gate: Optional[Tensor] = None

    @staticmethod
    def at(table: Tensor, row: int) -> "ModulationOut":
        """Rows `row`..`row`+2 of the table [B, rows, C] as shift, scale and gate."""
        return ModulationOut(*(table[:, r : r + 1] for r in range(row, row + 3)))


def modulate(x: Tensor, modulation: ModulationOut) -> Tensor:
    """(1 + scale) x + shift."""
    return (1 + modulation.scale) * x + modulation.shift


class Modulations(NamedTuple):
    """The Approximator's table, cut up: singles first, then the doubles' image sides, text sides, last the final."""

    single: List[ModulationOut]
    double_img: List[Tuple[ModulationOut, ModulationOut]]
    double_txt: List[Tuple[ModulationOut, ModulationOut]]
    final: ModulationOut

    @staticmethod
    def from_table(table: Tensor, depth: int, depth_single_blocks: int) -> "Modulations":
        images = 3 * depth_single_blocks
        texts = images + 6 * depth
        last = texts + 6 * depth

        def pair(row: int) -> Tuple[ModulationOut, ModulationOut]:
            return ModulationOut.at(table, row), ModulationOut.at(table, row + 3)

        return Modulations(
            [ModulationOut.at(table, 3 * i) for i in range(depth_single_blocks)],
            [pair(images + 6 * i) for i in range(depth)],
            [pair(texts + 6 * i) for i in range(depth)],
            ModulationOut(table[:, last : last + 1], table[:, last + 1 : last + 2]),
        )


# --- the blocks ------------------------------------------------------------------------------------------------------


class MLPEmbedder(nn.Module):
    """out_layer(silu(in_layer(x)))."""

    def __init__(self, dim: int):
        super().__init__()
        self.in_layer = nn.Linear(dim, dim)
        self.silu = nn.SiLU()
        self.out_layer = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.out_layer(self.silu(self.in_layer(x)))


class Approximator(nn.Module):
    """One row per modulation vector -> the vector: [B, rows, in] -> [B, rows, C]."""

    def __init__(self, in_dim: int, out_dim: int, hidden_dim: int, depth: int):
        super().__init__()
        self.in_proj = nn.Linear(in_dim, hidden_dim)
        self.layers = nn.ModuleList(MLPEmbedder(hidden_dim) for _ in range(depth))
        self.norms = nn.ModuleList(RMSNorm(hidden_dim) for _ in range(depth))
        self.out_proj = nn.Linear(hidden_dim, out_dim)

    def forward(self, x: Tensor) -> Tensor:
        x = self.in_proj(x)
        for layer, norm in zip(self.layers, self.norms):
            x = x + layer(norm(x))
        return self.out_proj(x)


def approximator_input(timesteps: Tensor, guidance: Tensor, rows: int, in_dim: int = 64) -> Tensor:
    """[B], [B] -> [B, rows, in_dim]: a quarter timestep, a quarter guidance, a half index of the modulation vector."""
    quarter, half = in_dim // 4, in_dim // 2
    time = torch.cat([timestep_embedding(timesteps, quarter), timestep_embedding(guidance, quarter)], dim=-1)
    index = timestep_embedding(torch.arange(rows, device=timesteps.device), half)
    batch = timesteps.shape[0]
    return torch.cat([time[:, None].expand(-1, rows, -1), index[None].expand(batch, -1, -1)], dim=-1)


def layer_norm(dim: int) -> nn.LayerNorm:
    """LayerNorm without weights: the modulation is its affine part."""
    return nn.LayerNorm(dim, elementwise_affine=False, eps=EPSILON)


class SelfAttention(nn.Module):
    """The weights of one side's attention. The block calls its parts; it has no forward of its own."""

    def __init__(self, dim: int, head_dim: int):
        super().__init__()
        self.qkv = nn.Linear(dim, 3 * dim)
        self.norm = QKNorm(head_dim)
        self.proj = nn.Linear(dim, dim)


def mlp(dim: int, hidden: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(dim, hidden), nn.GELU(approximate="tanh"), nn.Linear(hidden, dim))


class DoubleStreamBlock(nn.Module):
    """Image and text keep weights of their own and meet in one attention."""

    def __init__(self, config: ChromaConfig):
        super().__init__()
        self.num_heads = config.num_heads
        dim, hidden = config.hidden_size, config.mlp_hidden
        self.img_norm1 = layer_norm(dim)
        self.img_attn = SelfAttention(dim, config.head_dim)
        self.img_norm2 = layer_norm(dim)
        self.img_mlp = mlp(dim, hidden)
        self.txt_norm1 = layer_norm(dim)
        self.txt_attn = SelfAttention(dim, config.head_dim)
        self.txt_norm2 = layer_norm(dim)
        self.txt_mlp = mlp(dim, hidden)

    def forward(
        self,
        img: Tensor,
        txt: Tensor,
        pe: Tensor,
        img_mod: Tuple[ModulationOut, ModulationOut],
        txt_mod: Tuple[ModulationOut, ModulationOut],
        mask: Optional[Tensor] = None,
    ) -> Tuple[Tensor, Tensor]:
        """img [B, N, C], txt [B, T, C] -> (img, txt)."""
        img_q, img_k, img_v = self._project(self.img_attn, modulate(self.img_norm1(img), img_mod[0]))
        txt_q, txt_k, txt_v = self._project(self.txt_attn, modulate(self.txt_norm1(txt), txt_mod[0]))
        q = torch.cat([txt_q, img_q], dim=2)
        k = torch.cat([txt_k, img_k], dim=2)
        v = torch.cat([txt_v, img_v], dim=2)
        attended = attention(q, k, v, pe, mask)
        txt_attended, img_attended = attended.split([txt.shape[1], img.shape[1]], dim=1)

        img = img + img_mod[0].gate * self.img_attn.proj(img_attended)
        img = img + img_mod[1].gate * self.img_mlp(modulate(self.img_norm2(img), img_mod[1]))
        txt = txt + txt_mod[0].gate * self.txt_attn.proj(txt_attended)
        txt = txt + txt_mod[1].gate * self.txt_mlp(modulate(self.txt_norm2(txt), txt_mod[1]))
        return img, txt

    def _project(self, side: SelfAttention, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        q, k, v = split_heads(side.qkv(x), self.num_heads)
        return (*side.norm(q, k), v)


class SingleStreamBlock(nn.Module):
    """Text and image in one stream; attention and MLP side by side between two linear layers."""

    def __init__(self, config: ChromaConfig):
        super().__init__()
        self.num_heads = config.num_heads
        self.widths = [3 * config.hidden_size, config.mlp_hidden]
        self.linear1 = nn.Linear(config.hidden_size, sum(self.widths))
        self.linear2 = nn.Linear(config.hidden_size + config.mlp_hidden, config.hidden_size)
        self.norm = QKNorm(config.head_dim)
        self.pre_norm = layer_norm(config.hidden_size)
        self.mlp_act = nn.GELU(approximate="tanh")

    def forward(self, x: Tensor, pe: Tensor, mod: ModulationOut, mask: Optional[Tensor] = None) -> Tensor:
        """x [B, L, C] -> [B, L, C]."""
        qkv, hidden = self.linear1(modulate(self.pre_norm(x), mod)).split(self.widths, dim=-1)
        q, k, v = split_heads(qkv, self.num_heads)
        q, k = self.norm(q, k)
        attended = attention(q, k, v, pe, mask)
        return x + mod.gate * self.linear2(torch.cat([attended, self.mlp_act(hidden)], dim=-1))


class LastLayer(nn.Module):
    """linear(modulate(norm(x))): [B, N, C] -> [B, N, out]."""

    def __init__(self, dim: int, out_channels: int):
        super().__init__()
        self.norm_final = layer_norm(dim)
        self.linear = nn.Linear(dim, out_channels)

    def forward(self, x: Tensor, mod: ModulationOut) -> Tensor:
        return self.linear(modulate(self.norm_final(x), mod))


class Chroma(nn.Module):
    """The whole transformer: noisy image tokens, text and time -> velocity tokens."""

    def __init__(self, config: ChromaConfig):
        super().__init__()
        self.config = config
        self.pe_embedder = EmbedND(config.axes_dim, config.theta)
        self.img_in = nn.Linear(config.in_channels, config.hidden_size)
        self.distilled_guidance_layer = Approximator(
            config.approximator_in_dim,
            config.hidden_size,
            config.approximator_hidden_size,
            config.approximator_depth,
        )
        self.txt_in = nn.Linear(config.context_in_dim, config.hidden_size)
        self.double_blocks = nn.ModuleList(DoubleStreamBlock(config) for _ in range(config.depth))
        self.single_blocks = nn.ModuleList(SingleStreamBlock(config) for _ in range(config.depth_single_blocks))
        self.final_layer = LastLayer(config.hidden_size, config.in_channels)
        self.initialise()

    @classmethod
    def from_state_dict(cls, weights: Mapping[str, Tensor], axes_dim=None) -> "Chroma":
        """A float32 model in evaluation mode from checkpoint tensors, with or without a prefix."""
        weights = strip_prefix(weights)
        model = cls(ChromaConfig.from_state_dict(weights, axes_dim))
        model.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
        return model.eval()

    def initialise(self) -> None:
        """Weights to train from: Xavier for matrices, zero biases, a silent last layer, and small modulations.

        Small, not zero: every block starts close to the identity, and the rows of the table differ from the first
        step on, although one matrix makes them all.
        """
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
        nn.init.normal_(self.distilled_guidance_layer.out_proj.weight, std=0.02)
        nn.init.zeros_(self.final_layer.linear.weight)

    def modulation_table(self, timesteps: Tensor, guidance: Optional[Tensor] = None) -> Tensor:
        """timesteps [B] in 0..1 -> the Approximator's table [B, rows, C]. Chroma is run with guidance 0."""
        if guidance is None:
            guidance = torch.zeros_like(timesteps)
        rows = approximator_input(
            timesteps, guidance, self.config.modulation_rows, self.config.approximator_in_dim
        )
        return _residual(self.distilled_guidance_layer(rows.type_as(self.img_in.weight)))

    def forward(
        self,
        img: Tensor,
        img_ids: Tensor,
        txt: Tensor,
        txt_ids: Tensor,
        timesteps: Tensor,
        guidance: Optional[Tensor] = None,
        mask: Optional[Tensor] = None,
    ) -> Tensor:
        """img [B, N, in], txt [B, T, context], ids [B, *, 3], timesteps [B], mask [B, 1, L, L] -> [B, N, in]."""
        modulations = Modulations.from_table(
            self.modulation_table(timesteps, guidance), self.config.depth, self.config.depth_single_blocks
        )
        img = _residual(self.img_in(img))
        txt = _residual(self.txt_in(txt))
        pe = self.pe_embedder(torch.cat([txt_ids, img_ids], dim=1))
        for block, img_mod, txt_mod in zip(self.double_blocks, modulations.double_img, modulations.double_txt):
            img, txt = block(img, txt, pe, img_mod, txt_mod, mask)
        x = torch.cat([txt, img], dim=1)
        for block, mod in zip(self.single_blocks, modulations.single):
            x = block(x, pe, mod, mask)
        return self.final_layer(x[:, txt.shape[1] :], modulations.final)

    def velocity(
        self, latent: Tensor, timesteps: Tensor, context: Tensor, keep: Optional[Tensor] = None
    ) -> Tensor:
        """latent [B, c, h, w], timesteps [B], context [B, T, context], keep [B, T] -> velocity [B, c, h, w].

        `keep` says which text tokens exist for the model (see masks.keep_mask).
        """
        batch, _, height, width = latent.shape
        padded = pad_to_patch(latent)
        img = pack(padded)
        mask = None if keep is None else outer_mask(joint_keep(keep, img.shape[1]))
        tokens = self(
            img,
            image_ids(batch, *padded.shape[2:], device=img.device),
            context,
            text_ids(batch, context.shape[1], device=img.device),
            timesteps,
            mask=mask,
        )
        return unpack(tokens, *padded.shape[2:])[:, :, :height, :width]


def _residual(x: Tensor) -> Tensor:
    """Under autocast the residual stream and the modulations stay float32 while the matrices work in half precision."""
    autocast = torch.is_autocast_enabled() or torch.is_autocast_cpu_enabled()
    return x.float() if autocast else x


def strip_prefix(weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Takes away what programs put before the names (`model.diffusion_model.` and the like)."""
    for prefix in ("model.diffusion_model.", "diffusion_model.", "transformer.", "model."):
        if prefix + "img_in.weight" in weights:
            return {name[len(prefix) :]: t for name, t in weights.items() if name.startswith(prefix)}
    return weights
