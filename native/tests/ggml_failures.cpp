// What becomes of ggml's assertions: an exception where one may be thrown, else a line and the end, without a debugger.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "common/error.h"
#include "ggml.h"
#include "graph/ggml_failure.h"
#include "support/check.h"

namespace {

void fail_in_ggml() {
    GGML_ABORT("a failure of %s", "the test's");
}

// What a child process wrote to stderr, and the signal that it ended by.
struct End {
    std::string said;
    int signal = 0;
};

template <typename Body>
End end_of(const Body& body) {
    std::array<int, 2> pipe{};
    CHECK(::pipe(pipe.data()) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(pipe[1], STDERR_FILENO);
        ::close(pipe[0]);
        ::close(pipe[1]);
        body();
        ::_exit(0);
    }
    ::close(pipe[1]);
    End end;
    std::array<char, 4096> buffer{};
    for (ssize_t count = 0; (count = ::read(pipe[0], buffer.data(), buffer.size())) > 0;) {
        end.said.append(buffer.data(), static_cast<size_t>(count));
    }
    ::close(pipe[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return end;
}

// Debuggers that say that they were started.
void put_false_debuggers_first(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    for (const char* name : {"gdb", "lldb"}) {
        std::ofstream(folder / name) << "#!/bin/sh\necho DEBUGGER >&2\n";
        std::filesystem::permissions(folder / name, std::filesystem::perms::owner_all);
    }
    ::setenv("PATH", (folder.string() + ":" + ::getenv("PATH")).c_str(), 1);
}

void within_the_scope_it_is_an_error() {
    const chroma::GgmlFailuresAsErrors scope;
    try {
        fail_in_ggml();
    } catch (const chroma::Error& error) {
        CHECK(error.status() == CHROMA_ERROR_INTERNAL);
        CHECK(std::string(error.what()).find("a failure of the test's") != std::string::npos);
        return;
    }
    CHECK(!"an error");
}

void check_ended_at_once(const End& end) {
    CHECK(end.signal == SIGABRT);
    CHECK(end.said.find("DEBUGGER") == std::string::npos);
}

void elsewhere_it_says_so_and_ends() {
    const End plain = end_of(fail_in_ggml);
    check_ended_at_once(plain);
    CHECK(plain.said.find("a failure of the test's") != std::string::npos);

    const End paused = end_of([] {
        const chroma::GgmlFailuresAsErrors scope;
        const chroma::GgmlFailuresAreFatal computing;
        fail_in_ggml();
    });
    check_ended_at_once(paused);

    const End other_thread = end_of([] {
        const chroma::GgmlFailuresAsErrors scope;
        std::thread(fail_in_ggml).join();
    });
    check_ended_at_once(other_thread);
}

void the_message_goes_to_the_log_where_there_is_one() {
    const End end = end_of([] {
        chroma::set_fatal_message_sink([](const char* message) {
            std::fprintf(stderr, "LOG %s\n", message);
            return true;
        });
        fail_in_ggml();
    });
    check_ended_at_once(end);
    CHECK(end.said.starts_with("LOG "));
}

void an_exception_that_nobody_catches_starts_no_debugger() {
    const End end = end_of([] { std::terminate(); });
    check_ended_at_once(end);
}

}  // namespace

int main() {
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("chroma-debuggers-" + std::to_string(::getpid()));
    put_false_debuggers_first(folder);
    within_the_scope_it_is_an_error();
    elsewhere_it_says_so_and_ends();
    the_message_goes_to_the_log_where_there_is_one();
    an_exception_that_nobody_catches_starts_no_debugger();
    std::filesystem::remove_all(folder);
}
