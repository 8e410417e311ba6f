#include "onednn/processor.h"

#include <dnnl.hpp>

namespace chroma::onednn {

namespace {

// Instruction sets of oneDNN are bit masks: a set that includes another has all of its bits.
bool has(dnnl::cpu_isa set) {
    static const auto have = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
    const auto need = static_cast<unsigned>(set);
    return (have & need) == need;
}

}  // namespace

Arithmetic fastest_arithmetic() {
    return has(dnnl::cpu_isa::avx512_core_bf16) ? Arithmetic::BF16 : Arithmetic::F32;
}

bool has_avx512_bf16() {
#ifdef CHROMA_X86_KERNELS
    // That set has F, BW, DQ and VL in it, and no processor has it without FMA and F16C.
    return fastest_arithmetic() == Arithmetic::BF16;
#else
    return false;
#endif
}

bool has_amx() {
    return has(dnnl::cpu_isa::avx512_core_amx);
}

bool has_avx512_vnni() {
#ifdef CHROMA_X86_KERNELS
    return has(dnnl::cpu_isa::avx512_core_vnni);
#else
    return false;
#endif
}

bool has_vnni() {
    return has(dnnl::cpu_isa::avx512_core_vnni) || has(dnnl::cpu_isa::avx2_vnni);
}

}  // namespace chroma::onednn
