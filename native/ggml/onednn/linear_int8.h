// Linear layers with int8 weights: activations become int8 row by row, and products are exact integers.
#pragma once

#include <vector>

#include "ggml.h"
#include "onednn/aligned_buffer.h"
#include "onednn/int8_panel.h"
#include "onednn/linear_end.h"

namespace chroma::onednn {

// True for a MUL_MAT of I8 weights (int8/int8.h) whose scales, one for each row, are its third source.
bool supports_linear_int8(const ggml_tensor* node);

// Memory that is kept between products.
struct Int8Workspace {
    struct Thread {
        Int8Panel panel;            // for oneDNN
        AlignedBuffer packed;       // some channels of a panel, for products of our own
        AlignedBuffer weight_sums;  // of its rows
    };
    AlignedBuffer activations;
    AlignedBuffer scales;                // of the activations' rows
    const ggml_tensor* given = nullptr;  // the operand that they are, as long as nothing else was computed
    std::vector<Thread> threads;
};

// True where linear_int8() can end this MUL_MAT in GELU.
bool linear_int8_ends_in_gelu(const ggml_tensor* node);

// Computes the MUL_MAT `node` and what follows. The result is the same for any number of threads.
void linear_int8(ggml_tensor* node, const LinearEnd& end, int threads, Int8Workspace& workspace);

}  // namespace chroma::onednn
