#include "graph/engine.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <mutex>
#include <new>
#include <set>

#include "common/cores.h"
#include "common/enums.h"
#include "common/error.h"
#include "ggml-cpu.h"
#include "ggml.h"
#include "graph/ggml_failure.h"
#ifdef CHROMA_HAS_ONEDNN
#include "onednn/backend.h"
#endif

namespace chroma {

// ggml has one log for the process. Its lines go to every live engine that has a log.
class LogRouter {
  public:
    // Shared, so that it outlives every engine: one may be freed while the process ends, after statics are gone.
    static std::shared_ptr<LogRouter> instance() {
        static const std::shared_ptr<LogRouter> router(new LogRouter);
        return router;
    }

    ~LogRouter() { ggml_log_set(nullptr, nullptr); }
    LogRouter(const LogRouter&) = delete;
    LogRouter& operator=(const LogRouter&) = delete;
    LogRouter(LogRouter&&) = delete;
    LogRouter& operator=(LogRouter&&) = delete;

    void add(const Engine* engine) {
        const std::lock_guard lock(mutex_);
        engines_.insert(engine);
    }

    void remove(const Engine* engine) {
        const std::lock_guard lock(mutex_);
        engines_.erase(engine);
    }

  private:
    LogRouter() {
        ggml_log_set(&LogRouter::receive, this);
        set_fatal_message_sink(&LogRouter::receive_fatal);
    }

    // A failed assertion, which may come while a line is passed on.
    static bool receive_fatal(const char* message) {
        const std::shared_ptr<LogRouter> router = instance();
        const std::unique_lock lock(router->mutex_, std::try_to_lock);
        bool taken = false;
        if (!lock.owns_lock()) {
            return false;
        }
        for (const Engine* engine : router->engines_) {
            taken = engine->log(CHROMA_LOG_ERROR, message) || taken;
        }
        return taken;
    }

    static void receive(ggml_log_level level, const char* fragment, void* self) {
        static_cast<LogRouter*>(self)->append(level, fragment);
    }

    // ggml prints lines in fragments; a line is passed on once it is whole.
    void append(ggml_log_level level, const char* fragment) {
        const std::lock_guard lock(mutex_);
        if (level != GGML_LOG_LEVEL_CONT) {
            level_ = level;
        }
        line_ += fragment;
        for (size_t end = line_.find('\n'); end != std::string::npos; end = line_.find('\n')) {
            const std::string whole = line_.substr(0, end);
            line_.erase(0, end + 1);
            if (!whole.empty()) {
                for (const Engine* engine : engines_) {
                    engine->log(to_level(level_), whole);
                }
            }
        }
    }

    static chroma_log_level to_level(ggml_log_level level) {
        switch (level) {
            case GGML_LOG_LEVEL_ERROR:
                return CHROMA_LOG_ERROR;
            case GGML_LOG_LEVEL_WARN:
                return CHROMA_LOG_WARNING;
            case GGML_LOG_LEVEL_INFO:
                return CHROMA_LOG_INFO;
            default:
                return CHROMA_LOG_DEBUG;
        }
    }

    std::mutex mutex_;
    std::set<const Engine*> engines_;
    std::string line_;
    ggml_log_level level_ = GGML_LOG_LEVEL_INFO;
};

namespace {

std::string lower(std::string value) {
    std::transform(value.begin(), value.end(), value.begin(), [](unsigned char c) { return std::tolower(c); });
    return value;
}

std::string device_names() {
    std::string names;
    for (size_t i = 0; i < ggml_backend_dev_count(); ++i) {
        names += (i == 0 ? "" : ", ") + std::string(ggml_backend_dev_name(ggml_backend_dev_get(i)));
    }
    return names;
}

// The device that computes: the one named, else the first GPU, else the CPU.
ggml_backend_dev_t choose_device(const char* name) {
    for (size_t i = 0; i < ggml_backend_dev_count(); ++i) {
        ggml_backend_dev_t device = ggml_backend_dev_get(i);
        const auto kind = ggml_backend_dev_type(device);
        const bool is_gpu = kind == GGML_BACKEND_DEVICE_TYPE_GPU || kind == GGML_BACKEND_DEVICE_TYPE_IGPU;
        if (name == nullptr ? is_gpu : lower(ggml_backend_dev_name(device)) == lower(name)) {
            return device;
        }
    }
    if (name != nullptr) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "There is no device '", name, "'; this build has: ", device_names(), ".");
    }
    return ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
}

