#include "files/part_file.h"

#include <chrono>
#include <mutex>
#include <vector>

namespace chroma {

namespace {

struct Registry {
    std::timed_mutex mutex;
    std::vector<PartFile*> parts;
};

// Never destroyed: a process may end while its threads still write.
Registry& registry() {
    static auto* const kRegistry = new Registry;  // NOLINT(cppcoreguidelines-owning-memory)
    return *kRegistry;
}

}  // namespace

PartFile::PartFile(const OutputTarget& target) {
    create(target);
    const std::scoped_lock lock(registry().mutex);
    registry().parts.push_back(this);
}

PartFile::~PartFile() {
    const std::scoped_lock lock(registry().mutex);
    std::erase(registry().parts, this);
    remove();
}

int PartFile::commit() {
    if (const int failed = file_.flush(); failed != 0) {
        return failed;
    }
    const std::scoped_lock lock(registry().mutex);
    return move_to_target();
}

void PartFile::discard_all() noexcept {
    constexpr std::chrono::seconds kPatience{1};
    const std::unique_lock lock(registry().mutex, kPatience);
    if (!lock.owns_lock()) {
        return;
    }
    for (PartFile* part : registry().parts) {
        part->remove();
    }
}

}  // namespace chroma
