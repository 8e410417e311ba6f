// chroma_weights_*, chroma_type_name and chroma_type_parse
#include <algorithm>
#include <memory>
#include <type_traits>
#include <utility>

#include "api/completeness.h"
#include "api/model_handle.h"
#include "api/wall.h"
#include "common/cores.h"
#include "common/enums.h"
#include "weights/checkpoint.h"
#include "weights/convert.h"
#include "weights/quantize.h"
#include "weights/random_checkpoint.h"
#include "weights/stored_type.h"

using chroma::Checkpoint;
using chroma::fail;
using chroma::MetadataValue;
using chroma::StoredTensor;
using chroma::api::guard;
using chroma::api::read_struct;
using chroma::api::require;
using chroma::api::write_struct;

namespace {

const Checkpoint& checkpoint_of(const chroma_weights* weights) {
    return *require(weights, "weights")->checkpoint;
}

template <typename T>
const T& at(const std::vector<T>& list, int64_t index, const char* what) {
    if (index < 0 || index >= static_cast<int64_t>(list.size())) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "'index' is ", index, ", but the file has ", list.size(), " ", what, ".");
    }
    return list[static_cast<size_t>(index)];
}

const StoredTensor& tensor_at(const chroma_weights* weights, int64_t index) {
    return at(checkpoint_of(weights).tensors(), index, "tensors");
}

const chroma::MetadataEntry& metadata_at(const chroma_weights* weights, int64_t index) {
    return at(checkpoint_of(weights).metadata(), index, "metadata entries");
}

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};

template <typename T>
constexpr chroma_metadata_kind kind_of() {
    if constexpr (std::is_same_v<T, std::string>) {
        return CHROMA_METADATA_STRING;
    } else if constexpr (std::is_same_v<T, int64_t>) {
        return CHROMA_METADATA_INTEGER;
    } else if constexpr (std::is_same_v<T, double>) {
        return CHROMA_METADATA_NUMBER;
    } else {
        return CHROMA_METADATA_BOOLEAN;
    }
}

void describe(const MetadataValue& value, chroma_metadata& out) {
    std::visit(
        [&](const auto& held) {
            using Held = std::decay_t<decltype(held)>;
            if constexpr (IsVector<Held>::value) {
                out.kind = kind_of<typename Held::value_type>();
                out.is_array = 1;
                out.count = static_cast<int64_t>(held.size());
            } else {
                out.kind = kind_of<Held>();
                out.count = 1;
            }
        },
        value);
}

void check_range(const chroma::MetadataEntry& entry, int64_t first, int64_t count) {
    chroma_metadata described{};
    describe(entry.value, described);
    if (first < 0 || count < 0 || first > described.count || count > described.count - first) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "The metadata '", entry.key, "' has ", described.count, " elements, but ",
             count, " from ", first, " on were asked for.");
    }
}

void copy_numbers(const chroma::MetadataEntry& entry, int64_t first, int64_t count, double* values) {
    std::visit(
        [&](const auto& held) {
            using Held = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<Held, std::string> || std::is_same_v<Held, std::vector<std::string>>) {
                fail(CHROMA_ERROR_INVALID_ARGUMENT, "The metadata '", entry.key, "' is text, not a number.");
            } else if constexpr (IsVector<Held>::value) {
                for (int64_t i = 0; i < count; ++i) {
                    values[i] = static_cast<double>(held[static_cast<size_t>(first + i)]);
                }
            } else if (count == 1) {
                values[0] = static_cast<double>(held);
            }
        },
        entry.value);
}

const std::string& string_at(const chroma::MetadataEntry& entry, int64_t element) {
    if (const auto* list = std::get_if<std::vector<std::string>>(&entry.value)) {
        return (*list)[static_cast<size_t>(element)];
    }
    const auto* single = std::get_if<std::string>(&entry.value);
    if (single == nullptr) {
        fail(CHROMA_ERROR_INVALID_ARGUMENT, "The metadata '", entry.key, "' is not text.");
    }
    return *single;
}

}  // namespace

