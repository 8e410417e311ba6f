// How the rows of a weight matrix are shared among threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "onednn/matmul.h"
#include "onednn/pack.h"
#include "onednn/team.h"

namespace chroma::onednn {

// Rows of a panel that meets many rows of x, at most `most`: the more it has, the less often x is read; but every
// thread should have some.
inline int64_t long_panel_rows(int64_t n, int threads, int64_t most) {
    constexpr int64_t kPanelsOfAThread = 2;
    const int64_t fair = n / (kPanelsOfAThread * threads) / kPackedColumns * kPackedColumns;
    return std::clamp(fair, kPackedColumns, most);
}

// True for a result of so many values, `size` bytes each, that it would only push other things out of the caches.
inline bool past_caches(int64_t values, size_t size) {
    constexpr int64_t kMostBytes = 16 << 20;
    return values * static_cast<int64_t>(size) > kMostBytes;
}

// The size of all but the last of the fewest equal shares that are no larger than `most`.
inline int64_t even_share(int64_t all, int64_t most) {
    const int64_t shares = (all + most - 1) / most;
    return (all + shares - 1) / shares;
}

// Calls body(thread, first row, rows) for panels of up to `rows` rows. Threads take them one by one, so that none waits
// for another before the last panel.
template <typename Body>
void for_panels(int64_t n, int64_t rows, int threads, const Body& body) {
    std::atomic<int64_t> next = 0;
    on_all_threads(threads, [&](int thread) {
        for (int64_t first = next.fetch_add(rows); first < n; first = next.fetch_add(rows)) {
            body(thread, first, std::min(rows, n - first));
        }
    });
}

// A thread's product, made again when its shape changes, such as for the last panel.
class ThreadMatmul {
  public:
    Matmul& with(const MatmulShape& shape) {
        if (matmul_ == nullptr || shape != shape_) {
            matmul_ = std::make_unique<Matmul>(shape);
            shape_ = shape;
        }
        return *matmul_;
    }

  private:
    std::unique_ptr<Matmul> matmul_;
    MatmulShape shape_{};
};

}  // namespace chroma::onednn
