// Work for all threads of a computation.
#pragma once

#include <omp.h>

#include <cstdint>
#include <exception>
#include <mutex>

namespace chroma::onednn {

// Runs body(thread) on every thread of a team. oneDNN sees a parallel region and computes on the calling thread alone,
// so each thread's products are its own. Nothing may be thrown through OpenMP: the first exception is thrown again
// here.
template <typename Body>
void on_all_threads(int threads, Body&& body) {
    std::exception_ptr error;
    std::mutex mutex;
#pragma omp parallel num_threads(threads)
    {
        try {
            body(omp_get_thread_num());
        } catch (...) {
            const std::lock_guard lock(mutex);
            error = std::current_exception();
        }
    }
    if (error != nullptr) {
        std::rethrow_exception(error);
    }
}

}  // namespace chroma::onednn
