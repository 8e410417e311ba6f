#include "graph/runner.h"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <map>
#include <new>
#include <unordered_set>

#include "common/error.h"
#include "common/structs.h"
#include "ggml-alloc.h"
#include "graph/ggml_failure.h"
#include "graph/profiler.h"

namespace chroma {

namespace {

struct SchedulerDeleter {
    void operator()(ggml_backend_sched_t scheduler) const { ggml_backend_sched_free(scheduler); }
};
using SchedulerPtr = std::unique_ptr<ggml_backend_sched, SchedulerDeleter>;

// The tensors of a graph: its operations, and what they read that none of them makes.
size_t count_tensors(ggml_cgraph* graph) {
    std::unordered_set<const ggml_tensor*> tensors;
    for (int i = 0; i < ggml_graph_n_nodes(graph); ++i) {
        const ggml_tensor* node = ggml_graph_node(graph, i);
        tensors.insert(node);
        for (const ggml_tensor* source : node->src) {
            tensors.insert(source);
        }
        tensors.insert(node->view_src);
    }
    return tensors.size();
}

// ggml does not look whether it got the memory that it asks for. A volatile pointer keeps compilers from leaving the
// question out.
void require_memory(size_t bytes) {
    void* volatile probe = std::malloc(bytes);
    if (probe == nullptr) {
        throw std::bad_alloc();
    }
    std::free(probe);
}

// ggml reserves memory for every tensor that it is told of, so it is told of those that there are.
SchedulerPtr make_scheduler(const std::vector<BackendPtr>& backends, ggml_cgraph* graph) {
    std::vector<ggml_backend_t> raw;
    raw.reserve(backends.size());
    for (const BackendPtr& backend : backends) {
        raw.push_back(backend.get());
    }
    constexpr size_t kBytesEach = 24 << 10U;
    const size_t size = count_tensors(graph) + 64;
    require_memory(size * kBytesEach);
    return SchedulerPtr(ggml_backend_sched_new(raw.data(), nullptr, static_cast<int>(raw.size()), size,
                                               /*parallel=*/false, /*op_offload=*/false));
}

// Part of a row of a float32 or bfloat16 tensor.
void read_row(const ggml_tensor* tensor, size_t offset, std::span<float> values) {
    if (tensor->type == GGML_TYPE_F32) {
        ggml_backend_tensor_get(tensor, values.data(), offset, values.size_bytes());
        return;
    }
    std::vector<ggml_bf16_t> row(values.size());
    ggml_backend_tensor_get(tensor, row.data(), offset, row.size() * sizeof(ggml_bf16_t));
    ggml_bf16_to_fp32_row(row.data(), values.data(), static_cast<int64_t>(row.size()));
}

// The elements of a float32 or bfloat16 tensor in their order, whatever its strides are beyond the first axis. A view
// that is not in the graph has no memory of its own to point to, so all views are read from what they look at.
std::vector<float> read_elements(const ggml_tensor* tensor) {
    const ggml_tensor* whole = tensor->view_src != nullptr ? tensor->view_src : tensor;
    const size_t start = tensor->view_src != nullptr ? tensor->view_offs : 0;
    std::vector<float> values(static_cast<size_t>(ggml_nelements(tensor)));
    if (ggml_is_contiguous(tensor)) {
        read_row(whole, start, values);
        return values;
    }
    const auto row_size = static_cast<size_t>(tensor->ne[0]);
    std::span<float> rest = values;
    for (int64_t i3 = 0; i3 < tensor->ne[3]; ++i3) {
        for (int64_t i2 = 0; i2 < tensor->ne[2]; ++i2) {
            for (int64_t i1 = 0; i1 < tensor->ne[1]; ++i1) {
                const size_t row = i1 * tensor->nb[1] + i2 * tensor->nb[2] + i3 * tensor->nb[3];
                read_row(whole, start + row, rest.first(row_size));
                rest = rest.subspan(row_size);
            }
        }
    }
    return values;
}

std::vector<float> read_tap(const Tap& tap) {
    std::vector<float> values = read_elements(tap.values);
    if (tap.beside == nullptr) {
        return values;
    }
    const std::vector<float> beside = read_elements(tap.beside);
    std::vector<float> all;
    all.reserve(values.size() + beside.size());
    const auto add_row = [&](const std::vector<float>& from, int64_t channels, int64_t row) {
        all.insert(all.end(), from.begin() + row * channels, from.begin() + (row + 1) * channels);
    };
    for (int64_t row = 0; row < ggml_nrows(tap.values); ++row) {
        add_row(values, tap.values->ne[0], row);
        add_row(beside, tap.beside->ne[0], row);
    }
    return all;
}

}  // namespace

RunContext::RunContext(const chroma_run_options* run) {
    const chroma_run_options options = read_struct(run, "run");
    if (options.threads < 0 || options.threads > kMaxThreads) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'threads' is ", options.threads, ", but must be 0 (the engine's) to ",
             kMaxThreads, ".");
    }
    threads = options.threads;
    callbacks = {options.progress, options.abort, options.user_data};
    taps = TapListener(options);
    profile = options.profile;
    if (profile != nullptr) {
        if (profile->struct_size != sizeof(chroma_profile)) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'run.profile.struct_size' is ", profile->struct_size, ", but must be ",
                 sizeof(chroma_profile), ".");
        }
        *profile = {.struct_size = sizeof(chroma_profile)};
    }
}

