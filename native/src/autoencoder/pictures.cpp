#include "autoencoder/pictures.h"

#ifdef CHROMA_HAS_ONEDNN

#include <cmath>

#include "nn/attention.h"
#include "nn/linear.h"
#include "nn/norm.h"
#include "onednn/picture.h"

namespace chroma::autoencoder {

namespace {

using onednn::ConvolutionStep;
using onednn::Resize;

// One graph's pictures, ggml [C, W, H].
class Pictures {
  public:
    explicit Pictures(Graph& graph) : graph_(graph), context_(graph.context()) {}

    // The type in which all of an attention's weights are multiplied, and with them the rest.
    static ggml_type type(const Graph& graph, const AttnBlock& attention) {
        for (const nn::Conv2d* part : {&attention.q, &attention.k, &attention.v, &attention.proj_out}) {
            if (graph.input_type(part->weight) == GGML_TYPE_F32) {
                return GGML_TYPE_F32;
            }
        }
        return graph.input_type(attention.q.weight);
    }

    ggml_tensor* input(const nn::Conv2d& conv, ggml_tensor* x, const Mid& mid) const {
        return convolution(conv, onednn::picture(context_, x, type(graph_, mid.attn_1)));
    }

    ggml_tensor* level_blocks(const Level& level, ggml_tensor* x) const {
        for (const ResBlock& block : level.blocks) {
            x = res_block(block, x);
        }
        return x;
    }

    ggml_tensor* middle(const Mid& mid, ggml_tensor* x) const {
        return res_block(mid.block_2, attention(mid.attn_1, res_block(mid.block_1, x)));
    }

    ggml_tensor* convolution(const nn::Conv2d& conv, ggml_tensor* x, Resize resize = Resize::None) const {
        const Graph::KindScope kind = graph_.mark(OperationKind::Convolution);
        return onednn::convolution(context_, step(conv, x, nullptr, resize));
    }

    // To planes, [W, H, C].
    ggml_tensor* output(const Out& out, ggml_tensor* x) const {
        ggml_tensor* normed = norm(out.norm, x);
        const Graph::KindScope kind = graph_.mark(OperationKind::Convolution);
        return graph_.block_end(onednn::convolution_to_planes(context_, step(out.conv, x, normed)));
    }

  private:
    static ConvolutionStep step(const nn::Conv2d& conv, ggml_tensor* x, ggml_tensor* norm,
                                Resize resize = Resize::None) {
        return {.x = x, .weight = conv.weight, .bias = conv.bias, .norm = norm, .resize = resize};
    }

    ggml_tensor* norm(const GroupNorm& norm, ggml_tensor* x) const {
        return onednn::group_norm(context_, x, norm.scale, norm.bias, GroupNorm::kGroups, nn::kNormEpsilon);
    }

    ggml_tensor* res_block(const ResBlock& block, ggml_tensor* x) const {
        ggml_tensor* norm1 = norm(block.norm1, x);
        const Graph::KindScope kind = graph_.mark(OperationKind::Convolution);
        ggml_tensor* hidden = onednn::convolution(context_, step(block.conv1, x, norm1));
        if (block.shortcut) {
            x = onednn::convolution(context_, step(*block.shortcut, x, nullptr));
        }
        ggml_tensor* norm2 = norm(block.norm2, hidden);
        return graph_.block_end(onednn::add_convolution(context_, x, step(block.conv2, hidden, norm2)));
    }

    ggml_tensor* attention(const AttnBlock& block, ggml_tensor* x) const {
        const int64_t channels = x->ne[0];
        const int64_t pixels = x->ne[1] * x->ne[2];
        ggml_tensor* normed = onednn::normalise(context_, x, norm(block.norm, x));
        normed = ggml_reshape_2d(context_, normed, channels, pixels);
        const auto tokens = [&](const nn::Conv2d& conv) {
            return ggml_reshape_3d(context_, linear(conv, normed), channels, 1, pixels);
        };
        const float scale = 1.0F / std::sqrt(static_cast<float>(channels));
        ggml_tensor* attended = nn::attention(graph_, tokens(block.q), tokens(block.k), tokens(block.v),
                                              {.scale = scale, .products = nn::products_of(block.q.weight)});
        ggml_tensor* out = linear(block.proj_out, attended);
        return graph_.block_end(
            ggml_add_inplace(context_, x, ggml_reshape_3d(context_, out, channels, x->ne[1], x->ne[2])));
    }

    // A 1x1 convolution of tokens.
    ggml_tensor* linear(const nn::Conv2d& conv, ggml_tensor* x) const {
        nn::Linear linear;
        linear.weight = ggml_reshape_2d(context_, conv.weight, conv.weight->ne[2], conv.weight->ne[3]);
        linear.bias = conv.bias;
        return linear.forward(graph_, x);
    }

    Graph& graph_;
    ggml_context* context_;
};

}  // namespace

ggml_tensor* decode_picture(Graph& graph, const Decoder& decoder, ggml_tensor* z) {
    const Pictures pictures(graph);
    ggml_tensor* x = pictures.middle(decoder.mid, pictures.input(decoder.conv_in, z, decoder.mid));
    for (size_t i = decoder.up.size(); i-- > 0;) {
        const Level& level = decoder.up[i];
        x = pictures.level_blocks(level, x);
        if (level.upsample) {
            x = pictures.convolution(level.upsample->conv, x, Resize::Double);
        }
    }
    return pictures.output(decoder.out, x);
}

ggml_tensor* encode_picture(Graph& graph, const Encoder& encoder, ggml_tensor* x) {
    const Pictures pictures(graph);
    x = pictures.input(encoder.conv_in, x, encoder.mid);
    for (const Level& level : encoder.down) {
        x = pictures.level_blocks(level, x);
        if (level.downsample) {
            x = pictures.convolution(level.downsample->conv, x, Resize::Halve);
        }
    }
    return pictures.output(encoder.out, pictures.middle(encoder.mid, x));
}

}  // namespace chroma::autoencoder

#endif
