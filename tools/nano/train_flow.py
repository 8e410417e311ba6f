"""Trains the text encoder and the transformer together with the rectified-flow loss on the pool of latents.

    nice -n 19 /usr/bin/python3 tools/nano/train_flow.py --steps 20000 [--finish 2000] [--train-shift 3]

x_t = (1 - t) x_0 + t noise, and the network predicts noise - x_0. Captions are made afresh for every use of a scene, one in ten
is empty for guidance, and the transformer sees n + 1 text tokens as Chroma does. Latent pixels of shapes and around them count
`--focus` times more than background, those of small shapes most, or outlines are learned last. The rate is constant after warm-up, so a run can always be
continued; `--finish N` lets it fall to zero over the last N steps and writes flow-finished.pt, the checkpoint to export, beside flow.pt, the
one to continue from.
"""
from __future__ import annotations

import argparse

import numpy as np
import torch
from torch import Tensor, nn

import attributes
import common
import pool
import world
from chroma import Chroma, image_ids, pack, text_ids, unpack
from fused import accelerate
from masks import keep_mask
from muon import Muon
from parallel import Team, run
from train_text import encode, new_encoder
from vocabulary import Tokenizer


class Nano(nn.Module):
    """Everything that is trained together; the heads are not exported."""

    def __init__(self, pieces: int):
        super().__init__()
        self.text = new_encoder(pieces)
        self.transformer = Chroma(common.TRANSFORMER)
        self.heads = attributes.Heads(self.text.config.d_model)

    def velocity(self, latent: Tensor, times: Tensor, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """latent [B, 16, h, w], times [B], ids [B, T] -> velocity, context, real tokens."""
        context, real = encode(self.text, ids)
        return velocity(self.transformer, latent, times, context, keep_mask(real)), context, real


def velocity(transformer: Chroma, latent: Tensor, times: Tensor, context: Tensor, keep: Tensor) -> Tensor:
    """Chroma.velocity with the mask as a sum over keys alone, which is quicker: what dropped tokens become nobody reads."""
    batch, _, height, width = latent.shape
    mask = torch.zeros(batch, 1, 1, context.shape[1] + height * width // 4)
    mask[:, 0, 0, :context.shape[1]].masked_fill_(~keep, -1e4)
    tokens = transformer(pack(latent), image_ids(batch, height, width), context, text_ids(batch, context.shape[1]), times, mask=mask)
    return unpack(tokens, height, width)


def shift_time(times, shift: float):
    return shift * times / (1 + (shift - 1) * times)


def load_average(path=None) -> Nano:
    """The averaged networks of a checkpoint, in evaluation mode: by default of the last finished run, else of the run in progress."""
    finished = common.STATE / "flow-finished.pt"
    path = path or (finished if finished.exists() else common.STATE / "flow.pt")
    model = Nano(Tokenizer(common.STATE / "tokenizer.model").count)
    model.load_state_dict(torch.load(path)["average"])
    return model.eval()


TEXT_TOKENS = 28                                       # about as many as the captions of a batch are padded to


def choose(step: int, pools: dict[tuple[int, int], pool.Pool], options) -> tuple[pool.Pool, int]:
    """The size of a step's pictures, the same in all processes, and how many of them are as much work as a batch of 128 x 128."""
    rng = np.random.default_rng((options.seed, step))
    others = [size for size in pools if size != pool.SQUARE]
    tokens = np.array([TEXT_TOKENS + width * height // 256 for width, height in others])
    # large ones more often, because a batch has fewer of them
    size = others[rng.choice(len(others), p=tokens / tokens.sum())] if others and rng.random() < options.other_sizes else pool.SQUARE
    work = (TEXT_TOKENS + 64) / (TEXT_TOKENS + size[0] * size[1] // 256)
    return pools[size], max(4, round(options.batch * work))


EMPHASIS = {"small": 1.6, "medium": 1.0, "large": 0.7}  # of a shape's latent pixels: small ones have few


def emphasis(scene: world.Scene, height: int, width: int) -> Tensor:
    """[h, w]: that of the shape which is nearest."""
    out = torch.full((height, width), EMPHASIS[scene.shapes[0].size])
    if scene.relation:
        second = {"left of": (slice(None), slice(width // 2, None)), "right of": (slice(None), slice(0, width // 2)),
                  "above": (slice(height // 2, None),), "below": (slice(0, height // 2),)}[scene.relation]
        out[second] = EMPHASIS[scene.shapes[1].size]
    return out


def draw(rng: np.random.Generator, data: pool.Pool, count: int, tokenizer: Tokenizer, options) -> dict[str, Tensor]:
    """One batch: latents, noise, times, captions as ids, their meaning, weights of the latent pixels."""
    at = rng.integers(len(data), size=count)
    latents = torch.from_numpy(data.latents[at].astype(np.float32))
    scenes = [data.scenes[i] for i in at]
    captions = ["" if rng.random() < 0.1 else world.caption(s, rng) for s in scenes]
    wanted = np.stack([attributes.labels(s) if c else np.full(len(attributes.CLASSES), -100) for s, c in zip(scenes, captions)])
    # evenly spread over the batch, so that no step lacks a part of the time
    times = shift_time((rng.permutation(count) + rng.random(count)) / count, options.train_shift)
    covered = torch.from_numpy(data.coverage[at].astype(np.float32) / 255)
    near = torch.nn.functional.max_pool2d((2 * covered).clamp(max=1)[:, None], 3, stride=1, padding=1)[:, 0]
    weight = 1 + (options.focus - 1) * near * torch.stack([emphasis(s, *covered.shape[1:]) for s in scenes])
    return {"latent": latents, "noise": torch.from_numpy(rng.standard_normal(latents.shape, np.float32)),
            "time": torch.from_numpy(times.astype(np.float32)), "ids": torch.from_numpy(tokenizer.batch(captions)),
            "wanted": torch.from_numpy(wanted), "weight": weight[:, None]}


def train(team: Team, options: argparse.Namespace) -> None:
    torch.manual_seed(options.seed)
    tokenizer = Tokenizer(common.STATE / "tokenizer.model")
    model = Nano(tokenizer.count)
    average = common.Average(model, options.average)
    accelerate(model, common.STATE)
    blocks = [p for name, p in model.transformer.named_parameters() if "_blocks." in name and p.dim() == 2]
    inside = {id(p) for p in blocks}
    around = [p for p in model.transformer.parameters() if id(p) not in inside]
    text = [*model.text.parameters(), *model.heads.parameters()]
    if options.freeze_text:
        model.text.requires_grad_(False)
        model.heads.requires_grad_(False)
    parameters = blocks + around + ([] if options.freeze_text else text)
    muon = Muon(blocks, team, options.matrix_rate)
    optimizer = torch.optim.AdamW([{"params": around, "scale": 1.0}, {"params": text, "scale": 0.3}],
                                  lr=options.rate, betas=(0.9, 0.98), weight_decay=0.01, foreach=True)
    path, finished, step = common.STATE / "flow.pt", common.STATE / "flow-finished.pt", 0
    kept = torch.load(path) if path.exists() else None
    if options.finish and finished.exists() and kept:      # a falling rate that was interrupted goes on
        falling = torch.load(finished)
        kept = falling if falling["step"] > kept["step"] else kept
    if kept:
        model.load_state_dict(kept["model"])
        average.model.load_state_dict(kept["average"])
        average.steps = kept["average_steps"]
        if kept["optimizer"]:                              # none in a checkpoint restored from shipped weights
            optimizer.load_state_dict(kept["optimizer"])
            muon.load_state_dict(kept["muon"])
        step = kept["step"]
    elif (common.STATE / "text.pt").exists():
        kept = torch.load(common.STATE / "text.pt")
        model.text.load_state_dict(kept["encoder"])
        model.heads.load_state_dict(kept["heads"])
    data = pool.load(options.world)
    files = len(list(pool.FOLDER.glob("*.pkl")))
    log = common.Log(common.STATE / "flow.log") if team.rank == 0 else None
    first, sums = step, []

    def keep(target) -> None:
        common.save(target, model=model.state_dict(), average=average.model.state_dict(), average_steps=average.steps,
                    optimizer=optimizer.state_dict(), muon=muon.state_dict(), step=step)

    if log:
        log(step=step, pool={f"{w} x {h}": len(part) for (w, h), part in data.items()}, parameters=sum(p.numel() for p in model.transformer.parameters()),
            text=sum(p.numel() for p in model.text.parameters()))
    while step < options.steps:
        left = (options.steps - step) / options.finish if options.finish else 1
        share = min(1, (step - first + 1) / (20 if first else 100), left)
        muon.rate = options.matrix_rate * share
        for group in optimizer.param_groups:
            group["lr"] = options.rate * group["scale"] * share
        batch = draw(np.random.default_rng((options.seed, step, team.rank)), *choose(step, data, options), tokenizer, options)
        time = batch["time"][:, None, None, None]
        noised = (1 - time) * batch["latent"] + time * batch["noise"]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            velocity, context, real = model.velocity(noised, batch["time"], batch["ids"])
        error = ((velocity.float() - (batch["noise"] - batch["latent"])).pow(2) * batch["weight"]).mean(dim=(1, 2, 3))
        loss, meaning, understood = error.mean(), 0.0, 1.0
        if options.meaning and not options.freeze_text:
            meaning, understood = model.heads.loss(context.float(), real, batch["wanted"])
            loss = loss + options.meaning * meaning
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        team.average_gradients(parameters)
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        muon.step()
        step += 1
        if team.rank == 0:
            average.update(model)
            late = batch["time"] > 0.9
            sums.append((float(error.mean()), float(error[late].mean()), float(error[~late].mean()), float(meaning),
                         float(understood), float(norm)))
            if step % 25 == 0:
                names = ("loss", "layout", "detail", "meaning", "understood", "norm")
                log(step=step, **dict(zip(names, map(float, np.mean(sums, axis=0)))))
                sums = []
            if step % 100 == 0:
                keep(finished if options.finish else path)
        if step % 100 == 0 and len(list(pool.FOLDER.glob("*.pkl"))) != files:
            files, data = len(list(pool.FOLDER.glob("*.pkl"))), pool.load(options.world)
    if team.rank == 0:
        keep(finished if options.finish else path)


def main() -> None:
    parser = argparse.ArgumentParser(description="train the text encoder and the transformer")
    parser.add_argument("--steps", type=int, default=20_000, help="steps in all, those of earlier runs included")
    parser.add_argument("--world", choices=tuple(world.WORLDS), default="first")
    parser.add_argument("--finish", type=int, default=0)
    parser.add_argument("--batch", type=int, default=20, help="of each process; fewer of larger pictures, more of smaller ones")
    parser.add_argument("--other-sizes", type=float, default=0.35, help="part of the steps with pictures of another size than 128 x 128")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--matrix-rate", type=float, default=0.015, help="of Muon, for the matrices inside the blocks")
    parser.add_argument("--train-shift", type=float, default=common.SHIFT)
    parser.add_argument("--focus", type=float, default=3.0)
    parser.add_argument("--meaning", type=float, default=0.02)
    parser.add_argument("--freeze-text", action="store_true", help="train the transformer alone: an encoder that understands is in no need of more")
    parser.add_argument("--average", type=float, default=0.998)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    run(train, options, options.processes, 8_000_000)


if __name__ == "__main__":
    main()
