#include "text/t5_attention.h"

#include "nn/attention.h"
#include "nn/concat.h"
#include "text/t5_taps.h"
#include "text/wide_range.h"

namespace chroma::t5 {

T5Attention::T5Attention(WeightLoader& loader, const std::string& prefix, const T5Sizes& sizes)
    : prefix_(prefix),
      heads_(sizes.heads),
      head_size_(sizes.head_size),
      q_(loader, prefix + ".q", sizes.hidden, sizes.inner(), false),
      k_(loader, prefix + ".k", sizes.hidden, sizes.inner(), false),
      v_(loader, prefix + ".v", sizes.hidden, sizes.inner(), false),
      o_(loader, prefix + ".o", sizes.inner(), sizes.hidden, false) {}

ggml_tensor* T5Attention::forward(Graph& graph, ggml_tensor* x, const T5Batch& batch,
                                  const std::vector<T5Visibility>& visibility) const {
    ggml_tensor* q = tap_tokens(graph, prefix_ + ".q", q_.forward(graph, x), batch);
    ggml_tensor* k = tap_tokens(graph, prefix_ + ".k", k_.forward(graph, x), batch);
    ggml_tensor* v = tap_tokens(graph, prefix_ + ".v", v_.forward(graph, x), batch);
    std::vector<ggml_tensor*> samples;
    for (int64_t sample = 0; sample < batch.samples; ++sample) {
        samples.push_back(attend(graph, q, k, v, sample, batch.tokens, visibility[static_cast<size_t>(sample)]));
    }
    ggml_tensor* out = wide_range_linear(graph, o_, nn::concat(graph, std::move(samples), 1));
    tap_tokens(graph, prefix_ + ".o", out, batch);
    return tap_tokens(graph, prefix_, out, batch);
}

ggml_tensor* T5Attention::attend(Graph& graph, ggml_tensor* q, ggml_tensor* k, ggml_tensor* v, int64_t sample,
                                 int64_t tokens, const T5Visibility& sees) const {
    ggml_context* context = graph.context();
    const auto by_head = [&](ggml_tensor* x, int64_t rows, int64_t first) {
        const size_t head_bytes = static_cast<size_t>(head_size_) * sizeof(float);
        return ggml_view_3d(context, x, head_size_, heads_, rows, head_bytes, x->nb[1],
                            static_cast<size_t>(first) * x->nb[1]);
    };
    const auto keys_of = [&](ggml_tensor* x) {
        if (sees.key_rows == nullptr) {
            return by_head(x, sees.key_count, sample * tokens);
        }
        ggml_tensor* own =
            ggml_view_2d(context, x, x->ne[0], tokens, x->nb[1], static_cast<size_t>(sample * tokens) * x->nb[1]);
        return by_head(ggml_get_rows(context, own, sees.key_rows), sees.key_count, 0);
    };
    return nn::attention(graph, by_head(q, tokens, sample * tokens), keys_of(k), keys_of(v), {.bias = sees.bias});
}

}  // namespace chroma::t5
