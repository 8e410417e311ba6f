#include "weights/weight_loader.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstring>
#include <map>
#include <set>
#include <utility>

#include "common/error.h"
#include "ggml.h"
#include "weights/convert.h"
#include "weights/loaded_weights.h"
#include "weights/parallel.h"
#include "weights/type_policy.h"
#include "weights/utf8.h"

namespace chroma {

namespace {

// For ggml's kernels an address must suit the block's largest member.
bool is_aligned(const StoredTensor& stored) {
    const ggml_type type = stored.type.ggml;
    const size_t alignment = type == GGML_TYPE_I8 ? 1 : type == GGML_TYPE_F16 || type == GGML_TYPE_BF16 ? 2 : 4;
    return reinterpret_cast<uintptr_t>(stored.data.data()) % alignment == 0;
}

struct Declared {
    const WholeTensor* whole = nullptr;
    ggml_tensor* tensor = nullptr;
    ggml_tensor* scales = nullptr;  // of the rows of an int8 tensor
};

int64_t stored_bytes(const WholeTensor& whole) {
    int64_t bytes = 0;
    for (const StoredTensor* part : whole.parts) {
        bytes += static_cast<int64_t>(part->data.size());
    }
    return bytes;
}

Shape without_ones(const Shape& shape) {
    Shape out;
    std::copy_if(shape.begin(), shape.end(), std::back_inserter(out), [](int64_t length) { return length != 1; });
    return out;
}

}  // namespace

class WeightLoader::Impl {
  public:
    Impl(std::shared_ptr<const Checkpoint> checkpoint, chroma_architecture expected, std::shared_ptr<Engine> engine,
         WeightOptions options)
        : checkpoint_(std::move(checkpoint)),
          engine_(std::move(engine)),
          options_(options),
          expected_(expected),
          policy_{options.type, options.convert_approximator,
                  engine_ != nullptr && engine_->kernels().products == GGML_TYPE_BF16} {
        policy_.check();
        check_int8();
        check_architecture(expected);
        const size_t most_tensors = 2 * checkpoint_->wholes().size();  // int8 rows have scales
        context_ = make_context((most_tensors + 1) * ggml_tensor_overhead());
    }

    [[nodiscard]] const Checkpoint& checkpoint() const { return *checkpoint_; }

    [[nodiscard]] const WholeTensor& require(const std::string& name) const {
        const WholeTensor* whole = checkpoint_->find_whole(name);
        if (whole == nullptr) {
            fail(CHROMA_ERROR_MISSING_TENSOR, "'", checkpoint_->path(), "' lacks the tensor '", name, "'.");
        }
        check_usable(*checkpoint_, *whole);
        return *whole;
    }

    [[nodiscard]] std::set<int> block_indices(const std::string& prefix) const {
        std::set<int> indices;
        for (const WholeTensor& whole : checkpoint_->wholes()) {
            if (!whole.name.starts_with(prefix)) {
                continue;
            }
            int index = -1;
            const char* end = whole.name.data() + whole.name.size();
            const auto [stop, error] = std::from_chars(whole.name.data() + prefix.size(), end, index);
            if (error == std::errc() && index >= 0 && stop != end && *stop == '.') {
                indices.insert(index);
            }
        }
        return indices;
    }

    [[nodiscard]] int block_count(const std::string& prefix) const {
        int expected = 0;
        for (const int index : block_indices(prefix)) {
            if (index != expected) {
                fail(CHROMA_ERROR_MISSING_TENSOR, "'", checkpoint_->path(), "' has '", prefix, index, "' but lacks '",
                     prefix, expected, "'.");
            }
            ++expected;
        }
        return expected;
    }

