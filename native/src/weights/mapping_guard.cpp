#include "weights/mapping_guard.h"

#include <mutex>

#include "weights/guarded_places.h"

namespace chroma {

GuardedPlaces& guarded_places() {
    static auto* const places = std::make_unique<GuardedPlaces>().release();
    return *places;
}

MappingGuard::MappingGuard(std::span<const std::byte> mapping) {
    static std::once_flag installed;
    GuardedPlaces& places = guarded_places();
    std::call_once(installed, install_fault_handler);
    place_ = places.add(mapping);
}

MappingGuard::~MappingGuard() {
    if (place_ != nullptr) {
        guarded_places().remove(place_);
    }
}

bool MappingGuard::lost() const {
    return place_ != nullptr && place_->state.load() == Place::State::Lost;
}

}  // namespace chroma
