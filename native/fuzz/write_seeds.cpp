// Writes the inputs that the fuzzers begin with: sound files of every kind, as each target wants them.
// usage: write_seeds FOLDER, which gets a folder for each target.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/folder_input.h"
#include "support/tiny_models.h"

namespace {

namespace fs = std::filesystem;

using fuzz::Bytes;
using fuzz::TinyModel;

class Corpus {
  public:
    explicit Corpus(fs::path root) : root_(std::move(root)) {}

    // prefix: the target's options.
    void add(const std::string& target, const Bytes& prefix, const Bytes& content) {
        fs::create_directories(root_ / target);
        std::ofstream file(root_ / target / ("seed-" + std::to_string(count_++)), std::ios::binary);
        file.write(reinterpret_cast<const char*>(prefix.data()), static_cast<std::streamsize>(prefix.size()));
        file.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
        if (!file) {
            std::perror("write_seeds");
            std::exit(1);
        }
    }

    void add(const std::string& target, std::string_view text) { add(target, {}, Bytes(text.begin(), text.end())); }

  private:
    fs::path root_;
    int count_ = 0;
};

// Tensors of every type that a reader knows, of one block each.
Bytes every_gguf_type() {
    constexpr uint32_t kMostTypes = 42;
    Bytes file;
    fuzz::append(file, "GGUF");
    fuzz::append_number(file, 4, 3);
    fuzz::append_number(file, 8, kMostTypes);
    fuzz::append_number(file, 8, 0);
    for (uint32_t type = 0; type < kMostTypes; ++type) {
        const std::string name = "t" + std::to_string(type);
        fuzz::append_number(file, 8, name.size());
        fuzz::append(file, name);
        fuzz::append_number(file, 4, 1);
        fuzz::append_number(file, 8, 256);
        // Numbers that no type has any more stand for float32.
        const bool gone = type == 4 || type == 5 || (type >= 31 && type <= 33) || (type >= 36 && type <= 38);
        fuzz::append_number(file, 4, gone ? 0 : type);
        fuzz::append_number(file, 8, type * 2048);
    }
    return file;
}

Bytes every_metadata_kind() {
    constexpr size_t kWidths[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    constexpr uint32_t kText = 8;
    constexpr uint32_t kArray = 9;
    Bytes entries;
    uint64_t count = 0;
    const auto text = [&](std::string_view value) {
        fuzz::append_number(entries, 8, value.size());
        fuzz::append(entries, value);
    };
    for (uint32_t type = 0; type < std::size(kWidths); ++type) {
        for (const bool array : {false, true}) {
            if (type == kArray) {
                continue;
            }
            text((array ? "array." : "value.") + std::to_string(type));
            fuzz::append_number(entries, 4, array ? kArray : type);
            if (array) {
                fuzz::append_number(entries, 4, type);
                fuzz::append_number(entries, 8, 2);
            }
            for (int i = 0; i < (array ? 2 : 1); ++i) {
                type == kText ? text("a word") : fuzz::append_number(entries, kWidths[type], 1);
            }
            ++count;
        }
    }
    Bytes file;
    fuzz::append(file, "GGUF");
    fuzz::append_number(file, 4, 3);
    fuzz::append_number(file, 8, 0);
    fuzz::append_number(file, 8, count);
    file.insert(file.end(), entries.begin(), entries.end());
    return file;
}

Bytes every_safetensors_type() {
    std::string json = "{";
    size_t offset = 0;
    constexpr std::pair<const char*, size_t> kTypes[] = {
        {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F64", 8}, {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"I8", 1},   {"I16", 2},
        {"I32", 4}, {"I64", 8}, {"U8", 1},   {"U16", 2}, {"U32", 4},     {"U64", 8},     {"BOOL", 1},
    };
    for (const auto& [word, width] : kTypes) {
        const size_t end = offset + 8 * width;
        json += std::string(json.size() == 1 ? "" : ",") + "\"t" + word + R"(":{"dtype":")" + word +
                R"(","shape":[2,4],"data_offsets":[)" + std::to_string(offset) + "," + std::to_string(end) + "]}";
        offset = end;
    }
    json += R"(,"__metadata__":{"format":"pt","a":"\u00e9\ud83d\ude00"}})";
    Bytes file;
    fuzz::append_number(file, 8, json.size());
    fuzz::append(file, json);
    return file;
}

TinyModel half_of(const TinyModel& model, bool second) {
    const auto middle = model.begin() + static_cast<ptrdiff_t>(model.size() / 2);
    return second ? TinyModel(middle, model.end()) : TinyModel(model.begin(), middle);
}

fuzz::FolderFile folder_file(std::string_view name, const Bytes& content) {
    size_t index = 0;
    while (fuzz::kFolderNames[index] != name) {
        ++index;
    }
    return {static_cast<uint8_t>(index), true, content};
}

fuzz::FolderFile folder_file(std::string_view name, std::string_view text) {
    return folder_file(name, Bytes(text.begin(), text.end()));
}

std::string index_of(const TinyModel& model) {
    std::string json = R"({"metadata":{"total_size":1},"weight_map":{)";
    for (size_t i = 0; i < model.size(); ++i) {
        json += std::string(i == 0 ? "" : ",") + '"' + model[i].name + R"(":"model-0000)" +
                (i < model.size() / 2 ? "1" : "2") + R"(-of-00002.safetensors")";
    }
    return json + "}}";
}

Bytes gguf_part(const TinyModel& model, bool second) {
    // split.* are integers of 16 and 32 bits in the files that llama.cpp writes.
    Bytes file = fuzz::gguf_header(half_of(model, second), fuzz::kTinyF16);
    Bytes entries;
    const auto add = [&](std::string_view key, uint32_t type, size_t width, uint64_t value) {
        fuzz::append_number(entries, 8, key.size());
        fuzz::append(entries, key);
        fuzz::append_number(entries, 4, type);
        fuzz::append_number(entries, width, value);
    };
    add("split.no", 2, 2, second ? 1 : 0);
    add("split.count", 2, 2, 2);
    add("split.tensors.count", 5, 4, model.size());
    fuzz::set_number(file, 16, 8, 3);
    constexpr size_t kHead = 24;
    file.insert(file.begin() + kHead, entries.begin(), entries.end());
    return file;
}

void add_folders(Corpus& corpus) {
    const TinyModel t5 = fuzz::tiny_t5();
    const std::vector<fuzz::FolderFile> shards = {
        folder_file("model.safetensors.index.json", index_of(t5)),
        folder_file("model-00001-of-00002.safetensors", fuzz::safetensors_header(half_of(t5, false), fuzz::kTinyBF16)),
        folder_file("model-00002-of-00002.safetensors", fuzz::safetensors_header(half_of(t5, true), fuzz::kTinyBF16)),
        folder_file("config.json", R"({"relative_attention_max_distance": 64, "architectures": ["T5EncoderModel"]})"),
    };
    const std::vector<fuzz::FolderFile> autoencoder = {
        folder_file("diffusion_pytorch_model.safetensors",
                    fuzz::safetensors_header(fuzz::tiny_autoencoder(), fuzz::kTinyF16)),
        folder_file("config.json",
                    R"({"scaling_factor": 0.3611, "shift_factor": 0.1159, "_class_name": "A", "x": [1, 2.5]})"),
    };
    const std::vector<fuzz::FolderFile> transformer = {
        folder_file("model.safetensors", fuzz::safetensors_header(fuzz::tiny_transformer(), fuzz::kTinyBF16)),
        folder_file("config.json", R"({"axes_dims_rope": [4, 2, 2]})"),
    };
    const std::vector<fuzz::FolderFile> parts = {
        folder_file("model-00001-of-00003.gguf", gguf_part(t5, false)),
        folder_file("model-00002-of-00003.gguf", gguf_part(t5, true)),
    };
    for (const auto& files : {shards, autoencoder, transformer, parts}) {
        // Opened as a folder and by the first file.
        corpus.add("folder", {0, 1}, fuzz::join_folder(files));
        corpus.add("folder", {static_cast<uint8_t>(files[0].name + 1), 0}, fuzz::join_folder(files));
    }
}

void add_models(Corpus& corpus) {
    const fuzz::TinyMetadata axes = {{"chroma.rope_axes", "[4,2,2]"}};
    const std::pair<TinyModel, fuzz::TinyMetadata> models[] = {
        {fuzz::tiny_transformer(), axes},
        {fuzz::tiny_t5(), {{"relative_attention_max_distance", "64"}}},
        {fuzz::tiny_autoencoder(), {{"scaling_factor", "0.5"}, {"shift_factor", "0.25"}}},
    };
    for (const auto& [model, metadata] : models) {
        for (const fuzz::TinyType& type : {fuzz::kTinyF32, fuzz::kTinyF16, fuzz::kTinyBF16, fuzz::kTinyQ8}) {
            const Bytes gguf = fuzz::gguf_header(model, type, metadata);
            for (const uint8_t kernels : {0, 8}) {
                corpus.add("models", {kernels, 0}, gguf);
            }
            corpus.add("quantize", {15, 0}, gguf);
            corpus.add("gguf", {0}, gguf);
        }
        for (const fuzz::TinyType& type : {fuzz::kTinyF32, fuzz::kTinyBF16}) {
            const Bytes safetensors = fuzz::safetensors_header(model, type, metadata);
            corpus.add("models", {5, 0}, safetensors);
            corpus.add("quantize", {128 + 22, 0}, safetensors);
            corpus.add("safetensors", {0}, safetensors);
        }
    }
}

void add_calls(Corpus& corpus) {
    // Sequences of calls are bytes without a form; these begin with different ones.
    for (uint8_t first = 0; first < 32; ++first) {
        Bytes calls;
        for (size_t i = 0; i < 256; ++i) {
            calls.push_back(static_cast<uint8_t>(first + i * 7 * (first + 1)));
        }
        corpus.add("api", {}, calls);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: write_seeds FOLDER\n", stderr);
        return 2;
    }
    Corpus corpus(argv[1]);
    corpus.add("gguf", {0}, every_gguf_type());
    corpus.add("gguf", {0}, every_metadata_kind());
    corpus.add("safetensors", {0}, every_safetensors_type());
    for (const char* text : {R"({"a": [1, -2.5e3, true, false, null], "b": {"c": "\u00e9\n\ud83d\ude00"}, "": ""})",
                             R"([[[]], {}, "text", 9223372036854775807, 1e-3])", R"("\\\"\/\b\f\r\t")"}) {
        corpus.add("json", text);
    }
    add_models(corpus);
    add_folders(corpus);
    add_calls(corpus);
    return 0;
}
