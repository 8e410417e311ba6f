"""Compares the reference with the tensors dumped from the public implementations (flow, ComfyUI, diffusers).

    python3 check.py [FOLDER]        default: ../shared/reference/open beside the repository

Every tensor of a case is either an input of the case or compared; one that is neither counts as a miss, so nothing is
passed over in silence. Prints one line per case and exits 1 if anything is further off than its tolerance.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Callable, Dict, List, Optional

import torch
from torch import Tensor

import autoencoder
import chroma
import masks
import positions
import schedule
import t5
from masks import TextMask
from safetensors_io import load

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT_FOLDER = REPOSITORY.parent / "shared" / "reference" / "open"


class Case:
    """One file of tensors: inputs are taken from it, results are compared with it."""

    def __init__(self, entry: dict, tensors: Dict[str, Tensor]):
        self.entry = entry
        self.name = entry["id"]
        self.tensors = tensors
        self.tolerance = entry["suggested_tolerance"]["rel_of_absmax"]
        self.seen = set()
        self.compared = 0
        self.worst = 0.0
        self.worst_ratio = 0.0
        self.misses: List[str] = []

    def __contains__(self, name: str) -> bool:
        return name in self.tensors

    def input(self, name: str) -> Tensor:
        self.seen.add(name)
        return self.tensors[name]

    def check(self, name: str, actual: Tensor, absolute: Optional[float] = None) -> None:
        """Largest difference against `absolute`, or else against the case's tolerance times the largest value."""
        self.seen.add(name)
        self.compared += 1
        expected = self.tensors[name]
        if expected.shape != actual.shape:
            self.misses.append(f"{name}: shape {list(actual.shape)}, expected {list(expected.shape)}")
            return
        expected, actual = expected.double(), actual.detach().double()
        difference = float((expected - actual).abs().max())
        limit = self.tolerance * float(expected.abs().max()) if absolute is None else absolute
        self.worst = max(self.worst, difference)
        if difference > 0:
            self.worst_ratio = max(self.worst_ratio, difference / limit if limit else float("inf"))
        if not difference <= limit:
            self.misses.append(f"{name}: off by {difference:.3g}, allowed {limit:.3g}")

    def finish(self) -> None:
        for name in self.tensors:
            if name not in self.seen:
                self.misses.append(f"{name}: neither used nor compared")


class Models:
    def __init__(self, folder: Path):
        config = json.loads((folder / "config.json").read_text())
        self.axes = config["chroma"]["axes_dim"]
        self.chroma = chroma.Chroma.from_state_dict(load(folder / "chroma.safetensors"), self.axes)
        self.t5 = t5.T5Encoder.from_state_dict(load(folder / "t5.safetensors"))
        self.autoencoder = autoencoder.Autoencoder.from_state_dict(load(folder / "ae.safetensors"))


class Recorder:
    """Collects the outputs of some modules during one run."""

    def __init__(self, model: torch.nn.Module):
        self.outputs: Dict[str, object] = {}
        self.handles = [
            module.register_forward_hook(lambda _m, _i, out, name=name: self.outputs.__setitem__(name, out))
            for name, module in model.named_modules()
        ]

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *_):
        for handle in self.handles:
            handle.remove()

    def __getitem__(self, name: str):
        return self.outputs[name]


# --- one function per case -------------------------------------------------------------------------------------------


def timestep_embedding(case: Case, models: Models) -> None:
    case.check("freqs_8", positions.embedding_frequencies(8), 0)
    case.check("freqs_16", positions.embedding_frequencies(16), 0)
    case.check("emb_t", positions.timestep_embedding(case.input("t"), 16), 1e-6)
    case.check("emb_g", positions.timestep_embedding(case.input("g"), 16), 1e-6)
    rows = models.chroma.config.modulation_rows
    case.check("emb_mod_index_tiny", positions.timestep_embedding(torch.arange(rows), 32), 1e-6)
    case.check("emb_mod_index_real_344", positions.timestep_embedding(torch.arange(344), 32), 1e-6)
    times = case.input("input_vec_t")
    case.check("input_vec", chroma.approximator_input(times, torch.zeros_like(times), rows), 1e-6)


