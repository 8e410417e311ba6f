#include "onednn/matmul.h"

namespace chroma::onednn {

namespace {

dnnl::memory::desc matrix(int64_t rows, int64_t columns, DataType type, int64_t row_stride, int64_t column_stride) {
    return {dnnl::memory::dims{rows, columns}, type, dnnl::memory::dims{row_stride, column_stride}};
}

dnnl::memory::desc packed(const MatmulShape& shape) {
    return {dnnl::memory::dims{shape.k, shape.n}, shape.b, dnnl::memory::format_tag::BA16a64b2a};
}

dnnl::matmul::primitive_desc describe(const dnnl::memory::desc& a, const dnnl::memory::desc& b,
                                      const dnnl::memory::desc& bias, const dnnl::memory::desc& c) {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const bool with_bias = bias.get_size() != 0;
#if DNNL_VERSION_MAJOR >= 3
    return with_bias ? dnnl::matmul::primitive_desc(cpu(), a, b, bias, c, attributes)
                     : dnnl::matmul::primitive_desc(cpu(), a, b, c, attributes);
#else
    const dnnl::matmul::desc description = with_bias ? dnnl::matmul::desc(a, b, bias, c) : dnnl::matmul::desc(a, b, c);
    return {description, attributes, cpu()};
#endif
}

}  // namespace

const dnnl::engine& cpu() {
    static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    return engine;
}

dnnl::stream& stream() {
    thread_local dnnl::stream stream(cpu());
    return stream;
}

Matmul::Matmul(const MatmulShape& shape)
    : a_(matrix(shape.m, shape.k, shape.a, shape.lda, 1)),
      b_(shape.packed ? packed(shape) : matrix(shape.k, shape.n, shape.b, 1, shape.ldb)),
      c_(matrix(shape.m, shape.n, shape.c, shape.ldc, 1)) {
    if (shape.bias) {
        bias_ = matrix(1, shape.n, DataType::f32, shape.n, 1);
    }
    const dnnl::matmul::primitive_desc description = describe(a_, b_, bias_, c_);
    scratch_ = description.scratchpad_desc();
    matmul_ = dnnl::matmul(description);
}

bool Matmul::prefers_packed(const MatmulShape& shape) {
    const dnnl::memory::desc any{dnnl::memory::dims{shape.k, shape.n}, shape.b, dnnl::memory::format_tag::any};
    const auto description = describe(matrix(shape.m, shape.k, shape.a, shape.lda, 1), any, {},
                                      matrix(shape.m, shape.n, shape.c, shape.ldc, 1));
    return description.weights_desc() == packed(shape);
}

void Matmul::execute(const void* a, const void* b, void* c, const float* bias) {
    const auto memory = [](const dnnl::memory::desc& description, const void* data) {
        return dnnl::memory(description, cpu(), const_cast<void*>(data));
    };
    std::unordered_map<int, dnnl::memory> arguments = {
        {DNNL_ARG_SRC, memory(a_, a)}, {DNNL_ARG_WEIGHTS, memory(b_, b)}, {DNNL_ARG_DST, memory(c_, c)}};
    if (bias != nullptr) {
        arguments.emplace(DNNL_ARG_BIAS, memory(bias_, bias));
    }
    if (scratch_.get_size() != 0) {
        arguments.emplace(DNNL_ARG_SCRATCHPAD, memory(scratch_, scratchpad_.reserve<std::byte>(scratch_.get_size())));
    }
    matmul_.execute(stream(), arguments);
    stream().wait();
}

}  // namespace chroma::onednn
