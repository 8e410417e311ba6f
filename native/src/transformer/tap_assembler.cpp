#include "transformer/tap_assembler.h"

#include <algorithm>

namespace chroma {

// What the callback of one graph's listener knows.
struct TapAssembler::Part {
    TapAssembler* assembler;
    std::vector<std::vector<int64_t>> samples;

    static int32_t see(const chroma_tensor* tensor, void* user_data) {
        const auto* part = static_cast<const Part*>(user_data);
        part->assembler->add(*tensor, part->samples);
        return 0;
    }
};

TapAssembler::TapAssembler(const chroma_run_options& run, const TapListener& listener, int64_t batch)
    : run_(run), listener_(listener), batch_(batch) {}

TapAssembler::~TapAssembler() = default;

TapListener TapAssembler::listener_for(std::vector<std::vector<int64_t>> samples) {
    bool whole = static_cast<int64_t>(samples.size()) == batch_;
    for (size_t i = 0; i < samples.size(); ++i) {
        whole = whole && samples[i].size() == 1 && samples[i].front() == static_cast<int64_t>(i);
    }
    if (whole || !listener_.listens()) {
        return listener_;
    }
    parts_.push_back(std::make_unique<Part>(Part{this, std::move(samples)}));
    chroma_run_options options{};
    options.struct_size = sizeof options;
    options.tap = &Part::see;
    options.tap_patterns = run_.tap_patterns;
    options.tap_pattern_count = run_.tap_pattern_count;
    options.user_data = parts_.back().get();
    return TapListener(options);
}

void TapAssembler::add(const chroma_tensor& tensor, const std::vector<std::vector<int64_t>>& samples) {
    Gathered& gathered = gathered_[tensor.name];
    if (gathered.samples == 0) {
        gathered.shape.assign(tensor.shape, tensor.shape + tensor.rank);
        gathered.shape[0] = batch_;
        gathered.values.resize(static_cast<size_t>(element_count(gathered.shape)));
    }
    const int64_t size = element_count(gathered.shape) / batch_;
    for (size_t i = 0; i < samples.size(); ++i) {
        const float* from = tensor.data + static_cast<int64_t>(i) * size;
        for (const int64_t sample : samples[i]) {
            std::copy_n(from, size, gathered.values.data() + sample * size);
            ++gathered.samples;
        }
    }
    if (gathered.samples == batch_) {
        const Gathered whole = std::move(gathered);
        gathered_.erase(tensor.name);
        listener_.show(tensor.name, whole.shape, whole.values);
    }
}

}  // namespace chroma
