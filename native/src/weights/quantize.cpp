#include "weights/quantize.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <system_error>
#include <unordered_set>

#include "common/error.h"
#include "weights/checkpoint.h"
#include "weights/checkpoint_writer.h"
#include "weights/convert.h"
#include "weights/output_file.h"
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
    fail(CHROMA_ERROR_INVALID_ARGUMENT, "The output '", path,
         "' must end in .gguf or .safetensors, which tells its format.");
}

class Quantizer {
  public:
    Quantizer(const std::string& input_path, const std::string& output_path, const QuantizeOptions& options)
        : checkpoint_(Checkpoint::open(input_path)),
          output_path_(output_path),
          container_(container_of(output_path)),
          options_(options),
          policy_{options.type, options.include_approximator} {
        policy_.check(/*for_file=*/true);
        if (container_ == CHROMA_CONTAINER_SAFETENSORS && ggml_is_quantized(wanted())) {
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
        file.write(container_ == CHROMA_CONTAINER_GGUF ? gguf_header(*checkpoint_, tensors_, options_.type)
                                                       : safetensors_header(*checkpoint_, tensors_));
        for (const PlannedTensor& tensor : tensors_) {
            write(file, tensor);
        }
        options_.callbacks.throw_if_aborted();
        file.finish();
        options_.callbacks.report(total_, total_);
    }

  private:
    [[nodiscard]] ggml_type wanted() const {
        const ggml_type type = to_ggml_type(options_.type);
        return type == GGML_TYPE_COUNT ? GGML_TYPE_F32 : type;
    }

    void plan() {
        std::unordered_set<const StoredTensor*> scales;
        for (const WholeTensor& whole : checkpoint_->wholes()) {
            scales.insert(whole.scales.begin(), whole.scales.end());
        }
        for (const WholeTensor& whole : checkpoint_->wholes()) {
            const bool is_scale = whole.parts[0] != nullptr && scales.contains(whole.parts[0]);
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
        if (whole.known) {
            check_usable(*checkpoint_, whole);
            const int64_t row = whole.shape.empty() ? 1 : whole.shape.back();
            planned.type = policy_.in_file(whole.kind, natural_type(whole), row);
        } else {
            planned.type = foreign_type(whole);
        }
        if (container_ == CHROMA_CONTAINER_SAFETENSORS && ggml_is_quantized(planned.type)) {
            planned.type = wanted();
        }
        if (container_ == CHROMA_CONTAINER_GGUF && whole.shape.size() > kMostGgufAxes) {
            fail(CHROMA_ERROR_UNSUPPORTED, "'", checkpoint_->path(), "' has the tensor '", printable(whole.name),
                 "' with ", whole.shape.size(), " axes; a GGUF file can hold at most ", kMostGgufAxes, ".");
        }
        for (const StoredTensor* part : whole.parts) {
            total_ += static_cast<int64_t>(part->data.size());
        }
        tensors_.push_back(planned);
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
        const std::vector<ConversionPiece> pieces = cut(*tensor.whole, tensor.type);
        for (size_t first = 0; first < pieces.size();) {
            const int64_t start = pieces[first].target_bytes;
            size_t end = first + 1;
            while (end < pieces.size() && pieces[end].target_bytes - start < kWindowBytes) {
                ++end;
            }
            const int64_t stop = end < pieces.size() ? pieces[end].target_bytes : tensor.bytes();
            window_.resize(static_cast<size_t>(stop - start));
            convert_window({pieces.data() + first, end - first}, tensor.type, start);
            file.write(window_);
            first = end;
        }
        if (container_ == CHROMA_CONTAINER_GGUF) {
            file.pad_to(kGgufAlignment);
        }
    }

    void convert_window(std::span<const ConversionPiece> pieces, ggml_type type, int64_t start) {
        std::atomic<int64_t> done{done_};
        for_each_piece(
            static_cast<int64_t>(pieces.size()), options_.threads,
            [&](int64_t index) {
                const ConversionPiece& piece = pieces[static_cast<size_t>(index)];
                convert(piece, type, window_.data() + (piece.target_bytes - start));
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
    int64_t total_ = 0;
    int64_t done_ = 0;
};

}  // namespace

void quantize_checkpoint(const std::string& input_path, const std::string& output_path,
                         const QuantizeOptions& options) {
    Quantizer(input_path, output_path, options).run();
}

}  // namespace chroma
