"""Runs a model with a forward hook on every module and writes the outputs to one safetensors file.

The keys are the module names, so the file compares with one that `chroma layers` wrote, key by key:

    python3 dump_layers.py --component transformer --weights W --rope-axes 8,12,12 --inputs I --output O
    chroma layers          --component transformer --weights W --rope-axes 8,12,12 --inputs I --output P
    chroma compare O P

Inputs and results (float32 unless said; the same as of `chroma layers`):

    transformer          latent [B,16,H,W], timestep [B] in 0..1, context [B,T,C],
                         optional context_mask [B,T] (1 = kept)            -> velocity [B,16,H,W]
    text-encoder         input_ids [B,T] int32, optional attention_mask    -> last_hidden_state [B,T,M]
    autoencoder-encoder  image [B,3,H,W] in -1..1                          -> mean, logvar [B,16,H/8,W/8]
    autoencoder-decoder  latent [B,16,h,w], unscaled and unshifted         -> image [B,3,8h,8w]

`--make-inputs SEED` first writes random inputs of the given batch, size and length to the --inputs file.

With a context_mask every sample is run alone under a boolean mask; rows of dropped text tokens are zeros in the file.

By default the reference of this folder runs. `--diffusers DIR` (a model folder) and `--comfyui DIR` (a checkout) run those
programs instead where they are installed; see outside_models.py, which could not be tried where it was written.
"""

import argparse
import sys
from pathlib import Path
from typing import Dict, Optional

import torch
from torch import Tensor

import chroma
import masks
from autoencoder import Autoencoder
from layer_taps import TapRecorder, Taps, blank_dropped, insert_dropped, join_samples, select
from masks import TextMask
from outside_models import NotInstalled, OutsideModel, comfyui_model, diffusers_model
from safetensors_io import SafetensorsError, load, save
from t5 import T5Encoder

COMPONENTS = ("transformer", "text-encoder", "autoencoder-encoder", "autoencoder-decoder")


class Inputs:
    """The input tensors of a file, asked for by name and checked."""

    def __init__(self, path: Path):
        self.path = path
        self.tensors = load(path)

    def get(self, name: str, rank: int) -> Tensor:
        tensor = self.optional(name, rank)
        if tensor is None:
            raise ValueError(f"{self.path}: there is no input {name}")
        return tensor

    def optional(self, name: str, rank: int) -> Optional[Tensor]:
        tensor = self.tensors.get(name)
        if tensor is not None and tensor.dim() != rank:
            raise ValueError(f"{self.path}: {name} has shape {list(tensor.shape)}, expected {rank} dimensions")
        return tensor


def transformer(inputs: Inputs, model: chroma.Chroma, outside: Optional[OutsideModel]) -> Taps:
    latent, timestep = inputs.get("latent", 4).float(), inputs.get("timestep", 1).float()
    context, keep = inputs.get("context", 3).float(), inputs.optional("context_mask", 2)
    batch = latent.shape[0]
    if timestep.shape[0] != batch or context.shape[0] != batch:
        raise ValueError(f"{inputs.path}: latent, timestep and context are not of one batch size")
    if keep is not None:
        if keep.shape != context.shape[:2]:
            raise ValueError(f"{inputs.path}: context_mask is {list(keep.shape)}, context {list(context.shape)}")
        keep = keep != 0

    samples = []
    whole = [slice(0, batch)] if keep is None else [slice(i, i + 1) for i in range(batch)]
    for part in whole:
        args = latent[part], timestep[part], context[part]
        row = None if keep is None else keep[part]
        if outside is not None:
            if row is not None:
                args = (*args[:2], args[2][:, row[0]])
            with TapRecorder(outside.module, outside.rename, outside.image_first) as recorder:
                velocity = outside.run(*args)
            taps = recorder.taps if row is None else insert_dropped(recorder.taps, row[0])
        else:
            with TapRecorder(model) as recorder:
                velocity = model.velocity(*args, keep=row)
            taps = recorder.taps if row is None else blank_dropped(recorder.taps, row[0])
        samples.append({**taps, "velocity": velocity.float()})
    return join_samples(samples)


def text_encoder(inputs: Inputs, model: T5Encoder, outside: Optional[OutsideModel], treatment: TextMask) -> Taps:
    ids, tokens = inputs.get("input_ids", 2).long(), inputs.optional("attention_mask", 2)
    if tokens is not None and tokens.shape != ids.shape:
        raise ValueError(f"{inputs.path}: attention_mask is {list(tokens.shape)}, input_ids {list(ids.shape)}")
    if outside is not None:
        if treatment == TextMask.TRAINING:
            raise ValueError("--text-mask training: transformers' T5 has no such mask")
        with TapRecorder(outside.module) as recorder:
            hidden = outside.run(ids, None if treatment == TextMask.NONE else tokens)
    else:
        mask = None if tokens is None else masks.text_encoder_mask(tokens != 0, treatment)
        with TapRecorder(model) as recorder:
            hidden = model(ids, mask)
    return {**layers(recorder), "last_hidden_state": hidden.float()}


def autoencoder(inputs: Inputs, model: Autoencoder, outside: Optional[OutsideModel], encode: bool) -> Taps:
    source = inputs.get("image" if encode else "latent", 4).float()
    rename = outside.rename if outside is not None else lambda name: name
    with TapRecorder(outside.module if outside is not None else model, rename) as recorder:
        if outside is not None:
            result = outside.run(source)
        else:
            result = model.moments(source) if encode else model.decoder(source)
    taps = layers(recorder)
    return {**taps, "mean": result[0], "logvar": result[1]} if encode else {**taps, "image": result}


