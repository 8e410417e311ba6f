"""Makes the reference modules train faster on a CPU: norms, activations, rotary positions and modulation in C++ (fused.cpp).

The functions are the same; tensors go through them as bfloat16. Without a C++ compiler `accelerate` changes nothing and training
runs on PyTorch's own operations: the autoencoder at less than half the speed, the transformer at two thirds.
"""
from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import torch
from torch import Tensor, nn

import common  # noqa: F401  (puts the reference modules on the path)
import chroma

SOURCE = Path(__file__).with_name("fused.cpp")
CHANNELS_LAST = torch.channels_last


def build(folder: Path) -> ctypes.CDLL | None:
    """Compiles the source once per content; None where there is no compiler."""
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        return None
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:12]
    library = folder / f"fused-{digest}.so"
    if not library.exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = library.with_suffix(f".{os.getpid()}")       # processes may get here together
        subprocess.run([compiler, "-Ofast", "-march=native", "-mprefer-vector-width=512", "-fopenmp", "-shared", "-fPIC",
                        "-std=c++17", str(SOURCE), "-o", str(partial)], check=True)
        partial.replace(library)
    return ctypes.CDLL(str(library))


def _pointer(tensor: Tensor) -> ctypes.c_void_p:
    return ctypes.c_void_p(tensor.data_ptr())


