#include "text/relative_position.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace chroma::t5 {

int32_t relative_position_bucket(int64_t relative, const RelativeBuckets& buckets) {
    const int half = buckets.count / 2;
    const int exact = half / 2;
    const int64_t distance = std::llabs(relative);
    const int offset = relative > 0 ? half : 0;
    if (distance < exact) {
        return offset + static_cast<int32_t>(distance);
    }
    // In float32 like the implementations that the weights were trained with, so that the borders fall alike.
    const float ratio = std::log(static_cast<float>(distance) / static_cast<float>(exact)) /
                        static_cast<float>(std::log(static_cast<double>(buckets.max_distance) / exact));
    // The comparison comes before the conversion: a far distance may exceed every integer.
    const float steps = std::min(ratio * static_cast<float>(half - exact), static_cast<float>(half - 1 - exact));
    return offset + exact + static_cast<int32_t>(steps);
}

std::vector<int32_t> relative_position_buckets(int64_t queries, const std::vector<int32_t>& keys,
                                               const RelativeBuckets& buckets) {
    std::vector<int32_t> result;
    result.reserve(static_cast<size_t>(queries) * keys.size());
    for (int64_t query = 0; query < queries; ++query) {
        for (const int32_t key : keys) {
            result.push_back(relative_position_bucket(key - query, buckets));
        }
    }
    return result;
}

std::vector<int32_t> relative_position_buckets(int64_t length, const RelativeBuckets& buckets) {
    std::vector<int32_t> keys(static_cast<size_t>(length));
    std::iota(keys.begin(), keys.end(), 0);
    return relative_position_buckets(length, keys, buckets);
}

}  // namespace chroma::t5
