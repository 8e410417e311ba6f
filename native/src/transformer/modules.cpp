#include "transformer/modules.h"

#include <functional>
#include <map>
#include <numeric>
#include <variant>

#include "common/error.h"
#include "graph/runner.h"
#include "nn/attention.h"
#include "transformer/tap_assembler.h"

namespace chroma {

namespace {

using Module = std::variant<const nn::Linear*, const RMSNorm*, const QKNorm*, const Mlp*, const Approximator*,
                            const DoubleStreamBlock*, const SingleStreamBlock*, const LastLayer*>;
using ModuleTable = std::map<std::string, Module, std::less<>>;

void add_norm(ModuleTable& table, const std::string& name, const QKNorm& norm) {
    table[name] = &norm;
    table[name + ".query_norm"] = &norm.query_norm;
    table[name + ".key_norm"] = &norm.key_norm;
}

void add_side(ModuleTable& table, const DoubleStreamBlock::Side& side) {
    table[side.name + "_attn.qkv"] = &side.qkv;
    add_norm(table, side.name + "_attn.norm", side.norm);
    table[side.name + "_attn.proj"] = &side.proj;
    table[side.name + "_mlp"] = &side.mlp;
    table[side.name + "_mlp.0"] = &side.mlp.in;
    table[side.name + "_mlp.2"] = &side.mlp.out;
}

ModuleTable modules_of(const ChromaTransformer& model) {
    ModuleTable table;
    table["img_in"] = &model.img_in();
    table["txt_in"] = &model.txt_in();
    const Approximator& approximator = model.approximator();
    table["distilled_guidance_layer"] = &approximator;
    table["distilled_guidance_layer.in_proj"] = &approximator.in_proj();
    table["distilled_guidance_layer.out_proj"] = &approximator.out_proj();
    for (size_t i = 0; i < approximator.layers().size(); ++i) {
        const Approximator::Layer& layer = approximator.layers()[i];
        table[text("distilled_guidance_layer.norms.", i)] = &layer.norm;
        table[text("distilled_guidance_layer.layers.", i, ".in_layer")] = &layer.in;
        table[text("distilled_guidance_layer.layers.", i, ".out_layer")] = &layer.out;
    }
    for (size_t i = 0; i < model.double_blocks().size(); ++i) {
        const DoubleStreamBlock& block = model.double_blocks()[i];
        table["double_blocks." + std::to_string(i)] = &block;
        add_side(table, block.img());
        add_side(table, block.txt());
    }
    for (size_t i = 0; i < model.single_blocks().size(); ++i) {
        const SingleStreamBlock& block = model.single_blocks()[i];
        const std::string name = "single_blocks." + std::to_string(i);
        table[name] = &block;
        table[name + ".linear1"] = &block.linear1();
        table[name + ".linear2"] = &block.linear2();
        add_norm(table, name + ".norm", block.norm());
    }
    table["final_layer"] = &model.final_layer();
    table["final_layer.linear"] = &model.final_layer().linear();
    return table;
}

// All of n tokens of one sample.
std::vector<std::vector<int32_t>> all_tokens(int64_t n) {
    std::vector<int32_t> positions(static_cast<size_t>(n));
    std::iota(positions.begin(), positions.end(), 0);
    return {positions};
}

// Checks and runs the modules of one call, each kind by its own operator().
class ModuleCall {
  public:
    ModuleCall(const ChromaTransformer& model, const std::shared_ptr<Engine>& engine, const NamedInputs& inputs,
               const chroma_run_options& run)
        : sizes_(model.sizes()), engine_(engine), inputs_(inputs), run_(run), context_(&run) {}

    void operator()(const nn::Linear* linear) {
        run_rows(linear->weight->ne[0], linear->weight->ne[1],
                 [&](Graph& graph, ggml_tensor* x) { return linear->forward(graph, x); });
    }

    void operator()(const RMSNorm* norm) {
        run_rows(norm->scale->ne[0], norm->scale->ne[0],
                 [&](Graph& graph, ggml_tensor* x) { return norm->forward(graph, x); });
    }

    void operator()(const Mlp* mlp) {
        run_rows(sizes_.hidden, sizes_.hidden, [&](Graph& graph, ggml_tensor* x) {
            return mlp->forward(graph, x, TokenStream(x->ne[1], all_tokens(x->ne[1])));
        });
    }

