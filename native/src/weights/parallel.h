// Work on many pieces with several threads, the caller's among them.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace chroma {

// Calls work(index) once for each index below count, on up to `threads` threads. Between its own pieces the calling
// thread calls between(), which may throw to stop everything. The first exception of any thread is rethrown once all
// have stopped.
template <typename Work, typename Between>
void for_each_piece(int64_t count, int threads, const Work& work, const Between& between) {
    std::atomic<int64_t> next{0};
    std::atomic<bool> stopped{false};
    std::exception_ptr error;
    std::mutex error_mutex;

    const auto attempt = [&](const auto& step) {
        try {
            step();
        } catch (...) {
            const std::lock_guard lock(error_mutex);
            error = error == nullptr ? std::current_exception() : error;
            stopped = true;
        }
    };
    const auto take_piece = [&] {
        const int64_t index = stopped ? count : next.fetch_add(1);
        if (index >= count) {
            return false;
        }
        attempt([&] { work(index); });
        return true;
    };
    {
        std::vector<std::jthread> helpers;
        const int64_t wanted = std::min<int64_t>(threads, count) - 1;
        for (int64_t i = 0; i < wanted; ++i) {
            helpers.emplace_back([&] {
                while (take_piece()) {
                }
            });
        }
        while (take_piece()) {
            attempt(between);
        }
    }
    if (error != nullptr) {
        std::rethrow_exception(error);
    }
    between();
}

}  // namespace chroma
