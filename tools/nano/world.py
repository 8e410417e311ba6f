"""The world that chroma-nano draws: simple scenes, their pictures and their captions.

A scene is one or two flat shapes on a plain, two-tone or striped background. Everything that a caption says is
visible in the picture and can be read back from its pixels, so a judge can score what a model draws:

* a palette colour differs from every other one by at least 80 in RGB distance;
* a shape that the caption gives no place stands in the middle, one without a size word is of medium size, and a background that
  it does not mention is white;
* a place or a relation puts the centre of a shape into a known third of the picture.

What a picture leaves to chance is small: a few pixels of position, a few percent of size, a little colour. `Scene` is the
meaning, `place` fixes the chance, `render` draws with analytic anti-aliasing, `caption` says it in one of many wordings.

`HELD_OUT` lists the (shape, colour, background colour) triples that training never sees: `sample_scene` rejects
them, and the judge asks for nothing else.
"""
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

SHAPES = ("circle", "square", "triangle", "cross", "star", "ring")
COLOURS = {
    "red": (215, 35, 40), "green": (35, 150, 60), "blue": (35, 75, 215), "yellow": (248, 220, 45),
    "orange": (246, 135, 25), "purple": (130, 45, 175), "white": (246, 246, 246), "black": (18, 18, 20),
    "pink": (246, 135, 195), "cyan": (60, 200, 215),
}
COLOUR_NAMES = tuple(COLOURS)
SIZES = {"small": 0.110, "medium": 0.155, "large": 0.205}      # equal-area radius, as a part of the shorter side
PLACES = {                                                     # centre of the shape, as a part of width and height
    "centre": (0.50, 0.50), "left": (0.26, 0.50), "right": (0.74, 0.50), "top": (0.50, 0.26), "bottom": (0.50, 0.74),
    "top left": (0.27, 0.27), "top right": (0.73, 0.27), "bottom left": (0.27, 0.73), "bottom right": (0.73, 0.73),
}
RELATIONS = {                                                  # places of the first and of the second shape
    "left of": ("left", "right"), "right of": ("right", "left"), "above": ("top", "bottom"), "below": ("bottom", "top"),
}
BACKGROUNDS = ("plain", "side by side", "stacked", "vertical stripes", "horizontal stripes")
PAIR_SCALE = 0.9                                               # two shapes are drawn a little smaller, so that they stay apart
STRIPE = 32                                                    # pixels across each stripe, at every size of the picture
POSITION_JITTER, SIZE_JITTER, COLOUR_JITTER = 0.012, 0.03, 3.0


@dataclass(frozen=True)
class Shape:
    kind: str
    colour: str
    size: str = "medium"
    place: str = "centre"


@dataclass(frozen=True)
class Scene:
    shapes: tuple[Shape, ...]
    background: str                      # one of BACKGROUNDS
    colours: tuple[str, ...]             # one background colour, or two: left/top first
    relation: str | None = None          # of the first shape to the second


@dataclass(frozen=True)
class World:
    """How much of the language is in use. Training starts with less and grows."""
    shapes: tuple[str, ...] = SHAPES
    colours: tuple[str, ...] = COLOUR_NAMES
    background_weights: tuple[float, ...] = (0.5, 0.15, 0.15, 0.1, 0.1)
    two_shapes: float = 0.55
    corners: float = 0.25                # of the shapes that have a place word


#: Six shapes and ten colours are the language; these are the parts of it that the transformer has been trained on, one after the other.
LANGUAGE = World()
FIRST_WORLD = World(SHAPES[:4], COLOUR_NAMES[:8], (0.7, 0.15, 0.15, 0.0, 0.0), 0.0)
FULL_WORLD = World(SHAPES[:4])
WORLDS = {"first": FIRST_WORLD, "full": FULL_WORLD, "language": LANGUAGE}


def _held_out() -> frozenset[tuple[str, str, str]]:
    """One triple in seven, spread so that every pair of its members stays in training."""
    return frozenset(
        (shape, colour, ground)
        for s, shape in enumerate(SHAPES) for c, colour in enumerate(COLOUR_NAMES) for g, ground in enumerate(COLOUR_NAMES)
        if colour != ground and (3 * s + 2 * c + g) % 7 == 0)


