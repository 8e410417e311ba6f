// Which text tokens the transformer sees.
#pragma once

#include <cstdint>
#include <span>

namespace chroma::t5 {

// Chroma was trained with the prompt's tokens and the first `padding_tokens` (1) padding positions after them attended,
// and nothing else. It is counted from the mask, not from the ids: a literal <pad> in the prompt is a token.
// attention_mask and keep: [batch, tokens], 1 = token or kept.
void generate_t5_padding_mask(std::span<const uint8_t> attention_mask, int64_t tokens, int64_t padding_tokens,
                              std::span<uint8_t> keep);

}  // namespace chroma::t5
