"""Writes the trained networks as the three GGUF files that ship, with names and metadata of real checkpoints.

    /usr/bin/python3 tools/nano/export.py [--safetensors] [--output models/chroma-nano]
    /usr/bin/python3 tools/nano/export.py --restore

Matrices are F16; norms, biases, the position bias and the Approximator stay F32. `--restore` goes the other way: it makes the
checkpoints and the tokenizer in state/ from the shipped files, so that training can go on from them (with fresh
optimizers and attribute heads).
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

import common
import gguf
import judge
import sentencepiece_file
from train_flow import Nano, load_average

NAME = "chroma-nano"
_T5_LAYER = {
    "layer.0.SelfAttention.q": "attn_q", "layer.0.SelfAttention.k": "attn_k", "layer.0.SelfAttention.v": "attn_v",
    "layer.0.SelfAttention.o": "attn_o", "layer.0.SelfAttention.relative_attention_bias": "attn_rel_b",
    "layer.0.layer_norm": "attn_norm", "layer.1.layer_norm": "ffn_norm", "layer.1.DenseReluDense.wi_0": "ffn_gate",
    "layer.1.DenseReluDense.wi_1": "ffn_up", "layer.1.DenseReluDense.wo": "ffn_down",
}


def t5_name(name: str) -> str | None:
    """Hugging Face's name -> the name in T5 GGUFs; None for the second name of the shared embedding."""
    name = name.removesuffix(".weight")
    if name == "encoder.embed_tokens":
        return None
    if name == "shared":
        return "token_embd.weight"
    if name == "encoder.final_layer_norm":
        return "enc.output_norm.weight"
    _, _, number, rest = name.split(".", 3)
    return f"enc.blk.{number}.{_T5_LAYER[rest]}.weight"


def hugging_face_name(name: str) -> str:
    """The inverse of t5_name."""
    for candidate, to in (("shared", "token_embd"), ("encoder.final_layer_norm", "enc.output_norm")):
        if name == f"{to}.weight":
            return f"{candidate}.weight"
    _, _, number, rest, _ = name.split(".")
    back = {to: candidate for candidate, to in _T5_LAYER.items()}
    return f"encoder.block.{number}.{back[rest]}.weight"


def kind_of(name: str, values: np.ndarray) -> int:
    keep = values.ndim == 1 or "attn_rel_b" in name or name.startswith("distilled_guidance_layer")
    return gguf.F32 if keep else gguf.F16


def typed(tensors: dict[str, torch.Tensor]) -> dict[str, tuple[np.ndarray, int]]:
    return {name: (t.float().numpy(), kind_of(name, t.numpy())) for name, t in tensors.items()}


def general(architecture: str, part: str) -> dict[str, object]:
    return {"general.architecture": architecture, "general.name": f"{NAME} {part}", "general.license": "mit",
            "general.file_type": 1, "general.quantization_version": 2}


def tokenizer_metadata() -> dict[str, object]:
    """The keys under which T5 GGUFs carry a SentencePiece Unigram vocabulary."""
    model = sentencepiece_file.parse((common.STATE / "tokenizer.model").read_bytes())
    return {
        "tokenizer.ggml.model": "t5", "tokenizer.ggml.pre": "default", "tokenizer.ggml.tokens": model.pieces,
        "tokenizer.ggml.scores": [float(s) for s in model.scores], "tokenizer.ggml.token_type": model.types,
        "tokenizer.ggml.eos_token_id": 1, "tokenizer.ggml.unknown_token_id": 2, "tokenizer.ggml.padding_token_id": 0,
        "tokenizer.ggml.add_bos_token": False, "tokenizer.ggml.add_eos_token": True, "tokenizer.ggml.add_space_prefix": True,
        "tokenizer.ggml.remove_extra_whitespaces": True, "tokenizer.ggml.precompiled_charsmap": model.characters,
    }


def text_metadata(config) -> dict[str, object]:
    return {
        "t5encoder.context_length": 512, "t5encoder.embedding_length": config.d_model,
        "t5encoder.feed_forward_length": config.d_ff, "t5encoder.block_count": config.num_layers,
        "t5encoder.attention.head_count": config.num_heads, "t5encoder.attention.key_length": config.d_kv,
        "t5encoder.attention.value_length": config.d_kv, "t5encoder.attention.layer_norm_epsilon": 1e-6,
        "t5encoder.attention.layer_norm_rms_epsilon": 1e-6,
        "t5encoder.attention.relative_buckets_count": config.relative_attention_num_buckets,
    }


