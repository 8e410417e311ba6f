// Weights in the order in which oneDNN's kernels read them, so that a product need not rearrange them again.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ggml.h"
#include "onednn/convert.h"

namespace chroma::onednn {

// The order is oneDNN's BA16a64b2a for B[k, n]: blocks of 64 columns, in them blocks of 32 rows, in them pairs of rows.
inline constexpr int64_t kPackedColumns = 64;
inline constexpr int64_t kPackedRows = 32;

// True where this processor packs rows of `k` weights of this type.
bool can_pack(ggml_type type, int64_t k);

// Dequantises and packs `count` rows of W (columns of B), a multiple of kPackedColumns, each of k weights; rows lie
// `stride` bytes apart.
void pack(ggml_type type, const std::byte* rows, size_t stride, int64_t count, int64_t k, bf16* to);

}  // namespace chroma::onednn