    ggml_tensor* declare(const std::string& name, const Shape& shape, WeightKind kind) {
        const WholeTensor& whole = require(name);
        check_shape(whole, shape);
        check_int8_rows(whole, shape);
        if (!declared_names_.insert(&whole).second) {
            fail(CHROMA_ERROR_INTERNAL, "The tensor '", name, "' is declared twice.");
        }
        const ggml_type natural = natural_type(whole);
        const ggml_type type = policy_.in_memory(kind, natural, shape.back());
        const bool follows =
            kind == WeightKind::Matrix || (kind == WeightKind::Embedding && options_.type != CHROMA_TYPE_INT8);
        if (follows && options_.type != CHROMA_TYPE_STORED && type != to_ggml_type(options_.type)) {
            fallbacks_[type] += 1;
        }
        std::vector<int64_t> ne(shape.rbegin(), shape.rend());
        ggml_tensor* tensor = ggml_new_tensor(context_.get(), type, static_cast<int>(ne.size()), ne.data());
        ggml_set_name(tensor, name.c_str());
        Declared declared{&whole, tensor};
        if (type == GGML_TYPE_I8) {
            declared.scales = ggml_new_tensor_1d(context_.get(), GGML_TYPE_F32, shape.front());
            ggml_format_name(declared.scales, "%s_scale", name.c_str());
            row_scales_[tensor] = declared.scales;
        }
        declared_.push_back(declared);
        parameters_ += element_count(shape);
        return tensor;
    }

    [[nodiscard]] ggml_tensor* row_scales(const ggml_tensor* weight) const {
        const auto found = row_scales_.find(weight);
        return found == row_scales_.end() ? nullptr : found->second;
    }

    void check_all_declared() const {
        for (const WholeTensor& whole : checkpoint_->wholes()) {
            if (whole.known && architecture_of(whole.component) == expected_ && !declared_names_.contains(&whole)) {
                fail(CHROMA_ERROR_UNSUPPORTED, "'", checkpoint_->path(), "' has the tensor '", printable(whole.name),
                     "', but ", architecture_noun(expected_), " made up of its other tensors has no such tensor.");
            }
        }
    }

    std::unique_ptr<Weights> load() {
        check_all_declared();
        auto weights = std::make_unique<LoadedWeights>(engine_, std::move(context_), checkpoint_->path(), parameters_);
        total_ = 0;
        done_ = 0;
        std::vector<Declared> rest;
        for (const Declared& declared : declared_) {
            total_ += stored_bytes(*declared.whole);
            weights->add(declared.tensor, *declared.whole->parts[0]);
            if (declared.scales != nullptr) {
                weights->add(declared.scales, *declared.whole->parts[0]);
            }
            if (can_map(declared)) {
                weights->map(checkpoint_, *declared.whole->parts[0], declared.tensor);
                if (declared.scales != nullptr) {
                    weights->map(checkpoint_, *declared.whole->scales[0], declared.scales);
                }
                done_ += stored_bytes(*declared.whole);
            } else {
                rest.push_back(declared);
            }
        }
        options_.callbacks.throw_if_aborted();
        weights->allocate(engine_->weight_buffer_type());
        reading(*checkpoint_, [&] { fill(rest); });
        options_.callbacks.report(total_, total_);
        log(*weights);
        return weights;
    }

  private:
    void check_architecture(chroma_architecture expected) const {
        const Identity& identity = checkpoint_->identity();
        if (expected == CHROMA_ARCHITECTURE_UNKNOWN || identity.has(expected)) {
            return;
        }
        if (identity.architecture == CHROMA_ARCHITECTURE_CHROMA_RADIANCE) {
            fail(CHROMA_ERROR_UNSUPPORTED, "'", checkpoint_->path(), "' is ", identity.description, ".");
        }
        const char* wanted = expected == CHROMA_ARCHITECTURE_CHROMA ? "Chroma" : architecture_noun(expected);
        if (identity.description.empty()) {
            fail(CHROMA_ERROR_WRONG_MODEL, "'", checkpoint_->path(), "' is not recognised as any model, and not as ",
                 wanted, "; its first tensor is '", printable(checkpoint_->tensors().front().name), "'.");
        }
        fail(CHROMA_ERROR_WRONG_MODEL, "'", checkpoint_->path(), "' is ", identity.description, ", not ", wanted, ".");
    }

