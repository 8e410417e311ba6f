// What the targets do with a checkpoint that opened: every getter, and every model that it may hold.
#pragma once

#include <chroma.h>

#include <cstdint>
#include <string>

namespace fuzz {

// An engine with one thread that lives as long as the process.
chroma_engine* engine(chroma_kernels kernels);

// Opens it, or says why not by returning null.
chroma_weights* open(const std::string& path);

// Calls every getter for every tensor and metadata entry, reading what they point at.
void read_everything(const chroma_weights* weights);

struct ModelOptions {
    chroma_type type = CHROMA_TYPE_STORED;
    chroma_kernels kernels = CHROMA_KERNELS_AUTO;
    int64_t abort_after = -1;  // answers of the abort callback; negative: never
    chroma_text_mask mask = CHROMA_TEXT_MASK_KEY;
};

// Loads the model that the checkpoint is taken for, and computes one small forward call.
void run_model(const chroma_weights* weights, const ModelOptions& options);

}  // namespace fuzz
