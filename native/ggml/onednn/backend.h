// A ggml backend that computes matrix products with oneDNN on the CPU. It takes the operations that pay and leaves the
// rest to ggml's own CPU backend, through ggml's scheduler; both work on the same memory.
#pragma once

#include "ggml-backend.h"

namespace chroma::onednn {

// The device, of type ACCEL. It lives as long as the process.
ggml_backend_dev_t device();

// The type in which activations meet weights that are not float32: BF16 where the processor multiplies it fastest, F32
// elsewhere. Given in this type, they need no conversion.
ggml_type product_type();

// For a backend of this device: threads of a computation, and a callback that is asked between operations and stops the
// computation by returning true (null: none).
void set_threads(ggml_backend_t backend, int threads);
void set_abort_callback(ggml_backend_t backend, ggml_abort_callback callback, void* user_data);

}  // namespace chroma::onednn