def approximator(case: Case, models: Models) -> None:
    network = models.chroma.distilled_guidance_layer
    times = case.input("t")
    rows = chroma.approximator_input(times, torch.zeros_like(times), models.chroma.config.modulation_rows)
    case.check("input_vec", rows)
    with Recorder(network) as seen:
        out = network(rows)
    x = seen["in_proj"]
    case.check("in_proj", x)
    for i in range(len(network.layers)):
        case.check(f"layer{i}.norm", seen[f"norms.{i}"])
        case.check(f"layer{i}.mlp", seen[f"layers.{i}"])
        x = x + seen[f"layers.{i}"]
        case.check(f"layer{i}.residual", x)
    case.check("output", out)


def modulation_slices(case: Case, models: Models) -> None:
    config = models.chroma.config
    case.check("mod_index_length", torch.tensor([config.modulation_rows]), 0)
    for rows, depth, singles in (
        (case.entry["rows"], config.depth, config.depth_single_blocks),
        (case.entry["rows_real_model"], 19, 38),
    ):
        count = 3 * singles + 12 * depth + 2
        table = torch.arange(count, dtype=torch.float32).reshape(1, count, 1).expand(1, count, 4)
        cut = chroma.Modulations.from_table(table, depth, singles)
        named = {f"single_blocks.{i}.modulation.lin": [m] for i, m in enumerate(cut.single)}
        named.update({f"double_blocks.{i}.img_mod.lin": m for i, m in enumerate(cut.double_img)})
        named.update({f"double_blocks.{i}.txt_mod.lin": m for i, m in enumerate(cut.double_txt)})
        named["final_layer.adaLN_modulation.1"] = [cut.final]
        for name, expected in rows.items():
            expected = list(expected.values()) if isinstance(expected, dict) else expected
            actual = [int(t.mean()) for m in named.pop(name) for t in m if t is not None]
            if actual != expected:
                case.misses.append(f"rows of {name}: {actual}, expected {expected}")
        if named:
            case.misses.append(f"rows that no block should have: {sorted(named)}")
    modulation = chroma.ModulationOut(case.input("shift"), case.input("scale"), case.input("gate"))
    x = case.input("x")
    normed = models.chroma.final_layer.norm_final(x)
    case.check("layernorm_x", normed)
    case.check("modulated", chroma.modulate(normed, modulation))
    case.check("gated_residual", x + modulation.gate * case.input("y"))


def norm_eps(case: Case, models: Models) -> None:
    block = models.chroma.double_blocks[0]
    for name, module in (
        ("layernorm", block.img_norm1),
        ("qknorm", block.img_attn.norm.query_norm),
        ("approximator_norm", models.chroma.distilled_guidance_layer.norms[0]),
        ("t5_norm", models.t5.encoder.final_layer_norm),
        ("group_norm", models.autoencoder.encoder.down[0].block[0].norm1),
    ):
        case.check(f"{name}.y", module(case.input(f"{name}.x")))


def pack_latents(case: Case, models: Models) -> None:
    latent = case.input("latent")
    height, width = latent.shape[2:]
    tokens = positions.pack(latent)
    case.check("tokens", tokens, 0)
    case.check("latent", positions.unpack(tokens, height, width), 0)
    case.check("img_ids", positions.image_ids(latent.shape[0], height, width), 0)
    case.check("odd_padded", positions.pad_to_patch(case.input("odd_latent")), 0)


def qknorm_rope_attention(case: Case, models: Models) -> None:
    q, k, v = case.input("q"), case.input("k"), case.input("v")
    norm = chroma.QKNorm(q.shape[-1])
    norm.query_norm.scale.data = case.input("query_norm_scale")
    norm.key_norm.scale.data = case.input("key_norm_scale")
    q, k = norm(q, k)
    case.check("q_norm", q)
    case.check("k_norm", k)
    ids = torch.cat([case.input("txt_ids"), case.input("img_ids")], dim=1)
    pe = models.chroma.pe_embedder(ids)
    case.check("pe", pe)
    case.check("diffusers_cos", pe[0, 0, :, :, 0, 0].repeat_interleave(2, dim=-1))
    case.check("diffusers_sin", pe[0, 0, :, :, 1, 0].repeat_interleave(2, dim=-1))
    case.check("real.pe", positions.EmbedND((16, 56, 56), 10_000)(case.input("real.ids")))
    case.check("q_rope", positions.apply_rope(q, pe))
    case.check("k_rope", positions.apply_rope(k, pe))
    keep = case.input("keep")
    outer, key = masks.outer_mask(keep), masks.key_mask(keep)
    case.check("mask_outer", outer, 0)
    case.check("mask_key", key, 0)
    case.check("attn_nomask", chroma.attention(q, k, v, pe))
    case.check("attn_mask_outer", chroma.attention(q, k, v, pe, outer))
    case.check("attn_mask_key", chroma.attention(q, k, v, pe, key))
    case.check("attn_float_mask_added", chroma.attention(q, k, v, pe, outer.float()))


