// One matrix product of oneDNN, the same for its 2.x and 3.x interfaces.
#pragma once

#include <cstdint>
#include <dnnl.hpp>

#include "onednn/aligned_buffer.h"

namespace chroma::onednn {

using DataType = dnnl::memory::data_type;

// C[m, n] = A[m, k] B[n, k]^T (+ bias[n]). Rows lie lda, ldb and ldc elements apart.
struct MatmulShape {
    int64_t m;
    int64_t n;
    int64_t k;
    int64_t lda;
    int64_t ldb;
    int64_t ldc;
    DataType a;
    DataType b;
    DataType c;
    bool bias = false;    // float32
    bool packed = false;  // B is in the order of pack.h, and ldb means nothing

    bool operator==(const MatmulShape&) const = default;
};

// Made and used by one thread. oneDNN keeps the compiled kernels of equal shapes, so making it again is cheap.
class Matmul {
  public:
    explicit Matmul(const MatmulShape& shape);

    // True if oneDNN reads B in that order for a product of this shape on this processor.
    static bool prefers_packed(const MatmulShape& shape);

    void execute(const void* a, const void* b, void* c, const float* bias = nullptr);

  private:
    dnnl::memory::desc a_;
    dnnl::memory::desc b_;
    dnnl::memory::desc c_;
    dnnl::memory::desc bias_;
    dnnl::memory::desc scratch_;
    dnnl::matmul matmul_;
    AlignedBuffer scratchpad_;
};

// The CPU, and the stream of the calling thread.
const dnnl::engine& cpu();
dnnl::stream& stream();

}  // namespace chroma::onednn
