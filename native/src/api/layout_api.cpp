// chroma_layout: what this compiler made of chroma.h, for a binding to compare itself with.
#include <cstddef>
#include <iterator>

#include "api/wall.h"

namespace {

const chroma_layout_entry kEntries[] = {
#include "api/layout_table.inc"
};

}  // namespace

extern "C" chroma_status chroma_layout(const chroma_layout_entry** entries, int32_t* count) {
    return chroma::api::guard([&] {
        *chroma::api::require(entries, "entries") = kEntries;
        *chroma::api::require(count, "count") = static_cast<int32_t>(std::size(kEntries));
    });
}