def last_layer(case: Case, models: Models) -> None:
    modulation = chroma.ModulationOut(case.input("shift"), case.input("scale"))
    case.check("out", models.chroma.final_layer(case.input("x"), modulation))


def transformer_run(case: Case, models: Models, prefix: str, img, img_ids, txt, time, mask=None) -> None:
    """Runs the transformer once and compares whatever the case stores of that run."""
    ids = positions.text_ids(txt.shape[0], txt.shape[1])
    with Recorder(models.chroma) as seen:
        final = models.chroma(img, img_ids, txt, ids, time, mask=mask)
    taps = {"img_in": seen["img_in"], "txt_in": seen["txt_in"], "mod_vectors": seen["distilled_guidance_layer"]}
    for i in range(len(models.chroma.double_blocks)):
        taps[f"double{i}.img"], taps[f"double{i}.txt"] = seen[f"double_blocks.{i}"]
    for i in range(len(models.chroma.single_blocks)):
        taps[f"single{i}"] = seen[f"single_blocks.{i}"]
    taps["final"] = final
    for name, tensor in taps.items():
        if prefix + name in case:
            case.check(prefix + name, tensor)


def dit_nomask(case: Case, models: Models) -> None:
    img, txt, img_ids = case.input("img"), case.input("txt"), case.input("img_ids")
    case.check("txt_ids", positions.text_ids(*txt.shape[:2]), 0)
    case.check("guidance", torch.zeros(1), 0)
    for i, time in enumerate(case.input("times")):
        transformer_run(case, models, f"t{i}.", img, img_ids, txt, time[None])
    guided = models.chroma(
        img, img_ids, txt, case.input("txt_ids"), case.input("times")[:1], guidance=torch.tensor([3.5])
    )
    case.check("t0.final_guidance3.5", guided)


def dit_mask(case: Case, models: Models) -> None:
    img, txt, img_ids = case.input("img"), case.input("txt"), case.input("img_ids")
    case.check("txt_ids", positions.text_ids(*txt.shape[:2]), 0)
    case.check("guidance", torch.zeros(1), 0)
    keep = masks.keep_mask(case.input("txt_mask"))
    case.check("keep", keep, 0)
    mask = masks.outer_mask(masks.joint_keep(keep, img.shape[1]))
    bare = masks.outer_mask(masks.joint_keep(masks.keep_mask(case.input("txt_mask"), extra=0), img.shape[1]))
    for i, time in enumerate(case.input("times")):
        transformer_run(case, models, f"t{i}.", img, img_ids, txt, time[None], mask)

        def final(other: Tensor) -> Tensor:
            return models.chroma(img, img_ids, txt, case.input("txt_ids"), time[None], mask=other)

        case.check(f"t{i}.final_no_padding_token_kept", final(bare))
        case.check(f"t{i}.final_diffusers_float_mask", final(mask.float()))


def dit_drop(case: Case, models: Models) -> None:
    img, img_ids = case.input("img"), case.input("img_ids")
    for sample in range(img.shape[0]):
        for i, time in enumerate(case.input("times")):
            one = slice(sample, sample + 1)
            transformer_run(
                case, models, f"b{sample}.t{i}.", img[one], img_ids[one], case.input(f"b{sample}.txt"), time[None]
            )