HELD_OUT = _held_out()


def triples(scene: Scene) -> set[tuple[str, str, str]]:
    return {(s.kind, s.colour, ground) for s in scene.shapes for ground in scene.colours}


def is_held_out(scene: Scene) -> bool:
    return bool(triples(scene) & HELD_OUT)


def sample_scene(rng: np.random.Generator, world: World = LANGUAGE, held_out: bool = False) -> Scene:
    """A scene of the training set or, with `held_out`, one that training rejects."""
    while True:
        scene = _draw_scene(rng, world)
        if is_held_out(scene) == held_out:
            return scene


def _draw_scene(rng: np.random.Generator, world: World) -> Scene:
    background = BACKGROUNDS[rng.choice(len(BACKGROUNDS), p=np.array(world.background_weights) / sum(world.background_weights))]
    tones = 1 if background == "plain" else 2
    count = 2 if rng.random() < world.two_shapes else 1
    colours = [world.colours[i] for i in rng.permutation(len(world.colours))[:tones + count]]
    kinds = [world.shapes[rng.integers(len(world.shapes))] for _ in range(count)]
    if count == 2:
        relation = tuple(RELATIONS)[rng.integers(4)]
        sizes = [("medium", "medium", "small", "large")[rng.integers(4)] for _ in range(2)]
        if sizes == ["large", "large"]:                        # they would touch
            sizes[rng.integers(2)] = "small"
        shapes = tuple(Shape(k, c, z, p) for k, c, z, p in zip(kinds, colours[tones:], sizes, RELATIONS[relation]))
        return Scene(shapes, background, tuple(colours[:tones]), relation)
    size = ("medium", "medium", "small", "large")[rng.integers(4)]
    if rng.random() < 0.35:
        place = "centre"
    elif rng.random() < world.corners:
        place = tuple(PLACES)[5 + rng.integers(4)]
    else:
        place = tuple(PLACES)[1 + rng.integers(4)]
    return Scene((Shape(kinds[0], colours[tones], size, place),), background, tuple(colours[:tones]))


# ---------------------------------------------------------------------------------------------- pictures

@dataclass(frozen=True)
class PlacedShape:
    """A shape in pixels: where its centre is and the radius of the circle of the same area."""
    kind: str
    rgb: tuple[float, float, float]
    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Placement:
    width: int
    height: int
    background: str
    grounds: tuple[tuple[float, float, float], ...]
    shapes: tuple[PlacedShape, ...] = field(default_factory=tuple)


def place(scene: Scene, rng: np.random.Generator | None, width: int = 128, height: int = 128) -> Placement:
    """Fixes what the caption leaves open. Without a generator everything stands exactly where it is meant."""
    def jitter(scale: float) -> float:
        return 0.0 if rng is None else float(rng.uniform(-scale, scale))

    def tint(name: str) -> tuple[float, float, float]:
        return tuple(float(np.clip(v + jitter(COLOUR_JITTER), 0, 255)) for v in COLOURS[name])

    side = min(width, height) * (1.0 if len(scene.shapes) == 1 else PAIR_SCALE)
    shapes = []
    for shape in scene.shapes:
        x, y = PLACES[shape.place]
        radius = SIZES[shape.size] * side * (1 + jitter(SIZE_JITTER))
        shapes.append(PlacedShape(shape.kind, tint(shape.colour), x * width + jitter(POSITION_JITTER) * side,
                                  y * height + jitter(POSITION_JITTER) * side, radius))
    return Placement(width, height, scene.background, tuple(tint(c) for c in scene.colours), tuple(shapes))


