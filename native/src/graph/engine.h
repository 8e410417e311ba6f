// The devices that models run on, and where their log goes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "chroma.h"
#include "ggml-backend.h"
#include "ggml.h"

namespace chroma {

// The most CPU threads that a computation takes: ggml's own limit.
inline constexpr int kMaxThreads = GGML_MAX_N_THREADS;

struct BackendDeleter {
    void operator()(ggml_backend_t backend) const { ggml_backend_free(backend); }
};
using BackendPtr = std::unique_ptr<ggml_backend, BackendDeleter>;

struct BufferDeleter {
    void operator()(ggml_backend_buffer_t buffer) const { ggml_backend_buffer_free(buffer); }
};
using BufferPtr = std::unique_ptr<ggml_backend_buffer, BufferDeleter>;

struct ContextDeleter {
    void operator()(ggml_context* context) const;
};
using ContextPtr = std::unique_ptr<ggml_context, ContextDeleter>;

// A context for descriptions of tensors that take these bytes. Throws std::bad_alloc, where ggml would end the process.
[[nodiscard]] ContextPtr make_context(size_t bytes);

// What a graph may make use of.
struct Kernels {
    bool fuse = false;                   // element-wise chains as operations of our own, on the CPU
    ggml_type products = GGML_TYPE_F32;  // the activations of products with weights other than float32
    bool int8 = false;                   // products of int8 rows
};

class LogRouter;

class Engine {
  public:
    explicit Engine(const chroma_engine_options& options);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    Engine(Engine&&) = delete;
    Engine& operator=(Engine&&) = delete;

    [[nodiscard]] int threads() const { return threads_; }
    [[nodiscard]] const std::string& description() const { return description_; }

    // Devices in order of preference, oneDNN among them; the CPU is always the last.
    [[nodiscard]] const std::vector<ggml_backend_dev_t>& devices() const { return devices_; }

    // Where weights live: the first device's memory.
    [[nodiscard]] ggml_backend_buffer_type_t weight_buffer_type() const;

    // True when weights can be used where the file is mapped, without a copy.
    [[nodiscard]] bool maps_weights() const;

    [[nodiscard]] Kernels kernels() const;

    // Readies a backend of one of the devices for a computation.
    void configure(ggml_backend_t backend, int threads, ggml_abort_callback abort, void* abort_data) const;

    // False if nobody listens.
    bool log(chroma_log_level level, const std::string& line) const;

  private:
    // True when every computation is the CPU's.
    [[nodiscard]] bool computes_on_cpu() const;

    std::shared_ptr<LogRouter> log_router_;
    int threads_;
    std::vector<ggml_backend_dev_t> devices_;
    std::string description_;
    chroma_log_callback log_;
    void* log_user_data_;
};

}  // namespace chroma
