// T5's relative positions: distances between tokens, sorted into buckets (Raffel et al. 2020).
#pragma once

#include <cstdint>
#include <vector>

namespace chroma::t5 {

// How distances become buckets. Half of the buckets is for keys after the query; of each half, the first half is exact
// and the rest grows logarithmically up to max_distance, where the last one takes everything further away.
struct RelativeBuckets {
    int count = 32;
    int max_distance = 128;
};

// The bucket of a key that lies `relative` = key position - query position away.
[[nodiscard]] int32_t relative_position_bucket(int64_t relative, const RelativeBuckets& buckets = {});

// The buckets of queries 0 .. queries - 1 against the key positions given: [queries, keys].
[[nodiscard]] std::vector<int32_t> relative_position_buckets(int64_t queries, const std::vector<int32_t>& keys,
                                                             const RelativeBuckets& buckets = {});

// All pairs of a sequence: [length, length] (query, key).
[[nodiscard]] std::vector<int32_t> relative_position_buckets(int64_t length, const RelativeBuckets& buckets = {});

}  // namespace chroma::t5
