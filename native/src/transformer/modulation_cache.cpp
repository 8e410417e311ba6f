#include "transformer/modulation_cache.h"

#include <algorithm>

namespace chroma {

ModulationCache::Table ModulationCache::find(float timestep) {
    const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& candidate) { return candidate.timestep == timestep; });
    if (entry == entries_.end()) {
        return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, entry);
    return entries_.front().table;
}

void ModulationCache::add(float timestep, Table table) {
    entries_.push_front({timestep, std::move(table)});
    if (entries_.size() > capacity_) {
        entries_.pop_back();
    }
}

int64_t ModulationCache::bytes() const {
    int64_t total = 0;
    for (const Entry& entry : entries_) {
        total += static_cast<int64_t>(entry.table->size() * sizeof(float));
    }
    return total;
}

}  // namespace chroma
