"""Trains the autoencoder on pictures of the world.

    nice -n 19 /usr/bin/python3 tools/nano/train_autoencoder.py --steps 2000 [--decoder-only]

Three steps of four see 64x64 crops around the outlines, the fourth whole pictures of the same number of pixels. The loss is squared error,
a little absolute error for sharp edges, and a small KL term that gives the posterior some width and leaves channels
empty that pictures do not need. The encoder learns FLUX's convention by itself: the KL term pulls
(latent - 0.1159) * 0.3611 to variance one, so nothing has to be folded in afterwards.
`--decoder-only` goes on with a frozen encoder, so that latents that were already computed stay valid.
"""
from __future__ import annotations

import argparse
import math

import numpy as np
import torch

import common
import world
from autoencoder import Autoencoder
from fused_norm import accelerate

CROP, CROPS, SIDE = 64, 16, 128
KL = 2e-4


def picture(rng: np.random.Generator, side: int = SIDE) -> tuple[np.ndarray, world.Placement]:
    """A scene of the world; three of ten in any colours and sizes."""
    placement = world.place(world.sample_scene(rng), rng, side, side)
    if rng.random() < 0.3:
        def anything(): return tuple(rng.uniform(0, 255, 3))
        placement = world.Placement(side, side, placement.background, tuple(anything() for _ in placement.grounds), tuple(
            world.PlacedShape(s.kind, anything(), s.x, s.y, s.radius * rng.uniform(0.6, 1.3)) for s in placement.shapes))
    return world.render(placement), placement


def crop(rng: np.random.Generator) -> np.ndarray:
    pixels, placement = picture(rng)
    shape = placement.shapes[rng.integers(len(placement.shapes))]
    reach = 1.3 * shape.radius
    centre = np.array([shape.y, shape.x]) + rng.uniform(-reach, reach, 2) if rng.random() < 0.85 else rng.uniform(0, SIDE, 2)
    y, x = np.clip(np.round(centre - CROP / 2), 0, SIDE - CROP).astype(int)
    return pixels[y:y + CROP, x:x + CROP]


def batch(step: int, seed: int) -> torch.Tensor:
    rng = np.random.default_rng((seed, step))
    if step % 4 == 3:
        return common.to_tensor(np.stack([picture(rng)[0] for _ in range(CROPS * CROP**2 // SIDE**2)]))
    return common.to_tensor(np.stack([crop(rng) for _ in range(CROPS)]))


@torch.no_grad()
def decibels(model: Autoencoder, count: int = 32) -> float:
    """Peak signal to noise ratio over whole pictures of the world that training does not repeat."""
    rng = np.random.default_rng(987_654_321)
    errors = []
    for _ in range(count // 8):
        pictures = common.to_tensor(np.stack([world.render(world.place(world.sample_scene(rng), rng)) for _ in range(8)]))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            restored = model(pictures)
        errors.append(((restored.float().clamp(-1, 1) - pictures) / 2).pow(2).mean(dim=(1, 2, 3)))
    return float((-10 * torch.log10(torch.cat(errors))).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description="train the autoencoder")
    parser.add_argument("--steps", type=int, default=2000, help="steps in all, those of earlier runs included")
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--decoder-only", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)

    path = common.STATE / ("decoder.pt" if options.decoder_only else "autoencoder.pt")
    start = path if path.exists() else common.STATE / "autoencoder.pt"
    model = Autoencoder(common.AUTOENCODER).to(memory_format=torch.channels_last)
    accelerate(model, common.STATE)
    average = common.Average(model, 0.998)
    accelerate(average.model, common.STATE)
    trained = list(model.decoder.parameters() if options.decoder_only else model.parameters())
    optimizer = torch.optim.AdamW(trained, lr=options.rate, betas=(0.9, 0.99), weight_decay=0.0, foreach=True)
    step = 0
    if start.exists():
        kept = torch.load(start)
        average.model.load_state_dict(kept["average"])
        average.steps = kept["average_steps"]
        model.load_state_dict(kept["model"])
        if start == path:
            optimizer.load_state_dict(kept["optimizer"])
            step = kept["step"]
        else:
            model.load_state_dict(kept["average"])         # the decoder goes on from the averaged encoder's latents
    if options.decoder_only:
        model.encoder.requires_grad_(False)
    log = common.Log(common.STATE / path.with_suffix(".log").name)
    sums, count = {}, 0
    s, shift = common.AUTOENCODER.scale_factor, common.AUTOENCODER.shift_factor

    def keep() -> None:
        common.save(path, model=model.state_dict(), average=average.model.state_dict(), average_steps=average.steps,
                    optimizer=optimizer.state_dict(), step=step)

    while step < options.steps:
        rate = options.rate * min(1, (step + 1) / 100) * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * step / options.steps)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        pictures = batch(step, options.seed + 1000 * options.decoder_only)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            with torch.set_grad_enabled(not options.decoder_only):
                mean, logvar = (t.float() for t in model.moments(pictures))
            logvar = logvar.clamp(-20, 10)
            latent = mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)
            restored = model.decoder(latent)
        difference = restored.float() - pictures
        scaled_variance = s * s * torch.exp(logvar)
        kl = 0.5 * (((mean - shift) * s).pow(2) + scaled_variance - 1 - torch.log(scaled_variance)).mean()
        squared = difference.pow(2).mean()
        loss = squared + 0.03 * difference.abs().mean() + (0 if options.decoder_only else KL * kl)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        average.update(model)
        step += 1
        for name, value in (("squared", squared), ("kl", kl)):
            sums[name] = sums.get(name, 0.0) + float(value)
        count += 1
        if step % 20 == 0:
            log(step=step, rate=rate, **{k: v / count for k, v in sums.items()}, spread=float((mean * s).std()))
            sums, count = {}, 0
        if step % 200 == 0 or step == options.steps:
            log(step=step, decibels=decibels(average.model))
        if step % 100 == 0:
            keep()
    keep()


if __name__ == "__main__":
    main()
