// The Approximator's tables of the timesteps seen last. A sampler asks for the same few again and again: for the
// prompt, for the negative prompt, and for the next picture.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <vector>

namespace chroma {

class ModulationCache {
  public:
    // A table, [rows, hidden]. Lives as long as somebody holds it.
    using Table = std::shared_ptr<const std::vector<float>>;

    explicit ModulationCache(size_t capacity) : capacity_(capacity) {}

    // Null if it isn't there.
    [[nodiscard]] Table find(float timestep);

    // Adds a table; the one that was used longest ago goes when there are too many.
    void add(float timestep, Table table);

    void clear() { entries_.clear(); }

    [[nodiscard]] int64_t bytes() const;

  private:
    struct Entry {
        float timestep;
        Table table;
    };

    size_t capacity_;
    std::list<Entry> entries_;  // the one used last comes first
};

}  // namespace chroma
