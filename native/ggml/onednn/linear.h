// Linear layers: y = W x + b for many rows of x, with weights in any of ggml's types.
#pragma once

#include <vector>

#include "ggml.h"
#include "onednn/aligned_buffer.h"
#include "onednn/linear_end.h"

namespace chroma::onednn {

// True for a MUL_MAT that linear() computes, however few rows it has: ggml's own kernels would be quicker with one or
// two of them, but round x to eight bits for it.
bool supports_linear(const ggml_tensor* node);

// Memory that is kept between products.
struct LinearWorkspace {
    struct Thread {
        AlignedBuffer panel;   // rows of W in the type of the products
        AlignedBuffer result;  // of a short product, before it is turned
    };
    AlignedBuffer activations;  // x in the type of the products
    AlignedBuffer packed;       // x in their order, for a short product
    std::vector<Thread> threads;
};

// True where linear() can end this MUL_MAT in GELU.
bool linear_ends_in_gelu(const ggml_tensor* node);

// Computes the MUL_MAT `node` and what follows. The result is the same for any number of threads.
void linear(ggml_tensor* node, const LinearEnd& end, int threads, LinearWorkspace& workspace);

}  // namespace chroma::onednn