extern "C" {

const char* chroma_type_name(chroma_type type) {
    // Compared as a number: a value outside the enum must not be read as one.
    const auto number = chroma::number_of(type);
    return number > CHROMA_TYPE_INT8 ? "unknown" : chroma::type_name(static_cast<chroma_type>(number));
}

chroma_status chroma_type_parse(const char* name, chroma_type* type) {
    return guard([&] {
        chroma_type found{};
        if (!chroma::parse_type(require(name, "name"), found)) {
            fail(
                CHROMA_ERROR_INVALID_ARGUMENT, "There is no tensor type '", name,
                "'; f32, f16, bf16, q8_0, q6_k, q5_k, q5_1, q5_0, q4_k, q4_1, q4_0, q3_k and q2_k are the usual ones.");
        }
        *require(type, "type") = found;
    });
}

chroma_status chroma_weights_open(const char* path, chroma_weights** weights) {
    return guard([&] {
        *require(weights, "weights") = nullptr;
        auto opened = std::make_unique<chroma_weights>();
        opened->checkpoint = Checkpoint::open(require(path, "path"));
        *weights = opened.release();
    });
}

chroma_status chroma_weights_open_part(const char* path, chroma_architecture part, chroma_weights** weights) {
    return guard([&] {
        *require(weights, "weights") = nullptr;
        // Compared as a number: a value outside the enum must not be read as one.
        const auto number = std::bit_cast<std::underlying_type_t<chroma_architecture>>(part);
        if (number < CHROMA_ARCHITECTURE_CHROMA || number > CHROMA_ARCHITECTURE_AUTOENCODER) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'part' is ", number,
                 ", but must be that of a Chroma transformer, a T5 ", "encoder or an autoencoder.");
        }
        auto opened = std::make_unique<chroma_weights>();
        opened->checkpoint = Checkpoint::open(require(path, "path"), static_cast<chroma_architecture>(number));
        *weights = opened.release();
    });
}

chroma_status chroma_weights_create_random(const chroma_random_tensor* tensors, int64_t count, int64_t seed,
                                           chroma_weights** weights) {
    return guard([&] {
        *require(weights, "weights") = nullptr;
        if (count < 1) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'count' is ", count, ", but there must be at least one tensor.");
        }
        auto made = std::make_unique<chroma_weights>();
        made->checkpoint =
            chroma::make_random_checkpoint({require(tensors, "tensors"), static_cast<size_t>(count)}, seed);
        *weights = made.release();
    });
}

void chroma_weights_free(chroma_weights* weights) {
    std::unique_ptr<chroma_weights>{weights}.reset();
}

chroma_status chroma_weights_get_info(const chroma_weights* weights, chroma_weights_info* info) {
    return guard([&] {
        const Checkpoint& checkpoint = checkpoint_of(weights);
        chroma_weights_info found{};
        found.container = checkpoint.container();
        found.architecture = checkpoint.architecture();
        found.file_count = checkpoint.file_count();
        found.tensor_count = static_cast<int64_t>(checkpoint.tensors().size());
        found.parameter_count = checkpoint.parameter_count();
        for (const StoredTensor& tensor : checkpoint.tensors()) {
            found.tensor_bytes += static_cast<int64_t>(tensor.data.size());
        }
        found.metadata_count = static_cast<int64_t>(checkpoint.metadata().size());
        found.has_chroma = checkpoint.identity().has_chroma ? 1 : 0;
        found.has_t5_encoder = checkpoint.identity().has_t5 ? 1 : 0;
        found.has_autoencoder = checkpoint.identity().has_autoencoder ? 1 : 0;
        found.description = checkpoint.identity().description.c_str();
        write_struct(info, found, "info");
    });
}

chroma_status chroma_weights_get_tensor(const chroma_weights* weights, int64_t index, chroma_weights_tensor* tensor) {
    return guard([&] {
        const StoredTensor& stored = tensor_at(weights, index);
        chroma_weights_tensor found{};
        found.type = stored.type.type;
        found.name = stored.name.c_str();
        found.canonical_name = stored.canonical.c_str();
        found.stored_type = stored.type.text.c_str();
        found.bytes = static_cast<int64_t>(stored.data.size());
        found.rank = static_cast<int32_t>(stored.shape.size());
        found.is_scale = stored.is_scale ? 1 : 0;
        found.component = stored.component;
        std::copy(stored.shape.begin(), stored.shape.end(), found.shape);
        write_struct(tensor, found, "tensor");
    });
}

chroma_status chroma_weights_get_file(const chroma_weights* weights, int64_t index, const char** path) {
    return guard([&] { *require(path, "path") = at(checkpoint_of(weights).files(), index, "files").path().c_str(); });
}

