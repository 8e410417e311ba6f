"""Trains the autoencoder's two halves against the block code (see blockcode.py).

    nice -n 19 /usr/bin/python3 tools/nano/train_autoencoder.py --part decoder --steps 3000 --crop 32
    nice -n 19 /usr/bin/python3 tools/nano/train_autoencoder.py --part encoder --steps 1000 --crop 64

The decoder learns to draw the picture from its code, slightly noised so that it forgives a transformer's errors; the encoder
learns to give the code. Steps see crops around the outlines, every eighth a whole picture. A run continues from its checkpoint
state/{decoder,encoder}.pt; `--steps` counts all runs together.
"""
from __future__ import annotations

import argparse
import math

import numpy as np
import torch
from torch import nn

import common
import world
from autoencoder import Autoencoder, Decoder, Downsample, Encoder, ResnetBlock, Upsample
from blockcode import code
from fused import accelerate
from parallel import Team, run

CROPS, SIDE = 8, 128                                   # crops of one step of one process
LOG_VARIANCE = -8.0                                    # of the latent as the encoder gives it: a nearly certain posterior


def picture(rng: np.random.Generator, side: int = SIDE) -> tuple[np.ndarray, world.Placement]:
    """A scene of the world; three of ten in any colours and sizes."""
    placement = world.place(world.sample_scene(rng), rng, side, side)
    if rng.random() < 0.3:
        def anything(): return tuple(rng.uniform(0, 255, 3))
        placement = world.Placement(side, side, placement.background, tuple(anything() for _ in placement.grounds), tuple(
            world.PlacedShape(s.kind, anything(), s.x, s.y, s.radius * rng.uniform(0.6, 1.3)) for s in placement.shapes))
    return world.render(placement), placement


def crop(rng: np.random.Generator, side: int) -> np.ndarray:
    pixels, placement = picture(rng)
    shape = placement.shapes[rng.integers(len(placement.shapes))]
    reach = 1.2 * shape.radius
    centre = np.array([shape.y, shape.x]) + rng.uniform(-reach, reach, 2) if rng.random() < 0.9 else rng.uniform(0, SIDE, 2)
    y, x = np.clip(np.round(centre - side / 2), 0, SIDE - side).astype(int)
    return pixels[y:y + side, x:x + side]


