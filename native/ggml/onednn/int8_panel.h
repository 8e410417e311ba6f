// Products of rows of int8 with rows of int8 weights as oneDNN multiplies them, exact.
#pragma once

#include <cstdint>

#include "onednn/aligned_buffer.h"
#include "onednn/for_panels.h"

namespace chroma::onednn {

// Some rows of W, made ready for many products. One thread's. Without VNNI oneDNN adds pairs of products in 16 bits,
// which saturate; int8 becomes float32 there, which is exact enough.
class Int8Panel {
  public:
    // Rows of W[count, k], which live on while products are made.
    void take(const int8_t* weights, int64_t count, int64_t k);

    // sums[rows, count] = activations[rows, k] W^T; valid until the next call.
    const int32_t* multiply(const int8_t* activations, int64_t rows);

  private:
    const void* weights_ = nullptr;
    int64_t count_ = 0;
    int64_t k_ = 0;
    AlignedBuffer floats_;       // the panel
    AlignedBuffer activations_;  // as float32
    AlignedBuffer sums_;
    ThreadMatmul matmul_;
};

}  // namespace chroma::onednn
