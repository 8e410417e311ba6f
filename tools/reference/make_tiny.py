"""Writes tiny models with random weights, under the names of real checkpoints, for tests of other sizes and seeds.

    python3 make_tiny.py transformer  --output chroma.safetensors --seed 7 --hidden 96 --heads 3 --axes 8,12,12
    python3 make_tiny.py text-encoder --output t5.safetensors --width 48 --layers 3
    python3 make_tiny.py autoencoder  --output ae.safetensors --channels 32 --multipliers 1,2,2

Every weight is random, norms and biases included, and scaled so that values stay of order one through the network: a
layer that is left out, or a bias that is forgotten, shows.
"""

import argparse
import sys
from pathlib import Path

import torch
from torch import nn

from autoencoder import Autoencoder, AutoencoderConfig
from chroma import Chroma, ChromaConfig
from safetensors_io import save
from t5 import T5Config, T5Encoder

TYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}


def randomise(model: nn.Module, seed: int) -> None:
    """Matrices and kernels: normal of width 1/sqrt(inputs). Norm weights: about 1. Biases: about 0."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() > 1:
                fan_in = 1 if "shared" in name or "relative_attention_bias" in name else parameter[0].numel()
                parameter.copy_(noise * fan_in**-0.5)
            elif name.endswith("bias"):
                parameter.copy_(0.1 * noise)
            else:
                parameter.copy_(1.0 + 0.2 * noise)


def transformer(args: argparse.Namespace) -> Chroma:
    return Chroma(
        ChromaConfig(
            in_channels=4 * args.latent_channels,
            context_in_dim=args.context,
            hidden_size=args.hidden,
            num_heads=args.heads,
            depth=args.doubles,
            depth_single_blocks=args.singles,
            mlp_ratio=args.mlp_ratio,
            axes_dim=tuple(args.axes),
            approximator_in_dim=args.approximator_in,
            approximator_hidden_size=args.approximator_hidden,
            approximator_depth=args.approximator_depth,
        )
    )


def text_encoder(args: argparse.Namespace) -> T5Encoder:
    return T5Encoder(
        T5Config(
            vocab_size=args.vocabulary,
            d_model=args.width,
            d_kv=args.head_size,
            d_ff=args.feed_forward,
            num_layers=args.layers,
            num_heads=args.heads,
        )
    )


def autoencoder(args: argparse.Namespace) -> Autoencoder:
    return Autoencoder(
        AutoencoderConfig(
            ch=args.channels,
            ch_mult=tuple(args.multipliers),
            num_res_blocks=args.blocks,
            z_channels=args.latent_channels,
        )
    )


def numbers(text: str):
    return [int(part) for part in text.split(",")]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    models = parser.add_subparsers(required=True, metavar="MODEL")

    def model(name: str, make) -> argparse.ArgumentParser:
        sub = models.add_parser(name, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        sub.set_defaults(make=make)
        sub.add_argument("--output", type=Path, required=True, help="safetensors file to write")
        sub.add_argument("--seed", type=int, default=0, help="of the random weights")
        sub.add_argument("--type", choices=TYPES, default="f32", help="of the stored weights")
        return sub

    sub = model("transformer", transformer)
    sub.add_argument("--hidden", type=int, default=64, help="width")
    sub.add_argument("--heads", type=int, default=2, help="attention heads")
    sub.add_argument("--axes", type=numbers, default=[8, 12, 12], help="rope axes, summing to hidden / heads")
    sub.add_argument("--doubles", type=int, default=2, help="double blocks")
    sub.add_argument("--singles", type=int, default=3, help="single blocks")
    sub.add_argument("--mlp-ratio", type=float, default=4.0, help="MLP width over hidden width")
    sub.add_argument("--context", type=int, default=40, help="width of the text encoder")
    sub.add_argument("--latent-channels", type=int, default=16, help="channels of the latent")
    sub.add_argument("--approximator-in", type=int, default=64, help="input width of the Approximator")
    sub.add_argument("--approximator-hidden", type=int, default=48, help="width of the Approximator")
    sub.add_argument("--approximator-depth", type=int, default=2, help="layers of the Approximator")

    sub = model("text-encoder", text_encoder)
    sub.add_argument("--vocabulary", type=int, default=512, help="pieces")
    sub.add_argument("--width", type=int, default=40, help="model width")
    sub.add_argument("--head-size", type=int, default=8, help="width of a head")
    sub.add_argument("--heads", type=int, default=4, help="attention heads")
    sub.add_argument("--feed-forward", type=int, default=96, help="width of the feed-forward layer")
    sub.add_argument("--layers", type=int, default=2, help="blocks")

    sub = model("autoencoder", autoencoder)
    sub.add_argument("--channels", type=int, default=32, help="channels of the first level, a multiple of 32")
    sub.add_argument("--multipliers", type=numbers, default=[1, 1, 2, 2], help="channels of each level over the first")
    sub.add_argument("--blocks", type=int, default=1, help="residual blocks per level of the encoder")
    sub.add_argument("--latent-channels", type=int, default=16, help="channels of the latent")
    return parser.parse_args()


def main() -> int:
    args = parse_arguments()
    try:
        model = args.make(args)
        randomise(model, args.seed)
        # the token embedding is stored once, under the name that checkpoints have it
        weights = {name: t for name, t in model.state_dict().items() if name != "encoder.embed_tokens.weight"}
        save(args.output, {name: tensor.to(TYPES[args.type]) for name, tensor in weights.items()})
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