def text_run(case: Case, models: Models, prefix: str, ids: Tensor, mask: Optional[Tensor] = None) -> None:
    with Recorder(models.t5) as seen:
        final = models.t5(ids, mask)
    taps = {"embed": seen["shared"], "final": final}
    taps.update({f"block{i}": seen[f"encoder.block.{i}"] for i in range(len(models.t5.encoder.block))})
    for name, tensor in taps.items():
        if prefix + name in case:
            case.check(prefix + name, tensor)


def t5_nomask(case: Case, models: Models) -> None:
    text_run(case, models, "", case.input("ids"))
    text_run(case, models, "long.", case.input("long.ids"))
    case.check("rel.bucket", t5.position_bucket(case.input("rel.relative_position")), 0)
    case.check("rel.bias_24", models.t5.encoder.block[0].layer[0].SelfAttention.position_bias(24), 0)


def t5_mask(case: Case, models: Models) -> None:
    ids, tokens = case.input("ids"), case.input("attention_mask")
    text_run(case, models, "", ids, masks.text_encoder_mask(tokens, TextMask.KEY))
    text_run(case, models, "flow_outer.", ids, masks.text_encoder_mask(tokens, TextMask.TRAINING))
    for sample in range(ids.shape[0]):
        kept = int(tokens[sample].sum()) + 1
        text_run(case, models, f"comfy_minpad1.b{sample}.", ids[sample : sample + 1, :kept])


def padding_mask(case: Case, models: Models) -> None:
    tokens = case.input("tokenizer_mask")
    case.input("ids")
    case.check("lengths", tokens.sum(dim=1), 0)
    case.check("keep", masks.keep_mask(tokens), 0)


def vae_encode(case: Case, models: Models) -> None:
    model = models.autoencoder
    with Recorder(model.encoder) as seen:
        mean, logvar = model.moments(case.input("image"))
    for name, tensor in seen.outputs.items():
        if name in case:
            case.check(name, tensor)
    case.check("moments", torch.cat([mean, logvar], dim=1))
    case.check("mean", mean)
    case.check("logvar", logvar)
    sampled = mean + torch.exp(0.5 * logvar) * case.input("noise")
    case.check("z_sampled", sampled)
    case.check("latent_from_sample", model.scale(sampled))
    case.check("latent_from_mean", model.scale(mean))


def vae_decode(case: Case, models: Models) -> None:
    model = models.autoencoder
    z = model.unscale(case.input("latent"))
    case.check("z", z)
    with Recorder(model.decoder) as seen:
        pixels = model.decoder(z)
    for name, tensor in seen.outputs.items():
        if name in case:
            case.check(name, tensor)
    case.check("pixels", pixels)
    case.check("pixels", model.decode(case.input("latent")))


def cfg_and_step(case: Case, models: Models) -> None:
    x, cond, uncond = case.input("x"), case.input("v_cond"), case.input("v_uncond")
    noise, (sigma, sigma_next) = case.input("noise"), case.input("sigma")
    for scale in ("1.0", "4.0", "0.0", "7.5"):
        case.check(f"cfg{scale}.v", schedule.guide(cond, uncond, float(scale)))
        clean = [schedule.denoised(x, v, sigma) for v in (cond, uncond)]
        case.check(f"cfg{scale}.denoised", schedule.guide(clean[0], clean[1], float(scale)))
    case.check("euler_step", schedule.euler_step(x, cond, sigma, sigma_next))
    case.check("stochastic_step", schedule.stochastic_step(x, cond, sigma, sigma_next, noise))
    case.check("img2img_noised", schedule.add_noise(sigma, noise, x))


SCHEDULES: Dict[str, Callable[[int], Tensor]] = {
    "linear": schedule.linear,
    "shift3": lambda steps: schedule.shifted(schedule.linear(steps), 3.0),
    "comfy_simple_mu1.15": schedule.comfy_simple,
}


def sample(case: Case, models: Models, name: str, prefix: str, velocities) -> None:
    """Six Euler steps with guidance 4 from the noise to pixels; every stored step is compared."""
    sigmas = case.input(f"{name}.sigmas")
    case.check(f"{name}.sigmas", SCHEDULES[name](len(sigmas) - 1), 2e-6)
    x = case.input("noise")
    for i, (sigma, sigma_next) in enumerate(zip(sigmas[:-1], sigmas[1:])):
        cond, uncond = velocities(x, sigma[None])
        for tap, tensor in ((f"x{i}", x), (f"v_cond{i}", cond), (f"v_uncond{i}", uncond)):
            if f"{prefix}{tap}" in case:
                case.check(f"{prefix}{tap}", tensor)
        x = schedule.euler_step(x, schedule.guide(cond, uncond, 4.0), sigma, sigma_next)
    case.check(f"{prefix}x{len(sigmas) - 1}", x)
    if f"{prefix}pixels" in case:
        case.check(f"{prefix}pixels", models.autoencoder.decode(x))


