#include "onednn/backend.h"

#include <exception>
#include <memory>

#include "ggml-backend-impl.h"
#include "ggml-cpu.h"
#include "ggml-impl.h"
#include "onednn/custom.h"
#include "onednn/elementwise.h"
#include "onednn/linear.h"
#include "onednn/linear_int8.h"
#include "onednn/processor.h"

namespace chroma::onednn {

namespace {

struct Context {
    int threads = 1;
    ggml_abort_callback abort = nullptr;
    void* abort_data = nullptr;
    LinearWorkspace linear;
    Int8Workspace int8;
    Workspace custom;
};

Context& context_of(ggml_backend_t backend) {
    return *static_cast<Context*>(backend->context);
}

bool supports_product(const ggml_tensor* node) {
    return node->op == GGML_OP_MUL_MAT && (supports_linear(node) || supports_linear_int8(node));
}

// y + b for a vector b, in place of a product y.
bool adds_bias(const ggml_tensor* node) {
    if (node->op != GGML_OP_ADD) {
        return false;
    }
    const ggml_tensor* product = node->src[0];
    const ggml_tensor* bias = node->src[1];
    return supports_product(product) && node->view_src == product && ggml_is_contiguous(node) &&
           bias->type == GGML_TYPE_F32 && ggml_is_vector(bias) && ggml_is_contiguous(bias) &&
           bias->ne[0] == node->ne[0];
}

bool supports(const ggml_tensor* node) {
    switch (node->op) {
        case GGML_OP_MUL_MAT:
            return supports_product(node);
        case GGML_OP_CUSTOM:
            return is_custom(node);
        case GGML_OP_ADD:
            return adds_bias(node);
        default:
            return ggml_op_is_empty(node->op);
    }
}

// A bias whose product was computed before, because somebody looked at it in between.
void add_bias(ggml_tensor* node) {
    const auto* bias = static_cast<const float*>(node->src[1]->data);
    auto* values = static_cast<float*>(node->data);
    for (int64_t row = 0; row < ggml_nrows(node); ++row, values += node->ne[0]) {
        for (int64_t i = 0; i < node->ne[0]; ++i) {
            values[i] += bias[i];
        }
    }
}

// The place of the operation behind the one at `index`, views left out.
int next_operation(const ggml_cgraph* graph, int index) {
    do {
        ++index;
    } while (index < graph->n_nodes && ggml_op_is_empty(graph->nodes[index]->op));
    return index;
}

// Computes the product at `index` with those that follow and belong to it; returns where to go on.
int compute_product(ggml_cgraph* graph, int index, Context& context) {
    ggml_tensor* node = graph->nodes[index];
    const bool is_int8 = supports_linear_int8(node);
    const ggml_tensor* sums = node;
    LinearEnd end;
    index = next_operation(graph, index);
    if (index < graph->n_nodes && adds_bias(graph->nodes[index]) && graph->nodes[index]->src[0] == sums) {
        sums = graph->nodes[index];
        end.bias = sums->src[1];
        index = next_operation(graph, index);
    }
    const bool can_end = is_int8 ? linear_int8_ends_in_gelu(node) : linear_ends_in_gelu(node);
    if (can_end && index < graph->n_nodes && is_gelu_tanh(graph->nodes[index]) &&
        graph->nodes[index]->type == GGML_TYPE_BF16 && graph->nodes[index]->src[0] == sums) {
        end.gelu = graph->nodes[index];
        index = next_operation(graph, index);
    }
    if (is_int8) {
        linear_int8(node, end, context.threads, context.int8);
    } else {
        linear(node, end, context.threads, context.linear);
    }
    return index;
}

// Computes the operation at `index` and returns where to go on.
int compute(ggml_cgraph* graph, int index, Context& context) {
    ggml_tensor* node = graph->nodes[index];
    if (node->op == GGML_OP_MUL_MAT) {
        return compute_product(graph, index, context);
    }
    context.int8.given = nullptr;
    if (node->op == GGML_OP_CUSTOM && !leave_to_reader(graph, index)) {
        compute_custom(node, context.threads, context.custom);
    } else if (node->op == GGML_OP_ADD) {
        add_bias(node);
    }
    return index + 1;
}

ggml_status graph_compute(ggml_backend_t backend, ggml_cgraph* graph) {
    Context& context = context_of(backend);
    context.int8.given = nullptr;
    try {
        for (int index = 0; index < graph->n_nodes;) {
            if (ggml_op_is_empty(graph->nodes[index]->op)) {
                ++index;
                continue;
            }
            if (context.abort != nullptr && context.abort(context.abort_data)) {
                return GGML_STATUS_ABORTED;
            }
            index = compute(graph, index, context);
        }
    } catch (const std::bad_alloc&) {
        return GGML_STATUS_ALLOC_FAILED;
    } catch (const std::exception& error) {
        GGML_LOG_ERROR("oneDNN: %s\n", error.what());
        return GGML_STATUS_FAILED;
    }
    return GGML_STATUS_SUCCESS;
}

const char* name(ggml_backend_t /*backend*/) {
    return "oneDNN";
}

void free_backend(ggml_backend_t backend) {
    const std::unique_ptr<Context> context(static_cast<Context*>(backend->context));
    const std::unique_ptr<ggml_backend> owned(backend);
}

constexpr ggml_backend_i kBackend = {
    .get_name = name,
    .free = free_backend,
    .graph_compute = graph_compute,
};

ggml_guid_t guid() {
    static ggml_guid guid = {0x63, 0x68, 0x72, 0x6f, 0x6d, 0x61, 0x2d, 0x6f,
                             0x6e, 0x65, 0x64, 0x6e, 0x6e, 0x2d, 0x30, 0x31};
    return &guid;
}

const char* device_name(ggml_backend_dev_t /*device*/) {
    return "oneDNN";
}

const char* device_description(ggml_backend_dev_t /*device*/) {
    return "matrix products of the CPU";
}

void device_memory(ggml_backend_dev_t /*device*/, size_t* free, size_t* total) {
    *free = 0;  // the CPU's, which its own device tells
    *total = 0;
}

enum ggml_backend_dev_type device_type(ggml_backend_dev_t /*device*/) {
    return GGML_BACKEND_DEVICE_TYPE_ACCEL;
}

void device_properties(ggml_backend_dev_t device, ggml_backend_dev_props* properties) {
    *properties = {};
    properties->name = device_name(device);
    properties->description = device_description(device);
    properties->type = device_type(device);
    properties->caps.buffer_from_host_ptr = true;
}

ggml_backend_t init_backend(ggml_backend_dev_t device, const char* /*parameters*/) {
    auto context = std::make_unique<Context>();
    auto backend = std::make_unique<ggml_backend>(
        ggml_backend{.guid = guid(), .iface = kBackend, .device = device, .context = context.get()});
    (void)context.release();  // the backend's now
    return backend.release();
}

ggml_backend_buffer_type_t buffer_type(ggml_backend_dev_t /*device*/) {
    return ggml_backend_cpu_buffer_type();
}

ggml_backend_buffer_t buffer_from_host(ggml_backend_dev_t /*device*/, void* data, size_t size, size_t /*largest*/) {
    return ggml_backend_cpu_buffer_from_ptr(data, size);
}

bool supports_op(ggml_backend_dev_t /*device*/, const ggml_tensor* node) {
    return supports(node);
}

bool supports_buffer_type(ggml_backend_dev_t /*device*/, ggml_backend_buffer_type_t type) {
    return ggml_backend_buft_is_host(type);
}

constexpr ggml_backend_device_i kDevice = {
    .get_name = device_name,
    .get_description = device_description,
    .get_memory = device_memory,
    .get_type = device_type,
    .get_props = device_properties,
    .init_backend = init_backend,
    .get_buffer_type = buffer_type,
    .buffer_from_host_ptr = buffer_from_host,
    .supports_op = supports_op,
    .supports_buft = supports_buffer_type,
};

}  // namespace

ggml_backend_dev_t device() {
    static ggml_backend_device device = {.iface = kDevice, .reg = nullptr, .context = nullptr};
    return &device;
}

ggml_type product_type() {
    return fastest_arithmetic() == Arithmetic::BF16 ? GGML_TYPE_BF16 : GGML_TYPE_F32;
}

void set_threads(ggml_backend_t backend, int threads) {
    context_of(backend).threads = threads;
}

void set_abort_callback(ggml_backend_t backend, ggml_abort_callback callback, void* user_data) {
    context_of(backend).abort = callback;
    context_of(backend).abort_data = user_data;
}

}  // namespace chroma::onednn
