"""The FLUX autoencoder in PyTorch, with the module and weight names of Black Forest Labs' checkpoints.

Images are [B, 3, H, W] in -1..1; each level but the last halves the size, so Chroma's latents are [B, 16, H/8, W/8].
"""

from dataclasses import dataclass
from typing import Mapping, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass
class AutoencoderConfig:
    """The sizes of an autoencoder; the defaults are FLUX's."""

    ch: int = 128
    ch_mult: Tuple[int, ...] = (1, 2, 4, 4)
    num_res_blocks: int = 2
    z_channels: int = 16
    in_channels: int = 3
    norm_groups: int = 32
    scale_factor: float = 0.3611
    shift_factor: float = 0.1159

    @classmethod
    def from_state_dict(cls, weights: Mapping[str, Tensor]) -> "AutoencoderConfig":
        """Reads every size from the shapes of the decoder and the encoder."""
        if "encoder.conv_in.weight" not in weights or "decoder.conv_in.weight" not in weights:
            raise ValueError("not a FLUX autoencoder: encoder.conv_in.weight or decoder.conv_in.weight is missing")
        ch, in_channels = weights["encoder.conv_in.weight"].shape[:2]
        widths = []
        while f"encoder.down.{len(widths)}.block.0.conv1.weight" in weights:
            widths.append(weights[f"encoder.down.{len(widths)}.block.0.conv1.weight"].shape[0])
        blocks = 0
        while f"encoder.down.0.block.{blocks}.conv1.weight" in weights:
            blocks += 1
        return cls(
            ch=ch,
            ch_mult=tuple(width // ch for width in widths),
            num_res_blocks=blocks,
            z_channels=weights["decoder.conv_in.weight"].shape[1],
            in_channels=in_channels,
        )


def swish(x: Tensor) -> Tensor:
    return x * torch.sigmoid(x)


def group_norm(config: AutoencoderConfig, channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(config.norm_groups, channels, eps=1e-6)


class AttnBlock(nn.Module):
    """One-head self-attention over all pixels, added to its input."""

    def __init__(self, config: AutoencoderConfig, channels: int):
        super().__init__()
        self.norm = group_norm(config, channels)
        self.q = nn.Conv2d(channels, channels, 1)
        self.k = nn.Conv2d(channels, channels, 1)
        self.v = nn.Conv2d(channels, channels, 1)
        self.proj_out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        normed = self.norm(x)
        q, k, v = (projection(normed).flatten(2).transpose(1, 2) for projection in (self.q, self.k, self.v))
        scores = q @ k.transpose(1, 2) * q.shape[-1] ** -0.5
        attended = torch.softmax(scores.float(), dim=-1).type_as(v) @ v
        return x + self.proj_out(attended.transpose(1, 2).reshape_as(x))


class ResnetBlock(nn.Module):
    def __init__(self, config: AutoencoderConfig, in_channels: int, out_channels: int):
        super().__init__()
        self.norm1 = group_norm(config, in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.norm2 = group_norm(config, out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        if in_channels != out_channels:
            self.nin_shortcut = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.conv1(swish(self.norm1(x)))
        hidden = self.conv2(swish(self.norm2(hidden)))
        shortcut = self.nin_shortcut(x) if hasattr(self, "nin_shortcut") else x
        return shortcut + hidden


class Downsample(nn.Module):
    """Half the size; the one missing row and column are zeros on the right and at the bottom."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class Upsample(nn.Module):
    """Twice the size: every pixel four times, then a convolution."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class Mid(nn.Module):
    """The smallest size. Like Level only a place for names: no forward, so no hook of its own, as in BFL's code."""

    def __init__(self, config: AutoencoderConfig, channels: int):
        super().__init__()
        self.block_1 = ResnetBlock(config, channels, channels)
        self.attn_1 = AttnBlock(config, channels)
        self.block_2 = ResnetBlock(config, channels, channels)

    def run(self, x: Tensor) -> Tensor:
        return self.block_2(self.attn_1(self.block_1(x)))


class Level(nn.Module):
    """The residual blocks of one size, then the way to the next size, if there is one."""

    def __init__(self, config: AutoencoderConfig, in_channels: int, out_channels: int, blocks: int):
        super().__init__()
        self.block = nn.ModuleList(
            ResnetBlock(config, in_channels if i == 0 else out_channels, out_channels) for i in range(blocks)
        )

    def run(self, x: Tensor) -> Tensor:
        for block in self.block:
            x = block(x)
        for name in ("downsample", "upsample"):
            if hasattr(self, name):
                x = getattr(self, name)(x)
        return x


class Encoder(nn.Module):
    """[B, 3, H, W] -> [B, 2z, H/8, W/8]: mean, then the logarithm of the variance."""

    def __init__(self, config: AutoencoderConfig):
        super().__init__()
        self.conv_in = nn.Conv2d(config.in_channels, config.ch, 3, padding=1)
        self.down = nn.ModuleList()
        channels = config.ch
        for i, factor in enumerate(config.ch_mult):
            level = Level(config, channels, config.ch * factor, config.num_res_blocks)
            channels = config.ch * factor
            if i + 1 < len(config.ch_mult):
                level.downsample = Downsample(channels)
            self.down.append(level)
        self.mid = Mid(config, channels)
        self.norm_out = group_norm(config, channels)
        self.conv_out = nn.Conv2d(channels, 2 * config.z_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_in(x)
        for level in self.down:
            x = level.run(x)
        return self.conv_out(swish(self.norm_out(self.mid.run(x))))


class Decoder(nn.Module):
    """[B, z, h, w] -> [B, 3, 8h, 8w], about -1..1 and not clamped."""

    def __init__(self, config: AutoencoderConfig):
        super().__init__()
        channels = config.ch * config.ch_mult[-1]
        self.conv_in = nn.Conv2d(config.z_channels, channels, 3, padding=1)
        self.mid = Mid(config, channels)
        levels = []
        for i, factor in reversed(list(enumerate(config.ch_mult))):
            level = Level(config, channels, config.ch * factor, config.num_res_blocks + 1)
            channels = config.ch * factor
            if i > 0:
                level.upsample = Upsample(channels)
            levels.insert(0, level)
        self.up = nn.ModuleList(levels)
        self.norm_out = group_norm(config, channels)
        self.conv_out = nn.Conv2d(channels, config.in_channels, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        x = self.mid.run(self.conv_in(z))
        for level in reversed(self.up):
            x = level.run(x)
        return self.conv_out(swish(self.norm_out(x)))


class Autoencoder(nn.Module):
    def __init__(self, config: AutoencoderConfig):
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)

    @classmethod
    def from_state_dict(cls, weights: Mapping[str, Tensor]) -> "Autoencoder":
        """A float32 model in evaluation mode."""
        model = cls(AutoencoderConfig.from_state_dict(weights))
        model.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
        return model.eval()

    def moments(self, image: Tensor) -> Tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of the latent, before scale and shift."""
        mean, logvar = self.encoder(image).chunk(2, dim=1)
        return mean, logvar

    def scale(self, z: Tensor) -> Tensor:
        """What the encoder gives -> what the transformer works on."""
        return (z - self.config.shift_factor) * self.config.scale_factor

    def unscale(self, latent: Tensor) -> Tensor:
        """What the transformer works on -> what the decoder takes."""
        return latent / self.config.scale_factor + self.config.shift_factor

    def decode(self, latent: Tensor) -> Tensor:
        return self.decoder(self.unscale(latent))

    def forward(self, image: Tensor) -> Tensor:
        """The picture as it comes back from its mean latent."""
        return self.decoder(self.moments(image)[0])
