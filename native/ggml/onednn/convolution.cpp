#include "onednn/convolution.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>

#include "numbers/padded.h"
#include "onednn/convert.h"
#include "onednn/matmul.h"
#include "onednn/pixels.h"
#include "onednn/team.h"

namespace chroma::onednn {

namespace {

using dnnl::memory;

DataType type_of(ggml_type type) {
    return type == GGML_TYPE_BF16 ? DataType::bf16 : DataType::f32;
}

// A picture's convolution in bands of rows. A band's input, normalised and with what is beyond the picture's borders,
// is made in a thread's scratch memory, where it stays in cache until it is multiplied.
class Bands {
  public:
    explicit Bands(const ConvolutionTask& task)
        : task_(task),
          in_(task.x->ne[0]),
          out_(task.weight->ne[3]),
          kernel_(task.weight->ne[0]),
          stride_(task.resize == Resize::Halve ? 2 : 1),
          scale_(task.resize == Resize::Double ? 2 : 1),
          in_width_(task.x->ne[1] * scale_),
          in_height_(task.x->ne[2] * scale_),
          width_(in_width_ / stride_),
          height_(in_height_ / stride_),
          before_(stride_ == 1 ? kernel_ / 2 : 0),
          element_bytes_(static_cast<int64_t>(ggml_type_size(task.x->type))),
          row_bytes_(in_width_ * in_ * element_bytes_) {
        // As many rows as the cache holds, but bands enough for all threads.
        constexpr int64_t kBandBytes = 2LL << 20;
        constexpr int64_t kLeastBands = 16;
        constexpr int64_t kMostRows = 16;
        rows_ = std::clamp(std::min(kBandBytes / row_bytes_, height_ / kLeastBands), int64_t{1}, kMostRows);
    }

    [[nodiscard]] int64_t count() const { return (height_ + rows_ - 1) / rows_; }
    [[nodiscard]] int64_t rows(int64_t band) const { return std::min(rows_, height_ - band * rows_); }

    // True where a band's input is the picture itself.
    [[nodiscard]] bool reads_in_place() const {
        return kernel_ == 1 && task_.norm == nullptr && task_.resize == Resize::None;
    }

    [[nodiscard]] int64_t input_rows(int64_t rows) const { return (rows - 1) * stride_ + kernel_; }
    [[nodiscard]] int64_t input_bytes() const { return reads_in_place() ? 0 : input_rows(rows_) * row_bytes_; }
    [[nodiscard]] int64_t output_bytes() const {
        return task_.planes ? rows_ * width_ * out_ * static_cast<int64_t>(sizeof(float)) : 0;
    }

    // The rows that a band's kernels see.
    const void* input(int64_t band, std::byte* scratch) const {
        const auto* picture = static_cast<const std::byte*>(task_.x->data);
        if (reads_in_place()) {
            return picture + band * rows_ * row_bytes_;
        }
        const int64_t first = band * rows_ * stride_ - before_;
        for (int64_t i = 0; i < input_rows(rows(band)); ++i, scratch += row_bytes_) {
            const int64_t row = first + i;
            if (row < 0 || row >= in_height_) {
                std::memset(scratch, 0, static_cast<size_t>(row_bytes_));
            } else {
                load(picture + row / scale_ * (row_bytes_ / scale_), scratch);
            }
        }
        return scratch - input_rows(rows(band)) * row_bytes_;
    }

    // Where a band's results go.
    [[nodiscard]] void* output(int64_t band, std::byte* scratch) const {
        return task_.planes ? scratch
                            : static_cast<std::byte*>(task_.to->data) + band * rows_ * width_ * out_ * element_bytes_;
    }

    void finish(int64_t band, const void* output) const {
        if (task_.planes) {
            separate(static_cast<const float*>(output), rows(band) * width_, out_, width_ * height_,
                     static_cast<float*>(task_.to->data) + band * rows_ * width_);
        }
    }

    [[nodiscard]] dnnl::convolution_forward::primitive_desc describe(int64_t rows) const {
        const DataType type = type_of(task_.x->type);
        const memory::desc x({1, in_, input_rows(rows), in_width_}, type, memory::format_tag::nhwc);
        const memory::desc weight(plain_weight().dims(), type, memory::format_tag::any);
        const memory::desc bias({out_}, DataType::f32, memory::format_tag::a);
        const memory::desc y({1, out_, rows, width_}, task_.planes ? DataType::f32 : type, memory::format_tag::nhwc);
        const memory::dims strides{stride_, stride_};
        const memory::dims before{0, before_};
        const memory::dims after{0, kernel_ / 2};
        dnnl::primitive_attr attributes;
        attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
        if (task_.add) {
            dnnl::post_ops operations;
            operations.append_sum(1.0F);
            attributes.set_post_ops(operations);
        }
        constexpr auto kKind = dnnl::prop_kind::forward_inference;
        constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
        return {cpu(), kKind, kAlgorithm, x, weight, bias, y, strides, before, after, attributes};
#else
        return {{kKind, kAlgorithm, x, weight, bias, y, strides, before, after}, attributes, cpu()};
#endif
    }

    // The weights as float32 [out, in, K, K].
    struct PlainWeight {
        int64_t out, in, kernel;
        [[nodiscard]] memory::dims dims() const { return {out, in, kernel, kernel}; }
        [[nodiscard]] int64_t row() const { return in * kernel * kernel; }
        [[nodiscard]] memory::desc desc() const { return {dims(), DataType::f32, memory::format_tag::oihw}; }
    };
    [[nodiscard]] PlainWeight plain_weight() const {
        return {out_, in_, kernel_};
    }