// The device of oneDNN that computes beside the CPU's own, null if there is none or none is wanted.
// kernels is what a caller gave, which may be any number.
ggml_backend_dev_t onednn_device(const chroma_kernels& kernels) {
    const auto number = number_of(kernels);
    if (number > CHROMA_KERNELS_ONEDNN) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'kernels' is ", number, ", which is no chroma_kernels.");
    }
#ifdef CHROMA_HAS_ONEDNN
    return kernels == CHROMA_KERNELS_GGML ? nullptr : onednn::device();
#else
    if (kernels == CHROMA_KERNELS_ONEDNN) {
        fail(CHROMA_ERROR_UNSUPPORTED, "This build has no oneDNN.");
    }
    return nullptr;
#endif
}

bool is_cpu(ggml_backend_dev_t device) {
    return ggml_backend_dev_type(device) == GGML_BACKEND_DEVICE_TYPE_CPU;
}

}  // namespace

void ContextDeleter::operator()(ggml_context* context) const {
    void* const memory = ggml_get_mem_buffer(context);
    ggml_free(context);
    std::free(memory);
}

ContextPtr make_context(size_t bytes) {
    std::unique_ptr<void, decltype(&std::free)> memory(std::malloc(bytes), &std::free);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    ContextPtr context(ggml_init({bytes, memory.get(), /*no_alloc=*/true}));
    static_cast<void>(memory.release());
    return context;
}

Engine::Engine(const chroma_engine_options& options)
    : log_router_(LogRouter::instance()),
      threads_(options.threads),
      log_(options.log),
      log_user_data_(options.user_data) {
    if (threads_ < 0 || threads_ > kMaxThreads) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'threads' is ", threads_, ", but must be 0 (one per core) to ",
             kMaxThreads, ".");
    }
    if (threads_ == 0) {
        threads_ = physical_cores();
    }
    ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    ggml_backend_dev_t chosen = choose_device(options.device);
    if (chosen == nullptr || cpu == nullptr) {
        fail(CHROMA_ERROR_UNSUPPORTED, "This build has no CPU device.");
    }
    ggml_backend_dev_t onednn = onednn_device(options.kernels);
    if (chosen != cpu) {
        devices_.push_back(chosen);
    } else if (onednn != nullptr) {
        devices_.push_back(onednn);
    }
    devices_.push_back(cpu);
    for (ggml_backend_dev_t device : devices_) {
        description_ += (description_.empty() ? "" : ", ") + std::string(ggml_backend_dev_name(device)) + " (" +
                        ggml_backend_dev_description(device) + ")";
    }
    log_router_->add(this);
}

Engine::~Engine() {
    log_router_->remove(this);
}

ggml_backend_buffer_type_t Engine::weight_buffer_type() const {
    return ggml_backend_dev_buffer_type(devices_.front());
}

bool Engine::maps_weights() const {
    return computes_on_cpu();
}

bool Engine::computes_on_cpu() const {
    return is_cpu(devices_.front()) || ggml_backend_dev_type(devices_.front()) == GGML_BACKEND_DEVICE_TYPE_ACCEL;
}

Kernels Engine::kernels() const {
#ifdef CHROMA_HAS_ONEDNN
    if (devices_.front() == onednn::device()) {
        return {.fuse = true, .products = onednn::product_type(), .int8 = true};
    }
#endif
    return {};
}

void Engine::configure(ggml_backend_t backend, int threads, ggml_abort_callback abort, void* abort_data) const {
    if (ggml_backend_is_cpu(backend)) {
        ggml_backend_cpu_set_n_threads(backend, threads);
        ggml_backend_cpu_set_abort_callback(backend, abort, abort_data);
    }
#ifdef CHROMA_HAS_ONEDNN
    if (ggml_backend_get_device(backend) == onednn::device()) {
        onednn::set_threads(backend, threads);
        onednn::set_abort_callback(backend, abort, abort_data);
    }
#endif
}

bool Engine::log(chroma_log_level level, const std::string& line) const {
    if (log_ == nullptr) {
        return false;
    }
    log_(level, line.c_str(), log_user_data_);
    return true;
}

}  // namespace chroma
