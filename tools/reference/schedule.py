"""The little of scheduling that the end-to-end cases need: sigmas, guidance, one Euler step.

The library's schedulers and samplers are C#; this file only lets the reference run from ids to pixels.
"""

import math

import torch
from torch import Tensor


def linear(steps: int) -> Tensor:
    """1, (n-1)/n, ..., 1/n, 0."""
    return torch.linspace(1.0, 0.0, steps + 1, dtype=torch.float64).float()


def shifted(sigmas: Tensor, shift: float) -> Tensor:
    """The static shift of flow matching: s -> a s / (1 + (a - 1) s)."""
    sigmas = sigmas.double()
    return (shift * sigmas / (1.0 + (shift - 1.0) * sigmas)).float()


def comfy_simple(steps: int, mu: float = 1.15, entries: int = 10_000) -> Tensor:
    """ComfyUI's `simple` scheduler over ModelSamplingFlux: `steps` entries of the table at equal distances, then 0."""
    time = torch.arange(1, entries + 1, dtype=torch.float64) / entries
    table = math.exp(mu) / (math.exp(mu) + 1.0 / time - 1.0)
    picks = [-(1 + int(i * entries / steps)) for i in range(steps)]
    return torch.cat([table[picks], torch.zeros(1, dtype=torch.float64)]).float()


def add_noise(sigma, noise: Tensor, latent: Tensor) -> Tensor:
    """x_s = (1 - s) x_0 + s noise."""
    return sigma * noise + (1.0 - sigma) * latent


def denoised(x: Tensor, velocity: Tensor, sigma) -> Tensor:
    """The clean latent that a velocity points at: x - s v."""
    return x - sigma * velocity


def guide(conditional: Tensor, unconditional: Tensor, scale: float) -> Tensor:
    """Classifier-free guidance: u + w (c - u). Velocities and denoised latents combine alike."""
    return unconditional + scale * (conditional - unconditional)


def euler_step(x: Tensor, velocity: Tensor, sigma, sigma_next) -> Tensor:
    """x + (s' - s) v."""
    return x + (sigma_next - sigma) * velocity


def stochastic_step(x: Tensor, velocity: Tensor, sigma, sigma_next, noise: Tensor) -> Tensor:
    """Goes to the clean latent, then noises it again with fresh noise to s'."""
    return add_noise(sigma_next, noise, denoised(x, velocity, sigma))
