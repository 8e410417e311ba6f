// Failed reads of mappings on Linux and macOS: SIGBUS.
#if !defined(_WIN32)

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "weights/guarded_places.h"

namespace chroma {

namespace {

struct sigaction previous;
uintptr_t page_size = 0;

// Puts zeros in place of the mapping from this address to its end: what lies beyond a lost byte is lost too, and one
// fault then does for all.
bool replace(Place& place, uintptr_t address) {
    const uintptr_t first = address / page_size * page_size;
    void* const at = reinterpret_cast<void*>(first);
    if (::mmap(at, place.end() - first, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at) {
        return false;
    }
    place.state.store(Place::State::Lost);
    return true;
}

// As the system would have done it without us.
void default_action(int signal, bool is_fault) {
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    ::sigaction(signal, &action, nullptr);
    if (!is_fault) {
        ::raise(signal);  // delivered once this handler has returned; a fault repeats itself
    }
}

void pass_on(int signal, siginfo_t* info, void* context, bool is_fault) {
    const bool takes_info = (previous.sa_flags & SA_SIGINFO) != 0;
    if (!takes_info && previous.sa_handler == SIG_IGN && !is_fault) {
        return;
    }
    if (!takes_info && (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN)) {
        default_action(signal, is_fault);  // a fault can't be ignored
        return;
    }
    sigset_t own;
    ::pthread_sigmask(SIG_BLOCK, &previous.sa_mask, &own);
    if (takes_info) {
        previous.sa_sigaction(signal, info, context);
    } else {
        previous.sa_handler(signal);
    }
    ::pthread_sigmask(SIG_SETMASK, &own, nullptr);
}

// Async-signal-safe: reads atomics, and makes system calls.
void on_fault(int signal, siginfo_t* info, void* context) {
    const int error = errno;
    const bool is_fault = info->si_code > 0;  // not sent by a process
    const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
    Place* const place = is_fault ? guarded_places().find(address) : nullptr;
    if (place == nullptr || !replace(*place, address)) {
        pass_on(signal, info, context, is_fault);
    }
    errno = error;
}

}  // namespace

void install_fault_handler() {
    page_size = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
    ::sigaction(SIGBUS, nullptr, &previous);  // known before ours can run
    struct sigaction action {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace chroma

#endif