    void check_int8() const {
        if (options_.type == CHROMA_TYPE_INT8 && engine_ != nullptr && !engine_->kernels().int8) {
            fail(CHROMA_ERROR_UNSUPPORTED, "'", checkpoint_->path(),
                 "' can't be loaded as int8: that needs a build with oneDNN, on the CPU.");
        }
    }

    void check_int8_rows(const WholeTensor& whole, const Shape& shape) const {
        policy_.check_source(whole);
        const StoredTensor& part = *whole.parts[0];
        if (part.type.type != CHROMA_TYPE_INT8) {
            return;
        }
        if (whole.shape != shape) {
            refuse_shape(whole, shape);  // each row has a scale, so no axis may come or go
        }
        if (engine_ != nullptr && !engine_->kernels().int8) {
            fail(CHROMA_ERROR_UNSUPPORTED, "'", part.file, "' stores the tensor '", printable(part.name),
                 "' as int8 rows, which need a build with oneDNN, on the CPU.");
        }
    }

    [[noreturn]] void refuse_shape(const WholeTensor& whole, const Shape& expected) const {
        fail(CHROMA_ERROR_TENSOR_SHAPE, "'", checkpoint_->path(), "' has the tensor '", printable(whole.name),
             "' in the shape ", shape_text(whole.shape), ", but ", shape_text(expected), " is expected.");
    }

    void check_shape(const WholeTensor& whole, const Shape& shape) const {
        if (shape.empty() || shape.size() > GGML_MAX_DIMS) {
            fail(CHROMA_ERROR_INTERNAL, "The tensor '", whole.name, "' is declared with the shape ", shape_text(shape),
                 ".");
        }
        // Axes of length 1 come and go between formats; they do not move an element.
        if (without_ones(whole.shape) != without_ones(shape)) {
            refuse_shape(whole, shape);
        }
        if (element_count(shape) == 0) {
            fail(CHROMA_ERROR_TENSOR_SHAPE, "'", checkpoint_->path(), "' has the tensor '", printable(whole.name),
                 "' in the shape ", shape_text(whole.shape), ", which has no elements.");
        }
    }

    [[nodiscard]] bool can_map(const Declared& declared) const {
        const WholeTensor& whole = *declared.whole;
        return engine_->maps_weights() && whole.parts.size() == 1 && is_copy(whole, declared.tensor->type) &&
               is_aligned(*whole.parts[0]) && (declared.scales == nullptr || is_aligned(*whole.scales[0]));
    }

    void log(const Weights& weights) const {
        for (const auto& [type, count] : fallbacks_) {
            engine_->log(CHROMA_LOG_WARNING,
                         text(count, " tensors of '", checkpoint_->path(), "' have rows that are not made of ",
                              type_name(options_.type), " blocks and became ", ggml_type_name(type), "."));
        }
        engine_->log(CHROMA_LOG_INFO, text("Loaded '", checkpoint_->path(), "': ", declared_.size(), " tensors, ",
                                           parameters_, " parameters, ", weights.owned_bytes(), " bytes in memory, ",
                                           weights.mapped_bytes(), " bytes mapped."));
    }

    struct Piece {
        ConversionPiece conversion;
        ggml_type type;
        std::byte* target;
        float* scales = nullptr;  // of int8 rows
        int64_t row = 0;          // elements of one
    };

    void fill(const std::vector<Declared>& tensors) {
        std::vector<Piece> pieces;
        for (const Declared& declared : tensors) {
            ggml_tensor* tensor = declared.tensor;
            if (declared.scales != nullptr) {
                const StoredTensor* stored_scales = declared.whole->scales[0];
                if (!is_copy(*declared.whole, tensor->type)) {
                    add_int8_pieces(declared, pieces);
                    continue;
                }
                std::memcpy(declared.scales->data, stored_scales->data.data(), stored_scales->data.size());
            }
            // Memory of the host is written in place; a device gets each tensor in one go.
            const bool in_place = ggml_backend_buffer_is_host(tensor->buffer);
            std::vector<std::byte> staging(in_place ? 0 : ggml_nbytes(tensor));
            auto* target = in_place ? static_cast<std::byte*>(tensor->data) : staging.data();
            for (ConversionPiece& piece : cut(*declared.whole, tensor->type)) {
                pieces.push_back({piece, tensor->type, target + piece.target_bytes});
            }
            if (!in_place) {
                convert_all(pieces);
                pieces.clear();
                ggml_backend_tensor_set(tensor, staging.data(), 0, staging.size());
            }
        }
        convert_all(pieces);
    }

