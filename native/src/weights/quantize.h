// Converts a checkpoint of any supported form to one file.
#pragma once

#include <memory>
#include <string>

#include "chroma.h"
#include "common/callbacks.h"
#include "weights/checkpoint.h"

namespace chroma {

struct QuantizeOptions {
    chroma_type type = CHROMA_TYPE_STORED;
    bool include_approximator = false;
    int threads = 1;
    Callbacks callbacks;
};

// GGUF or safetensors by output_path's extension. Streams: memory stays within a few times a window, whatever the
// model's size. A failure or an abort leaves no file behind.
void quantize_checkpoint(std::shared_ptr<const Checkpoint> checkpoint, const std::string& output_path,
                         const QuantizeOptions& options);

}  // namespace chroma