chroma_status chroma_weights_find_tensor(const chroma_weights* weights, const char* name, int64_t* index) {
    return guard([&] {
        const Checkpoint& checkpoint = checkpoint_of(weights);
        const StoredTensor* found = checkpoint.find(require(name, "name"));
        *require(index, "index") = found == nullptr ? -1 : found - checkpoint.tensors().data();
    });
}

chroma_status chroma_weights_read(const chroma_weights* weights, int64_t index, float* values, int64_t count) {
    return guard([&] {
        const StoredTensor& tensor = tensor_at(weights, index);
        const int64_t elements = chroma::element_count(tensor.shape);
        if (count != elements) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'count' is ", count, ", but the tensor '", tensor.name, "' has ",
                 elements, " elements.");
        }
        if (tensor.type.to_float == nullptr) {
            fail(CHROMA_ERROR_UNSUPPORTED, "'", tensor.file, "' stores the tensor '", tensor.name, "' as ",
                 tensor.type.text, ", which can't be converted to float32.");
        }
        if (count > 0) {
            require(values, "values");
            chroma::reading(checkpoint_of(weights), [&] { chroma::convert_to_float(tensor, 0, count, values); });
        }
    });
}

chroma_status chroma_weights_check(const chroma_weights* weights) {
    return guard([&] { checkpoint_of(weights).check(); });
}

chroma_status chroma_weights_read_raw(const chroma_weights* weights, int64_t index, const void** data, int64_t* bytes) {
    return guard([&] {
        const StoredTensor& tensor = tensor_at(weights, index);
        require(data, "data");
        *require(bytes, "bytes") = static_cast<int64_t>(tensor.data.size());
        *data = tensor.data.data();
    });
}

chroma_status chroma_weights_get_metadata(const chroma_weights* weights, int64_t index, chroma_metadata* metadata) {
    return guard([&] {
        const chroma::MetadataEntry& entry = metadata_at(weights, index);
        chroma_metadata found{};
        found.key = entry.key.c_str();
        describe(entry.value, found);
        write_struct(metadata, found, "metadata");
    });
}

chroma_status chroma_weights_find_metadata(const chroma_weights* weights, const char* key, int64_t* index) {
    return guard([&] {
        const std::vector<chroma::MetadataEntry>& all = checkpoint_of(weights).metadata();
        require(key, "key");
        const auto found = std::find_if(all.begin(), all.end(), [&](const auto& entry) { return entry.key == key; });
        *require(index, "index") = found == all.end() ? -1 : found - all.begin();
    });
}

chroma_status chroma_weights_get_string(const chroma_weights* weights, int64_t index, int64_t element,
                                        const char** text, int64_t* length) {
    return guard([&] {
        const chroma::MetadataEntry& entry = metadata_at(weights, index);
        check_range(entry, element, 1);
        const std::string& found = string_at(entry, element);
        require(text, "text");
        *require(length, "length") = static_cast<int64_t>(found.size());
        *text = found.data();
    });
}

chroma_status chroma_weights_get_numbers(const chroma_weights* weights, int64_t index, int64_t first, int64_t count,
                                         double* values) {
    return guard([&] {
        const chroma::MetadataEntry& entry = metadata_at(weights, index);
        check_range(entry, first, count);
        copy_numbers(entry, first, count, count == 0 ? values : require(values, "values"));
    });
}

chroma_status chroma_weights_quantize(const char* input_path, const char* output_path,
                                      const chroma_quantize_options* options) {
    return guard([&] {
        const chroma_quantize_options given = read_struct(require(options, "options"), "options");
        if (given.threads < 0 || given.threads > chroma::kMaxThreads) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'threads' is ", given.threads, ", but must be 0 (one per core) to ",
                 chroma::kMaxThreads, ".");
        }
        chroma::QuantizeOptions quantize;
        quantize.type = chroma::api::checked_type(given.type);
        quantize.include_approximator = given.include_approximator != 0;
        quantize.threads = given.threads == 0 ? chroma::physical_cores() : given.threads;
        quantize.callbacks = {given.progress, given.abort, given.user_data};
        auto checkpoint = Checkpoint::open(require(input_path, "input_path"));
        chroma::api::check_complete(checkpoint);
        chroma::quantize_checkpoint(std::move(checkpoint), require(output_path, "output_path"), quantize);
    });
}

}  // extern "C"
