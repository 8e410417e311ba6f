#include "graph/engine.h"

#include <algorithm>
#include <cctype>
#include <mutex>
#include <set>

#include "common/cores.h"
#include "common/error.h"
#include "ggml-cpu.h"
#include "ggml.h"

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
    LogRouter() { ggml_log_set(&LogRouter::receive, this); }

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

}  // namespace

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
    devices_.push_back(chosen);
    if (chosen != cpu) {
        devices_.push_back(cpu);
    }
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
    return ggml_backend_dev_type(devices_.front()) == GGML_BACKEND_DEVICE_TYPE_CPU;
}

void Engine::log(chroma_log_level level, const std::string& line) const {
    if (log_ != nullptr) {
        log_(level, line.c_str(), log_user_data_);
    }
}

}  // namespace chroma