    // Whole rows of an int8 tensor, whose memory is always the host's.
    static void add_int8_pieces(const Declared& declared, std::vector<Piece>& pieces) {
        const int64_t row = declared.tensor->ne[0];
        auto* target = static_cast<std::byte*>(declared.tensor->data);
        auto* scales = static_cast<float*>(declared.scales->data);
        for (const ConversionPiece& piece : cut_rows(*declared.whole, row)) {
            pieces.push_back({.conversion = piece,
                              .type = GGML_TYPE_I8,
                              .target = target + piece.target_bytes,
                              .scales = scales + piece.target_bytes / row,
                              .row = row});
        }
    }

    void convert_all(const std::vector<Piece>& pieces) {
        for_each_piece(
            static_cast<int64_t>(pieces.size()), engine_->threads(),
            [&](int64_t index) {
                const Piece& piece = pieces[static_cast<size_t>(index)];
                if (piece.scales != nullptr) {
                    convert_to_int8(piece.conversion, piece.row, reinterpret_cast<int8_t*>(piece.target), piece.scales);
                } else {
                    convert(piece.conversion, piece.type, piece.target);
                }
                done_ += piece.conversion.from->type.bytes(piece.conversion.count);
            },
            [&] {
                options_.callbacks.throw_if_aborted();
                options_.callbacks.report(done_, total_);
            });
    }

    std::shared_ptr<const Checkpoint> checkpoint_;
    std::shared_ptr<Engine> engine_;
    WeightOptions options_;
    chroma_architecture expected_;
    TypePolicy policy_;
    ContextPtr context_;
    std::vector<Declared> declared_;
    std::map<const ggml_tensor*, ggml_tensor*> row_scales_;
    std::set<const WholeTensor*> declared_names_;
    std::map<ggml_type, int> fallbacks_;  // matrices that could not have the type asked for, by the type that they got
    int64_t parameters_ = 0;
    int64_t total_ = 0;
    std::atomic<int64_t> done_{0};
};

WeightLoader::WeightLoader(std::shared_ptr<const Checkpoint> checkpoint, chroma_architecture expected,
                           std::shared_ptr<Engine> engine, WeightOptions options)
    : impl_(std::make_unique<Impl>(std::move(checkpoint), expected, std::move(engine), options)) {}

WeightLoader::~WeightLoader() = default;

const Checkpoint& WeightLoader::checkpoint() const {
    return impl_->checkpoint();
}

bool WeightLoader::has(const std::string& name) const {
    return checkpoint().find_whole(name) != nullptr;
}

bool WeightLoader::has_any(std::string_view prefix, Component component) const {
    const std::vector<WholeTensor>& all = checkpoint().wholes();
    return std::any_of(all.begin(), all.end(), [&](const WholeTensor& whole) {
        return whole.known && whole.component == component && whole.name.starts_with(prefix);
    });
}

Shape WeightLoader::shape_of(const std::string& name) const {
    return impl_->require(name).shape;
}

int WeightLoader::block_count(const std::string& prefix) const {
    return impl_->block_count(prefix);
}

int WeightLoader::block_end(const std::string& prefix) const {
    const std::set<int> indices = impl_->block_indices(prefix);
    return indices.empty() ? 0 : *indices.rbegin() + 1;
}

void WeightLoader::check_all_declared() const {
    impl_->check_all_declared();
}

ggml_tensor* WeightLoader::declare(const std::string& name, const Shape& shape, WeightKind kind) {
    return impl_->declare(name, shape, kind);
}

ggml_tensor* WeightLoader::row_scales(const ggml_tensor* weight) const {
    return impl_->row_scales(weight);
}

std::unique_ptr<Weights> WeightLoader::load() {
    return impl_->load();
}

}  // namespace chroma
