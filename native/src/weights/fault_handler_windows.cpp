// Failed reads of mappings on Windows: EXCEPTION_IN_PAGE_ERROR. It lets nobody truncate a mapped file, but a disk or a
// network may fail.
#if defined(_WIN32)

#if !defined(NOMINMAX)
#define NOMINMAX
#endif
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "weights/guarded_places.h"

namespace chroma {

namespace {

constexpr uintptr_t kCommitted = 1U << 20U;  // bytes of zeros at a time

// A view can't be replaced in part: all of it gives way to reserved memory. Other threads that read meanwhile get an
// access violation, and wait here.
bool replace(Place& place) {
    Place::State expected = Place::State::Mapped;
    if (place.state.compare_exchange_strong(expected, Place::State::Replacing)) {
        void* const base = reinterpret_cast<void*>(place.begin());
        UnmapViewOfFile(base);
        const bool reserved = VirtualAlloc(base, place.end() - place.begin(), MEM_RESERVE, PAGE_READONLY) == base;
        place.state.store(reserved ? Place::State::Lost : Place::State::Mapped);
        return reserved;
    }
    while (place.state.load() == Place::State::Replacing) {
        SwitchToThread();
    }
    return place.state.load() == Place::State::Lost;
}

bool commit(const Place& place, uintptr_t address) {
    const uintptr_t first = place.begin() + (address - place.begin()) / kCommitted * kCommitted;
    const uintptr_t end = first + kCommitted < place.end() ? first + kCommitted : place.end();
    return VirtualAlloc(reinterpret_cast<void*>(first), end - first, MEM_COMMIT, PAGE_READONLY) != nullptr;
}

LONG CALLBACK on_exception(EXCEPTION_POINTERS* info) {
    const EXCEPTION_RECORD& record = *info->ExceptionRecord;
    const bool in_page = record.ExceptionCode == EXCEPTION_IN_PAGE_ERROR;
    if ((!in_page && record.ExceptionCode != EXCEPTION_ACCESS_VIOLATION) || record.ExceptionInformation[0] != 0) {
        return EXCEPTION_CONTINUE_SEARCH;  // no failed read
    }
    const uintptr_t address = record.ExceptionInformation[1];
    Place* const place = guarded_places().find(address);
    const bool ours = place != nullptr && (in_page || place->state.load() != Place::State::Mapped);
    return ours && replace(*place) && commit(*place, address) ? EXCEPTION_CONTINUE_EXECUTION
                                                              : EXCEPTION_CONTINUE_SEARCH;
}

}  // namespace

void install_fault_handler() {
    constexpr ULONG kFirst = 1;
    AddVectoredExceptionHandler(kFirst, on_exception);
}

}  // namespace chroma

#endif