def _polygon(px: np.ndarray, py: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Signed distance to a closed polygon, negative inside."""
    distance = np.full(px.shape, np.inf, np.float32)
    inside = np.zeros(px.shape, bool)
    for (ax, ay), (bx, by) in zip(points, np.roll(points, -1, axis=0)):
        ex, ey, wx, wy = bx - ax, by - ay, px - ax, py - ay
        along = np.clip((wx * ex + wy * ey) / (ex * ex + ey * ey), 0, 1)
        distance = np.minimum(distance, (wx - ex * along) ** 2 + (wy - ey * along) ** 2)
        crosses = ((ay > py) != (by > py)) & (px < ex * (py - ay) / (ey if ey else 1e-9) + ax)
        inside ^= crosses
    return np.where(inside, -1.0, 1.0).astype(np.float32) * np.sqrt(distance)


_ANGLES = {"triangle": np.deg2rad([-90, 30, 150]), "star": np.deg2rad(-90 + 36 * np.arange(10))}


def shape_distance(kind: str, px: np.ndarray, py: np.ndarray, radius: float) -> np.ndarray:
    """Signed distance in pixels from points relative to the centre; each kind covers pi * radius^2 (the ring less its hole)."""
    if kind == "circle":
        return np.hypot(px, py) - radius
    if kind == "ring":
        return np.abs(np.hypot(px, py) - 0.95 * radius) - 0.25 * radius
    if kind == "square":
        return np.maximum(np.abs(px), np.abs(py)) - 0.886 * radius
    if kind == "cross":                                        # two bars, each a third as wide as it is long
        ax, ay, long, wide = np.abs(px), np.abs(py), 1.19 * radius, 0.397 * radius
        return np.minimum(np.maximum(ax - long, ay - wide), np.maximum(ax - wide, ay - long))
    angle = _ANGLES[kind]
    if kind == "triangle":
        reach = np.full(3, 1.555 * radius)
    else:
        reach = np.where(np.arange(10) % 2 == 0, 1.56 * radius, 0.69 * radius)
    return _polygon(px, py, np.stack([reach * np.cos(angle), reach * np.sin(angle)], 1))


def shape_mask(shape: PlacedShape, width: int, height: int) -> np.ndarray:
    """Coverage 0..1 of each pixel."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) + 0.5
    return np.clip(0.5 - shape_distance(shape.kind, x - shape.x, y - shape.y, shape.radius), 0, 1).astype(np.float32)


def background_weight(kind: str, width: int, height: int) -> np.ndarray:
    """Share 0..1 of the second background colour in each pixel."""
    weight = np.zeros((height, width), np.float32)
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    if kind == "side by side":
        weight[:, x > 0.5] = 1
    elif kind == "stacked":
        weight[y > 0.5, :] = 1
    elif kind == "vertical stripes":
        weight[:, np.arange(width) // STRIPE % 2 == 1] = 1
    elif kind == "horizontal stripes":
        weight[np.arange(height) // STRIPE % 2 == 1, :] = 1
    return weight


def render(placement: Placement) -> np.ndarray:
    """uint8 picture [height, width, 3]."""
    w, h = placement.width, placement.height
    picture = np.empty((h, w, 3), np.float32)
    picture[:] = placement.grounds[0]
    if len(placement.grounds) > 1:
        picture[background_weight(placement.background, w, h) > 0.5] = placement.grounds[1]
    for shape in placement.shapes:
        reach = int(np.ceil(1.7 * shape.radius)) + 2          # draw only in the box that the shape can touch
        x0, x1 = max(0, int(shape.x) - reach), min(w, int(shape.x) + reach + 1)
        y0, y1 = max(0, int(shape.y) - reach), min(h, int(shape.y) + reach + 1)
        py, px = np.mgrid[y0:y1, x0:x1].astype(np.float32) + 0.5
        mask = np.clip(0.5 - shape_distance(shape.kind, px - shape.x, py - shape.y, shape.radius), 0, 1)[..., None]
        box = picture[y0:y1, x0:x1]
        box += mask * (np.array(shape.rgb, np.float32) - box)
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


# ---------------------------------------------------------------------------------------------- captions

_PLACE_WORDS = {
    "left": ("on the left", "on the left side", "at the left"),
    "right": ("on the right", "on the right side", "at the right"),
    "top": ("at the top", "near the top", "on the top"),
    "bottom": ("at the bottom", "near the bottom", "on the bottom"),
    "top left": ("in the top left corner", "at the top left", "in the upper left corner"),
    "top right": ("in the top right corner", "at the top right", "in the upper right corner"),
    "bottom left": ("in the bottom left corner", "at the bottom left", "in the lower left corner"),
    "bottom right": ("in the bottom right corner", "at the bottom right", "in the lower right corner"),
    "centre": ("in the centre", "in the middle", "in the center"),
}
_RELATION_WORDS = {
    "left of": ("to the left of", "left of"), "right of": ("to the right of", "right of"),
    "above": ("above", "over"), "below": ("below", "under", "beneath"),
}
_SIZE_WORDS = {"small": ("small", "small", "tiny", "little"), "large": ("large", "large", "big", "huge"), "medium": ("",)}


def _pick(rng: np.random.Generator, options):
    return options[rng.integers(len(options))]


def _article(words: str) -> str:
    return ("an " if words[0] in "aeiou" else "a ") + words


def _noun(shape: Shape, rng: np.random.Generator) -> str:
    return _article(" ".join(w for w in (_pick(rng, _SIZE_WORDS[shape.size]), shape.colour, shape.kind) if w))


def _ground(scene: Scene, rng: np.random.Generator) -> str:
    """The background as a noun phrase that follows "on"."""
    a, *rest = scene.colours
    b = rest[0] if rest else a
    return {
        "plain": lambda: _pick(rng, (f"{_article(a)} background", f"{_article(a)} background", f"a plain {a} background", a)),
        "side by side": lambda: _pick(rng, (
            f"a background that is {a} on the left and {b} on the right",
            f"a background, {a} on the left and {b} on the right", f"a background with {a} left and {b} right")),
        "stacked": lambda: _pick(rng, (
            f"a background that is {a} at the top and {b} at the bottom",
            f"a background, {a} at the top and {b} at the bottom", f"a background with {a} above and {b} below")),
        "vertical stripes": lambda: _pick(rng, (
            f"a background of vertical {a} and {b} stripes", f"vertical {a} and {b} stripes")),
        "horizontal stripes": lambda: _pick(rng, (
            f"a background of horizontal {a} and {b} stripes", f"horizontal {a} and {b} stripes")),
    }[scene.background]()


def _subject(scene: Scene, rng: np.random.Generator) -> str:
    first = scene.shapes[0]
    if len(scene.shapes) == 1:
        says_place = first.place != "centre" or rng.random() < 0.4
        where = _pick(rng, _PLACE_WORDS[first.place]) if says_place else ""
        return f"{_noun(first, rng)} {where}".strip()
    second = scene.shapes[1]
    if rng.random() < 0.7:
        return f"{_noun(first, rng)} {_pick(rng, _RELATION_WORDS[scene.relation])} {_noun(second, rng)}"
    places = [_pick(rng, _PLACE_WORDS[s.place][:1]) for s in scene.shapes]
    return f"{_noun(first, rng)} {places[0]} and {_noun(second, rng)} {places[1]}"


def caption(scene: Scene, rng: np.random.Generator) -> str:
    """One of the wordings of a scene: lower case or a sentence, with or without a lead such as "a picture of"."""
    subject, ground = _subject(scene, rng), _ground(scene, rng)
    form = rng.random()
    if scene.background == "plain" and scene.colours[0] == "white" and rng.random() < 0.3:
        text = subject
    elif form < 0.45:
        text = f"{subject} on {ground}"
    elif form < 0.70:
        text = f"{subject}, on {ground}"
    elif form < 0.80:
        text = f"{subject} against {ground}"
    elif form < 0.90 and ground.startswith("a"):
        text = f"{ground} with {subject}"
    elif scene.background == "plain":
        text = f"{subject}, the background is {scene.colours[0]}"
    else:
        text = f"{subject}, {ground}"
    if rng.random() < 0.1:
        text = _pick(rng, ("a picture of ", "an image of ", "a drawing of ")) + text
    if rng.random() < 0.15:
        text = text[0].upper() + text[1:]
    if rng.random() < 0.15:
        text += "."
    return text


def plain_caption(scene: Scene) -> str:
    """The shortest clear wording, the same every time."""
    class First:                                               # takes the first of all options
        def integers(self, n): return 0
        def random(self): return 0.0 if scene.shapes[0].place == "centre" and len(scene.shapes) == 1 else 0.1
    rng = First()
    subject = _noun(scene.shapes[0], rng) if len(scene.shapes) == 1 and scene.shapes[0].place == "centre" else _subject(scene, rng)
    return f"{subject} on {_ground(scene, rng)}"
