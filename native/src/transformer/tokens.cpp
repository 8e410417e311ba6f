#include "transformer/tokens.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "nn/concat.h"

namespace chroma {

TokenStream::TokenStream(int64_t shown, const std::vector<std::vector<int32_t>>& kept) : shown_(shown) {
    std::vector<int32_t> rows(kept.size() * static_cast<size_t>(shown), -1);
    for (size_t sample = 0; sample < kept.size(); ++sample) {
        slices_.push_back({{tokens_, static_cast<int64_t>(kept[sample].size())}});
        for (const int32_t position : kept[sample]) {
            rows[sample * static_cast<size_t>(shown) + static_cast<size_t>(position)] = static_cast<int32_t>(tokens_++);
        }
    }
    set_rows(std::move(rows));
}

TokenStream TokenStream::shared(int64_t shown, const std::vector<int64_t>& source) {
    TokenStream stream;
    stream.shown_ = shown;
    std::vector<int32_t> rows;
    rows.reserve(source.size() * static_cast<size_t>(shown));
    for (const int64_t number : source) {
        stream.slices_.push_back({{number * shown, shown}});
        stream.tokens_ = std::max(stream.tokens_, (number + 1) * shown);
        for (int64_t i = 0; i < shown; ++i) {
            rows.push_back(static_cast<int32_t>(number * shown + i));
        }
    }
    stream.set_rows(std::move(rows));
    return stream;
}

TokenStream TokenStream::joined(const TokenStream& first, const TokenStream& second) {
    TokenStream stream;
    stream.shown_ = first.shown_ + second.shown_;
    stream.tokens_ = first.tokens_ + second.tokens_;
    std::vector<int32_t> rows;
    rows.reserve(static_cast<size_t>(first.samples() * stream.shown_));
    for (int64_t sample = 0; sample < first.samples(); ++sample) {
        std::vector<TokenSlice> slices = first.slices(sample);
        for (const TokenSlice& slice : second.slices(sample)) {
            if (slice.count > 0) {
                slices.push_back({first.tokens_ + slice.first, slice.count});
            }
        }
        stream.slices_.push_back(std::move(slices));
        const auto* begin = first.rows_->data() + sample * first.shown_;
        rows.insert(rows.end(), begin, begin + first.shown_);
        begin = second.rows_->data() + sample * second.shown_;
        std::transform(begin, begin + second.shown_, std::back_inserter(rows),
                       [&](int32_t row) { return row < 0 ? row : row + static_cast<int32_t>(first.tokens_); });
    }
    stream.set_rows(std::move(rows));
    return stream;
}

void TokenStream::set_rows(std::vector<int32_t> rows) {
    in_order_ = static_cast<int64_t>(rows.size()) == tokens_;
    for (size_t i = 0; i < rows.size(); ++i) {
        in_order_ = in_order_ && rows[i] == static_cast<int32_t>(i);
    }
    rows_ = std::make_shared<const std::vector<int32_t>>(std::move(rows));
}

TapLayout TokenStream::tap(int64_t channels) const {
    return {.shape = {samples(), shown_, channels}, .rows = in_order_ ? nullptr : rows_, .heads = 0};
}

TapLayout TokenStream::tap_heads(int64_t heads, int64_t head_size) const {
    return {.shape = {samples(), heads, shown_, head_size}, .rows = rows_, .heads = heads};
}

namespace {

std::vector<int32_t> counting(int64_t count) {
    std::vector<int32_t> out(static_cast<size_t>(count));
    std::iota(out.begin(), out.end(), 0);
    return out;
}

std::vector<int64_t> one_each(size_t count) {
    std::vector<int64_t> out(count);
    std::iota(out.begin(), out.end(), 0);
    return out;
}

}  // namespace

PackedTokens::PackedTokens(int64_t image_tokens, int64_t text_tokens,
                           const std::vector<std::vector<int32_t>>& kept_text, std::vector<int64_t> latents)
    : image(image_tokens, {kept_text.size(), counting(image_tokens)}),
      text(text_tokens, kept_text),
      joint(TokenStream::joined(text, image)),
      entry(TokenStream::shared(image_tokens, latents.empty() ? one_each(kept_text.size()) : std::move(latents))) {}

namespace {

// ggml spreads a concatenation over threads by its third axis only, so tokens go there.
ggml_tensor* with_tokens_third(Graph& graph, ggml_tensor* x) {
    return ggml_reshape_3d(graph.context(), x, x->ne[0], 1, x->ne[1]);
}

ggml_tensor* with_tokens_second(Graph& graph, ggml_tensor* x) {
    return ggml_reshape_2d(graph.context(), x, x->ne[0], x->ne[2]);
}

}  // namespace

ggml_tensor* slice_tokens(Graph& graph, ggml_tensor* x, const TokenSlice& slice) {
    if (slice.count == x->ne[1]) {
        return x;
    }
    return ggml_view_2d(graph.context(), x, x->ne[0], slice.count, x->nb[1],
                        static_cast<size_t>(slice.first) * x->nb[1]);
}

ggml_tensor* slice_heads(Graph& graph, ggml_tensor* x, const TokenSlice& slice) {
    if (slice.count == x->ne[2]) {
        return x;
    }
    return ggml_view_3d(graph.context(), x, x->ne[0], x->ne[1], slice.count, x->nb[1], x->nb[2],
                        static_cast<size_t>(slice.first) * x->nb[2]);
}

ggml_tensor* separate(Graph& graph, ggml_tensor* x, const PackedTokens& tokens) {
    if (x->ne[1] == tokens.image.tokens()) {
        return x;
    }
    std::vector<ggml_tensor*> parts;
    for (int64_t sample = 0; sample < tokens.samples(); ++sample) {
        parts.push_back(slice_tokens(graph, x, tokens.entry.slice(sample)));
    }
    return concat_tokens(graph, std::move(parts));
}

ggml_tensor* concat_heads(Graph& graph, std::vector<ggml_tensor*> parts) {
    return nn::concat(graph, std::move(parts), 2);
}

ggml_tensor* concat_tokens(Graph& graph, std::vector<ggml_tensor*> parts) {
    if (parts.size() == 1) {
        return parts.front();
    }
    for (ggml_tensor*& part : parts) {
        part = with_tokens_third(graph, part);
    }
    return with_tokens_second(graph, concat_heads(graph, std::move(parts)));
}

ggml_tensor* concat_channels(Graph& graph, ggml_tensor* a, ggml_tensor* b) {
    return with_tokens_second(
        graph, ggml_concat(graph.context(), with_tokens_third(graph, a), with_tokens_third(graph, b), 0));
}

}  // namespace chroma