def settings() -> dict[str, object]:
    """The settings that the model was trained for, under the names that the library reads."""
    return {"width": 128, "height": 128, "steps": judge.STEPS, "guidance": judge.GUIDANCE, "sampler": "euler",
            "scheduler": "flow_match", "shift": common.SHIFT}


def export(folder: Path, with_safetensors: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    nano, autoencoder = load_average(), common.load_autoencoder()
    text = {to: t for name, t in nano.text.state_dict().items() if (to := t5_name(name))}
    parts = {
        "transformer": ({**general("chroma", "transformer"), "chroma.rope_axes": list(common.TRANSFORMER.axes_dim),
                         "chroma.attention.head_count": common.TRANSFORMER.num_heads}, nano.transformer.state_dict()),
        "t5": ({**general("t5encoder", "text encoder"), **text_metadata(nano.text.config), **tokenizer_metadata()}, text),
        "autoencoder": ({**general("autoencoder", "autoencoder"), "autoencoder.scale_factor": common.AUTOENCODER.scale_factor,
                         "autoencoder.shift_factor": common.AUTOENCODER.shift_factor},
                        {n: t.contiguous() for n, t in autoencoder.state_dict().items()}),
    }
    for part, (metadata, tensors) in parts.items():
        path = folder / f"{NAME}-{part}.gguf"
        gguf.write(path, metadata, typed(tensors))
        print(f"{path}: {sum(t.numel() for t in tensors.values()):,} parameters, {path.stat().st_size:,} bytes")
    (folder / "chroma.json").write_text(json.dumps(settings(), indent=2) + "\n")
    if with_safetensors:
        from safetensors_io import save
        halves = {"transformer": nano.transformer, "t5": nano.text, "autoencoder": autoencoder}
        for part, module in halves.items():
            axes = {"chroma.rope_axes": json.dumps(list(common.TRANSFORMER.axes_dim))} if part == "transformer" else None
            save(folder / f"{NAME}-{part}.safetensors", {n: t.contiguous() for n, t in module.state_dict().items()
                                                       if n != "encoder.embed_tokens.weight"}, axes)


def restore(folder: Path) -> None:
    def tensors(part: str):
        metadata, values = gguf.read(folder / f"{NAME}-{part}.gguf")
        return metadata, {name: torch.from_numpy(v.copy()) for name, v in values.items()}

    metadata, text = tensors("t5")
    model = sentencepiece_file.SentencePieceModel(
        metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.scores"], metadata["tokenizer.ggml.token_type"],
        metadata["tokenizer.ggml.precompiled_charsmap"])
    common.STATE.mkdir(parents=True, exist_ok=True)
    (common.STATE / "tokenizer.model").write_bytes(sentencepiece_file.build(model))
    nano = Nano(len(model.pieces))
    named = {hugging_face_name(name): t for name, t in text.items()}
    nano.text.load_state_dict({**named, "encoder.embed_tokens.weight": named["shared.weight"]})
    nano.transformer.load_state_dict(tensors("transformer")[1])
    weights = nano.state_dict()
    common.save(common.STATE / "flow.pt", model=weights, average=weights, average_steps=0, optimizer=None, muon=None, step=0)
    halves = tensors("autoencoder")[1]
    for part in ("encoder", "decoder"):
        weights = {n.removeprefix(f"{part}."): t for n, t in halves.items() if n.startswith(f"{part}.")}
        common.save(common.STATE / f"{part}.pt", model=weights, average=weights, average_steps=0, optimizer=None, step=0)
    print(f"restored {common.STATE} from {folder}")


def main() -> None:
    parser = argparse.ArgumentParser(description="export chroma-nano, or restore checkpoints from an export")
    parser.add_argument("--output", type=Path, default=common.MODEL)
    parser.add_argument("--safetensors", action="store_true", help="write safetensors files beside the GGUF files")
    parser.add_argument("--restore", action="store_true")
    options = parser.parse_args()
    if options.restore:
        restore(options.output)
    else:
        export(options.output, options.safetensors)


if __name__ == "__main__":
    main()
