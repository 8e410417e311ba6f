"""Gives the text encoder its first minutes: supervised training on what captions mean (see attributes.py).

    nice -n 19 /usr/bin/python3 tools/nano/train_text.py --steps 3000 [--heads 300]

With `--heads N` it goes on from the text encoder in flow.pt, restored from shipped files without heads: the heads learn alone for N steps, then
both together, the encoder at a third of the rate; the result goes back into flow.pt.
"""
from __future__ import annotations

import argparse

import numpy as np
import torch
from torch import nn

import attributes
import common
import world
from masks import TextMask, text_encoder_mask
from t5 import T5Encoder
from vocabulary import Tokenizer


def new_encoder(pieces: int) -> T5Encoder:
    """With a position bias of standard deviation 2: at T5's own width, this small encoder stays a bag of words for hours."""
    encoder = T5Encoder(common.text_config(pieces))
    nn.init.normal_(encoder.encoder.block[0].layer[0].SelfAttention.relative_attention_bias.weight, std=2.0)
    return encoder


def encode(encoder: T5Encoder, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """ids [B, T] padded with 0 -> (context, which tokens are real). No caption has a literal padding token."""
    real = ids != 0
    return encoder(ids, text_encoder_mask(real, TextMask.KEY)), real


def main() -> None:
    parser = argparse.ArgumentParser(description="train the text encoder on the meaning of captions")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--heads", type=int, default=0, help="fresh heads for the encoder in flow.pt, alone for so many steps")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    tokenizer = Tokenizer(common.STATE / "tokenizer.model")
    encoder = new_encoder(tokenizer.count)
    heads = attributes.Heads(encoder.config.d_model)
    kept = torch.load(common.STATE / "flow.pt") if options.heads else None
    if kept:
        encoder.load_state_dict({n[len("text."):]: t for n, t in kept["model"].items() if n.startswith("text.")})
    parameters = [*encoder.parameters(), *heads.parameters()]
    optimizer = torch.optim.AdamW([{"params": list(encoder.parameters()), "scale": 0.3 if kept else 1.0},
                                   {"params": list(heads.parameters()), "scale": 1.0}],
                                  lr=options.rate, betas=(0.9, 0.99), weight_decay=0.01, foreach=True)
    log = common.Log(common.STATE / "text.log")
    losses, rights = [], []
    for step in range(1, options.steps + 1):
        rng = np.random.default_rng((options.seed, step))
        scenes = [world.sample_scene(rng) for _ in range(64)]
        ids = torch.from_numpy(tokenizer.batch([world.caption(s, rng) for s in scenes]))
        wanted = torch.from_numpy(np.stack([attributes.labels(s) for s in scenes]))
        for group in optimizer.param_groups:
            group["lr"] = options.rate * group["scale"] * min(1, step / 100, (options.steps - step + 1) / (0.3 * options.steps))
        if step <= options.heads:
            optimizer.param_groups[0]["lr"] = 0.0
        loss, right = heads.loss(*encode(encoder, ids), wanted)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        losses.append(float(loss))
        rights.append(float(right))
        if step % 100 == 0:
            log(step=step, loss=float(np.mean(losses)), understood=float(np.mean(rights)))
            losses, rights = [], []
            common.save(common.STATE / "text.pt", encoder=encoder.state_dict(), heads=heads.state_dict())
    common.save(common.STATE / "text.pt", encoder=encoder.state_dict(), heads=heads.state_dict())
    if kept:
        fresh = {**{f"text.{n}": t for n, t in encoder.state_dict().items()}, **{f"heads.{n}": t for n, t in heads.state_dict().items()}}
        for weights in (kept["model"], kept["average"]):
            weights.update(fresh)
        common.save(common.STATE / "flow.pt", **kept)


if __name__ == "__main__":
    main()