    void operator()(const QKNorm* norm) {
        const NamedInput& q = inputs_.get("q", {kAny, kAny, kAny, sizes_.head_size});
        const NamedInput& k = inputs_.get("k", q.shape);
        inputs_.check_all_used();
        const int64_t rows = element_count(q.shape) / sizes_.head_size;
        ChromaRunner runner(engine_, kNodes);
        runner.prepare("", [&](Graph& graph) {
            const Heads normed = norm->forward(
                graph, {input_rows(graph, "q", sizes_.head_size, rows), input_rows(graph, "k", sizes_.head_size, rows)},
                TokenStream(rows, all_tokens(rows)));
            graph.output("q", normed.q);
            graph.output("k", normed.k);
        });
        runner.set("q", q.values);
        runner.set("k", k.values);
        runner.compute(context_);
        show(runner, "q", q.shape);
        show(runner, "k", k.shape);
    }

    void operator()(const Approximator* approximator) {
        const NamedInput& x = inputs_.get("x", {kAny, kAny, sizes_.approximator_inputs});
        inputs_.check_all_used();
        ChromaRunner runner(engine_, kNodes * static_cast<size_t>(sizes_.approximator_layers + 1));
        runner.prepare("", [&](Graph& graph) {
            ggml_tensor* rows = graph.input("x", GGML_TYPE_F32, {sizes_.approximator_inputs, x.shape[0] * x.shape[1]});
            graph.output("output", approximator->forward(graph, rows, x.shape[0]));
        });
        runner.set("x", x.values);
        runner.compute(context_);
        show(runner, "output", {x.shape[0], x.shape[1], sizes_.hidden});
    }

    void operator()(const DoubleStreamBlock* block) {
        constexpr int64_t kRows = 12;
        const NamedInput& img = inputs_.get("img", {kAny, kAny, sizes_.hidden});
        const NamedInput& txt = inputs_.get("txt", {img.shape[0], kAny, sizes_.hidden});
        const PackedTokens tokens(img.shape[1], txt.shape[1], all_tokens(txt.shape[1]));
        const NamedInput& modulation = inputs_.get("modulation", {img.shape[0], kRows, sizes_.hidden});
        const NamedInput& ids = inputs_.get("ids", {tokens.joint.tokens(), kPositionAxes});
        run_samples({&img, &txt}, modulation, {{"img", img.shape}, {"txt", txt.shape}}, tokens.joint.tokens(),
                    [&](Graph& graph, const std::vector<ggml_tensor*>& x, ggml_tensor* table) {
                        const RopeTensors rope(graph, {ids.values.begin(), ids.values.end()}, sizes_.rope);
                        const DoubleStream streams =
                            block->forward({graph, tokens, rope}, {x[0], x[1]}, double_modulation_at(graph, table, 0),
                                           double_modulation_at(graph, table, kRows / 2));
                        graph.output("img", streams.img);
                        graph.output("txt", streams.txt);
                    });
    }

    void operator()(const SingleStreamBlock* block) {
        const NamedInput& x = inputs_.get("x", {kAny, kAny, sizes_.hidden});
        const PackedTokens tokens(0, x.shape[1], all_tokens(x.shape[1]));
        const NamedInput& modulation = inputs_.get("modulation", {x.shape[0], 3, sizes_.hidden});
        const NamedInput& ids = inputs_.get("ids", {x.shape[1], kPositionAxes});
        run_samples({&x}, modulation, {{"output", x.shape}}, x.shape[1],
                    [&](Graph& graph, const std::vector<ggml_tensor*>& streams, ggml_tensor* table) {
                        const RopeTensors rope(graph, {ids.values.begin(), ids.values.end()}, sizes_.rope);
                        graph.output("output",
                                     block->forward({graph, tokens, rope}, streams[0], modulation_at(graph, table, 0)));
                    });
    }

    void operator()(const LastLayer* layer) {
        const NamedInput& x = inputs_.get("x", {kAny, kAny, sizes_.hidden});
        const TokenStream stream(x.shape[1], all_tokens(x.shape[1]));
        const NamedInput& modulation = inputs_.get("modulation", {x.shape[0], 2, sizes_.hidden});
        run_samples({&x}, modulation, {{"output", {x.shape[0], x.shape[1], sizes_.token_channels()}}}, 0,
                    [&](Graph& graph, const std::vector<ggml_tensor*>& streams, ggml_tensor* table) {
                        graph.output("output",
                                     layer->forward(graph, streams[0], final_modulation_at(graph, table, 0), stream));
                    });
    }

