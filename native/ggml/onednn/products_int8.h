// Products of rows of int8 with rows of int8 weights, exact, in the way that is fastest on this processor.
#pragma once

#include <cstdint>

#include "onednn/aligned_buffer.h"
#include "onednn/for_panels.h"
#include "onednn/matmul.h"

namespace chroma::onednn {

enum class Int8Way {
    Packed,  // by VNNI, of weights in the order that oneDNN likes best: pack_int8.h
    Plain,   // by VNNI, of weights as they are stored
    Floats,  // without VNNI oneDNN adds pairs of products in 16 bits, which saturate: int8 becomes float32, which is
             // exact enough
};

// The way for products of up to `rows` rows of k activations with panels of `columns` of n rows of W.
Int8Way int8_way(int64_t rows, int64_t columns, int64_t n, int64_t k);

// VNNI multiplies unsigned bytes by signed ones. oneDNN moves signed activations up itself, but not for packed weights:
// those take (value + kPackedZero) as an unsigned byte.
inline constexpr int kPackedZero = 128;

// Some rows of W, made ready for many products. One thread's.
class Int8Panel {
  public:
    // Rows of W[count, k], a multiple of kPackedInt8Columns if packed, which live on while products are made. Most
    // products have `rows` rows.
    void take(const int8_t* weights, int64_t count, int64_t k, int64_t rows, Int8Way way);

    // sums[rows, count] = activations[rows, k] W^T; valid until the next call. Packed: with zeros() in them.
    const int32_t* multiply(const int8_t* activations, int64_t rows);

    // What kPackedZero adds to the sums of each row of W; null: nothing.
    [[nodiscard]] const int32_t* zeros() const { return zeros_; }

  private:
    Int8Way way_ = Int8Way::Plain;
    int64_t count_ = 0;
    int64_t k_ = 0;
    int64_t rows_ = 0;
    const void* weights_ = nullptr;
    const int32_t* zeros_ = nullptr;
    AlignedBuffer panel_;
    AlignedBuffer row_sums_;
    AlignedBuffer activations_;  // as float32
    AlignedBuffer sums_;
    ThreadMatmul usual_;  // of rows_
    ThreadMatmul other_;
};

}  // namespace chroma::onednn
