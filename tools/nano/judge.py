"""Scores drawn pictures by their pixels, over prompts whose combinations training never saw.

    nice -n 19 /usr/bin/python3 tools/nano/judge.py [--world first] [--sheet sheet.png]

For each picture: does every shape have its colour, is the background right, does every shape stand where it was asked for, has it the
outline of its kind, and all of that at once. On true pictures the judge gives 100 % (--truth).
"""
from __future__ import annotations

import argparse
import dataclasses
import json
import struct
import zlib
from collections import deque
from pathlib import Path

import numpy as np
import torch

import common
import schedule
import world
from autoencoder import Autoencoder
from fused import accelerate
from masks import keep_mask
from train_flow import Nano, load_average, shift_time, velocity
from train_text import encode
from vocabulary import Tokenizer

_PALETTE = np.array(list(world.COLOURS.values()), np.float32)
STEPS, GUIDANCE = 20, 2.5
HELD_OUT = common.HERE / "held-out.json"


def classify(picture: np.ndarray) -> np.ndarray:
    """Index of the nearest palette colour of each pixel."""
    flat = picture.reshape(-1, 3).astype(np.float32)
    distance = (flat**2).sum(1, keepdims=True) - 2 * flat @ _PALETTE.T + (_PALETTE**2).sum(1)
    return distance.argmin(1).reshape(picture.shape[:2])


def largest_part(mask: np.ndarray) -> np.ndarray:
    """The largest 4-connected part of a mask."""
    left, best = mask.copy(), np.zeros_like(mask)
    size = 0
    while left.sum() > size:
        start = tuple(np.argwhere(left)[0])
        part, queue = [start], deque([start])
        left[start] = False
        while queue:
            y, x = queue.popleft()
            for at in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if 0 <= at[0] < mask.shape[0] and 0 <= at[1] < mask.shape[1] and left[at]:
                    left[at] = False
                    part.append(at)
                    queue.append(at)
        if len(part) > size:
            size = len(part)
            best = np.zeros_like(mask)
            best[tuple(np.array(part).T)] = True
    return best


def shrink(mask: np.ndarray, by: int) -> np.ndarray:
    """Takes `by` pixels off every edge, the picture's border excepted."""
    for _ in range(by):
        padded = np.pad(mask, 1, constant_values=True)
        mask = mask & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask


def likeness(part: np.ndarray, kind: str) -> float:
    """Overlap (intersection over union) with an ideal shape of the same centre and area."""
    y, x = np.argwhere(part).mean(axis=0) + 0.5
    radius = (part.sum() / np.pi / (0.95 if kind == "ring" else 1.0)) ** 0.5
    ideal = world.shape_mask(world.PlacedShape(kind, (0, 0, 0), x, y, radius), part.shape[1], part.shape[0]) > 0.5
    return float((ideal & part).sum() / (ideal | part).sum())


def judge(picture: np.ndarray, scene: world.Scene) -> dict[str, bool]:
    """picture uint8 [h, w, 3] -> which parts of the scene it shows."""
    height, width = picture.shape[:2]
    side = min(width, height)
    names = classify(picture)
    wanted = [world.COLOUR_NAMES.index(s.colour) for s in scene.shapes]
    grounds = [world.COLOUR_NAMES.index(c) for c in scene.colours]

    second = world.background_weight(scene.background, width, height) > 0.5
    background = True
    for colour, region in zip(grounds, (~second, second)):
        region = shrink(region, 2)
        free = region & ~np.isin(names, wanted)
        background &= free.sum() > 0.3 * region.sum() and (names[free] == colour).mean() > 0.9

    parts = [largest_part(names == colour) for colour in wanted]
    expected = [np.pi * (world.SIZES[s.size] * side) ** 2 for s in scene.shapes]
    colour = all(0.35 * area < part.sum() < 2.5 * area for part, area in zip(parts, expected))
    strangers = shrink(~np.isin(names, wanted + grounds), 2).sum() + sum(
        shrink((names == c) & ~part, 2).sum() for c, part in zip(wanted, parts))
    colour &= strangers < 0.004 * width * height
    centres = [np.argwhere(part).mean(axis=0)[::-1] + 0.5 if part.any() else np.array([-9.0, -9.0]) for part in parts]
    if scene.relation:
        dx, dy = (centres[1] - centres[0]) / (width, height)
        position = {"left of": dx, "right of": -dx, "above": dy, "below": -dy}[scene.relation] > max(
            0.2, 1.5 * abs(dy if "of" in scene.relation else dx))
    else:
        reach = {name: np.hypot(*(centres[0] - np.array(at) * (width, height))) for name, at in world.PLACES.items()}
        position = min(reach, key=reach.get) == scene.shapes[0].place
    shape = all(part.sum() > 20 and likeness(part, s.kind) > 0.7 and
                max(world.SHAPES, key=lambda k: likeness(part, k)) == s.kind for part, s in zip(parts, scene.shapes))
    return {"colour": bool(colour), "background": bool(background), "position": bool(position), "shape": bool(shape),
            "all": bool(colour and background and position and shape)}


def prompts(path: Path = HELD_OUT, group: str = "full", count: int | None = None) -> list[tuple[world.Scene, str]]:
    """The listed prompts of one group, or of both, with their scenes."""
    rows = [row for row in json.loads(path.read_text())["prompts"] if group in ("all", row["world"])]
    return [(world.Scene(tuple(world.Shape(**shape) for shape in row["shapes"]), row["background"], tuple(row["colours"]), row["relation"]),
             row["prompt"]) for row in rows[:count]]


