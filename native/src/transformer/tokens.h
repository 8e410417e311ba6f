// The tokens of several samples packed one behind the other, without padding: [C, N] in ggml order. Linear layers run
// over all of them at once; attention lets each sample's tokens see each other, so samples of different lengths need no
// mask.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "graph/graph.h"

namespace chroma {

// Tokens that lie one behind the other in a packed stream.
struct TokenSlice {
    int64_t first = 0;
    int64_t count = 0;
};

// How one packed stream lies, and how its taps show it: [B, shown, C], with zeros where a sample's token was dropped.
class TokenStream {
  public:
    TokenStream() = default;

    // kept: of each sample, which of its `shown` positions are in the stream, ascending.
    TokenStream(int64_t shown, const std::vector<std::vector<int32_t>>& kept);

    // Whole tokens of which samples may share: sample i sees those of number source[i]. Numbers count up from 0.
    static TokenStream shared(int64_t shown, const std::vector<int64_t>& source);

    // The tokens of `first`, then those of `second`: a sample has some of both.
    static TokenStream joined(const TokenStream& first, const TokenStream& second);

    [[nodiscard]] int64_t samples() const { return static_cast<int64_t>(slices_.size()); }
    [[nodiscard]] int64_t tokens() const { return tokens_; }

    // A sample's tokens in order: one slice, or two of a joined stream.
    [[nodiscard]] const std::vector<TokenSlice>& slices(int64_t sample) const {
        return slices_[static_cast<size_t>(sample)];
    }
    [[nodiscard]] const TokenSlice& slice(int64_t sample) const { return slices(sample).front(); }

    // Of a tensor [channels, N]: shown as [B, shown, channels].
    [[nodiscard]] TapLayout tap(int64_t channels) const;

    // Of a tensor [head_size, heads, N]: shown as [B, heads, shown, head_size].
    [[nodiscard]] TapLayout tap_heads(int64_t heads, int64_t head_size) const;

  private:
    void set_rows(std::vector<int32_t> rows);

    int64_t shown_ = 0;
    int64_t tokens_ = 0;
    std::vector<std::vector<TokenSlice>> slices_;
    std::shared_ptr<const std::vector<int32_t>> rows_;
    bool in_order_ = false;  // rows_ are all tokens as they lie
};

// The streams of one graph.
struct PackedTokens {
    TokenStream image;
    TokenStream text;
    TokenStream joint;  // all text, then all images

    // The image stream up to the first attention: samples of equal latents, such as a prompt and its negative prompt,
    // are the same until they meet their text.
    TokenStream entry;

    // kept_text: of each sample, the text positions that exist for the network. latents: of each sample, the number of
    // its latent; empty: all have latents of their own.
    PackedTokens(int64_t image_tokens, int64_t text_tokens, const std::vector<std::vector<int32_t>>& kept_text,
                 std::vector<int64_t> latents = {});

    [[nodiscard]] int64_t samples() const { return image.samples(); }

    // How the image tokens x lie: as `entry`, or as `image`.
    [[nodiscard]] const TokenStream& image_of(const ggml_tensor* x) const {
        return x->ne[1] == entry.tokens() ? entry : image;
    }
};

// Views of one slice: of packed tokens [C, N], and of packed heads [D, H, N].
ggml_tensor* slice_tokens(Graph& graph, ggml_tensor* x, const TokenSlice& slice);
ggml_tensor* slice_heads(Graph& graph, ggml_tensor* x, const TokenSlice& slice);

// Image tokens x, however they lie, as `image`: every sample with tokens of its own.
ggml_tensor* separate(Graph& graph, ggml_tensor* x, const PackedTokens& tokens);

// Puts contiguous [C, N] tensors, or [D, H, N] ones, one behind the other along N. A single one is returned as it is.
ggml_tensor* concat_tokens(Graph& graph, std::vector<ggml_tensor*> parts);
ggml_tensor* concat_heads(Graph& graph, std::vector<ggml_tensor*> parts);

// Puts the channels of b behind those of a: contiguous [A, N] and [B, N] -> [A + B, N].
ggml_tensor* concat_channels(Graph& graph, ggml_tensor* a, ggml_tensor* b);

}  // namespace chroma
