"""Makes scenes and their latents once, so that the transformer's training neither draws nor encodes.

    nice -n 19 /usr/bin/python3 tools/nano/pool.py --files 16 --others 1024 --world full

Each file of state/pool/ holds 2,048 scenes of one size, or as many as asked for of the others: their meaning, from which captions are made afresh at every use, their latents as the
transformer sees them (float16, scaled and shifted) and the part of each latent pixel that a shape covers. A file depends
on its world, size and number alone.
"""
from __future__ import annotations

import argparse
import pickle
from dataclasses import dataclass

import numpy as np

import common
import world
from blockcode import code

FOLDER = common.STATE / "pool"
PER_FILE = 2048
SQUARE = (128, 128)
#: Width and height of the pictures that are not 128 x 128; latents of even sides, as the transformer takes patches of two.
OTHER_SIZES = ((96, 96), (112, 112), (144, 144), (160, 160), (176, 176), (192, 192), (192, 128), (128, 192), (160, 96), (96, 160),
               (144, 112), (112, 144), (160, 128), (128, 160), (192, 96), (96, 192), (176, 144), (144, 176), (128, 96), (96, 128))


@dataclass
class Pool:
    scenes: list[world.Scene]
    latents: np.ndarray                  # float16 [count, 16, h, w]
    coverage: np.ndarray                 # uint8 [count, h, w], 255 = all of the latent pixel belongs to a shape

    def __len__(self) -> int:
        return len(self.scenes)


def coverage(placement: world.Placement) -> np.ndarray:
    """How much of each 8x8 block belongs to shapes."""
    mask = np.zeros((placement.height, placement.width), np.float32)
    for shape in placement.shapes:
        mask = np.maximum(mask, world.shape_mask(shape, placement.width, placement.height))
    return (255 * mask.reshape(placement.height // 8, 8, placement.width // 8, 8).mean(axis=(1, 3))).astype(np.uint8)


def make(number: int, kind: world.World, size: tuple[int, int], count: int) -> dict:
    rng = np.random.default_rng((number, *size))
    scenes, latents, covered = [], [], []
    for _ in range(count // 16):
        group = [world.sample_scene(rng, kind) for _ in range(16)]
        placements = [world.place(scene, rng, *size) for scene in group]
        scenes += group
        latents.append(code(np.stack([world.render(p) for p in placements])).astype(np.float16))
        covered += [coverage(p) for p in placements]
    return {"scenes": scenes, "latents": np.concatenate(latents), "coverage": np.stack(covered)}


def load(kind: str = "first") -> dict[tuple[int, int], Pool]:
    """All files of one world by the width and height of their pictures."""
    found = {}
    for size in (SQUARE, *OTHER_SIZES):
        files = sorted(FOLDER.glob(f"{kind}-{size[0]}x{size[1]}-*.pkl"))
        parts = [pickle.loads(f.read_bytes()) for f in files]
        if parts:
            found[size] = Pool([s for p in parts for s in p["scenes"]], np.concatenate([p["latents"] for p in parts]),
                               np.concatenate([p["coverage"] for p in parts]))
    if SQUARE not in found:
        raise SystemExit(f"there is no pool of the {kind} world yet: run pool.py first")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="make scenes and latents for the transformer's training")
    parser.add_argument("--files", type=int, default=8, help="of 128 x 128")
    parser.add_argument("--others", type=int, default=0, help="scenes of every other size")
    parser.add_argument("--world", choices=tuple(world.WORLDS), default="first")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = [(SQUARE, number, PER_FILE) for number in range(options.files)]
    if options.others:
        wanted += [(size, 0, options.others) for size in OTHER_SIZES]
    for size, number, count in wanted:
        path = FOLDER / f"{options.world}-{size[0]}x{size[1]}-{number:03}.pkl"
        if path.exists():
            continue
        content = make(number, world.WORLDS[options.world], size, count)
        partial = path.with_suffix(".partial")
        partial.write_bytes(pickle.dumps(content))
        partial.replace(path)
        spread = content["latents"].astype(np.float32).std(axis=(0, 2, 3))
        print(f"{path.name}: spread of the channels {np.round(spread, 2).tolist()}", flush=True)


if __name__ == "__main__":
    main()
