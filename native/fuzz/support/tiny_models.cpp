#include "support/tiny_models.h"

#include <sstream>

namespace fuzz {

namespace {

constexpr int64_t kAlignment = 32;
constexpr int64_t kHidden = 32;
constexpr int64_t kHeadSize = 8;
constexpr int64_t kMlp = 64;
constexpr int64_t kLatentChannels = 8;
constexpr int64_t kPatch = 4 * kLatentChannels;

// A layer's weight and bias.
void add_layer(TinyModel& model, const std::string& name, std::vector<int64_t> shape) {
    const int64_t out = shape[0];
    model.push_back({name + ".weight", std::move(shape)});
    model.push_back({name + ".bias", {out}});
}

void add_norms(TinyModel& model, const std::string& name) {
    model.push_back({name + ".query_norm.scale", {kHeadSize}});
    model.push_back({name + ".key_norm.scale", {kHeadSize}});
}

void add_convolution(TinyModel& model, const std::string& name, int64_t in, int64_t out, int64_t side = 3) {
    add_layer(model, name, {out, in, side, side});
}

void add_group_norm(TinyModel& model, const std::string& name, int64_t channels) {
    add_layer(model, name, {channels});
}

void add_res_block(TinyModel& model, const std::string& name, int64_t channels) {
    for (const char* part : {"1", "2"}) {
        add_group_norm(model, name + ".norm" + part, channels);
        add_convolution(model, name + ".conv" + part, channels, channels);
    }
}

void add_mid(TinyModel& model, const std::string& name, int64_t channels) {
    add_res_block(model, name + ".block_1", channels);
    add_group_norm(model, name + ".attn_1.norm", channels);
    for (const char* part : {"q", "k", "v", "proj_out"}) {
        add_convolution(model, name + ".attn_1." + part, channels, channels, 1);
    }
    add_res_block(model, name + ".block_2", channels);
}

int64_t padded(int64_t bytes) {
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// A quantised type fills rows only.
TinyType type_of(const TinyTensor& tensor, const TinyType& type) {
    return tensor.shape.size() > 1 && tensor.shape.back() % type.block_elements == 0 ? type : kTinyF32;
}

int64_t bytes_of(const TinyTensor& tensor, const TinyType& type) {
    return tensor.elements() / type.block_elements * type.block_bytes;
}

void append_text(Bytes& file, std::string_view text) {
    append_number(file, 8, text.size());
    append(file, text);
}

void append_value(Bytes& file, const std::string& text) {
    constexpr uint32_t kInt32 = 5;
    constexpr uint32_t kText = 8;
    constexpr uint32_t kArray = 9;
    if (!text.starts_with('[')) {
        append_number(file, 4, kText);
        append_text(file, text);
        return;
    }
    std::vector<int32_t> numbers;
    std::istringstream stream(text.substr(1));
    for (int32_t number = 0; stream >> number;) {
        numbers.push_back(number);
        stream.ignore(1);
    }
    append_number(file, 4, kArray);
    append_number(file, 4, kInt32);
    append_number(file, 8, numbers.size());
    for (const int32_t number : numbers) {
        append_number(file, 4, static_cast<uint32_t>(number));
    }
}

}  // namespace

int64_t TinyTensor::elements() const {
    int64_t count = 1;
    for (const int64_t length : shape) {
        count *= length;
    }
    return count;
}

TinyModel tiny_transformer() {
    TinyModel model;
    add_layer(model, "img_in", {kHidden, kPatch});
    add_layer(model, "txt_in", {kHidden, kHidden});
    add_layer(model, "final_layer.linear", {kPatch, kHidden});
    const std::string approximator = "distilled_guidance_layer";
    add_layer(model, approximator + ".in_proj", {kHidden, 64});
    add_layer(model, approximator + ".out_proj", {kHidden, kHidden});
    add_layer(model, approximator + ".layers.0.in_layer", {kHidden, kHidden});
    add_layer(model, approximator + ".layers.0.out_layer", {kHidden, kHidden});
    model.push_back({approximator + ".norms.0.scale", {kHidden}});
    for (const char* side : {"img", "txt"}) {
        const std::string name = std::string("double_blocks.0.") + side;
        add_layer(model, name + "_attn.qkv", {3 * kHidden, kHidden});
        add_layer(model, name + "_attn.proj", {kHidden, kHidden});
        add_norms(model, name + "_attn.norm");
        add_layer(model, name + "_mlp.0", {kMlp, kHidden});
        add_layer(model, name + "_mlp.2", {kHidden, kMlp});
    }
    add_layer(model, "single_blocks.0.linear1", {3 * kHidden + kMlp, kHidden});
    add_layer(model, "single_blocks.0.linear2", {kHidden, kHidden + kMlp});
    add_norms(model, "single_blocks.0.norm");
    return model;
}

TinyModel tiny_t5() {
    const std::string first = "encoder.block.0.layer.0.";
    const std::string second = "encoder.block.0.layer.1.";
    return {
        {"shared.weight", {24, kHidden}},
        {first + "SelfAttention.q.weight", {kHidden, kHidden}},
        {first + "SelfAttention.k.weight", {kHidden, kHidden}},
        {first + "SelfAttention.v.weight", {kHidden, kHidden}},
        {first + "SelfAttention.o.weight", {kHidden, kHidden}},
        {first + "SelfAttention.relative_attention_bias.weight", {8, 2}},
        {first + "layer_norm.weight", {kHidden}},
        {second + "DenseReluDense.wi_0.weight", {kMlp, kHidden}},
        {second + "DenseReluDense.wi_1.weight", {kMlp, kHidden}},
        {second + "DenseReluDense.wo.weight", {kHidden, kMlp}},
        {second + "layer_norm.weight", {kHidden}},
        {"encoder.final_layer_norm.weight", {kHidden}},
    };
}

TinyModel tiny_autoencoder() {
    TinyModel model;
    add_convolution(model, "encoder.conv_in", 3, kHidden);
    add_res_block(model, "encoder.down.0.block.0", kHidden);
    add_convolution(model, "encoder.down.0.downsample.conv", kHidden, kHidden);
    add_res_block(model, "encoder.down.1.block.0", kHidden);
    add_mid(model, "encoder.mid", kHidden);
    add_group_norm(model, "encoder.norm_out", kHidden);
    add_convolution(model, "encoder.conv_out", kHidden, 2 * kLatentChannels);
    add_convolution(model, "decoder.conv_in", kLatentChannels, kHidden);
    add_mid(model, "decoder.mid", kHidden);
    add_res_block(model, "decoder.up.1.block.0", kHidden);
    add_convolution(model, "decoder.up.1.upsample.conv", kHidden, kHidden);
    add_res_block(model, "decoder.up.0.block.0", kHidden);
    add_group_norm(model, "decoder.norm_out", kHidden);
    add_convolution(model, "decoder.conv_out", kHidden, 3);
    return model;
}

Bytes gguf_header(const TinyModel& model, const TinyType& type, const TinyMetadata& metadata) {
    Bytes file;
    append(file, "GGUF");
    append_number(file, 4, 3);
    append_number(file, 8, model.size());
    append_number(file, 8, metadata.size());
    for (const auto& [key, text] : metadata) {
        append_text(file, key);
        append_value(file, text);
    }
    int64_t offset = 0;
    for (const TinyTensor& tensor : model) {
        const TinyType stored = type_of(tensor, type);
        append_text(file, tensor.name);
        append_number(file, 4, tensor.shape.size());
        for (auto axis = tensor.shape.rbegin(); axis != tensor.shape.rend(); ++axis) {
            append_number(file, 8, static_cast<uint64_t>(*axis));
        }
        append_number(file, 4, stored.gguf);
        append_number(file, 8, static_cast<uint64_t>(offset));
        offset += padded(bytes_of(tensor, stored));
    }
    file.resize(static_cast<size_t>(padded(static_cast<int64_t>(file.size()))));
    return file;
}

Bytes safetensors_header(const TinyModel& model, const TinyType& type, const TinyMetadata& metadata) {
    std::ostringstream json;
    json << "{";
    if (!metadata.empty()) {
        json << R"("__metadata__":{)";
        for (size_t i = 0; i < metadata.size(); ++i) {
            json << (i == 0 ? "" : ",") << '"' << metadata[i].first << R"(":")" << metadata[i].second << '"';
        }
        json << "}" << (model.empty() ? "" : ",");
    }
    int64_t offset = 0;
    for (size_t i = 0; i < model.size(); ++i) {
        const TinyType stored = type_of(model[i], type);
        json << (i == 0 ? "" : ",") << '"' << model[i].name << R"(":{"dtype":")" << stored.safetensors
             << R"(","shape":[)";
        for (size_t axis = 0; axis < model[i].shape.size(); ++axis) {
            json << (axis == 0 ? "" : ",") << model[i].shape[axis];
        }
        const int64_t end = offset + bytes_of(model[i], stored);
        json << R"(],"data_offsets":[)" << offset << "," << end << "]}";
        offset = end;
    }
    json << "}";
    std::string text = json.str();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    Bytes file;
    append_number(file, 8, text.size());
    append(file, text);
    return file;
}

}  // namespace fuzz
