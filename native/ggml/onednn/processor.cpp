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
    static const bool has = [] {
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    }();
    return has;
#else
    return false;
#endif
}

}  // namespace chroma::onednn
