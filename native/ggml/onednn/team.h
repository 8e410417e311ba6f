// Threads of a computation.
#pragma once

#include <omp.h>

#include <cstdint>
#include <exception>
#include <mutex>

namespace chroma::onednn {

// Runs body(thread) on every thread of a team. oneDNN computes on the calling thread alone, so each thread's products
// are its own: it sees a parallel region, or, as a team of one does not count as such, that the number of threads is 1.
// Nothing may be thrown through OpenMP: the first exception is thrown again here.
template <typename Body>
void on_all_threads(int threads, Body&& body) {
    std::exception_ptr error;
    std::mutex mutex;
#pragma omp parallel num_threads(threads)
    {
        // For regions inside this one. A team of one is not a parallel region to OpenMP, so oneDNN would start threads
        // of its own.
        omp_set_num_threads(1);
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

// The threads that oneDNN computes with outside of teams, as long as this lives.
class ThreadCount {
  public:
    explicit ThreadCount(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }
    ~ThreadCount() { omp_set_num_threads(before_); }
    ThreadCount(const ThreadCount&) = delete;
    ThreadCount& operator=(const ThreadCount&) = delete;
    ThreadCount(ThreadCount&&) = delete;
    ThreadCount& operator=(ThreadCount&&) = delete;

  private:
    int before_;
};

}  // namespace chroma::onednn
