// What the processor can do, asked at run time: packages run on processors that their compiler did not know of.
#pragma once

namespace chroma::onednn {

// The number format in which products of half-precision and quantised weights are fastest.
enum class Arithmetic { F32, BF16 };

// BF16 where oneDNN has instructions for it (AVX512_BF16, AMX), F32 elsewhere.
Arithmetic fastest_arithmetic();

// True where the AVX-512 kernels of this folder run: F, BW, DQ, VL and BF16. Like oneDNN, they heed ONEDNN_MAX_CPU_ISA.
bool has_avx512_bf16();

// True where oneDNN multiplies matrices in AMX's tiles, several times as fast as AVX-512 does.
bool has_amx();

// True where those of int8 run: F, BW, DQ, VL and VNNI.
bool has_avx512_vnni();

// True where products of bytes are added in 32 bits at once.
bool has_vnni();

}  // namespace chroma::onednn

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define CHROMA_X86_KERNELS 1
#define CHROMA_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#define CHROMA_AVX512_VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma")))
// Code that bf16 and int8 share. The compiler puts no instruction of the other's in on its own account.
#define CHROMA_AVX512_PRODUCTS __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16,fma")))
#define CHROMA_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma,f16c")))
#endif
