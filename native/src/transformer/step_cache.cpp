#include "transformer/step_cache.h"

#include <cmath>
#include <limits>
#include <utility>

namespace chroma {

namespace {

// A line may be followed as far again as it is long, and a little more: schedules are not even.
constexpr float kFarthest = 2.5F;

}  // namespace

StepCache::Sample& StepCache::at(int64_t sample) {
    const auto index = static_cast<size_t>(sample);
    if (index >= samples_.size()) {
        samples_.resize(index + 1);
    }
    return samples_[index];
}

float StepCache::Sample::weight(float timestep) const {
    if (rest_before.size() != last.rest.size()) {
        return 0;
    }
    // Samplers that evaluate twice at a level, or go back, leave no line to follow.
    const float length = last.timestep - timestep_before;
    const float weight = (timestep - last.timestep) / length;
    return std::isfinite(weight) && weight > 0 && weight <= kFarthest ? weight : 0;
}

float StepCache::change(int64_t sample, std::span<const float> first) {
    const Sample& known = at(sample);
    if (known.last.first.size() != first.size() || (most_in_row_ > 0 && known.in_row >= most_in_row_)) {
        return std::numeric_limits<float>::infinity();
    }
    double difference = 0;
    double magnitude = 0;
    for (size_t i = 0; i < first.size(); ++i) {
        difference += std::fabs(first[i] - known.last.first[i]);
        magnitude += std::fabs(known.last.first[i]);
    }
    return static_cast<float>(difference / magnitude);
}

bool StepCache::accepts(float largest_change) {
    last_change_ = largest_change;
    return largest_change < threshold_;
}

void StepCache::add_rest(int64_t sample, float timestep, std::span<float> stream) const {
    const Sample& known = samples_[static_cast<size_t>(sample)];
    const float weight = known.weight(timestep);
    const std::vector<float>& last = known.last.rest;
    const std::vector<float>& before = weight != 0 ? known.rest_before : last;
    for (size_t i = 0; i < stream.size(); ++i) {
        stream[i] += last[i] + weight * (last[i] - before[i]);
    }
}

void StepCache::keep(int64_t sample, Record record) {
    Sample& known = at(sample);
    known.timestep_before = known.last.timestep;
    known.rest_before = std::move(known.last.rest);
    known.last = std::move(record);
}

void StepCache::count(int64_t sample, bool predicted) {
    Sample& known = at(sample);
    known.in_row = predicted ? known.in_row + 1 : 0;
    ++evaluations_;
    predicted_ += predicted ? 1 : 0;
}

int64_t StepCache::bytes() const {
    size_t values = 0;
    for (const Sample& sample : samples_) {
        values += sample.last.first.size() + sample.last.rest.size() + sample.rest_before.size();
    }
    return static_cast<int64_t>(values * sizeof(float));
}

}  // namespace chroma