  private:
    static constexpr int64_t kAny = NamedInputs::kAny;
    static constexpr size_t kNodes = 256;

    struct Output {
        std::string name;
        Shape shape;  // [B, ...]
    };

    static ggml_tensor* input_rows(Graph& graph, const std::string& name, int64_t channels, int64_t rows) {
        return graph.input(name, GGML_TYPE_F32, {channels, 1, rows});
    }

    void show(const ChromaRunner& runner, const std::string& name, const Shape& shape) const {
        std::vector<float> values(static_cast<size_t>(element_count(shape)));
        runner.get(name, values);
        context_.taps.show(name, shape, values);
    }

    // A module that sees each row by itself: x [..., in] -> output [..., out].
    void run_rows(int64_t in, int64_t out, const std::function<ggml_tensor*(Graph&, ggml_tensor*)>& forward) {
        const NamedInput& x = inputs_.get_rows("x", in);
        inputs_.check_all_used();
        ChromaRunner runner(engine_, kNodes);
        runner.prepare("", [&](Graph& graph) {
            ggml_tensor* rows = graph.input("x", GGML_TYPE_F32, {in, element_count(x.shape) / in});
            graph.output("output", forward(graph, rows));
        });
        runner.set("x", x.values);
        runner.compute(context_);
        Shape shape = x.shape;
        shape.back() = out;
        show(runner, "output", shape);
    }

    // A module with a modulation of its own for each sample: one graph, computed once per sample. streams: [B, L, C]
    // each.
    void run_samples(const std::vector<const NamedInput*>& streams, const NamedInput& modulation,
                     const std::vector<Output>& outputs, int64_t attended,
                     const std::function<void(Graph&, const std::vector<ggml_tensor*>&, ggml_tensor*)>& build) {
        inputs_.check_all_used();
        const int64_t batch = modulation.shape[0];
        const int64_t attention = attended == 0 ? 0 : nn::attention_nodes(attended, attended, sizes_.heads);
        ChromaRunner runner(engine_, kNodes + static_cast<size_t>(attention));
        runner.prepare("", [&](Graph& graph) {
            std::vector<ggml_tensor*> x;
            x.reserve(streams.size());
            for (const NamedInput* stream : streams) {
                x.push_back(graph.input(stream->name, GGML_TYPE_F32, {stream->shape[2], stream->shape[1]}));
            }
            build(graph, x, graph.input("modulation", GGML_TYPE_F32, {sizes_.hidden, modulation.shape[1]}));
        });

        TapAssembler assembler(run_, context_.taps, batch);
        std::vector<std::vector<float>> values(outputs.size());
        for (size_t i = 0; i < outputs.size(); ++i) {
            values[i].resize(static_cast<size_t>(element_count(outputs[i].shape)));
        }
        for (int64_t sample = 0; sample < batch; ++sample) {
            const auto part = [&](auto whole) {
                const size_t size = whole.size() / static_cast<size_t>(batch);
                return whole.subspan(static_cast<size_t>(sample) * size, size);
            };
            for (const NamedInput* stream : streams) {
                runner.set(stream->name, part(stream->values));
            }
            const std::span<const float> given = part(modulation.values);
            std::vector<float> table(given.begin(), given.end());
            add_one_to_scales(table, sizes_.hidden);
            runner.set("modulation", table);
            RunContext one = context_;
            one.taps = assembler.listener_for({{sample}});
            runner.compute(one);
            for (size_t i = 0; i < outputs.size(); ++i) {
                runner.get(outputs[i].name, part(std::span(values[i])));
            }
        }
        for (size_t i = 0; i < outputs.size(); ++i) {
            context_.taps.show(outputs[i].name, outputs[i].shape, values[i]);
        }
    }

    const TransformerSizes& sizes_;
    const std::shared_ptr<Engine>& engine_;
    const NamedInputs& inputs_;
    const chroma_run_options& run_;
    RunContext context_;
};

}  // namespace

void run_module(const ChromaTransformer& model, const std::shared_ptr<Engine>& engine, const NamedInputs& inputs,
                const chroma_run_options& run) {
    const ModuleTable modules = modules_of(model);
    const auto found = modules.find(inputs.owner());
    if (found == modules.end()) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "This transformer has no module '", inputs.owner(),
             "': a name such as 'double_blocks.0' or 'final_layer' was expected.");
    }
    std::visit(ModuleCall(model, engine, inputs, run), found->second);
}

}  // namespace chroma
