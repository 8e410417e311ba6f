// The steps of a session about single functions and modules.
#include "support/session.h"

namespace fuzz {

namespace {

constexpr std::array<const char*, 27> kInputNames = {
    "x",       "y",       "shift",  "scale",  "gate",   "bias",       "t",      "dim",   "rows",
    "doubles", "singles", "latent", "tokens", "height", "width",      "ids",    "axes",  "q",
    "k",       "v",       "length", "img",    "txt",    "modulation", "output", nullptr, "",
};

constexpr std::array<const char*, 21> kFunctions = {
    "modulate",
    "gate",
    "layer_norm",
    "rms_norm",
    "group_norm",
    "gelu",
    "silu",
    "timestep_embedding",
    "approximator_input",
    "modulation_index",
    "pack_latent",
    "unpack_latent",
    "rope_table",
    "rope",
    "attention",
    "attention_half",
    "attention_int8",
    "relative_position_bucket",
    "nothing",
    "",
    nullptr,
};

constexpr std::array<const char*, 15> kModules = {
    "img_in",
    "txt_in",
    "distilled_guidance_layer",
    "distilled_guidance_layer.norms.0",
    "double_blocks.0",
    "double_blocks.0.img_attn.norm",
    "double_blocks.0.txt_mlp",
    "single_blocks.0",
    "single_blocks.0.linear2",
    "final_layer",
    "final_layer.linear",
    "double_blocks.-1",
    "single_blocks.9999999999999999999",
    "",
    nullptr,
};

constexpr int64_t kHidden = 32;
constexpr int64_t kHeads = 4;
constexpr int64_t kHeadSize = 8;

// Inputs that fit the function, but for their values.
void add_fitting(NonsenseTensors& inputs, Nonsense& any, size_t function) {
    const int64_t batch = 1 + any.below(3);
    const int64_t length = 1 + any.below(20);
    const int64_t channels = 2 * (1 + any.below(40));
    const int64_t heads = 1 + any.below(3);
    switch (function) {
        case 0:  // modulate
        case 1:  // gate
            inputs.add("x", {batch, length, channels});
            inputs.add(function == 0 ? "shift" : "y",
                       function == 0 ? std::vector{batch, channels} : std::vector{batch, length, channels});
            inputs.add(function == 0 ? "scale" : "gate", {batch, channels});
            break;
        case 2:  // layer_norm
        case 5:  // gelu
        case 6:  // silu
            inputs.add("x", {batch, length, channels});
            break;
        case 3:  // rms_norm
            inputs.add("x", {length, channels});
            inputs.add("scale", {channels});
            break;
        case 4:  // group_norm
            inputs.add("x", {batch, 32, heads, length});
            inputs.add("scale", {32});
            inputs.add("bias", {32});
            break;
        case 7:  // timestep_embedding
        case 8:  // approximator_input
            inputs.add("t", {length});
            inputs.add_number(function == 7 ? "dim" : "rows");
            break;
        case 9:  // modulation_index
            inputs.add_number("doubles");
            inputs.add_number("singles");
            break;
        case 10:  // pack_latent
            inputs.add("latent", {batch, heads, 2 * heads, channels});
            break;
        case 11:  // unpack_latent
            inputs.add("tokens", {batch, length, 4 * heads});
            inputs.add_number("height");
            inputs.add_number("width");
            break;
        case 12:  // rope_table
        case 13:  // rope
            if (function == 13) {
                inputs.add("x", {batch, heads, length, kHeadSize});
            }
            inputs.add("ids", {length, 3});
            inputs.add("axes", {3});
            break;
        case 14:  // attention
        case 15:  // attention_half
        case 16:  // attention_int8
            for (const char* name : {"q", "k", "v"}) {
                inputs.add(name, {batch, heads, length, channels});
            }
            break;
        default:  // relative_position_bucket
            inputs.add_number("length");
            break;
    }
}

// Inputs that fit a module of the tiny transformer.
void add_fitting_module(NonsenseTensors& inputs, Nonsense& any, size_t module) {
    const int64_t batch = 1 + any.below(2);
    const int64_t length = 1 + any.below(8);
    const int64_t text = 1 + any.below(5);
    switch (module) {
        case 2:
            inputs.add("x", {batch, length, 64});
            break;
        case 4:
            inputs.add("img", {batch, length, kHidden});
            inputs.add("txt", {batch, text, kHidden});
            inputs.add("modulation", {batch, 12, kHidden});
            inputs.add("ids", {text + length, 3});
            break;
        case 5:
            inputs.add("q", {batch, kHeads, length, kHeadSize});
            inputs.add("k", {batch, kHeads, length, kHeadSize});
            break;
        case 7:
            inputs.add("x", {batch, length, kHidden});
            inputs.add("modulation", {batch, 3, kHidden});
            inputs.add("ids", {length, 3});
            break;
        case 9:
            inputs.add("x", {batch, length, kHidden});
            inputs.add("modulation", {batch, 2, kHidden});
            break;
        default:
            inputs.add("x", {batch, length, any.one_in(4) ? 96 : kHidden});
            break;
    }
}

void add_any(NonsenseTensors& inputs, Nonsense& any) {
    for (int left = any.below(5); left > 0; --left) {
        inputs.add_any(any.pick(kInputNames));
    }
}

}  // namespace

void Session::run_function() {
    const auto function = static_cast<size_t>(any_.below(static_cast<int>(kFunctions.size())));
    NonsenseTensors inputs(any_);
    if (!any_.one_in(4)) {
        add_fitting(inputs, any_, function);
    }
    if (any_.one_in(4)) {
        add_any(inputs, any_);
    }
    const chroma_run_options options = run_options();
    const int32_t count = any_.one_in(30) ? -any_.below(9) : inputs.count();
    check(chroma_engine_run_function(engine(), kFunctions[function], any_.maybe(inputs.data()), count,
                                     any_.maybe(&options)),
          "chroma_engine_run_function");
}

void Session::run_module() {
    const auto module = static_cast<size_t>(any_.below(static_cast<int>(kModules.size())));
    NonsenseTensors inputs(any_);
    if (!any_.one_in(4)) {
        add_fitting_module(inputs, any_, module);
    }
    if (any_.one_in(4)) {
        add_any(inputs, any_);
    }
    const chroma_run_options options = run_options();
    check(chroma_transformer_run_module(transformer(), kModules[module], any_.maybe(inputs.data()), inputs.count(),
                                        any_.maybe(&options)),
          "chroma_transformer_run_module");
}

}  // namespace fuzz