def write_prompts(path: Path, count: int, seed: int = 78) -> None:
    """For judges in other languages: the world in figures, what training never saw, and prompts with their meaning.

    Prompts of the first world stay as they were; `count` scenes of the full world follow, every third in free wording.
    """
    rng = np.random.default_rng(seed)
    scenes = [world.sample_scene(rng, world.FULL_WORLD, held_out=True) for _ in range(count)]
    asked = [(s, world.caption(s, rng) if i % 3 == 2 else world.plain_caption(s)) for i, s in enumerate(scenes)]
    figures = {"colours": world.COLOURS, "sizes": world.SIZES, "places": world.PLACES, "relations": world.RELATIONS,
               "pair_scale": world.PAIR_SCALE, "stripe": world.STRIPE, "backgrounds": world.BACKGROUNDS, "shapes": world.SHAPES}
    triples = [json.dumps(triple) for triple in sorted(world.HELD_OUT)]
    rows = [json.dumps({"prompt": text, **dataclasses.asdict(scene), "world": group})
            for group, part in (("first", prompts(path, "first")), ("full", asked)) for scene, text in part]
    path.write_text('{\n"world": {\n' + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in figures.items())
                    + '\n},\n"held_out": [\n' + ",\n".join(triples) + '\n],\n"prompts": [\n' + ",\n".join(rows) + "\n]\n}\n")


@torch.no_grad()
def generate(model: Nano, autoencoder: Autoencoder, captions: list[str], seed: int = 0, steps: int = STEPS,
             guidance: float = GUIDANCE, width: int = 128, height: int = 128, group: int = 32) -> np.ndarray:
    """Euler over the shifted linear schedule with guidance -> uint8 pictures."""
    tokenizer = Tokenizer(common.STATE / "tokenizer.model")
    noise = torch.randn(len(captions), 16, height // 8, width // 8, generator=torch.Generator().manual_seed(seed))
    sigmas = shift_time(torch.linspace(1, 0, steps + 1), common.SHIFT)
    pictures = []
    for start in range(0, len(captions), group):
        texts = captions[start:start + group]
        x = noise[start:start + group]
        ids = torch.from_numpy(tokenizer.batch(texts + [""] * len(texts)))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            context, real = encode(model.text, ids)
            keep = keep_mask(real)
            for sigma, following in zip(sigmas[:-1], sigmas[1:]):
                both = velocity(model.transformer, torch.cat([x, x]), sigma.expand(2 * len(x)), context, keep).float()
                x = schedule.euler_step(x, schedule.guide(*both.chunk(2), guidance), sigma, following)
            decoded = autoencoder.decode(x.contiguous(memory_format=torch.channels_last)).float()
        pictures.append(((decoded.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy())
    return np.concatenate(pictures)


def write_png(path: Path, picture: np.ndarray) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    height, width = picture.shape[:2]
    rows = np.concatenate([np.zeros((height, 1), np.uint8), picture.reshape(height, -1)], axis=1)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)) + chunk(b"IEND", b""))


def sheet(pictures: np.ndarray, columns: int = 8) -> np.ndarray:
    rows = [np.concatenate(list(pictures[i:i + columns]), axis=1) for i in range(0, len(pictures) - columns + 1, columns)]
    return np.concatenate(rows, axis=0)


def table(scores: list[dict[str, bool]]) -> dict[str, float]:
    return {name: round(100 * float(np.mean([s[name] for s in scores])), 1) for name in scores[0]}


def load_decoder() -> Autoencoder:
    model = common.load_autoencoder()
    accelerate(model, common.STATE)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description="score chroma-nano by its pictures")
    parser.add_argument("--count", type=int, help="the first so many of the prompts")
    parser.add_argument("--world", choices=("first", "full", "all"), default="all", help="prompts of one shape, of the whole world, or both")
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--height", type=int, default=128)
    parser.add_argument("--truth", action="store_true", help="judge true pictures instead")
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--guidance", type=float, default=GUIDANCE)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheet", type=Path, help="write the first pictures into one PNG")
    parser.add_argument("--prompts", type=int, help="write held-out.json with so many prompts of the full world, and stop")
    parser.add_argument("--list", action="store_true", help="print each prompt with its scores")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.prompts:
        write_prompts(HELD_OUT, options.prompts)
        return
    asked = prompts(HELD_OUT, options.world, options.count)
    if options.truth:
        rng = np.random.default_rng(5)
        pictures = np.stack([world.render(world.place(scene, rng, options.width, options.height)) for scene, _ in asked])
    else:
        pictures = generate(load_average(options.checkpoint), load_decoder(), [text for _, text in asked], options.seed,
                            options.steps, options.guidance, options.width, options.height)
    scores = [judge(picture, scene) for picture, (scene, _) in zip(pictures, asked)]
    if options.list:
        for (_, text), score in zip(asked, scores):
            print(f"{'ok ' if score['all'] else 'bad'} {text}   {', '.join(k for k, v in score.items() if not v)}")
    for title, pick in (("all", lambda s: True), ("one shape", lambda s: not s.relation), ("two shapes", lambda s: s.relation),
                        ("stripes", lambda s: "stripes" in s.background)):
        chosen = [score for score, (scene, _) in zip(scores, asked) if pick(scene)]
        if chosen:
            print(f"{title}: {len(chosen)} prompts, {table(chosen)}")
    if options.sheet:
        write_png(options.sheet, sheet(pictures[:64]))


if __name__ == "__main__":
    main()
