// chroma_measure_peak
#include <bit>
#include <type_traits>

#include "api/model_handle.h"
#include "api/wall.h"
#include "common/cores.h"
#ifdef CHROMA_HAS_ONEDNN
#include "onednn/peak.h"
#endif

using chroma::fail;
using chroma::api::guard;
using chroma::api::require;

namespace {

#ifdef CHROMA_HAS_ONEDNN
double measure(chroma_type type, int threads) {
    using chroma::onednn::PeakType;
    const PeakType measured = type == CHROMA_TYPE_F32    ? PeakType::F32
                              : type == CHROMA_TYPE_BF16 ? PeakType::BF16
                                                         : PeakType::I8;
    const std::optional<double> gflops = chroma::onednn::measure_peak(measured, threads);
    if (!gflops) {
        fail(CHROMA_ERROR_UNSUPPORTED, "oneDNN has no ", chroma_type_name(type), " products for this processor.");
    }
    return *gflops;
}
#else
double measure(chroma_type /*type*/, int /*threads*/) {
    fail(CHROMA_ERROR_UNSUPPORTED, "This build has no oneDNN to measure the processor's peak with.");
}
#endif

}  // namespace

extern "C" {

chroma_status chroma_measure_peak(chroma_type type, int32_t threads, double* gflops) {
    return guard([&] {
        require(gflops, "gflops");
        const chroma_type checked = chroma::api::checked_type(type);
        if (checked != CHROMA_TYPE_F32 && checked != CHROMA_TYPE_BF16 && checked != CHROMA_TYPE_I8) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'type' is ", chroma_type_name(checked),
                 ", but peaks are measured for f32, bf16 and i8.");
        }
        if (threads < 0 || threads > chroma::kMaxThreads) {
            fail(CHROMA_ERROR_INVALID_ARGUMENT, "'threads' is ", threads, ", but must be 0 (one per core) to ",
                 chroma::kMaxThreads, ".");
        }
        *gflops = measure(checked, threads == 0 ? chroma::physical_cores() : threads);
    });
}

}  // extern "C"