def accelerate(model: nn.Module, folder: Path) -> bool:
    """Replaces every GroupNorm below `model`, together with the swish in residual blocks, and what stands
    between the transformer's matrix products. Rotary positions and modulation are functions, so they change for the whole program,
    under autocast only. True where it did."""
    library = build(folder)
    if library is None:
        return False

    class NormSwish(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor, groups: int, epsilon: float, swish: bool) -> Tensor:
            x = x.bfloat16().contiguous(memory_format=CHANNELS_LAST)
            samples, channels, height, width = x.shape
            y = torch.empty_like(x, memory_format=CHANNELS_LAST)
            mean, rstd = torch.empty(samples, groups), torch.empty(samples, groups)
            library.norm_swish_forward(
                _pointer(x), _pointer(weight), _pointer(bias), _pointer(y), _pointer(mean), _pointer(rstd),
                *(ctypes.c_int64(v) for v in (samples, height * width, channels, groups)), ctypes.c_float(epsilon), ctypes.c_int32(swish))
            ctx.swish = swish
            ctx.save_for_backward(x, weight, bias, mean, rstd)
            return y

        @staticmethod
        def backward(ctx, gradient: Tensor):
            x, weight, bias, mean, rstd = ctx.saved_tensors
            gradient = gradient.bfloat16().contiguous(memory_format=CHANNELS_LAST)
            samples, channels, height, width = x.shape
            out = torch.empty_like(x, memory_format=CHANNELS_LAST)
            by_weight, by_bias = torch.empty(samples, channels), torch.empty(samples, channels)
            library.norm_swish_backward(
                *(_pointer(t) for t in (gradient, x, weight, bias, mean, rstd, out, by_weight, by_bias)),
                *(ctypes.c_int64(v) for v in (samples, height * width, channels, mean.shape[1])), ctypes.c_int32(ctx.swish))
            return out, by_weight.sum(0), by_bias.sum(0), None, None, None

    class Gelu(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x: Tensor) -> Tensor:
            x = x.bfloat16().contiguous()
            y = torch.empty_like(x)
            library.gelu_forward(_pointer(x), _pointer(y), ctypes.c_int64(x.numel()))
            ctx.save_for_backward(x)
            return y

        @staticmethod
        def backward(ctx, gradient: Tensor) -> Tensor:
            x, = ctx.saved_tensors
            gradient = gradient.bfloat16().contiguous()
            out = torch.empty_like(x)
            library.gelu_backward(_pointer(gradient), _pointer(x), _pointer(out), ctypes.c_int64(x.numel()))
            return out

    class Rms(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x: Tensor, scale: Tensor) -> Tensor:
            x = x.bfloat16().contiguous()
            y = torch.empty_like(x)
            ctx.sizes = [ctypes.c_int64(v) for v in (x.numel() // x.shape[-1], x.shape[-1])] + [ctypes.c_float(chroma.EPSILON)]
            library.rms_forward(_pointer(x), _pointer(scale), _pointer(y), *ctx.sizes)
            ctx.save_for_backward(x, scale)
            return y

        @staticmethod
        def backward(ctx, gradient: Tensor):
            x, scale = ctx.saved_tensors
            gradient = gradient.bfloat16().contiguous()
            out, by_scale = torch.empty_like(x), torch.zeros_like(scale)
            library.rms_backward(*(_pointer(t) for t in (gradient, x, scale, out, by_scale)), *ctx.sizes)
            return out, by_scale

    class Rope(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x: Tensor, turns: Tensor) -> Tensor:
            ctx.save_for_backward(turns)
            return turn(x, turns, 1.0)

        @staticmethod
        def backward(ctx, gradient: Tensor):
            return turn(gradient, ctx.saved_tensors[0], -1.0), None

    def turn(x: Tensor, turns: Tensor, direction: float) -> Tensor:
        x = x.bfloat16().contiguous()
        y = torch.empty_like(x)
        library.rope(_pointer(x), _pointer(turns), _pointer(y), *(
            ctypes.c_int64(v) for v in (x.shape[0] * x.shape[1], x.shape[2], x.shape[3] // 2)), ctypes.c_float(direction))
        return y

    class Modulate(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
            x, shift, scale = (t.float().contiguous() for t in (x, shift, scale))
            y = torch.empty(x.shape, dtype=torch.bfloat16)
            ctx.sizes = [ctypes.c_int64(v) for v in x.shape]
            library.modulate_forward(*(_pointer(t) for t in (x, shift, scale, y)), *ctx.sizes)
            ctx.save_for_backward(x, scale)
            return y

        @staticmethod
        def backward(ctx, gradient: Tensor):
            x, scale = ctx.saved_tensors
            gradient = gradient.bfloat16().contiguous()
            out, by_shift, by_scale = torch.empty_like(x), torch.zeros_like(scale), torch.zeros_like(scale)
            library.modulate_backward(*(_pointer(t) for t in (gradient, x, scale, out, by_shift, by_scale)), *ctx.sizes)
            return out, by_shift, by_scale

    class Attend(torch.autograd.Function):
        @staticmethod
        def forward(ctx, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
            q, k, v = (t.bfloat16() for t in (q, k, v))
            scores = q @ k.transpose(-1, -2)
            batch, heads, rows, length = scores.shape
            ctx.scale = q.shape[-1] ** -0.5
            library.softmax_forward(_pointer(scores), _pointer(mask), *(ctypes.c_int64(n) for n in (batch, heads * rows, length)),
                                    ctypes.c_float(ctx.scale))
            ctx.save_for_backward(q, k, v, scores)
            return scores @ v

        @staticmethod
        def backward(ctx, gradient: Tensor):
            q, k, v, probabilities = ctx.saved_tensors
            gradient = gradient.bfloat16()
            by_scores = gradient @ v.transpose(-1, -2)
            rows = by_scores.numel() // by_scores.shape[-1]
            library.softmax_backward(_pointer(by_scores), _pointer(probabilities), ctypes.c_int64(rows),
                                     ctypes.c_int64(by_scores.shape[-1]), ctypes.c_float(ctx.scale))
            return by_scores @ k, by_scores.transpose(-1, -2) @ q, probabilities.transpose(-1, -2) @ gradient, None

    def attended(q: Tensor, k: Tensor, v: Tensor, pe=None, mask=None) -> Tensor:
        """With a mask of one number per key [B, 1, 1, L], as training has it; others go the reference's way."""
        if not torch.is_autocast_cpu_enabled() or pe is None or mask is None or mask.dtype == torch.bool or mask.shape[1:3] != (1, 1):
            return plain_attention(q, k, v, pe, mask)
        mixed = Attend.apply(chroma.apply_rope(q, pe), chroma.apply_rope(k, pe), v, mask.float().contiguous())
        return mixed.transpose(1, 2).flatten(2)

    def rotated(x: Tensor, positions: Tensor) -> Tensor:
        """positions [B, 1, L, D/2, 2, 2] are the same for every sample of a training batch."""
        if not torch.is_autocast_cpu_enabled():
            return plain_rope(x, positions)
        return Rope.apply(x, positions[0, 0, :, :, :, 0].contiguous())

    def modulated(x: Tensor, modulation: chroma.ModulationOut) -> Tensor:
        if not torch.is_autocast_cpu_enabled():
            return plain_modulate(x, modulation)
        return Modulate.apply(x, modulation.shift, modulation.scale)

    if not hasattr(chroma, "plain"):
        chroma.plain = (chroma.apply_rope, chroma.modulate, chroma.attention)
    plain_rope, plain_modulate, plain_attention = chroma.plain
    chroma.apply_rope, chroma.modulate, chroma.attention = rotated, modulated, attended

    def norm_swish(norm: nn.GroupNorm, x: Tensor) -> Tensor:
        return NormSwish.apply(x, norm.weight, norm.bias, norm.num_groups, norm.eps, True)

    def forward(block: nn.Module, x: Tensor) -> Tensor:
        hidden = block.conv2(norm_swish(block.norm2, block.conv1(norm_swish(block.norm1, x))))
        return (block.nin_shortcut(x) if hasattr(block, "nin_shortcut") else x) + hidden

    def norm_alone(norm: nn.GroupNorm, x: Tensor) -> Tensor:
        return NormSwish.apply(x, norm.weight, norm.bias, norm.num_groups, norm.eps, False)

    for module in model.modules():
        if isinstance(module, chroma.RMSNorm):
            module.forward = (lambda norm, x: Rms.apply(x, norm.scale)).__get__(module)
        if isinstance(module, nn.GELU):
            module.forward = Gelu.apply
        if isinstance(module, nn.GroupNorm):
            module.forward = norm_alone.__get__(module)
        if hasattr(module, "conv2") and hasattr(module, "norm2"):
            module.forward = forward.__get__(module)
    return True
