#include "api/functions.h"

#include <cmath>
#include <functional>
#include <map>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "graph/runner.h"
#include "nn/activation.h"
#include "nn/attention.h"
#include "nn/norm.h"
#include "nn/rope.h"
#include "text/relative_position.h"
#include "transformer/modulation.h"
#include "transformer/packing.h"
#include "transformer/positions.h"
#include "transformer/timestep_embedding.h"

namespace chroma::api {

namespace {

constexpr int64_t kAny = NamedInputs::kAny;
constexpr size_t kNodes = 256;

// [B, H, L, D] as packed tokens, [B * L, H, D]; the way back is the same exchange of axes.
std::vector<float> exchange_axes(std::span<const float> x, int64_t batch, int64_t first, int64_t second,
                                 int64_t channels) {
    std::vector<float> out(x.size());
    for (int64_t b = 0; b < batch; ++b) {
        for (int64_t i = 0; i < first; ++i) {
            for (int64_t j = 0; j < second; ++j) {
                const float* from = x.data() + ((b * first + i) * second + j) * channels;
                std::copy_n(from, channels, out.data() + ((b * second + j) * first + i) * channels);
            }
        }
    }
    return out;
}

// One call of one function.
class FunctionCall {
  public:
    FunctionCall(const std::shared_ptr<Engine>& engine, const NamedInputs& inputs, const chroma_run_options& run)
        : engine_(engine), inputs_(inputs), run_(&run) {}

    void modulate() {
        const NamedInput& x = inputs_.get("x", {kAny, kAny, kAny});
        const NamedInput& shift = inputs_.get("shift", {x.shape[0], x.shape[2]});
        const NamedInput& scale = inputs_.get("scale", {x.shape[0], x.shape[2]});
        std::vector<float> factor(scale.values.begin(), scale.values.end());
        for (float& value : factor) {
            value += 1.0F;
        }
        compute({{"x", x.values}, {"shift", shift.values}, {"factor", factor}}, x.shape, [&](Graph& graph) {
            const ModulationOut modulation{per_sample(graph, "shift", x), per_sample(graph, "factor", x), nullptr};
            return chroma::modulate(graph, tokens(graph, "x", x), modulation);
        });
    }

    void gate() {
        const NamedInput& x = inputs_.get("x", {kAny, kAny, kAny});
        const NamedInput& y = inputs_.get("y", x.shape);
        const NamedInput& gate = inputs_.get("gate", {x.shape[0], x.shape[2]});
        compute({{"x", x.values}, {"y", y.values}, {"gate", gate.values}}, x.shape, [&](Graph& graph) {
            return chroma::gate(graph, tokens(graph, "x", x), tokens(graph, "y", x), per_sample(graph, "gate", x));
        });
    }

    void layer_norm() {
        const NamedInput& x = inputs_.get_rows("x", kAny);
        compute({{"x", x.values}}, x.shape, [&](Graph& graph) { return nn::layer_norm(graph, rows(graph, "x", x)); });
    }

    void rms_norm() {
        const NamedInput& scale = inputs_.get("scale", {kAny});
        const NamedInput& x = inputs_.get_rows("x", scale.shape[0]);
        compute({{"x", x.values}, {"scale", scale.values}}, x.shape,
                [&](Graph& graph) { return nn::rms_norm(graph, rows(graph, "x", x), rows(graph, "scale", scale)); });
    }

    void group_norm() {
        constexpr int64_t kGroups = 32;
        const NamedInput& x = inputs_.get("x", {kAny, kAny, kAny, kAny});
        const int64_t channels = x.shape[1];
        if (channels % kGroups != 0) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'group_norm': the input 'x' has ", channels,
                 " channels, but a multiple of ", kGroups, " was expected.");
        }
        const NamedInput& scale = inputs_.get("scale", {channels});
        const NamedInput& bias = inputs_.get("bias", {channels});
        compute({{"x", x.values}, {"scale", scale.values}, {"bias", bias.values}}, x.shape, [&](Graph& graph) {
            ggml_tensor* image =
                graph.input("x", GGML_TYPE_F32, {x.from_last(0), x.from_last(1), channels, x.shape[0]});
            return nn::group_norm(graph, image, rows(graph, "scale", scale), rows(graph, "bias", bias));
        });
    }

