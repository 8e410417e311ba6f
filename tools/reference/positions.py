"""Embeddings of numbers and positions, and the way between latents and tokens.

Shapes: B samples, L tokens, D head size; a latent is [B, c, h, w], its tokens are 2x2 patches of it.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# exp(-ln(10000) k / 16) as the float32 that PyTorch made when the public tensors were dumped. The angles reach 343,000,
# so the last bit of these constants shows; eight of them are every second one.
_FREQUENCIES_16 = (
    0x3F800000, 0x3F0FF59A, 0x3EA1E89B, 0x3E361887, 0x3DCCCCCC, 0x3D6655C1, 0x3D0186E2, 0x3C91AD3A,
    0x3C23D70A, 0x3BB8449A, 0x3B4F3E33, 0x3AE91528, 0x3A83126E, 0x3A136A14, 0x39A5CB60, 0x393A7753,
)  # fmt: skip


def embedding_frequencies(count: int, period: float = 10_000.0) -> Tensor:
    """The angular frequencies of a sinusoidal embedding with `count` cosines, float32."""
    if count in (8, 16) and period == 10_000.0:
        return torch.tensor(_FREQUENCIES_16[:: 16 // count], dtype=torch.int32).view(torch.float32)
    return torch.exp(-math.log(period) * torch.arange(count, dtype=torch.float32) / count)


def timestep_embedding(values: Tensor, dim: int, factor: float = 1000.0) -> Tensor:
    """[...] -> [..., dim]: cosines, then sines, of `factor` x value x frequency. Always float32."""
    with torch.no_grad():
        frequencies = embedding_frequencies(dim // 2).to(values.device)
        angles = (factor * values.float())[..., None] * frequencies
        return torch.cat([torch.cos(angles), torch.sin(angles)], dim=-1)


def rope(positions: Tensor, dim: int, theta: float) -> Tensor:
    """Rotations of one axis: positions [B, L] -> [B, L, dim/2, 2, 2], each [[cos, -sin], [sin, cos]]."""
    exponents = torch.arange(0, dim, 2, dtype=torch.float64, device=positions.device) / dim
    angles = positions.double()[..., None] * theta**-exponents
    cos, sin = torch.cos(angles), torch.sin(angles)
    return torch.stack([cos, -sin, sin, cos], dim=-1).unflatten(-1, (2, 2)).float()


def apply_rope(x: Tensor, pe: Tensor) -> Tensor:
    """Rotates adjacent channel pairs of x [B, H, L, D] by pe [B, 1, L, D/2, 2, 2]."""
    pairs = x.float().unflatten(-1, (-1, 2))
    rotated = pe[..., 0] * pairs[..., 0:1] + pe[..., 1] * pairs[..., 1:2]
    return rotated.flatten(-2).type_as(x)


class EmbedND(nn.Module):
    """Rotary embedding of (id, row, column) positions: ids [B, L, 3] -> [B, 1, L, D/2, 2, 2]."""

    def __init__(self, axes_dim, theta: float):
        super().__init__()
        self.axes_dim = tuple(axes_dim)
        self.theta = theta

    def forward(self, ids: Tensor) -> Tensor:
        axes = [rope(ids[..., i], dim, self.theta) for i, dim in enumerate(self.axes_dim)]
        return torch.cat(axes, dim=2).unsqueeze(1)


def pad_to_patch(latent: Tensor) -> Tensor:
    """Odd sizes grow by one row or column that wraps around, as ComfyUI does; the result is cropped afterwards."""
    return F.pad(latent, (0, latent.shape[3] % 2, 0, latent.shape[2] % 2), mode="circular")


def pack(latent: Tensor) -> Tensor:
    """[B, c, h, w] -> [B, h/2 * w/2, 4c]: 2x2 patches row by row; token channel = c*4 + dh*2 + dw."""
    batch, channels, height, width = latent.shape
    patches = latent.reshape(batch, channels, height // 2, 2, width // 2, 2)
    return patches.permute(0, 2, 4, 1, 3, 5).reshape(batch, height // 2 * (width // 2), channels * 4)


def unpack(tokens: Tensor, height: int, width: int) -> Tensor:
    """The inverse of `pack`, for a latent of `height` x `width`."""
    batch, _, channels = tokens.shape
    patches = tokens.reshape(batch, height // 2, width // 2, channels // 4, 2, 2)
    return patches.permute(0, 3, 1, 4, 2, 5).reshape(batch, channels // 4, height, width)


def image_ids(batch: int, height: int, width: int, device=None) -> Tensor:
    """Positions (0, row, column) of the patches of a latent of `height` x `width`: [B, N, 3]."""
    rows = torch.arange(height // 2, dtype=torch.float32, device=device)
    columns = torch.arange(width // 2, dtype=torch.float32, device=device)
    grid = torch.meshgrid(rows, columns, indexing="ij")
    ids = torch.stack([torch.zeros_like(grid[0]), *grid], dim=-1).reshape(1, -1, 3)
    return ids.expand(batch, -1, -1)


def text_ids(batch: int, tokens: int, device=None) -> Tensor:
    """Every text token stands at position zero: [B, T, 3]."""
    return torch.zeros(batch, tokens, 3, device=device)
