// Convolutions of oneDNN, a band of rows at a time.
#pragma once

#include <cstdint>

#include "ggml.h"
#include "onednn/custom.h"
#include "onednn/picture.h"

namespace chroma::onednn {

// One convolution over a whole picture.
struct ConvolutionTask {
    const ggml_tensor* x = nullptr;       // [in, W, H]
    const ggml_tensor* weight = nullptr;  // [K, K, in, out]
    const float* bias = nullptr;
    const float* norm = nullptr;  // factors, shifts; null: x as it is
    Resize resize = Resize::None;
    ggml_tensor* to = nullptr;  // [out, W', H'], or planes
    bool planes = false;        // float32 [W', H', out]
    bool add = false;           // to what is there
};

void convolution(const ConvolutionTask& task, int threads, Workspace& workspace);

}  // namespace chroma::onednn
