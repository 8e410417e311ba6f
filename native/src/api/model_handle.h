// What the handles of all models have in common.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>

#include "api/handles.h"
#include "api/wall.h"
#include "common/callbacks.h"
#include "common/enums.h"
#include "weights/weight_loader.h"

namespace chroma::api {

// A type as a caller gives it, which may be any number: compared as one before it is read as the enum that it claims to
// be.
inline chroma_type checked_type(const chroma_type& type) {
    const auto number = number_of(type);
    if (number > CHROMA_TYPE_INT8) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'type' is ", static_cast<int64_t>(number), ", which is no chroma_type.");
    }
    return static_cast<chroma_type>(number);
}

// The load options of a model, for its WeightLoader.
inline WeightOptions weight_options(const chroma_load_options& options) {
    return {checked_type(options.type),
            options.convert_approximator != 0,
            {options.progress, options.abort, options.user_data}};
}

// Loads a model into `handle`, which the caller knows as `name`. Handle is made from an engine, a checkpoint and load
// options; `open` gives the checkpoint, once the other arguments are known to be there.
template <typename Handle, typename Open>
chroma_status load_with(const Open& open, chroma_engine* engine, const chroma_load_options* options, Handle** handle,
                        const char* name) {
    return guard([&] {
        *require(handle, name) = nullptr;
        const std::shared_ptr<Engine>& used = require(engine, "engine")->engine;
        *handle = std::make_unique<Handle>(used, open(), read_struct(options, "options")).release();
    });
}

// From a path.
template <typename Handle>
chroma_status load(chroma_engine* engine, const char* path, const chroma_load_options* options, Handle** handle,
                   const char* name) {
    const auto open = [path] { return Checkpoint::open(require(path, "path"), Handle::kArchitecture); };
    return load_with(open, engine, options, handle, name);
}

// From an open checkpoint.
template <typename Handle>
chroma_status load(chroma_engine* engine, const chroma_weights* weights, const chroma_load_options* options,
                   Handle** handle, const char* name) {
    const auto open = [weights] { return require(weights, "weights")->checkpoint; };
    return load_with(open, engine, options, handle, name);
}

// Runs a computation of a model, unless a file that its weights are read from has changed; if it changes meanwhile,
// that is the error.
template <typename Body>
void compute_with(const Weights& weights, const Body& body) {
    weights.check();
    reading(weights, body);
}

// Counts the bytes of a model. Not thread-safe: used under the handle's mutex.
class MemoryCount {
  public:
    explicit MemoryCount(const Weights& weights)
        : owned_(weights.owned_bytes()), mapped_(weights.mapped_bytes()), peak_(owned_) {}

    // Notes how much scratch memory is in use now.
    void note(int64_t scratch) { peak_ = std::max(peak_, owned_ + scratch); }

    // The struct of the C ABI. scratch: held now or planned.
    [[nodiscard]] chroma_memory describe(int64_t scratch) const {
        chroma_memory memory{};
        memory.struct_size = sizeof(memory);
        memory.weight_bytes = owned_;
        memory.mapped_bytes = mapped_;
        memory.compute_bytes = scratch;
        memory.peak_bytes = peak_;
        return memory;
    }

  private:
    int64_t owned_;
    int64_t mapped_;
    int64_t peak_;
};

}  // namespace chroma::api
