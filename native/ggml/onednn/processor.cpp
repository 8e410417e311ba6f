#include "onednn/processor.h"

#include <dnnl.hpp>

namespace chroma::onednn {

Arithmetic fastest_arithmetic() {
    // Instruction sets of oneDNN are bit masks: a set that includes another has all of its bits.
    static const bool bf16 = [] {
        const auto have = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
        const auto need = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
        return (have & need) == need;
    }();
    return bf16 ? Arithmetic::BF16 : Arithmetic::F32;
}

bool has_avx512_bf16() {
#ifdef CHROMA_X86_KERNELS
    // oneDNN's set has F, BW, DQ and VL in it, and no processor has it without FMA and F16C.
    return fastest_arithmetic() == Arithmetic::BF16;
#else
    return false;
#endif
}

}  // namespace chroma::onednn