def e2e_masked(case: Case, models: Models) -> None:
    sides = []
    for side in ("pos", "neg"):
        tokens = case.input(f"{side}.tokenizer_mask")
        keep = masks.keep_mask(tokens)
        case.check(f"{side}.keep", keep, 0)
        contexts = []
        for prefix, treatment in (("", TextMask.KEY), ("flow_t5.", TextMask.TRAINING)):
            context = models.t5(case.input(f"{side}.ids"), masks.text_encoder_mask(tokens, treatment))
            case.check(f"{prefix}{side}.t5", context)
            contexts.append(context)
        sides.append((contexts, keep))

    def velocities(which: int):
        return lambda x, time: [models.chroma.velocity(x, time, contexts[which], keep) for contexts, keep in sides]

    for name in SCHEDULES:
        sample(case, models, name, f"{name}.", velocities(0))
    sample(case, models, "linear", "flow_t5.linear.", velocities(1))


def e2e_comfy(case: Case, models: Models) -> None:
    extra = 1 if case.name.endswith("minpad1") else 0
    contexts = []
    for side in ("pos", "neg"):
        length = int(case.input(f"{side}.len")[0]) + extra
        contexts.append(models.t5(case.input(f"{side}.ids")[:1, :length]))
        case.check(f"{side}.b0.t5", contexts[-1])
    for name in ("linear", "comfy_simple_mu1.15"):
        sample(
            case, models, name, f"{name}.", lambda x, time: [models.chroma.velocity(x, time, c) for c in contexts]
        )


CASES: Dict[str, Callable[[Case, Models], None]] = {
    "01_timestep_embedding": timestep_embedding,
    "01_approximator": approximator,
    "02_modulation_slices": modulation_slices,
    "02_norm_eps": norm_eps,
    "02_pack_latents": pack_latents,
    "02_qknorm_rope_attention": qknorm_rope_attention,
    "03_dit_nomask": dit_nomask,
    "03_dit_mask": dit_mask,
    "03_dit_drop": dit_drop,
    "03_last_layer": last_layer,
    "04_t5_nomask": t5_nomask,
    "04_t5_mask": t5_mask,
    "05_padding_mask": padding_mask,
    "06_vae_encode": vae_encode,
    "06_vae_decode": vae_decode,
    "08_cfg_and_step": cfg_and_step,
    "09_e2e_masked": e2e_masked,
    "09_e2e_comfy_minpad1": e2e_comfy,
    "09_e2e_comfy_nopad": e2e_comfy,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER)
    folder = parser.parse_args().folder
    if not (folder / "index.json").exists():
        print(f"{folder}: there is no index.json; give the folder with the dumped tensors", file=sys.stderr)
        return 1
    index = {entry["id"]: entry for entry in json.loads((folder / "index.json").read_text())["cases"]}
    models = Models(folder)

    print("| case | tensors | compared | worst max abs | tolerance (of largest value) | used of it | ok |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    misses = []
    for name, run in CASES.items():
        case = Case(index[name], load(folder / f"{name}.safetensors"))
        with torch.no_grad():
            run(case, models)
        case.finish()
        misses += [f"{name}: {miss}" for miss in case.misses]
        print(
            f"| {name} | {len(case.tensors)} | {case.compared} | {case.worst:.2g} | {case.tolerance:.1e} "
            f"| {case.worst_ratio:.0%} | {'no' if case.misses else 'yes'} |"
        )
    left = sorted(set(index) - set(CASES))
    groups = sorted({"_".join(name.split("_")[:2]) for name in left})
    print(f"\nnot part of the reference, tested in C# instead: {len(left)} cases of {', '.join(groups)}")
    for miss in misses:
        print(f"miss: {miss}", file=sys.stderr)
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
