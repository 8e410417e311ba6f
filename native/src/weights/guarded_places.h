// The mappings that are watched, in a form that a signal handler may search: no locks, no memory taken or given back.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

namespace chroma {

// Where one mapping is. Places are used again, so what they say is guarded by a version: odd while it changes.
class Place {
  public:
    enum class State : uint32_t { Mapped, Replacing, Lost };

    void set(uintptr_t begin, uintptr_t end) {
        version_.fetch_add(1);
        begin_.store(begin);
        end_.store(end);
        state.store(State::Mapped);
        version_.fetch_add(1);
    }

    // False for a place that changes just now: nobody reads a mapping that comes or goes.
    [[nodiscard]] bool holds(uintptr_t address) const {
        const uint32_t before = version_.load();
        const bool inside = address >= begin_.load() && address < end_.load();
        return inside && before % 2 == 0 && version_.load() == before;
    }

    [[nodiscard]] uintptr_t begin() const { return begin_.load(); }
    [[nodiscard]] uintptr_t end() const { return end_.load(); }
    [[nodiscard]] bool is_free() const { return end_.load() == 0; }

    std::atomic<State> state{State::Mapped};

  private:
    std::atomic<uint32_t> version_{0};
    std::atomic<uintptr_t> begin_{0};
    std::atomic<uintptr_t> end_{0};  // 0: free

    static_assert(std::atomic<uintptr_t>::is_always_lock_free && std::atomic<State>::is_always_lock_free);
};

class GuardedPlaces {
  public:
    Place* add(std::span<const std::byte> mapping) {
        const std::lock_guard lock(mutex_);
        Place* place = free_place();
        const auto begin = reinterpret_cast<uintptr_t>(mapping.data());
        place->set(begin, begin + mapping.size());
        return place;
    }

    void remove(Place* place) {
        const std::lock_guard lock(mutex_);
        place->set(0, 0);
    }

    // For signal handlers. Null if no mapping has this address.
    [[nodiscard]] Place* find(uintptr_t address) {
        for (Chunk* chunk = &first_; chunk != nullptr; chunk = chunk->next.load()) {
            for (Place& place : chunk->places) {
                if (place.holds(address)) {
                    return &place;
                }
            }
        }
        return nullptr;
    }

  private:
    struct Chunk {
        std::array<Place, 64> places;
        std::atomic<Chunk*> next{nullptr};
    };

    Place* free_place() {
        Chunk* chunk = &first_;
        while (true) {
            for (Place& place : chunk->places) {
                if (place.is_free()) {
                    return &place;
                }
            }
            if (chunk->next.load() == nullptr) {
                // Never given back: a handler may be on its way through.
                chunk->next.store(std::make_unique<Chunk>().release());
            }
            chunk = chunk->next.load();
        }
    }

    std::mutex mutex_;  // of those who add and remove
    Chunk first_;
};

// Lives as long as the process: signals come at any time.
GuardedPlaces& guarded_places();

// Has the system tell about failed reads. Called once, before the first mapping is added.
void install_fault_handler();

}  // namespace chroma
