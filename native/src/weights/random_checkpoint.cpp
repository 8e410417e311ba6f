#include "weights/random_checkpoint.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <numbers>
#include <string_view>
#include <tuple>
#include <utility>

#include "common/cores.h"
#include "common/enums.h"
#include "common/error.h"
#include "common/finite.h"
#include "weights/layout.h"
#include "weights/parallel.h"
#include "weights/value_range.h"

namespace chroma {

namespace {

constexpr const char* kName = "random weights";
constexpr size_t kAlignment = 64;
constexpr size_t kMostBytes = size_t{1} << 60U;  // as no machine has; a tensor more is still counted without overflow

// Tensors are put together from chunks, each taken at random from a pool of them. The pool is converted once per type,
// mean and deviation, so that a slow quantiser sees a million values and not a thousand times as many.
constexpr int64_t kChunkElements = 256;  // a multiple of every block
constexpr int64_t kPoolChunks = 4096;
constexpr int64_t kPieceChunks = 1 << 12;  // what one thread fills at a time

// SplitMix64 (Steele, Lea and Flood 2014): the k-th number of the sequence that starts at `seed`.
uint64_t split_mix(uint64_t seed, uint64_t k) {
    uint64_t z = seed + (k + 1) * 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
}

// FNV-1a (Fowler, Noll and Vo).
uint64_t hash_of(std::string_view text) {
    uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    return hash;
}

// Standard normal values by the method of Box and Muller (1958).
std::vector<float> normal_values(uint64_t seed, int64_t count) {
    constexpr double kUnit = 0x1p-53;
    std::vector<float> values(static_cast<size_t>(count));
    for (size_t i = 0; i < values.size(); i += 2) {
        const double u = (static_cast<double>(split_mix(seed, i) >> 11U) + 1) * kUnit;  // in (0, 1]
        const double v = static_cast<double>(split_mix(seed, i + 1) >> 11U) * kUnit;
        const double radius = std::sqrt(-2 * std::log(u));
        values[i] = static_cast<float>(radius * std::cos(2 * std::numbers::pi * v));
        values[i + 1] = static_cast<float>(radius * std::sin(2 * std::numbers::pi * v));
    }
    return values;
}

bool can_be_made(ggml_type type) {
    return type == GGML_TYPE_F32 || type == GGML_TYPE_F16 || type == GGML_TYPE_BF16 ||
           (type != GGML_TYPE_COUNT && ggml_is_quantized(type));
}

StoredType weight_type(const chroma_random_tensor& tensor) {
    const auto number = number_of(tensor.type);
    StoredType type;
    const ggml_type known =
        number > CHROMA_TYPE_INT8 ? GGML_TYPE_COUNT : to_ggml_type(static_cast<chroma_type>(number));
    if (!can_be_made(known) || !find_ggml_type(known, type)) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "The random tensor '", tensor.name, "' can't have the type ", number,
             ": f32, f16, bf16 and the quantised types can be made.");
    }
    return type;
}

StoredTensor describe(const chroma_random_tensor& tensor) {
    if (tensor.name == nullptr || *tensor.name == '\0') {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "A random tensor has no name.");
    }
    if (tensor.rank < 1 || tensor.rank > GGML_MAX_DIMS) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "The random tensor '", tensor.name, "' has the rank ", tensor.rank,
             ", but must have 1 to ", GGML_MAX_DIMS, " axes.");
    }
    StoredTensor stored;
    stored.name = tensor.name;
    stored.canonical = tensor.name;
    stored.type = weight_type(tensor);
    stored.shape.assign(std::begin(tensor.shape), std::begin(tensor.shape) + tensor.rank);
    stored.file = kName;
    const bool sane = std::isfinite(tensor.mean) && std::isfinite(tensor.deviation) && tensor.deviation >= 0;
    if (std::any_of(stored.shape.begin(), stored.shape.end(), [](int64_t length) { return length < 1; }) || !sane) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "The random tensor '", tensor.name, "' has the shape ",
             shape_text(stored.shape), ", the mean ", tensor.mean, " and the deviation ", tensor.deviation,
             ", but lengths must be positive, and mean and deviation finite.");
    }
    if (stored.shape.back() % stored.type.block_elements != 0) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "The random tensor '", tensor.name, "' has rows of ", stored.shape.back(),
             ", which blocks of ", stored.type.block_elements, " (", stored.type.text, ") don't fill.");
    }
    return stored;
}

