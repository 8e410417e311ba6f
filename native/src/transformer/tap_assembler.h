// Puts taps together when one call computes several graphs, each for some samples of the batch: a listener sees every
// tensor once, with all samples in the batch's order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/tap.h"

namespace chroma {

class TapAssembler {
  public:
    // listener: made from run; both outlive this.
    TapAssembler(const chroma_run_options& run, const TapListener& listener, int64_t batch);
    ~TapAssembler();
    TapAssembler(const TapAssembler&) = delete;
    TapAssembler& operator=(const TapAssembler&) = delete;
    TapAssembler(TapAssembler&&) = delete;
    TapAssembler& operator=(TapAssembler&&) = delete;

    // The listener for a graph whose tensors have samples.size() entries along their first axis: entry i belongs to the
    // batch's samples samples[i]. The assembler shows a tensor as soon as all samples of the batch have theirs.
    [[nodiscard]] TapListener listener_for(std::vector<std::vector<int64_t>> samples);

  private:
    struct Part;

    // A tensor of which some samples are missing.
    struct Gathered {
        Shape shape;
        std::vector<float> values;
        int64_t samples = 0;
    };

    void add(const chroma_tensor& tensor, const std::vector<std::vector<int64_t>>& samples);

    const chroma_run_options& run_;
    const TapListener& listener_;
    int64_t batch_;
    std::vector<std::unique_ptr<Part>> parts_;
    std::unordered_map<std::string, Gathered> gathered_;
};

}  // namespace chroma
