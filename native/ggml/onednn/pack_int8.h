// int8 weights in the order in which products_int8.h reads them; pack.h is the same for bf16.
#pragma once

#include <cstdint>

namespace chroma::onednn {

// For B[k, n], blocks of 64 columns, in them blocks of 64 rows, in them fours of rows.
inline constexpr int64_t kPackedInt8Columns = 64;
inline constexpr int64_t kPackedInt8Rows = 64;

// True where this processor packs n rows of k weights.
bool can_pack_int8(int64_t n, int64_t k);

// Packs `count` rows of W (columns of B), a multiple of kPackedInt8Columns, each of k weights, rows lying `stride`
// bytes apart, and adds each row's weights to its sum.
void pack_int8(const int8_t* rows, int64_t stride, int64_t count, int64_t k, int8_t* to, int32_t* sums);

}  // namespace chroma::onednn
