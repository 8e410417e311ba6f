// Step caching: most of an evaluation is left out where it can be predicted from those before it.
//
// What the first block adds to the image stream tells how much has changed since the last computed evaluation, at a few
// percent of the cost. Where that is little, what all blocks behind it add is not computed, but continued along the
// line through the last two computed evaluations. The test on the first block is that of First Block Cache
// (ParaAttention, 2024), after TeaCache (Liu et al. 2024); the line, instead of repeating the last value, is
// TaylorSeer's (Liu et al. 2025) at order 1.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace chroma {

class StepCache {
  public:
    // threshold: the largest change of what the first block adds, relative to its mean magnitude.
    // most_in_row: evaluations that may be predicted one after another; 0: any number.
    StepCache(float threshold, int most_in_row) : threshold_(threshold), most_in_row_(most_in_row) {}

    // What the blocks add to the image stream of one sample, at one timestep.
    struct Record {
        float timestep = 0;
        std::vector<float> first;  // the first block
        std::vector<float> rest;   // all blocks behind it
    };

    // How far the first block's part of a sample is from that of the last computed evaluation, relative to the latter's
    // mean magnitude; infinite where there is none, or it is time to compute one again.
    [[nodiscard]] float change(int64_t sample, std::span<const float> first);

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
        float timestep_before = 0;
        std::vector<float> rest_before;  // empty: none
        int in_row = 0;                  // predictions since `last`

        // How far the line from before through `last` is to be followed: 0 repeats `last`.
        [[nodiscard]] float weight(float timestep) const;
    };
    Sample& at(int64_t sample);

    float threshold_;
    int most_in_row_;
    std::vector<Sample> samples_;
    int64_t evaluations_ = 0;
    int64_t predicted_ = 0;
    float last_change_ = 0;
};

}  // namespace chroma
