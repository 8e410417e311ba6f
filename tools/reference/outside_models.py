"""Models of other programs, for comparing their layers with ours: diffusers (a model folder) and ComfyUI (a checkout).

Both are imported only when asked for. Neither was installed where this file was written: it follows their public sources
(diffusers `ChromaTransformer2DModel`, `AutoencoderKL`, transformers `T5EncoderModel`; ComfyUI `comfy/ldm/chroma/model.py`),
and it has not been run against them. Text tokens that a mask drops are left out of the call, because the programs' own
masks differ; that is the same function (see README.md).
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional

import torch
from torch import Tensor, nn

import positions


class NotInstalled(RuntimeError):
    """The program that was asked for cannot be imported."""


@dataclass
class OutsideModel:
    """A module to hook, how its names become ours, and how to run it."""

    module: nn.Module
    rename: Callable[[str], str]
    run: Callable[..., object]
    image_first: bool = True


# Where a diffusers module gives what one of ours gives. Query and key norms are missing on purpose: their layout differs.
_DIFFUSERS_TRANSFORMER = (
    (r"x_embedder", "img_in"),
    (r"context_embedder", "txt_in"),
    (r"proj_out", "final_layer.linear"),
    (r"distilled_guidance_layer\.layers\.(\d+)\.linear_1", r"distilled_guidance_layer.layers.\1.in_layer"),
    (r"distilled_guidance_layer\.layers\.(\d+)\.linear_2", r"distilled_guidance_layer.layers.\1.out_layer"),
    (r"transformer_blocks\.(\d+)", r"double_blocks.\1"),
    (r"transformer_blocks\.(\d+)\.norm1\.norm", r"double_blocks.\1.img_norm1"),
    (r"transformer_blocks\.(\d+)\.norm1_context\.norm", r"double_blocks.\1.txt_norm1"),
    (r"transformer_blocks\.(\d+)\.norm2", r"double_blocks.\1.img_norm2"),
    (r"transformer_blocks\.(\d+)\.norm2_context", r"double_blocks.\1.txt_norm2"),
    (r"transformer_blocks\.(\d+)\.attn\.to_out\.0", r"double_blocks.\1.img_attn.proj"),
    (r"transformer_blocks\.(\d+)\.attn\.to_add_out", r"double_blocks.\1.txt_attn.proj"),
    (r"transformer_blocks\.(\d+)\.ff", r"double_blocks.\1.img_mlp"),
    (r"transformer_blocks\.(\d+)\.ff_context", r"double_blocks.\1.txt_mlp"),
    (r"single_transformer_blocks\.(\d+)", r"single_blocks.\1"),
    (r"single_transformer_blocks\.(\d+)\.norm\.norm", r"single_blocks.\1.pre_norm"),
    (r"single_transformer_blocks\.(\d+)\.act_mlp", r"single_blocks.\1.mlp_act"),
    (r"single_transformer_blocks\.(\d+)\.proj_out", r"single_blocks.\1.linear2"),
)

_DIFFUSERS_AUTOENCODER = (
    (r"(encoder|decoder)\.conv_norm_out", r"\1.norm_out"),
    (r"(encoder|decoder)\.mid_block\.resnets\.0(.*)", r"\1.mid.block_1\2"),
    (r"(encoder|decoder)\.mid_block\.resnets\.1(.*)", r"\1.mid.block_2\2"),
    (r"(encoder|decoder)\.mid_block\.attentions\.0", r"\1.mid.attn_1"),
    (r"encoder\.down_blocks\.(\d+)\.resnets\.(\d+)(.*)", r"encoder.down.\1.block.\2\3"),
    (r"encoder\.down_blocks\.(\d+)\.downsamplers\.0(.*)", r"encoder.down.\1.downsample\2"),
    (r"decoder\.up_blocks\.(\d+)\.resnets\.(\d+)(.*)", r"decoder.up.\1.block.\2\3"),
    (r"decoder\.up_blocks\.(\d+)\.upsamplers\.0(.*)", r"decoder.up.\1.upsample\2"),
)


def _renamer(table) -> Callable[[str], str]:
    def rename(name: str) -> str:
        for pattern, replacement in table:
            if re.fullmatch(pattern, name):
                return re.sub(f"^{pattern}$", replacement, name).replace("conv_shortcut", "nin_shortcut")
        return name

    return rename


def _count_up_levels_down(rename: Callable[[str], str], levels: int) -> Callable[[str], str]:
    """diffusers numbers the decoder's levels in the order they run, the original from the full size up."""

    def renamed(name: str) -> str:
        return re.sub(r"^decoder\.up\.(\d+)", lambda m: f"decoder.up.{levels - 1 - int(m.group(1))}", rename(name))

    return renamed


def diffusers_model(folder: Path, component: str) -> OutsideModel:
    """A component of a diffusers model folder (transformer/, text_encoder/, vae/), in float32."""
    try:
        import diffusers
        import transformers
    except ImportError as error:
        raise NotInstalled(f"--diffusers needs the packages diffusers and transformers ({error})") from None

    if component == "transformer":
        model = diffusers.ChromaTransformer2DModel.from_pretrained(folder, subfolder="transformer").float().eval()

        def velocity(latent: Tensor, timestep: Tensor, context: Tensor) -> Tensor:
            height, width = latent.shape[2:]
            tokens = model(
                hidden_states=positions.pack(latent),
                encoder_hidden_states=context,
                timestep=timestep,
                img_ids=positions.image_ids(1, height, width)[0],
                txt_ids=positions.text_ids(1, context.shape[1])[0],
                return_dict=False,
            )[0]
            return positions.unpack(tokens, height, width)

        return OutsideModel(model, _renamer(_DIFFUSERS_TRANSFORMER), velocity, image_first=False)

    if component == "text-encoder":
        model = transformers.T5EncoderModel.from_pretrained(folder, subfolder="text_encoder").float().eval()

        def encode(ids: Tensor, attention_mask: Optional[Tensor]) -> Tensor:
            return model(ids, attention_mask=attention_mask)[0]

        return OutsideModel(model, lambda name: name, encode)

    model = diffusers.AutoencoderKL.from_pretrained(folder, subfolder="vae").float().eval()
    rename = _count_up_levels_down(_renamer(_DIFFUSERS_AUTOENCODER), len(model.decoder.up_blocks))
    if component == "autoencoder-encoder":
        return OutsideModel(model, rename, lambda image: model.encoder(image).chunk(2, dim=1))
    return OutsideModel(model, rename, lambda latent: model.decoder(latent))


def comfyui_model(checkout: Path, component: str, weights: Path) -> OutsideModel:
    """The transformer of a ComfyUI checkout with the weights of a file, in float32. Its module names are ours."""
    if component != "transformer":
        raise ValueError(f"--comfyui runs the transformer only, not the {component}")
    sys.path.insert(0, str(checkout))
    try:
        import comfy.sd
    except ImportError as error:
        raise NotInstalled(f"--comfyui {checkout}: comfy.sd cannot be imported from there ({error})") from None

    patcher = comfy.sd.load_diffusion_model(str(weights), model_options={"dtype": torch.float32})
    model = patcher.model.diffusion_model.eval()

    def velocity(latent: Tensor, timestep: Tensor, context: Tensor) -> Tensor:
        return model(latent, timestep, context, torch.zeros_like(timestep))

    return OutsideModel(model, lambda name: name, velocity)
