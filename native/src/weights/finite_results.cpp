#include "weights/finite_results.h"

#include <algorithm>
#include <cmath>

#include "common/error.h"
#include "common/finite.h"
#include "weights/utf8.h"

namespace chroma {

void require_finite_results(std::span<const float> results, const char* part, const Weights& weights) {
    if (all_finite(results)) {
        return;
    }
    const auto count = std::count_if(results.begin(), results.end(), [](float value) { return !std::isfinite(value); });
    const std::string gave = text("Of the ", results.size(), " values that ", part, " gave, ", count,
                                  count == 1 ? " is" : " are", " infinite or NaN: ");
    if (const std::optional<BadWeight> bad = weights.find_bad_weight()) {
        fail(CHROMA_ERROR_NOT_FINITE, gave, "'", bad->file, "' has ", bad->value, " in the tensor '",
             printable(bad->tensor), "'; the file is damaged, or was converted to a type that can't hold its values.");
    }
    fail(CHROMA_ERROR_NOT_FINITE, gave, "all weights of '", weights.path(),
         "' are finite, but the computation left the range of its numbers. Usually the file is damaged, or weights or "
         "activations pass 65504, where f16 ends: then load it as bf16 or f32.");
}

}  // namespace chroma
