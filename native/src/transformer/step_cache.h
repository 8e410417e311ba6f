// Step caching: most of an evaluation is left out where it can be predicted from those before it.
//
// What the first block adds to the image stream tells how much has changed since the last evaluations, at a few percent
// of the cost. Where it is close to what those evaluations let expect, what all blocks behind it add is expected, too,
// and not computed. The test on the first block is that of First Block Cache (ParaAttention, 2024), after TeaCache (Liu
// et al. 2024); continuing along a line, instead of repeating the last value, is TaylorSeer's (Liu et al. 2025) at
// order 1.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace chroma {

class StepCache {
  public:
    // threshold: the largest difference of the first block from its prediction, relative to its mean magnitude.
    // most_in_row: evaluations that may be predicted one after another; 0: any number.
    StepCache(float threshold, int most_in_row) : threshold_(threshold), most_in_row_(most_in_row) {}

    // What the blocks add to the image stream of one sample, at one timestep.
    struct Record {
        float timestep = 0;
        std::vector<float> first;  // the first block
        std::vector<float> rest;   // all blocks behind it
    };

    // How far the first block's part of a sample is from its prediction, relative to its mean magnitude; infinite where
    // there is no prediction, or it is time to compute one again.
    [[nodiscard]] float change(int64_t sample, float timestep, std::span<const float> first);

    // Whether all samples of a graph, of which this is the largest change, can do without the rest.
    [[nodiscard]] bool accepts(float largest_change);

    // Adds the prediction of the rest to a sample's image stream behind its first block.
    void add_rest(int64_t sample, float timestep, std::span<float> stream) const;

    // Keeps what was computed.
    void keep(int64_t sample, Record record);

    // Counts an evaluation of a sample.
    void count(int64_t sample, bool predicted);

    [[nodiscard]] int64_t evaluations() const { return evaluations_; }
    [[nodiscard]] int64_t predicted() const { return predicted_; }

    // The change that was seen last.
    [[nodiscard]] float last_change() const { return last_change_; }

    [[nodiscard]] int64_t bytes() const;

  private:
    struct Sample {
        Record last;
        Record before;  // empty `first`: none
        int in_row = 0;
    };

    // How far the line from `before` through `last` is to be followed: 0 repeats `last`.
    [[nodiscard]] static float weight_of(const Sample& sample, float timestep);
    Sample& at(int64_t sample);

    float threshold_;
    int most_in_row_;
    std::vector<Sample> samples_;
    int64_t evaluations_ = 0;
    int64_t predicted_ = 0;
    float last_change_ = 0;
};

}  // namespace chroma
