#include "weights/file_kind.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "common/error.h"

namespace chroma {

namespace {

struct Signature {
    std::string_view start;  // in lower case
    const char* what;
};

using namespace std::string_view_literals;

constexpr Signature kSignatures[] = {
    {"pk\x03\x04"sv,
     "a PyTorch checkpoint (pickle in a zip archive) or another zip archive; convert it to safetensors"},
    {"\x80\x02"sv, "a PyTorch pickle; convert it to safetensors"},
    {"\x80\x03"sv, "a Python pickle; convert it to safetensors"},
    {"\x80\x04"sv, "a Python pickle; convert it to safetensors"},
    {"version https://git-lfs"sv, "a Git LFS pointer, not the model itself; fetch it with 'git lfs pull'"},
    {"version https://hawser"sv, "a Git LFS pointer, not the model itself; fetch it with 'git lfs pull'"},
    {"<!doctype"sv, "a web page, not a model; the download probably ended at a login or error page"},
    {"<html"sv, "a web page, not a model; the download probably ended at a login or error page"},
    {"\x89hdf"sv, "an HDF5 file; convert it to safetensors"},
    {"\x1f\x8b"sv, "a gzip archive; unpack it first"},
    {"\x28\xb5\x2f\xfd"sv, "a zstd archive; unpack it first"},
    {"7z\xbc\xaf"sv, "a 7z archive; unpack it first"},
    {"ggml"sv, "a GGML file of before GGUF; convert it to GGUF"},
    {"tjgg"sv, "a GGML file of before GGUF; convert it to GGUF"},
    {"lmgg"sv, "a GGML file of before GGUF; convert it to GGUF"},
    {"fugg"sv, "a big-endian GGUF file; only little-endian ones are supported"},
    {"\x89png"sv, "a PNG image"},
    {"{"sv, "a JSON file, but not an index of shards (*.index.json with a 'weight_map')"},
};

}  // namespace

void refuse_file(const MappedFile& file) {
    constexpr size_t kLongest = 64;
    const std::span<const std::byte> bytes = file.bytes();
    if (bytes.empty()) {
        fail(CHROMA_ERROR_FORMAT, "'", file.path(), "' is empty.");
    }
    std::string start(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kLongest));
    std::transform(start.begin(), start.end(), start.begin(),
                   [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    start.erase(0, start.find_first_not_of(" \t\r\n"));
    for (const Signature& signature : kSignatures) {
        if (start.starts_with(signature.start)) {
            fail(CHROMA_ERROR_FORMAT, "'", file.path(), "' is ", signature.what, ".");
        }
    }
    if (bytes.size() < 9) {
        fail(CHROMA_ERROR_FORMAT, "'", file.path(), "' is truncated: it has only ", bytes.size(), " bytes.");
    }
    fail(CHROMA_ERROR_FORMAT, "'", file.path(), "' is neither a GGUF nor a safetensors file.");
}

}  // namespace chroma