// The pools of one checkpoint.
class Pools {
  public:
    explicit Pools(uint64_t seed) : normal_(normal_values(seed, kPoolChunks * kChunkElements)) {}

    // The pool's values with this mean and deviation, as a tensor stores them.
    const std::vector<std::byte>& of(const StoredTensor& tensor, float mean, float deviation) {
        const StoredType& type = tensor.type;
        std::vector<std::byte>& pool = pools_[{type.ggml, mean, deviation}];
        if (pool.empty()) {
            std::vector<float> values(normal_);
            for (float& value : values) {
                value = mean + deviation * value;
            }
            if (!all_finite(values)) {
                fail(CHROMA_ERROR_INVALID_ARGUMENT, "The random tensor '", tensor.name, "' has the mean ", mean,
                     " and the deviation ", deviation, ", which leave the range of float32.");
            }
            const ConversionPiece piece{.from = &tensor};
            check_range(piece, type.ggml, values);
            std::vector<std::byte> stored(static_cast<size_t>(type.bytes(kPoolChunks * kChunkElements)));
            ggml_quantize_chunk(type.ggml, values.data(), stored.data(), 0, kPoolChunks, kChunkElements, nullptr);
            if (ggml_is_quantized(type.ggml)) {
                check_blocks(piece, type.ggml, values, stored.data());
            }
            pool = std::move(stored);
        }
        return pool;
    }

  private:
    std::vector<float> normal_;
    std::map<std::tuple<ggml_type, float, float>, std::vector<std::byte>> pools_;
};

// Part of one tensor.
struct Piece {
    const std::vector<std::byte>* pool;
    size_t chunk_bytes;
    uint64_t seed;  // of the tensor
    int64_t first;  // chunk
    std::byte* target;
    size_t bytes;
};

void fill(const Piece& piece) {
    for (size_t done = 0; done < piece.bytes; done += piece.chunk_bytes) {
        const uint64_t chunk = static_cast<uint64_t>(piece.first) + done / piece.chunk_bytes;
        const size_t from = split_mix(piece.seed, chunk) % kPoolChunks * piece.chunk_bytes;
        std::memcpy(piece.target + done, piece.pool->data() + from, std::min(piece.chunk_bytes, piece.bytes - done));
    }
}

}  // namespace

std::shared_ptr<const Checkpoint> make_random_checkpoint(std::span<const chroma_random_tensor> tensors, int64_t seed) {
    std::vector<StoredTensor> stored;
    std::vector<size_t> offsets;
    size_t total = 0;
    for (const chroma_random_tensor& tensor : tensors) {
        stored.push_back(describe(tensor));
        offsets.push_back(total);
        total += (tensor_bytes(stored.back()) + kAlignment - 1) / kAlignment * kAlignment;
        if (total > kMostBytes) {
            fail(CHROMA_ERROR_OUT_OF_MEMORY, "Out of memory: '", kName, "' need more than ", kMostBytes, " bytes.");
        }
    }
    Pools pools(static_cast<uint64_t>(seed));
    MappedFile memory(kName, total, [&](std::span<std::byte> bytes) {
        std::vector<Piece> pieces;
        for (size_t i = 0; i < stored.size(); ++i) {
            const StoredType& type = stored[i].type;
            const auto chunk_bytes = static_cast<size_t>(type.bytes(kChunkElements));
            const auto size = static_cast<size_t>(tensor_bytes(stored[i]));
            const std::vector<std::byte>& pool = pools.of(stored[i], tensors[i].mean, tensors[i].deviation);
            const uint64_t own_seed = split_mix(static_cast<uint64_t>(seed), hash_of(stored[i].name));
            for (size_t done = 0; done < size; done += kPieceChunks * chunk_bytes) {
                pieces.push_back({&pool, chunk_bytes, own_seed, static_cast<int64_t>(done / chunk_bytes),
                                  bytes.data() + offsets[i] + done, std::min(kPieceChunks * chunk_bytes, size - done)});
            }
        }
        for_each_piece(
            static_cast<int64_t>(pieces.size()), physical_cores(),
            [&](int64_t index) { fill(pieces[static_cast<size_t>(index)]); }, [] {});
    });
    for (size_t i = 0; i < stored.size(); ++i) {
        place_tensor(stored[i], memory.bytes(), offsets[i]);
    }
    return Checkpoint::in_memory(std::move(memory), std::move(stored));
}

}  // namespace chroma