def layers(recorder: TapRecorder) -> Taps:
    """Without the network as a whole, which is no layer: its output stands under the name of the result."""
    return {name: tensor for name, tensor in recorder.taps.items() if name not in ("encoder", "decoder")}


def make_inputs(args: argparse.Namespace, model) -> Dict[str, Tensor]:
    """Random inputs that fit the model: unit normal values, prompts of different lengths, times spread over 0..1."""
    generator = torch.Generator().manual_seed(args.make_inputs)
    batch, tokens = args.batch, args.tokens
    height, width = args.size

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    lengths = args.lengths or torch.randint(1, max(tokens, 2), (batch,), generator=generator).tolist()
    if len(lengths) != batch or not all(0 < length <= tokens for length in lengths):
        raise ValueError(f"--lengths {lengths}: expected {batch} numbers in 1..{tokens}")
    prompt = (torch.arange(tokens)[None, :] < torch.tensor(lengths)[:, None]).float()

    if args.component == "transformer":
        config = model.config
        result = {
            "latent": normal(batch, config.in_channels // 4, height, width),
            "timestep": torch.rand(batch, generator=generator),
            "context": normal(batch, tokens, config.context_in_dim),
            "context_mask": masks.keep_mask(prompt).float(),
        }
        if args.no_mask:
            del result["context_mask"]
        return result
    if args.component == "text-encoder":
        ids = torch.randint(2, model.config.vocab_size, (batch, tokens), generator=generator)
        ids = ids * prompt.long()
        ids[torch.arange(batch), torch.tensor(lengths) - 1] = 1
        result = {"input_ids": ids.int(), "attention_mask": prompt}
        if args.no_mask:
            del result["attention_mask"]
        return result
    if args.component == "autoencoder-encoder":
        return {"image": torch.rand(batch, model.config.in_channels, height, width, generator=generator) * 2 - 1}
    return {"latent": normal(batch, model.config.z_channels, height, width)}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--component", required=True, choices=COMPONENTS)
    parser.add_argument("--weights", type=Path, help="safetensors file; not needed with --diffusers")
    parser.add_argument("--inputs", type=Path, required=True, help="safetensors file with the inputs")
    parser.add_argument("--output", type=Path, help="safetensors file to write; may be left out with --make-inputs")
    parser.add_argument("--tap", action="append", metavar="GLOB", help="only these layers (may be repeated)")
    parser.add_argument("--rope-axes", type=numbers, metavar="A,B,C", help="default 16,56,56")
    parser.add_argument("--text-mask", choices=[t.value for t in TextMask], default=TextMask.KEY.value)
    parser.add_argument("--diffusers", type=Path, metavar="DIR", help="run a diffusers model folder instead")
    parser.add_argument("--comfyui", type=Path, metavar="DIR", help="run a ComfyUI checkout on --weights instead")
    random = parser.add_argument_group("random inputs")
    random.add_argument("--make-inputs", type=int, metavar="SEED", help="write random inputs to --inputs first")
    random.add_argument("--batch", type=int, default=1)
    random.add_argument("--size", type=size, default=(8, 6), metavar="HxW", help="of the latent or image, default 8x6")
    random.add_argument("--tokens", type=int, default=10, help="text tokens, padding included")
    random.add_argument("--lengths", type=numbers, metavar="N,..", help="real tokens per sample, default random")
    random.add_argument("--no-mask", action="store_true", help="leave the mask out")
    args = parser.parse_args()
    if args.make_inputs is None and args.output is None:
        parser.error("give --output")
    if args.weights is None and (args.diffusers is None or args.make_inputs is not None):
        parser.error("give --weights")
    return args


def numbers(text: str):
    return [int(part) for part in text.split(",")]


def size(text: str):
    height, width = text.lower().split("x")
    return int(height), int(width)


def load_model(args: argparse.Namespace):
    weights = load(args.weights)
    if args.component == "transformer":
        return chroma.Chroma.from_state_dict(weights, args.rope_axes)
    return (T5Encoder if args.component == "text-encoder" else Autoencoder).from_state_dict(weights)


def load_outside(args: argparse.Namespace) -> Optional[OutsideModel]:
    if args.diffusers is not None:
        return diffusers_model(args.diffusers, args.component)
    if args.comfyui is not None:
        return comfyui_model(args.comfyui, args.component, args.weights)
    return None


def run(args: argparse.Namespace) -> None:
    outside = load_outside(args)
    model = load_model(args) if outside is None or args.make_inputs is not None else None
    if args.make_inputs is not None:
        save(args.inputs, make_inputs(args, model))
    if args.output is None:
        return
    inputs = Inputs(args.inputs)
    with torch.no_grad():
        if args.component == "transformer":
            taps = transformer(inputs, model, outside)
        elif args.component == "text-encoder":
            taps = text_encoder(inputs, model, outside, TextMask(args.text_mask))
        else:
            taps = autoencoder(inputs, model, outside, args.component == "autoencoder-encoder")
    results = ("velocity", "last_hidden_state", "mean", "logvar", "image")
    chosen = select(taps, args.tap)
    chosen.update({name: taps[name] for name in results if name in taps})
    save(args.output, chosen)
    print(f"{args.output}: {len(chosen)} tensors", file=sys.stderr)


def main() -> int:
    try:
        run(parse_arguments())
    except (NotInstalled, SafetensorsError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