    void gelu() {
        elementwise([](Graph& graph, ggml_tensor* x) { return nn::gelu_tanh(graph, x); });
    }
    void silu() { elementwise(nn::silu); }

    void timestep_embedding() {
        const NamedInput& t = inputs_.get("t", {kAny});
        const int64_t dim = inputs_.get_count("dim", 2, kMaxSize);
        if (dim % 2 != 0) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'timestep_embedding': 'dim' is ", dim,
                 ", but an even number was expected.");
        }
        check_size("dim", t.shape[0] * dim);
        show("output", {t.shape[0], dim}, chroma::timestep_embedding(t.values, dim));
    }

    void approximator_input() {
        constexpr int64_t kInputs = 64;
        const NamedInput& t = inputs_.get("t", {kAny});
        const int64_t count = inputs_.get_count("rows", 1, kMaxSize);
        check_size("rows", t.shape[0] * count);
        show("output", {t.shape[0], count, kInputs}, chroma::approximator_input(t.values, count, kInputs));
    }

    void modulation_index() {
        const int64_t doubles = inputs_.get_count("doubles", 0, kMaxSize);
        const int64_t singles = inputs_.get_count("singles", 0, kMaxSize);
        inputs_.check_all_used();
        for (const ModulationIndex::Entry& entry : ModulationIndex(doubles, singles).entries()) {
            std::vector<float> row_numbers;
            for (int64_t i = 0; i < entry.count; ++i) {
                row_numbers.push_back(static_cast<float>(entry.row + i));
            }
            show(entry.name, {entry.count}, row_numbers);
        }
    }

    void pack_latent() {
        const NamedInput& latent = inputs_.get("latent", {kAny, kAny, kAny, kAny});
        const LatentShape shape{latent.shape[1], latent.shape[2], latent.shape[3]};
        if (shape.height % kPatchSize != 0 || shape.width % kPatchSize != 0) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'pack_latent': the input 'latent' is ", shape.width, " x ",
                 shape.height, ", but an even width and height were expected.");
        }
        std::vector<float> packed(latent.values.size());
        std::vector<float> ids;
        each_sample(latent.shape[0], latent.values, std::span(packed), [&](auto from, auto to) {
            chroma::pack_latent(from, shape, to);
            const std::vector<float> positions = image_ids(shape);
            ids.insert(ids.end(), positions.begin(), positions.end());
        });
        show("tokens", {latent.shape[0], shape.tokens(), shape.token_channels()}, packed);
        show("ids", {latent.shape[0], shape.tokens(), kPositionAxes}, ids);
    }

    void unpack_latent() {
        const NamedInput& packed = inputs_.get("tokens", {kAny, kAny, kAny});
        LatentShape shape{packed.shape[2] / (kPatchSize * kPatchSize), 0, 0};
        shape.height = inputs_.get_count("height", kPatchSize, kMaxSize);
        shape.width = inputs_.get_count("width", kPatchSize, kMaxSize);
        if (shape.height % kPatchSize != 0 || shape.width % kPatchSize != 0 || shape.tokens() != packed.shape[1] ||
            shape.token_channels() != packed.shape[2]) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'unpack_latent': the input 'tokens' has shape ",
                 shape_text(packed.shape), ", which is not that of a latent ", shape.width, " x ", shape.height,
                 " with even sides.");
        }
        std::vector<float> latent(packed.values.size());
        each_sample(packed.shape[0], packed.values, std::span(latent),
                    [&](auto from, auto to) { chroma::unpack_latent(from, shape, to); });
        show("latent", {packed.shape[0], shape.channels, shape.height, shape.width}, latent);
    }

    void rope_table() {
        const NamedInput& ids = inputs_.get("ids", {kAny, kPositionAxes});
        const nn::RopeAxes axes = rope_axes();
        check_size("axes", ids.shape[0] * axes.head_size());
        show("output", {1, 1, ids.shape[0], axes.head_size() / 2, 2, 2},
             rope_matrices(nn::rope_table(ids.values, axes)));
    }

    void rope() {
        const nn::RopeAxes axes = rope_axes();
        const NamedInput& x = inputs_.get("x", {kAny, kAny, kAny, axes.head_size()});
        const int64_t batch = x.shape[0];
        const int64_t heads = x.shape[1];
        const int64_t length = x.shape[2];
        const NamedInput& ids = inputs_.get("ids", {length, kPositionAxes});
        std::vector<float> all_ids;
        for (int64_t sample = 0; sample < batch; ++sample) {
            all_ids.insert(all_ids.end(), ids.values.begin(), ids.values.end());
        }
        const std::vector<float> packed = exchange_axes(x.values, batch, heads, length, axes.head_size());
        const std::vector<float> turned = computed({{"x", packed}}, packed.size(), [&](Graph& graph) {
            const RopeTensors table(graph, all_ids, axes);
            ggml_tensor* input = graph.input("x", GGML_TYPE_F32, {axes.head_size(), heads, batch * length});
            return nn::rope(graph, input, table.cos, table.sin);
        });
        show("output", x.shape, exchange_axes(turned, batch, length, heads, axes.head_size()));
    }

    void attention_float() { attention(nn::Products::Float32); }
    void attention_half() { attention(nn::Products::Half); }
    void attention_int8() { attention(nn::Products::Int8); }

    void attention(nn::Products products) {
        const NamedInput& q = inputs_.get("q", {kAny, kAny, kAny, kAny});
        const NamedInput& k = inputs_.get("k", q.shape);
        const NamedInput& v = inputs_.get("v", q.shape);
        const int64_t batch = q.shape[0];
        const int64_t heads = q.shape[1];
        const int64_t length = q.shape[2];
        const int64_t channels = q.shape[3];
        const auto pack = [&](const NamedInput& x) { return exchange_axes(x.values, batch, heads, length, channels); };
        inputs_.check_all_used();
        ChromaRunner runner(engine_, kNodes + static_cast<size_t>(nn::attention_nodes(length, length, heads)));
        runner.prepare("", [&](Graph& graph) {
            const auto input = [&](const char* name) {
                return graph.input(name, GGML_TYPE_F32, {channels, heads, length});
            };
            graph.output("output", nn::attention(graph, input("q"), input("k"), input("v"),
                                                 {.scale = 1.0F / std::sqrt(static_cast<float>(channels)),
                                                  .products = products}));
        });
        const std::vector<float> packed_q = pack(q);
        const std::vector<float> packed_k = pack(k);
        const std::vector<float> packed_v = pack(v);
        const size_t size = packed_q.size() / static_cast<size_t>(batch);
        std::vector<float> output(packed_q.size());
        for (size_t first = 0; first < output.size(); first += size) {
            runner.set("q", std::span(packed_q).subspan(first, size));
            runner.set("k", std::span(packed_k).subspan(first, size));
            runner.set("v", std::span(packed_v).subspan(first, size));
            runner.compute(run_);
            runner.get("output", std::span(output).subspan(first, size));
        }
        show("output", {batch, length, heads * channels}, output);
    }

    void relative_position_bucket() {
        constexpr int64_t kMaxLength = 4096;
        const int64_t length = inputs_.get_count("length", 1, kMaxLength);
        const std::vector<int32_t> buckets = t5::relative_position_buckets(length);
        show("output", {length, length}, std::vector<float>(buckets.begin(), buckets.end()));
    }

  private:
    static constexpr int64_t kMaxSize = 1 << 16;
    static constexpr int64_t kMaxElements = 1 << 26;

    struct Given {
        const char* name;
        std::span<const float> values;
    };

    static ggml_tensor* rows(Graph& graph, const std::string& name, const NamedInput& x) {
        const int64_t channels = x.from_last(0);
        return graph.input(name, GGML_TYPE_F32, {channels, element_count(x.shape) / channels});
    }

    // [B, L, C]
    static ggml_tensor* tokens(Graph& graph, const std::string& name, const NamedInput& x) {
        return graph.input(name, GGML_TYPE_F32, {x.shape[2], x.shape[1], x.shape[0]});
    }

    // [B, C], to be spread over the tokens of x
    static ggml_tensor* per_sample(Graph& graph, const std::string& name, const NamedInput& x) {
        return graph.input(name, GGML_TYPE_F32, {x.shape[2], 1, x.shape[0]});
    }

    template <typename Visit>
    static void each_sample(int64_t batch, std::span<const float> from, std::span<float> to, Visit&& visit) {
        const size_t size = from.size() / static_cast<size_t>(batch);
        for (size_t first = 0; first < from.size(); first += size) {
            visit(from.subspan(first, size), to.subspan(first, size));
        }
    }

    void check_size(const char* name, int64_t elements) const {
        if (elements > kMaxElements) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", inputs_.owner(), "': '", name, "' asks for ", elements,
                 " values, but at most ", kMaxElements, " were expected.");
        }
    }

    [[nodiscard]] nn::RopeAxes rope_axes() const {
        const NamedInput& given = inputs_.get("axes", {kPositionAxes});
        nn::RopeAxes axes;
        for (size_t i = 0; i < axes.sizes.size(); ++i) {
            const float axis = given.values[i];
            if (!(axis >= 0 && axis <= static_cast<float>(kMaxSize)) || axis != 2 * std::floor(axis / 2)) {
                fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", inputs_.owner(), "': 'axes' has ", axis,
                     ", but even numbers were expected.");
            }
            axes.sizes[i] = static_cast<int>(axis);
        }
        if (axes.head_size() == 0) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", inputs_.owner(), "': 'axes' are all 0.");
        }
        return axes;
    }

    void elementwise(ggml_tensor* (*function)(Graph&, ggml_tensor*)) {
        const NamedInput& x = inputs_.get_rows("x", kAny);
        compute({{"x", x.values}}, x.shape, [&](Graph& graph) { return function(graph, rows(graph, "x", x)); });
    }

    // Builds a graph of one output and computes it.
    std::vector<float> computed(const std::vector<Given>& given, size_t size,
                                const std::function<ggml_tensor*(Graph&)>& build) {
        inputs_.check_all_used();
        ChromaRunner runner(engine_, kNodes);
        runner.prepare("", [&](Graph& graph) { graph.output("output", build(graph)); });
        for (const Given& input : given) {
            runner.set(input.name, input.values);
        }
        runner.compute(run_);
        std::vector<float> values(size);
        runner.get("output", values);
        return values;
    }

    void compute(const std::vector<Given>& given, const Shape& shape,
                 const std::function<ggml_tensor*(Graph&)>& build) {
        show("output", shape, computed(given, static_cast<size_t>(element_count(shape)), build));
    }

    void show(const std::string& name, const Shape& shape, std::span<const float> values) const {
        inputs_.check_all_used();
        run_.taps.show(name, shape, values);
    }

    const std::shared_ptr<Engine>& engine_;
    const NamedInputs& inputs_;
    RunContext run_;
};