def batch(step: int, side: int, *seed: int) -> np.ndarray:
    rng = np.random.default_rng((*seed, step))
    if step % 8 == 7:
        return np.stack([picture(rng)[0] for _ in range(max(1, CROPS * side**2 // SIDE**2))])
    return np.stack([crop(rng, side) for _ in range(CROPS)])


@torch.no_grad()
def initialise(half: Encoder | Decoder) -> None:
    """Starts as a nearly linear network that keeps absolute colour.

    GroupNorm takes a group's mean away. So in each group of three channels two hold +1.5 and -1.5 and one
    the signal: then the norm of a plain picture is a fixed linear function and its colour survives. Residual branches start
    small, and convolutions between the sizes start as the identity.
    """
    per = half.norm_out.num_channels // half.norm_out.num_groups
    nn.init.normal_(half.conv_in.weight, std=0.5 * (half.conv_in.weight.shape[1] * 9) ** -0.5)
    half.conv_in.weight[:, :, 1, 1] += 0.5 * torch.randn_like(half.conv_in.weight[:, :, 1, 1])
    for channel in range(half.conv_in.out_channels):
        constant = {0: None, 1: 1.5, 2: -1.5}.get(channel % per)
        if constant is not None:
            half.conv_in.weight[channel].mul_(0.05)
            half.conv_in.bias[channel] = constant
        else:
            half.conv_in.bias[channel] = 0
    for module in half.modules():
        if isinstance(module, ResnetBlock):
            module.conv2.weight.mul_(0.15)
            nn.init.zeros_(module.conv2.bias)
        if isinstance(module, (Upsample, Downsample)):
            weight = module.conv.weight
            weight.mul_(0.15)
            nn.init.zeros_(module.conv.bias)
            at = slice(1, 2) if isinstance(module, Upsample) else slice(0, 2)
            size = at.stop - at.start
            for channel in range(weight.shape[0]):
                weight[channel, channel, at, at] += 1 / size**2


@torch.no_grad()
def decibels(model: Autoencoder, part: str, count: int = 8) -> float:
    """Peak signal to noise ratio over whole pictures of the world, from their exact code or (encoder) all the way."""
    rng = np.random.default_rng(987_654_321)
    pictures = np.stack([world.render(world.place(world.sample_scene(rng), rng)) for _ in range(count)])
    wanted = common.to_tensor(pictures)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        restored = model(wanted) if part == "encoder" else model.decode(torch.from_numpy(code(pictures)))
    error = ((restored.float().clamp(-1, 1) - wanted) / 2).pow(2).mean(dim=(1, 2, 3))
    return float((-10 * torch.log10(error)).mean())


def train(team: Team, options: argparse.Namespace) -> None:
    torch.manual_seed(options.seed)
    model = Autoencoder(common.AUTOENCODER)
    half = getattr(model, options.part)
    initialise(half)
    model = model.to(memory_format=torch.channels_last)
    accelerate(model, common.STATE)
    average = common.Average(half, 0.998)
    accelerate(average.model, common.STATE)
    trained = list(half.parameters())
    optimizer = torch.optim.AdamW(trained, lr=options.rate, betas=(0.9, 0.99), weight_decay=0.0, foreach=True)
    path, step = common.STATE / f"{options.part}.pt", 0
    if path.exists():
        kept = torch.load(path)
        half.load_state_dict(kept["model"])
        average.model.load_state_dict(kept["average"])
        average.steps = kept["average_steps"]
        if kept["optimizer"]:                              # none in a checkpoint restored from shipped weights
            optimizer.load_state_dict(kept["optimizer"])
        step = kept["step"]
    whole = common.load_autoencoder() if options.part == "encoder" else Autoencoder(common.AUTOENCODER)
    setattr(whole, options.part, average.model)            # what is measured: the average beside the other half
    accelerate(whole, common.STATE)
    log = common.Log(path.with_suffix(".log")) if team.rank == 0 else None
    noise = torch.Generator().manual_seed(options.seed + 100 * team.rank + 10_000 * step)
    sums, first = [], step

    def keep() -> None:
        common.save(path, model=half.state_dict(), average=average.model.state_dict(), average_steps=average.steps,
                    optimizer=optimizer.state_dict(), step=step)

    while step < options.steps:
        warm = min(1, (step - first + 1) / 50)
        rate = options.rate * warm * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * step / options.steps)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        pixels = batch(step, options.crop, options.seed, team.rank)
        pictures, wanted = common.to_tensor(pixels), torch.from_numpy(code(pixels))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            if options.part == "decoder":
                noised = wanted + options.noise * torch.rand(len(wanted), 1, 1, 1, generator=noise) * torch.randn(
                    wanted.shape, generator=noise)
                difference = model.decode(noised.contiguous(memory_format=torch.channels_last)).float() - pictures
                other = 0.03 * difference.abs().mean()
            else:
                mean, variance = (t.float() for t in model.moments(pictures))
                difference = model.scale(mean) - wanted
                other = 0.01 * (variance - LOG_VARIANCE).pow(2).mean()
        squared = difference.pow(2).mean()
        optimizer.zero_grad(set_to_none=True)
        (squared + other).backward()
        team.average_gradients(trained)
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        step += 1
        if team.rank:
            continue
        average.update(half)
        sums.append((float(squared), float(other)))
        if step % 20 == 0:
            log(step=step, rate=rate, **dict(zip(("squared", "other"), map(float, np.mean(sums, axis=0)))))
            sums = []
        if step % 100 == 0:
            keep()
            log(step=step, decibels=decibels(whole, options.part))
    if team.rank == 0:
        keep()


def main() -> None:
    parser = argparse.ArgumentParser(description="train one half of the autoencoder")
    parser.add_argument("--part", choices=("decoder", "encoder"), required=True)
    parser.add_argument("--steps", type=int, default=2000, help="steps in all, those of earlier runs included")
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--crop", type=int, default=32)
    parser.add_argument("--noise", type=float, default=0.1, help="the most noise on the decoder's input")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    run(train, options, options.processes, 6_000_000)


if __name__ == "__main__":
    main()