// A graph with its memory.
struct ChromaRunner::Placed {
    std::string key;
    std::unique_ptr<Graph> graph;
    BufferPtr constants;
    SchedulerPtr scheduler;
};

// Watches one computation for the caller: taps, progress after each block, abort. Nothing may be thrown through ggml,
// so the first exception is kept until it has returned.
class ChromaRunner::Observer {
  public:
    Observer(const Graph& graph, const RunContext& run)
        : graph_(graph),
          run_(run),
          blocks_(graph.block_ends_.begin(), graph.block_ends_.end()),
          profiler_(graph, run.profile),
          pause_(run.pause_at.empty() ? nullptr : graph.outputs_.at(run.pause_at)),
          done_(run.blocks_before) {
        total_ = run.blocks_total != 0 ? run.blocks_total : static_cast<int64_t>(blocks_.size());
    }

    [[nodiscard]] bool needed() const {
        return run_.callbacks.progress != nullptr || run_.callbacks.abort != nullptr || run_.taps.listens() ||
               run_.profile != nullptr || pause_ != nullptr;
    }

    // True once go_on() said no.
    [[nodiscard]] bool ended_early() const { return stopped_ && error_ == nullptr; }

    // ggml asks about every node first, then shows those that were wanted, computed.
    static bool evaluate(ggml_tensor* node, bool ask, void* self) {
        auto* observer = static_cast<Observer*>(self);
        return ask ? observer->wants(node) : observer->see(node);
    }

    static bool should_abort(void* self) {
        auto* observer = static_cast<Observer*>(self);
        return observer->stopped_ || observer->guarded([&] { observer->run_.callbacks.throw_if_aborted(); });
    }

    // Values that no operation makes are shown before the computation.
    void show_given() {
        for (const auto& [tensor, taps] : graph_.taps_) {
            if (tensor->op == GGML_OP_NONE) {
                show(taps);
            }
        }
    }

    void rethrow() const {
        if (error_ != nullptr) {
            std::rethrow_exception(error_);
        }
    }

  private:
    void show(const std::vector<Tap>& taps) const {
        for (const Tap& tap : taps) {
            if (run_.taps.wants(tap.name)) {
                run_.taps.show(tap, read_tap(tap));
            }
        }
    }

    [[nodiscard]] bool wants(const ggml_tensor* node) const {
        if (stopped_) {
            return false;
        }
        const auto taps = graph_.taps_.find(node);
        return node == pause_ || blocks_.contains(node) || profiler_.wants(node) ||
               (taps != graph_.taps_.end() && run_.taps.wants_any(taps->second));
    }

    bool see(const ggml_tensor* node) {
        profiler_.see(node);
        return !guarded([&] {
            if (const auto taps = graph_.taps_.find(node); taps != graph_.taps_.end()) {
                show(taps->second);
            }
            if (blocks_.contains(node)) {
                run_.callbacks.report(++done_, total_);
                run_.callbacks.throw_if_aborted();
            }
            if (node == pause_ && !run_.go_on()) {
                stopped_ = true;
            }
        });
    }

    // Runs the body; returns true, and keeps the exception, if it threw.
    template <typename Body>
    bool guarded(Body&& body) {
        try {
            body();
        } catch (...) {
            error_ = std::current_exception();
            stopped_ = true;
        }
        return stopped_;
    }

    const Graph& graph_;
    const RunContext& run_;
    std::unordered_set<const ggml_tensor*> blocks_;
    Profiler profiler_;
    const ggml_tensor* pause_;
    int64_t done_;
    int64_t total_;
    bool stopped_ = false;
    std::exception_ptr error_;
};

ChromaRunner::ChromaRunner(std::shared_ptr<Engine> engine, size_t max_nodes)
    : engine_(std::move(engine)), max_nodes_(max_nodes) {
    for (ggml_backend_dev_t device : engine_->devices()) {
        BackendPtr backend(ggml_backend_dev_init(device, nullptr));
        if (backend == nullptr) {
            fail(CHROMA_ERROR_UNSUPPORTED, "The device ", ggml_backend_dev_name(device), " can't be started.");
        }
        backends_.push_back(std::move(backend));
    }
}

ChromaRunner::~ChromaRunner() = default;

std::unique_ptr<Graph> ChromaRunner::build_graph(const Build& build) const {
    auto graph = std::make_unique<Graph>(max_nodes_, engine_->kernels());
    build(*graph);
    return graph;
}

