// The steps of a session about the library, engines and weight files.
#include <algorithm>

#include "support/filler.h"
#include "support/session.h"
#include "support/tiny_models.h"

namespace fuzz {

// Written once for the process.
const char* Session::sound_path() {
    static const std::string path = [&] {
        const Bytes header = gguf_header(tiny_t5(), kTinyF16, {{"general.architecture", "t5encoder"}});
        return scratch_.write("sound.gguf", text_of(header, 0, header.size()), filler(header, Filling::Small));
    }();
    return any_.maybe(path.c_str());
}

void Session::ask_library() {
    if (chroma_abi_version() != CHROMA_ABI_VERSION || chroma_version() == nullptr) {
        broken("chroma_abi_version", "another version than the header's");
    }
    const char* name = chroma_type_name(static_cast<chroma_type>(any_.below(CHROMA_TYPE_INT8 + 2)));
    auto type = CHROMA_TYPE_F32;
    const bool known = check(chroma_type_parse(any_.maybe(name), any_.maybe(&type)), "chroma_type_parse");
    if (known && std::string(chroma_type_name(type)) != name) {
        broken("chroma_type_parse", "another type than chroma_type_name gave the name of");
    }
    const chroma_layout_entry* entries = nullptr;
    int32_t count = 0;
    check(chroma_layout(any_.maybe(&entries), any_.maybe(&count)), "chroma_layout");
    // Types and thread counts for which nothing is measured; a measurement takes a second.
    double rate = 0;
    if (check(chroma_measure_peak(CHROMA_TYPE_Q4_0, any_.number(), &rate), "chroma_measure_peak")) {
        broken("chroma_measure_peak", "measured a type that has no product");
    }
}

void Session::create_engine() {
    static constexpr std::array<const char*, 6> kDevices = {"cpu", "CPU", nullptr, "", "CUDA9", "\xff"};
    constexpr size_t kMostEngines = 3;
    if (engines_.size() >= kMostEngines) {
        return;
    }
    chroma_engine_options options{};
    options.struct_size = any_.struct_size(sizeof(options));
    options.threads = any_.one_in(4) ? any_.number() : 1;
    options.device = any_.pick(kDevices);
    any_.set(options.kernels, 3);
    chroma_engine* made = nullptr;
    if (check_handle(chroma_engine_create(any_.maybe(&options), &made), made, "chroma_engine_create")) {
        engines_.push_back(made);
    }
    if (any_.one_in(20)) {
        check(chroma_engine_create(&options, nullptr), "chroma_engine_create");
    }
}

// Models that run on it keep it alive.
void Session::free_engine() {
    if (engines_.empty()) {
        chroma_engine_free(nullptr);
        return;
    }
    chroma_engine_free(engines_.back());
    engines_.pop_back();
}

void Session::describe_engine() {
    const char* text = nullptr;
    if (check(chroma_engine_describe(engine(), any_.maybe(&text)), "chroma_engine_describe") && text == nullptr) {
        broken("chroma_engine_describe", "no text");
    }
}

void Session::open_weights() {
    constexpr size_t kMostWeights = 3;
    static constexpr std::array<const char*, 6> kPaths = {"",         ".",        "/", "/nowhere/at/all.gguf",
                                                          "\xff\xfe", "/dev/zero"};
    if (weights_.size() >= kMostWeights) {
        return;
    }
    const char* path = any_.one_in(3) ? any_.pick(kPaths) : sound_path();
    chroma_weights* opened = nullptr;
    if (check_handle(chroma_weights_open(any_.maybe(path), &opened), opened, "chroma_weights_open")) {
        weights_.push_back(opened);
    }
}

void Session::create_weights() {
    constexpr size_t kMostTensors = 4;
    constexpr int64_t kMostElements = 1 << 12;
    static constexpr std::array<const char*, 8> kNames = {"a",     "b",    "img_in.weight", "",
                                                          nullptr, "\xff", "blocks.0.x",    "decoder.conv_in.weight"};
    std::array<chroma_random_tensor, kMostTensors> tensors{};
    for (chroma_random_tensor& tensor : tensors) {
        tensor.name = any_.pick(kNames);
        any_.set_type(tensor.type);
        tensor.rank = any_.one_in(8) ? any_.number() : 1 + any_.below(4);
        for (int64_t& length : tensor.shape) {
            length = any_.one_in(16) ? any_.index() : any_.one_in(3) ? 32 : any_.below(6);
        }
        // A sound request for gigabytes is served; that is not what is tried here.
        int64_t elements = 1;
        for (int32_t axis = 0; axis < std::clamp(tensor.rank, 0, CHROMA_MAX_RANK); ++axis) {
            elements = tensor.shape[axis] > 0 && elements < (1LL << 31)
                           ? elements * std::min(tensor.shape[axis], int64_t{1} << 31)
                           : elements;
        }
        if (elements > kMostElements && elements < (1LL << 50)) {
            tensor.shape[0] = 0;
        }
        tensor.mean = any_.value();
        tensor.deviation = any_.value();
    }
    const int64_t count = any_.one_in(10) ? -static_cast<int64_t>(any_.below(9)) : 1 + any_.below(kMostTensors);
    chroma_weights* made = nullptr;
    check_handle(
        chroma_weights_create_random(any_.maybe(tensors.data()), count, static_cast<int64_t>(any_.seed()), &made), made,
        "chroma_weights_create_random");
    if (made != nullptr) {
        weights_.push_back(made);
    }
}

void Session::ask_weights() {
    const chroma_weights* of = weights();
    auto info = blank<chroma_weights_info>(any_.struct_size(sizeof(chroma_weights_info)));
    check_info(chroma_weights_get_info(of, any_.maybe(&info)), info, "chroma_weights_get_info");
    auto tensor = blank<chroma_weights_tensor>(any_.struct_size(sizeof(chroma_weights_tensor)));
    const int64_t index = any_.index();
    check_info(chroma_weights_get_tensor(of, index, any_.maybe(&tensor)), tensor, "chroma_weights_get_tensor");
    int64_t found = 0;
    check(chroma_weights_find_tensor(of, any_.maybe("encoder.final_layer_norm.weight"), any_.maybe(&found)),
          "chroma_weights_find_tensor");
    const void* data = nullptr;
    int64_t bytes = 0;
    check(chroma_weights_read_raw(of, index, any_.maybe(&data), any_.maybe(&bytes)), "chroma_weights_read_raw");
    std::vector<float> values(32);
    check(chroma_weights_read(of, index, any_.maybe(values.data()), any_.one_in(3) ? any_.index() % 33 : 32),
          "chroma_weights_read");
    auto entry = blank<chroma_metadata>(any_.struct_size(sizeof(chroma_metadata)));
    check_info(chroma_weights_get_metadata(of, any_.one_in(2) ? 0 : index, any_.maybe(&entry)), entry,
               "chroma_weights_get_metadata");
    check(chroma_weights_find_metadata(of, any_.maybe("general.architecture"), any_.maybe(&found)),
          "chroma_weights_find_metadata");
    const char* text = nullptr;
    check(chroma_weights_get_string(of, any_.below(2), any_.one_in(2) ? 0 : any_.index(), any_.maybe(&text),
                                    any_.maybe(&bytes)),
          "chroma_weights_get_string");
    std::array<double, 4> numbers{};
    const int64_t count = any_.one_in(2) ? 1 : any_.index();
    const bool room = count <= static_cast<int64_t>(numbers.size());
    check(chroma_weights_get_numbers(of, any_.below(2), any_.index(), room ? count : 1, any_.maybe(numbers.data())),
          "chroma_weights_get_numbers");
}

// Models that were loaded from them keep what they need.
void Session::free_weights() {
    if (weights_.empty()) {
        chroma_weights_free(nullptr);
        return;
    }
    chroma_weights_free(weights_.back());
    weights_.pop_back();
}

void Session::quantize() {
    static constexpr std::array<const char*, 4> kNames = {"out.gguf", "out.safetensors", "out", "none/out.gguf"};
    const std::string output = scratch_.path(any_.pick(kNames));
    const chroma_load_options callbacks = load_options();
    chroma_quantize_options options{};
    options.struct_size = any_.struct_size(sizeof(options));
    any_.set_type(options.type);
    options.include_approximator = any_.below(2);
    options.threads = any_.one_in(6) ? any_.number() : 1;
    options.progress = callbacks.progress;
    options.abort = callbacks.abort;
    options.user_data = callbacks.user_data;
    check(chroma_weights_quantize(sound_path(), any_.maybe(output.c_str()), any_.maybe(&options)),
          "chroma_weights_quantize");
    scratch_.remove("out.gguf");
    scratch_.remove("out.safetensors");
    scratch_.remove("out");
}

}  // namespace fuzz