  private:
    // A row of the picture, of whole pixels.
    void load(const std::byte* from, std::byte* to) const {
        if (task_.norm != nullptr) {
            transform_pixels(task_.x->type, from, in_width_, in_, {task_.norm, task_.norm + in_, true}, to);
        } else if (scale_ == 1) {
            std::memcpy(to, from, static_cast<size_t>(row_bytes_));
        } else {
            const int64_t pixel = in_ * element_bytes_;
            for (int64_t i = 0; i < in_width_; ++i) {
                std::memcpy(to + i * pixel, from + i / scale_ * pixel, static_cast<size_t>(pixel));
            }
        }
    }

    const ConvolutionTask& task_;
    int64_t in_;
    int64_t out_;
    int64_t kernel_;
    int64_t stride_;
    int64_t scale_;
    int64_t in_width_;   // enlarged
    int64_t in_height_;  // enlarged
    int64_t width_;
    int64_t height_;
    int64_t before_;  // zeros on the left and above
    int64_t element_bytes_;
    int64_t row_bytes_;  // of the enlarged input
    int64_t rows_;       // of a band, of the result
};

// The weights as the convolution wants them, in the workspace.
const std::byte* pack_weights(const ConvolutionTask& task, const Bands& bands, int threads, Workspace& workspace) {
    const Bands::PlainWeight plain = bands.plain_weight();
    auto* values = workspace.plain.reserve<float>(static_cast<size_t>(plain.out * plain.row()));
    const int64_t stored = task.weight->ne[2] * plain.kernel * plain.kernel;
    // What oneDNN wants may depend on the number of threads that it sees, and bands are computed in a team.
    memory::desc packed;
    on_all_threads(threads, [&](int thread) {
        if (thread == 0) {
            packed = bands.describe(bands.rows(0)).weights_desc();
        }
    });
    on_all_threads(threads, [&](int) {
#pragma omp for schedule(static)
        for (int64_t row = 0; row < plain.out; ++row) {
            const auto* from =
                static_cast<const std::byte*>(task.weight->data) + static_cast<size_t>(row) * task.weight->nb[3];
            dequantize_row(task.weight->type, from, values + row * plain.row(), stored);
            std::fill(values + row * plain.row() + stored, values + (row + 1) * plain.row(), 0.0F);
        }
    });
    auto* weights = workspace.packed.reserve<std::byte>(packed.get_size());
    const ThreadCount count(threads);
    memory from(plain.desc(), cpu(), values);
    memory to(packed, cpu(), weights);
    dnnl::reorder(from, to).execute(stream(), from, to);
    stream().wait();
    return weights;
}

// One thread's convolution of bands with the same number of rows.
class BandConvolution {
  public:
    explicit BandConvolution(const dnnl::convolution_forward::primitive_desc& description)
        : x_(description.src_desc(), cpu(), nullptr),
          weight_(description.weights_desc(), cpu(), nullptr),
          bias_(description.bias_desc(), cpu(), nullptr),
          y_(description.dst_desc(), cpu(), nullptr),
          scratch_(description.scratchpad_desc(), cpu(), nullptr),
          convolution_(description) {}

    void execute(const void* x, const void* weight, const float* bias, void* y) {
        x_.set_data_handle(const_cast<void*>(x));
        weight_.set_data_handle(const_cast<void*>(weight));
        bias_.set_data_handle(const_cast<float*>(bias));
        y_.set_data_handle(y);
        scratch_.set_data_handle(buffer_.reserve<std::byte>(scratch_.get_desc().get_size()));
        convolution_.execute(stream(), {{DNNL_ARG_SRC, x_},
                                        {DNNL_ARG_WEIGHTS, weight_},
                                        {DNNL_ARG_BIAS, bias_},
                                        {DNNL_ARG_DST, y_},
                                        {DNNL_ARG_SCRATCHPAD, scratch_}});
        stream().wait();
    }

  private:
    memory x_;
    memory weight_;
    memory bias_;
    memory y_;
    memory scratch_;
    AlignedBuffer buffer_;
    dnnl::convolution_forward convolution_;
};

}  // namespace

void convolution(const ConvolutionTask& task, int threads, Workspace& workspace) {
    const Bands bands(task);
    const std::byte* weights = pack_weights(task, bands, threads, workspace);
    constexpr int64_t kAlignment = 64;
    const int64_t input_bytes = padded(bands.input_bytes(), kAlignment);
    const int64_t own_bytes = input_bytes + padded(bands.output_bytes(), kAlignment);
    auto* scratch = workspace.scratch.reserve<std::byte>(static_cast<size_t>(own_bytes * threads));

    std::atomic<int64_t> next = 0;
    on_all_threads(threads, [&](int thread) {
        std::byte* own = scratch + thread * own_bytes;
        std::optional<BandConvolution> band_convolution;
        int64_t rows = 0;
        for (int64_t band = next++; band < bands.count(); band = next++) {
            if (bands.rows(band) != rows) {
                rows = bands.rows(band);
                band_convolution.emplace(bands.describe(rows));
            }
            void* output = bands.output(band, own + input_bytes);
            band_convolution->execute(bands.input(band, own), weights, task.bias, output);
            bands.finish(band, output);
        }
    });
}

}  // namespace chroma::onednn
