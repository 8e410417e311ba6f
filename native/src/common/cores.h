// How many threads a computation is given unless its caller says.
#pragma once

namespace chroma {

// Matrix products gain nothing from a second thread on the same core, so threads are counted as cores where the system
// tells, and as the system's processors elsewhere. At least 1.
[[nodiscard]] int physical_cores();

}  // namespace chroma
