#include "onednn/peak.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>

#include "onednn/matmul.h"
#include "onednn/team.h"

namespace chroma::onednn {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kSides[] = {1024, 2048, 3072};
constexpr std::chrono::milliseconds kTimePerSide{250};
constexpr int kFewestRuns = 2;  // the first one is for oneDNN to warm up

// C = A B with square matrices, B in whatever layout oneDNN likes best.
class SquareProduct {
  public:
    SquareProduct(int64_t side, DataType type)
        : a_(description(side, left_type(type), dnnl::memory::format_tag::ab), cpu()),
          c_(description(side, result_type(type), dnnl::memory::format_tag::ab), cpu()) {
        const dnnl::memory::desc any = description(side, type, dnnl::memory::format_tag::any);
#if DNNL_VERSION_MAJOR >= 3
        const dnnl::matmul::primitive_desc product(cpu(), a_.get_desc(), any, c_.get_desc());
#else
        const dnnl::matmul::primitive_desc product({a_.get_desc(), any, c_.get_desc()}, cpu());
#endif
        b_ = dnnl::memory(product.weights_desc(), cpu());
        product_ = dnnl::matmul(product);
        // The values must be no denormals, which are slow, and nothing else about them matters.
        for (const dnnl::memory& memory : {a_, b_}) {
            constexpr int kByte = 0x3f;
            std::memset(memory.get_data_handle(), kByte, memory.get_desc().get_size());
        }
    }

    void run() {
        product_.execute(stream(), {{DNNL_ARG_SRC, a_}, {DNNL_ARG_WEIGHTS, b_}, {DNNL_ARG_DST, c_}});
        stream().wait();
    }

  private:
    static dnnl::memory::desc description(int64_t side, DataType type, dnnl::memory::format_tag layout) {
        return {dnnl::memory::dims{side, side}, type, layout};
    }

    // VNNI multiplies unsigned by signed bytes.
    static DataType left_type(DataType type) {
        return type == DataType::s8 ? DataType::u8 : type;
    }
    static DataType result_type(DataType type) {
        return type == DataType::s8 ? DataType::s32 : DataType::f32;
    }

    dnnl::memory a_;
    dnnl::memory b_;
    dnnl::memory c_;
    dnnl::matmul product_;
};

// Null where oneDNN has no such product for this processor.
std::unique_ptr<SquareProduct> make_product(int64_t side, DataType type) {
    try {
        return std::make_unique<SquareProduct>(side, type);
    } catch (const dnnl::error& error) {
        if (error.status != dnnl_unimplemented) {
            throw;
        }
        return nullptr;
    }
}

double best_seconds(SquareProduct& product) {
    double best = 0;
    const Clock::time_point end = Clock::now() + kTimePerSide;
    for (int runs = 0; runs < kFewestRuns || Clock::now() < end; ++runs) {
        const Clock::time_point start = Clock::now();
        product.run();
        const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
        best = runs == 0 ? seconds : std::min(best, seconds);
    }
    return best;
}

}  // namespace

std::optional<double> measure_peak(PeakType type, int threads) {
    const DataType element = type == PeakType::F32    ? DataType::f32
                             : type == PeakType::BF16 ? DataType::bf16
                                                      : DataType::s8;
    const ThreadCount count(threads);
    double best = 0;
    for (const int64_t side : kSides) {
        const std::unique_ptr<SquareProduct> product = make_product(side, element);
        if (product == nullptr) {
            return std::nullopt;
        }
        const auto operations = 2.0 * static_cast<double>(side) * static_cast<double>(side) * static_cast<double>(side);
        best = std::max(best, operations / best_seconds(*product));
    }
    constexpr double kGiga = 1e9;
    return best / kGiga;
}

}  // namespace chroma::onednn
