#include "weights/quantize.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <system_error>

#include "common/error.h"
#include "files/output_file.h"
#include "weights/checkpoint.h"
#include "weights/checkpoint_writer.h"
#include "weights/convert.h"
#include "weights/parallel.h"
#include "weights/type_policy.h"
#include "weights/utf8.h"

namespace chroma {

namespace {

constexpr int64_t kWindowBytes = 64 << 20;
constexpr size_t kMostGgufAxes = 4;

chroma_container container_of(const std::string& path) {
    if (path.ends_with(".gguf")) {
        return CHROMA_CONTAINER_GGUF;
    }
    if (path.ends_with(".safetensors")) {
        return CHROMA_CONTAINER_SAFETENSORS;
    }
    if (resolve_output(path).kind != CHROMA_OUTPUT_FILE) {
        return CHROMA_CONTAINER_GGUF;  // a pipe's name need not tell, and GGUF holds every type
    }
    fail(CHROMA_ERROR_INVALID_ARGUMENT, "The output '", path,
         "' must end in .gguf or .safetensors, which tells its format.");
}

class Quantizer {
  public:
    Quantizer(std::shared_ptr<const Checkpoint> checkpoint, const std::string& output_path,
              const QuantizeOptions& options)
        : checkpoint_(std::move(checkpoint)),
          output_path_(output_path),
          container_(container_of(output_path)),
          options_(options),
          policy_{options.type, options.include_approximator} {
        if (options.type == CHROMA_TYPE_STORED) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'type' is 'stored', but a type to convert to is needed.");
        }
        policy_.check();
        if (container_ == CHROMA_CONTAINER_SAFETENSORS && ggml_is_quantized(to_ggml_type(options.type))) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "A safetensors file can't hold the type ", type_name(options.type),
                 "; end the output's name in .gguf.");
        }
        for (const MappedFile& file : checkpoint_->files()) {
            std::error_code ignored;
            if (std::filesystem::equivalent(to_path(file.path()), to_path(output_path), ignored)) {
                fail(CHROMA_ERROR_INVALID_ARGUMENT, "'", output_path,
                     "' is both read and written; choose another output.");
            }
        }
    }

    void run() {
        plan();
        OutputFile file(output_path_);
        reading(*checkpoint_, [&] {
            file.write(container_ == CHROMA_CONTAINER_GGUF ? gguf_header(*checkpoint_, tensors_, options_.type)
                                                           : safetensors_header(*checkpoint_, tensors_));
            for (const PlannedTensor& tensor : tensors_) {
                write(file, tensor);
            }
        });
        options_.callbacks.throw_if_aborted();
        file.finish();
        options_.callbacks.report(total_, total_);
    }

  private:
    // What a quantised tensor becomes that safetensors can't hold.
    [[nodiscard]] ggml_type plain_type() const {
        const ggml_type type = to_ggml_type(options_.type);
        return type == GGML_TYPE_I8 ? GGML_TYPE_F32 : type;
    }

    void plan() {
        for (const WholeTensor& whole : checkpoint_->wholes()) {
            const bool is_scale = whole.parts[0] != nullptr && whole.parts[0]->is_scale;
            if (!is_scale && !describes_float8(whole.name)) {
                add(whole);
            }
        }
    }

    // What remains of scaled float8 once the scale is multiplied in: markers and scales of activations.
    static bool describes_float8(const std::string& name) {
        return name.ends_with("scaled_fp8") || name.ends_with(".scale_input") || name.ends_with(".input_scale") ||
               name.ends_with(".comfy_quant");
    }

    void add(const WholeTensor& whole) {
        PlannedTensor planned{&whole, GGML_TYPE_F32};
        if (whole.known || !whole.problem.empty()) {
            check_usable(*checkpoint_, whole);
        }
        if (whole.known) {
            policy_.check_source(whole);
            const int64_t row = whole.shape.empty() ? 1 : whole.shape.back();
            planned.type = policy_.in_file(whole.kind, natural_type(whole), row);
            if (planned.type == GGML_TYPE_I8 && whole.shape.size() != 2) {
                planned.type = natural_type(whole);  // no matrix, whatever it is called
            }
        } else {
            planned.type = foreign_type(whole);
        }
        if (container_ == CHROMA_CONTAINER_SAFETENSORS && ggml_is_quantized(planned.type)) {
            planned.type = plain_type();
        }
        if (container_ == CHROMA_CONTAINER_GGUF && whole.shape.size() > kMostGgufAxes) {
            fail(CHROMA_ERROR_UNSUPPORTED, "'", checkpoint_->path(), "' has the tensor '", printable(whole.name),
                 "' with ", whole.shape.size(), " axes; a GGUF file can hold at most ", kMostGgufAxes, ".");
        }
        for (const StoredTensor* part : whole.parts) {
            total_ += static_cast<int64_t>(part->data.size());
        }
        tensors_.push_back(planned);
        if (whole.known && planned.type == GGML_TYPE_I8) {
            tensors_.push_back({&whole, GGML_TYPE_F32, /*row_scales=*/true});
            const StoredTensor* taken = checkpoint_->find(tensors_.back().name());
            if (taken != nullptr && !taken->is_scale) {
                fail(CHROMA_ERROR_UNSUPPORTED, "'", taken->file, "' has the tensor '", printable(taken->name),
                     "' already, which would be the scales of int8 rows.");
            }
        }
    }

    // A tensor of no known component is copied.
    [[nodiscard]] ggml_type foreign_type(const WholeTensor& whole) const {
        const StoredTensor& stored = *whole.parts[0];
        const ggml_type type =
            stored.type.is_weight() && stored.type.ggml != GGML_TYPE_F64 ? natural_type(whole) : stored.type.ggml;
        if (type == GGML_TYPE_COUNT ||
            (ggml_is_quantized(type) && container_ == CHROMA_CONTAINER_SAFETENSORS && !stored.type.is_weight())) {
            fail(CHROMA_ERROR_UNSUPPORTED, "'", stored.file, "' stores the tensor '", printable(stored.name), "' as ",
                 stored.type.text, ", which can't be written to '", output_path_, "'.");
        }
        return type;
    }

    void write(OutputFile& file, const PlannedTensor& tensor) {
        if (tensor.row_scales) {
            const bool kept = is_copy(*tensor.whole, GGML_TYPE_I8);
            file.write(kept ? tensor.whole->scales[0]->data : std::as_bytes(std::span(row_scales_)));
        } else {
            write_elements(file, tensor);
        }
        if (container_ == CHROMA_CONTAINER_GGUF) {
            file.pad_to(kGgufAlignment);
        }
    }

    void write_elements(OutputFile& file, const PlannedTensor& tensor) {
        const WholeTensor& whole = *tensor.whole;
        const bool to_int8_rows = tensor.type == GGML_TYPE_I8 && !is_copy(whole, GGML_TYPE_I8);
        const int64_t row = to_int8_rows ? whole.shape[1] : 0;
        if (to_int8_rows) {
            row_scales_.assign(static_cast<size_t>(whole.shape[0]), 0.0F);
        }
        const std::vector<ConversionPiece> pieces = to_int8_rows ? cut_rows(whole, row) : cut(whole, tensor.type);
        for (size_t first = 0; first < pieces.size();) {
            const int64_t start = pieces[first].target_bytes;
            size_t end = first + 1;
            while (end < pieces.size() && pieces[end].target_bytes - start < kWindowBytes) {
                ++end;
            }
            const int64_t stop = end < pieces.size() ? pieces[end].target_bytes : tensor.bytes();
            window_.resize(static_cast<size_t>(stop - start));
            convert_window({pieces.data() + first, end - first}, [&](const ConversionPiece& piece) {
                std::byte* target = window_.data() + (piece.target_bytes - start);
                if (to_int8_rows) {
                    convert_to_int8(piece, row, reinterpret_cast<int8_t*>(target),
                                    row_scales_.data() + piece.target_bytes / row);
                } else {
                    convert(piece, tensor.type, target);
                }
            });
            file.write(window_);
            first = end;
        }
    }

    template <typename ConvertPiece>
    void convert_window(std::span<const ConversionPiece> pieces, const ConvertPiece& convert_piece) {
        std::atomic<int64_t> done{done_};
        for_each_piece(
            static_cast<int64_t>(pieces.size()), options_.threads,
            [&](int64_t index) {
                const ConversionPiece& piece = pieces[static_cast<size_t>(index)];
                convert_piece(piece);
                done += piece.from->type.bytes(piece.count);
            },
            [&] {
                options_.callbacks.throw_if_aborted();
                options_.callbacks.report(done, total_);
            });
        done_ = done;
    }

    std::shared_ptr<const Checkpoint> checkpoint_;
    std::string output_path_;
    chroma_container container_;
    QuantizeOptions options_;
    TypePolicy policy_;
    std::vector<PlannedTensor> tensors_;
    std::vector<std::byte> window_;
    std::vector<float> row_scales_;  // of the int8 rows written last
    int64_t total_ = 0;
    int64_t done_ = 0;
};

}  // namespace

void quantize_checkpoint(std::shared_ptr<const Checkpoint> checkpoint, const std::string& output_path,
                         const QuantizeOptions& options) {
    OutputFile::check(output_path);
    Quantizer(std::move(checkpoint), output_path, options).run();
}

}  // namespace chroma