void ChromaRunner::prepare(const std::string& key, const Build& build) {
    if (placed_ != nullptr && placed_->key == key) {
        return;
    }
    trim();
    auto placed = std::make_unique<Placed>();
    placed->key = key;
    placed->graph = build_graph(build);
    Graph& graph = *placed->graph;
    if (!graph.constants_.empty()) {
        placed->constants.reset(
            ggml_backend_alloc_ctx_tensors_from_buft(graph.constant_context_.get(), engine_->weight_buffer_type()));
        if (placed->constants == nullptr) {
            fail(CHROMA_ERROR_OUT_OF_MEMORY, "There is no memory for the constants of a computation.");
        }
        for (Graph::Constant& constant : graph.constants_) {
            ggml_backend_tensor_set(constant.tensor, constant.bytes.data(), 0, constant.bytes.size());
        }
        graph.constants_.clear();
    }
    placed->scheduler = make_scheduler(backends_, graph.cgraph_);
    if (!ggml_backend_sched_alloc_graph(placed->scheduler.get(), graph.cgraph_)) {
        fail(CHROMA_ERROR_OUT_OF_MEMORY, "There is no memory for a computation of this size; it needs ", plan(build),
             " bytes.");
    }
    placed_ = std::move(placed);
}

int64_t ChromaRunner::plan(const Build& build) {
    const std::unique_ptr<Graph> graph = build_graph(build);
    for (const Graph::Constant& constant : graph->constants_) {
        // Constants have no memory here. As inputs they are planned for, and even one that is only viewed finds a
        // backend.
        ggml_set_input(constant.tensor);
    }
    const SchedulerPtr scheduler = make_scheduler(backends_, graph->cgraph_);
    std::vector<size_t> sizes(backends_.size(), 0);
    ggml_backend_sched_reserve_size(scheduler.get(), graph->cgraph_, sizes.data());
    // Backends of one kind of memory share a buffer, of which each is told the whole size.
    std::map<ggml_backend_buffer_type_t, size_t> by_memory;
    for (size_t i = 0; i < backends_.size(); ++i) {
        size_t& size = by_memory[ggml_backend_get_default_buffer_type(backends_[i].get())];
        size = std::max(size, sizes[i]);
    }
    int64_t total = 0;
    for (const auto& [memory, size] : by_memory) {
        total += static_cast<int64_t>(size);
    }
    return total;
}

void ChromaRunner::set(const std::string& name, const void* data, size_t bytes) {
    ggml_tensor* tensor = placed_->graph->inputs_.at(name);
    if (ggml_nbytes(tensor) != bytes) {
        fail(CHROMA_ERROR_INTERNAL, "The input '", name, "' was given ", bytes, " bytes, but takes ",
             ggml_nbytes(tensor), ".");
    }
    if (tensor->buffer != nullptr) {  // an input that nothing uses is not placed
        ggml_backend_tensor_set(tensor, data, 0, bytes);
    }
}

bool ChromaRunner::compute(const RunContext& run) {
    run.callbacks.throw_if_aborted();
    Observer observer(*placed_->graph, run);
    ggml_backend_sched_t scheduler = placed_->scheduler.get();
    const bool observed = observer.needed();
    ggml_backend_sched_set_eval_callback(scheduler, observed ? &Observer::evaluate : nullptr, &observer);
    for (const BackendPtr& backend : backends_) {
        engine_->configure(backend.get(), run.threads != 0 ? run.threads : engine_->threads(),
                           observed ? &Observer::should_abort : nullptr, &observer);
    }
    if (observed) {
        observer.show_given();
    }
    const ggml_status status = [&] {
        const GgmlFailuresAreFatal scope;
        return ggml_backend_sched_graph_compute(scheduler, placed_->graph->cgraph_);
    }();
    observer.rethrow();
    if (observer.ended_early()) {
        return false;
    }
    if (status == GGML_STATUS_ALLOC_FAILED) {
        fail(CHROMA_ERROR_OUT_OF_MEMORY, "Memory ended during a computation.");
    }
    if (status != GGML_STATUS_SUCCESS) {
        fail(CHROMA_ERROR_INTERNAL, "ggml reported '", ggml_status_to_string(status), "' during a computation.");
    }
    return true;
}

void ChromaRunner::get(const std::string& name, std::span<float> values) const {
    const ggml_tensor* tensor = placed_->graph->outputs_.at(name);
    if (ggml_nbytes(tensor) != values.size_bytes()) {
        fail(CHROMA_ERROR_INTERNAL, "The output '", name, "' has ", ggml_nbytes(tensor), " bytes, but ",
             values.size_bytes(), " were asked for.");
    }
    ggml_backend_tensor_get(tensor, values.data(), 0, values.size_bytes());
}

int64_t ChromaRunner::held_bytes() const {
    if (placed_ == nullptr) {
        return 0;
    }
    int64_t total = placed_->constants != nullptr
                        ? static_cast<int64_t>(ggml_backend_buffer_get_size(placed_->constants.get()))
                        : 0;
    for (const BackendPtr& backend : backends_) {
        total += static_cast<int64_t>(ggml_backend_sched_get_buffer_size(placed_->scheduler.get(), backend.get()));
    }
    return total;
}

void ChromaRunner::trim() {
    placed_.reset();
}

}  // namespace chroma
