// Model files that lose their bytes while they are mapped, and signals that are none of this library's business.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csetjmp>
#include <csignal>
#include <filesystem>
#include <functional>
#include <thread>

#include "support/models.h"

using namespace chroma::test;

namespace {

// A file that goes away.
class File {
  public:
    explicit File(const std::string& name)
        : path_((std::filesystem::temp_directory_path() / ("chroma-" + std::to_string(::getpid()) + "-" + name))
                    .string()) {}
    ~File() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    static std::string copy(const File& to, const std::string& from) {
        std::filesystem::copy_file(from, to.path_, std::filesystem::copy_options::overwrite_existing);
        return to.path_;
    }

    [[nodiscard]] const std::string& path() const { return path_; }
    void truncate(off_t size) const { CHECK(::truncate(path_.c_str(), size) == 0); }

  private:
    std::string path_;
};

// Truncates a file at the first progress of a call, that is, in the midst of it.
struct Truncation {
    const File* file;
    bool done = false;

    static void at_progress(int64_t /*done*/, int64_t /*total*/, void* self) {
        auto* truncation = static_cast<Truncation*>(self);
        if (!truncation->done) {
            truncation->done = true;
            truncation->file->truncate(0);
        }
    }
};

void every_model_survives_its_file() {
    const Engine engine = make_engine(2);
    const File file("model.safetensors");
    Truncation truncation{&file};
    chroma_run_options run{.struct_size = sizeof(run), .threads = 2};
    run.progress = Truncation::at_progress;
    run.user_data = &truncation;
    const auto survives = [&](auto& model, auto call) {
        truncation.done = false;
        CHECK_OK(call.run(model));
        CHECK_FAILS(CHROMA_ERROR_IO, call.run(model, &run));
        CHECK_SAYS("became shorter while it was in use");
        CHECK_SAYS(file.path());
        CHECK_FAILS(CHROMA_ERROR_IO, call.run(model));  // from then on
    };
    const Transformer transformer = load_transformer(engine, File::copy(file, model_path("chroma")));
    survives(transformer, TransformerCall());
    const TextEncoder encoder = load_text_encoder(engine, File::copy(file, model_path("t5")));
    survives(encoder, TextCall());
    const Autoencoder autoencoder = load_autoencoder(engine, File::copy(file, model_path("ae")));
    survives(autoencoder, DecoderCall());
    DecoderCall tiled;
    tiled.tile = 2;
    const Autoencoder another = load_autoencoder(engine, File::copy(file, model_path("ae")));
    survives(another, tiled);
    CHECK_OK(TransformerCall().run(load_transformer(engine)));  // everything else lives
}

void reads_loads_and_conversions_survive() {
    const Engine engine = make_engine(2);
    const File file("read.safetensors");
    const File output("output.gguf");
    chroma_weights* opened = nullptr;
    CHECK_OK(chroma_weights_open(File::copy(file, model_path("chroma")).c_str(), &opened));
    const Weights weights(opened);
    chroma_weights_info info{.struct_size = sizeof(info)};
    CHECK_OK(chroma_weights_get_info(weights.get(), &info));
    chroma_weights_tensor tensor{.struct_size = sizeof(tensor)};
    CHECK_OK(chroma_weights_get_tensor(weights.get(), info.tensor_count - 1, &tensor));
    int64_t count = 1;
    for (int32_t axis = 0; axis < tensor.rank; ++axis) {
        count *= tensor.shape[axis];
    }
    std::vector<float> values(static_cast<size_t>(count));
    CHECK_OK(chroma_weights_read(weights.get(), info.tensor_count - 1, values.data(), count));
    const void* raw = nullptr;
    int64_t bytes = 0;
    CHECK_OK(chroma_weights_read_raw(weights.get(), info.tensor_count - 1, &raw, &bytes));
    CHECK_OK(chroma_weights_check(weights.get()));

    file.truncate(0);
    CHECK(*static_cast<const volatile unsigned char*>(raw) == 0);  // the caller's own read
    CHECK_FAILS(CHROMA_ERROR_IO, chroma_weights_check(weights.get()));
    CHECK_FAILS(CHROMA_ERROR_IO, chroma_weights_read(weights.get(), info.tensor_count - 1, values.data(), count));
    for (const chroma_type type : {CHROMA_TYPE_STORED, CHROMA_TYPE_BF16, CHROMA_TYPE_Q8_0}) {
        const chroma_load_options options = load_options(type);
        chroma_transformer* loaded = nullptr;
        CHECK_FAILS(CHROMA_ERROR_IO, chroma_transformer_load_weights(engine.get(), weights.get(), &options, &loaded));
        CHECK_SAYS("became shorter");
    }

    for (const chroma_type type : {CHROMA_TYPE_Q8_0, CHROMA_TYPE_F32}) {
        Truncation truncation{&file};
        chroma_quantize_options options{.struct_size = sizeof(options), .type = type, .threads = 2};
        options.progress = Truncation::at_progress;
        options.user_data = &truncation;
        const std::string input = File::copy(file, model_path("t5"));
        CHECK_FAILS(CHROMA_ERROR_IO, chroma_weights_quantize(input.c_str(), output.path().c_str(), &options));
        CHECK_SAYS("became shorter");
        CHECK(!std::filesystem::exists(output.path()));
    }
}

// Many mappings come and go while files shrink, all at once.
void many_files_at_once() {
    const auto use = [](int number) {
        const Engine engine = make_engine();
        for (int round = 0; round < 8; ++round) {
            const File file(std::to_string(number) + ".safetensors");
            std::vector<Transformer> models;
            for (int i = 0; i < 10; ++i) {
                models.push_back(load_transformer(engine));
            }
            const Transformer mine = load_transformer(engine, File::copy(file, model_path("chroma")));
            file.truncate(5000);
            CHECK_FAILS(CHROMA_ERROR_IO, TransformerCall().run(mine));
            CHECK_OK(TransformerCall().run(models[static_cast<size_t>(round)]));
        }
    };
    std::vector<std::jthread> threads;
    for (int number = 0; number < 4; ++number) {
        threads.emplace_back(use, number);
    }
}

// Runs in a child, before this library has been used there, and tells how that ended: its exit code, or minus a signal.
int outcome_of(const std::function<int()>& body) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(body());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

// A mapping of a page that its file does not have.
volatile const char* foreign_mapping() {
    const File file("foreign");
    const int fd = ::open(file.path().c_str(), O_RDWR | O_CREAT, 0600);
    CHECK(fd >= 0 && ::ftruncate(fd, 1) == 0);
    void* mapping = ::mmap(nullptr, 4 * 65536, PROT_READ, MAP_PRIVATE, fd, 0);
    CHECK(mapping != MAP_FAILED);
    ::close(fd);
    return static_cast<const char*>(mapping) + 2 * 65536;
}

sigjmp_buf back;
volatile sig_atomic_t caught = 0;

void catch_with_info(int /*signal*/, siginfo_t* info, void* context) {
    sigset_t mask;
    ::sigprocmask(SIG_BLOCK, nullptr, &mask);
    caught = info != nullptr && context != nullptr && ::sigismember(&mask, SIGUSR1) == 1 ? 1 : 2;
    ::siglongjmp(back, 1);
}

void catch_plain(int /*signal*/) {
    caught = 3;
}

void use_the_library() {
    CHECK_OK(TransformerCall().run(load_transformer(make_engine())));
}

void other_faults_are_passed_on() {
    const auto fault = [] {
        const volatile char* gone = foreign_mapping();
        return static_cast<int>(*gone);
    };
    // As the system does it, where nobody handles the signal.
    CHECK(outcome_of([&] {
              use_the_library();
              return fault();
          }) == -SIGBUS);
    CHECK(outcome_of([&] {
              ::signal(SIGBUS, SIG_IGN);  // which does not hold for faults
              use_the_library();
              return fault();
          }) == -SIGBUS);
    // To the handler that was there, as it asked to be called.
    CHECK(outcome_of([&] {
              struct sigaction action {};
              action.sa_sigaction = catch_with_info;
              action.sa_flags = SA_SIGINFO;
              ::sigaddset(&action.sa_mask, SIGUSR1);
              ::sigaction(SIGBUS, &action, nullptr);
              use_the_library();
              if (sigsetjmp(back, 1) == 0) {
                  fault();
              }
              return static_cast<int>(caught);
          }) == 1);
}

void signals_that_are_sent_are_passed_on() {
    CHECK(outcome_of([] {
              use_the_library();
              ::kill(::getpid(), SIGBUS);
              return 0;
          }) == -SIGBUS);
    CHECK(outcome_of([] {
              ::signal(SIGBUS, SIG_IGN);
              use_the_library();
              ::kill(::getpid(), SIGBUS);
              return 5;
          }) == 5);
    CHECK(outcome_of([] {
              ::signal(SIGBUS, catch_plain);
              use_the_library();
              ::kill(::getpid(), SIGBUS);
              return static_cast<int>(caught);
          }) == 3);
}

}  // namespace

int main() {
    other_faults_are_passed_on();  // first: they want a process in which the library is not in use yet
    signals_that_are_sent_are_passed_on();
    every_model_survives_its_file();
    reads_loads_and_conversions_survive();
    many_files_at_once();
}