using Function = void (FunctionCall::*)();

const std::map<std::string_view, Function>& functions() {
    static const std::map<std::string_view, Function> table = {
        {"modulate", &FunctionCall::modulate},
        {"gate", &FunctionCall::gate},
        {"layer_norm", &FunctionCall::layer_norm},
        {"rms_norm", &FunctionCall::rms_norm},
        {"group_norm", &FunctionCall::group_norm},
        {"gelu", &FunctionCall::gelu},
        {"silu", &FunctionCall::silu},
        {"timestep_embedding", &FunctionCall::timestep_embedding},
        {"approximator_input", &FunctionCall::approximator_input},
        {"modulation_index", &FunctionCall::modulation_index},
        {"pack_latent", &FunctionCall::pack_latent},
        {"unpack_latent", &FunctionCall::unpack_latent},
        {"rope_table", &FunctionCall::rope_table},
        {"rope", &FunctionCall::rope},
        {"attention", &FunctionCall::attention_float},
        {"attention_half", &FunctionCall::attention_half},
        {"attention_int8", &FunctionCall::attention_int8},
        {"relative_position_bucket", &FunctionCall::relative_position_bucket},
    };
    return table;
}

}  // namespace

void run_function(const std::shared_ptr<Engine>& engine, const NamedInputs& inputs, const chroma_run_options& run) {
    const auto found = functions().find(inputs.owner());
    if (found == functions().end()) {
        std::string names;
        for (const auto& [name, function] : functions()) {
            names += (names.empty() ? "" : ", ") + std::string(name);
        }
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "There is no function '", inputs.owner(), "'; there are ", names, ".");
    }
    FunctionCall call(engine, inputs, run);
    (call.*found->second)();
}

}  // namespace chroma::api
