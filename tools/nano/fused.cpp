// GroupNorm, with or without swish, in one pass over bfloat16, channels-last data, and what stands between the transformer's matrix
// products (GELU, RMSNorm, rotary positions, modulation), each in one pass over bfloat16; forward and backward, for training on a CPU. Built and called by fused.py. PyTorch 1.13 takes several passes in float32 or goes value by value,
// which costs more time than the convolutions and a third of that of the matrix products.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

inline float widen(uint16_t half) {
    uint32_t bits = static_cast<uint32_t>(half) << 16;
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
}

inline uint16_t narrow(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

// 1 / (1 + exp(-t)), without an infinity for fast arithmetic to trip over.
inline float sigmoid(float t) {
    const float bounded = t < -60.0f ? -60.0f : t;
    return 1.0f / (1.0f + std::exp(-bounded));
}

inline float slope_of_swish(float t) {
    const float gate = sigmoid(t);
    return gate * (1.0f + t * (1.0f - gate));
}

// Sums over pixels are taken in float32 within blocks of this many and in double across them.
constexpr int64_t kBlock = 256;

}  // namespace

extern "C" {

// x, y [samples, pixels, channels]; mean, rstd [samples, groups]; y = normalised x * weight + bias, through swish if asked.
void norm_swish_forward(const uint16_t *x, const float *weight, const float *bias, uint16_t *y, float *mean, float *rstd,
                        int64_t samples, int64_t pixels, int64_t channels, int64_t groups, float epsilon, int32_t swish) {
    const int64_t per = channels / groups;
#pragma omp parallel for schedule(static)
    for (int64_t n = 0; n < samples; ++n) {
        const uint16_t *in = x + n * pixels * channels;
        uint16_t *out = y + n * pixels * channels;
        std::vector<float> sum(channels), square(channels), scale(channels), shift(channels);
        std::vector<double> total(channels), total_square(channels);
        for (int64_t start = 0; start < pixels; start += kBlock) {
            const int64_t end = start + kBlock < pixels ? start + kBlock : pixels;
            for (int64_t c = 0; c < channels; ++c) sum[c] = square[c] = 0;
            float *s = sum.data(), *q = square.data();
            for (int64_t p = start; p < end; ++p) {
                const uint16_t *row = in + p * channels;
                for (int64_t c = 0; c < channels; ++c) {
                    const float v = widen(row[c]);
                    s[c] += v;
                    q[c] += v * v;
                }
            }
            for (int64_t c = 0; c < channels; ++c) {
                total[c] += s[c];
                total_square[c] += q[c];
            }
        }
        for (int64_t g = 0; g < groups; ++g) {
            double a = 0, b = 0;
            for (int64_t c = g * per; c < (g + 1) * per; ++c) {
                a += total[c];
                b += total_square[c];
            }
            const double count = static_cast<double>(pixels * per), m = a / count;
            const double variance = b / count - m * m;
            mean[n * groups + g] = static_cast<float>(m);
            rstd[n * groups + g] = static_cast<float>(1.0 / std::sqrt((variance > 0 ? variance : 0) + epsilon));
            for (int64_t c = g * per; c < (g + 1) * per; ++c) {
                scale[c] = weight[c] * rstd[n * groups + g];
                shift[c] = bias[c] - mean[n * groups + g] * scale[c];
            }
        }
        const float *a = scale.data(), *b = shift.data();
        for (int64_t p = 0; p < pixels; ++p) {
            const uint16_t *row = in + p * channels;
            uint16_t *to = out + p * channels;
            for (int64_t c = 0; c < channels; ++c) {
                const float t = widen(row[c]) * a[c] + b[c];
                to[c] = narrow(swish ? t * sigmoid(t) : t);
            }
        }
    }
}

// weight_gradient and bias_gradient are [samples, channels]: the caller adds them up.
void norm_swish_backward(const uint16_t *gradient, const uint16_t *x, const float *weight, const float *bias, const float *mean,
                         const float *rstd, uint16_t *x_gradient, float *weight_gradient, float *bias_gradient,
                         int64_t samples, int64_t pixels, int64_t channels, int64_t groups, int32_t swish) {
    const int64_t per = channels / groups;
#pragma omp parallel for schedule(static)
    for (int64_t n = 0; n < samples; ++n) {
        const int64_t offset = n * pixels * channels;
        std::vector<float> scale(channels), shift(channels), sum(channels), product(channels), k0(channels), k1(channels);
        std::vector<double> total(channels), total_product(channels);
        for (int64_t c = 0; c < channels; ++c) {
            const int64_t g = n * groups + c / per;
            scale[c] = weight[c] * rstd[g];
            shift[c] = bias[c] - mean[g] * scale[c];
        }
        const float *a = scale.data(), *b = shift.data();
        for (int64_t start = 0; start < pixels; start += kBlock) {
            const int64_t end = start + kBlock < pixels ? start + kBlock : pixels;
            for (int64_t c = 0; c < channels; ++c) sum[c] = product[c] = 0;
            float *s = sum.data(), *q = product.data();
            for (int64_t p = start; p < end; ++p) {
                const uint16_t *row = x + offset + p * channels, *from = gradient + offset + p * channels;
                for (int64_t c = 0; c < channels; ++c) {
                    const float v = widen(row[c]), d = widen(from[c]) * (swish ? slope_of_swish(v * a[c] + b[c]) : 1.0f);
                    s[c] += d;
                    q[c] += d * v;
                }
            }
            for (int64_t c = 0; c < channels; ++c) {
                total[c] += s[c];
                total_product[c] += q[c];
            }
        }
        for (int64_t group = 0; group < groups; ++group) {
            const double m = mean[n * groups + group], r = rstd[n * groups + group];
            double plain = 0, along = 0;  // sums of the gradient of the normalised value, alone and times that value
            for (int64_t c = group * per; c < (group + 1) * per; ++c) {
                const double by_value = (total_product[c] - m * total[c]) * r;
                weight_gradient[n * channels + c] = static_cast<float>(by_value);
                bias_gradient[n * channels + c] = static_cast<float>(total[c]);
                plain += total[c] * weight[c];
                along += by_value * weight[c];
            }
            const double count = static_cast<double>(pixels * per);
            for (int64_t c = group * per; c < (group + 1) * per; ++c) {
                k1[c] = static_cast<float>(-r * r * along / count);
                k0[c] = static_cast<float>(-r * plain / count + r * r * along / count * m);
            }
        }
        const float *constant = k0.data(), *slope = k1.data();
        for (int64_t p = 0; p < pixels; ++p) {
            const uint16_t *row = x + offset + p * channels, *from = gradient + offset + p * channels;
            uint16_t *to = x_gradient + offset + p * channels;
            for (int64_t c = 0; c < channels; ++c) {
                const float v = widen(row[c]), d = widen(from[c]) * (swish ? slope_of_swish(v * a[c] + b[c]) : 1.0f);
                to[c] = narrow(d * a[c] + v * slope[c] + constant[c]);
            }
        }
    }
}

// GELU in its tanh form, x sigmoid(2u) with u = sqrt(2/pi) (x + 0.044715 x^3).
void gelu_forward(const uint16_t *x, uint16_t *y, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const float v = widen(x[i]);
        y[i] = narrow(v * sigmoid(1.5957691216f * (v + 0.044715f * v * v * v)));
    }
}

void gelu_backward(const uint16_t *gradient, const uint16_t *x, uint16_t *x_gradient, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const float v = widen(x[i]), gate = sigmoid(1.5957691216f * (v + 0.044715f * v * v * v));
        const float slope = 1.5957691216f * (1.0f + 0.134145f * v * v);
        x_gradient[i] = narrow(widen(gradient[i]) * gate * (1.0f + v * (1.0f - gate) * slope));
    }
}

// x, y [rows, size]: y = x / sqrt(mean(x^2) + epsilon) * scale.
void rms_forward(const uint16_t *x, const float *scale, uint16_t *y, int64_t rows, int64_t size, float epsilon) {
    for (int64_t r = 0; r < rows; ++r) {
        const uint16_t *in = x + r * size;
        float square = 0;
        for (int64_t i = 0; i < size; ++i) square += widen(in[i]) * widen(in[i]);
        const float rstd = 1.0f / std::sqrt(square / static_cast<float>(size) + epsilon);
        for (int64_t i = 0; i < size; ++i) y[r * size + i] = narrow(widen(in[i]) * rstd * scale[i]);
    }
}

// Adds to scale_gradient [size].
void rms_backward(const uint16_t *gradient, const uint16_t *x, const float *scale, uint16_t *x_gradient, float *scale_gradient,
                  int64_t rows, int64_t size, float epsilon) {
    for (int64_t r = 0; r < rows; ++r) {
        const uint16_t *in = x + r * size, *from = gradient + r * size;
        float square = 0, along = 0;
        for (int64_t i = 0; i < size; ++i) {
            square += widen(in[i]) * widen(in[i]);
            along += widen(from[i]) * scale[i] * widen(in[i]);
        }
        const float rstd = 1.0f / std::sqrt(square / static_cast<float>(size) + epsilon);
        const float pull = along * rstd * rstd * rstd / static_cast<float>(size);
        for (int64_t i = 0; i < size; ++i) {
            const float v = widen(in[i]), g = widen(from[i]);
            scale_gradient[i] += g * v * rstd;
            x_gradient[r * size + i] = narrow(g * scale[i] * rstd - v * pull);
        }
    }
}

// x, y [rows, length, 2 * pairs]; turns [length, pairs, 2] holds (cos, sin); direction -1 turns back, which is the gradient.
void rope(const uint16_t *x, const float *turns, uint16_t *y, int64_t rows, int64_t length, int64_t pairs, float direction) {
    for (int64_t r = 0; r < rows; ++r) {
        const uint16_t *in = x + r * length * pairs * 2;
        uint16_t *out = y + r * length * pairs * 2;
        for (int64_t i = 0; i < length * pairs; ++i) {
            const float a = widen(in[2 * i]), b = widen(in[2 * i + 1]), c = turns[2 * i], s = direction * turns[2 * i + 1];
            out[2 * i] = narrow(c * a - s * b);
            out[2 * i + 1] = narrow(s * a + c * b);
        }
    }
}

// x float32 [batch, length, size], shift and scale [batch, size]: y = (1 + scale) x + shift.
void modulate_forward(const float *x, const float *shift, const float *scale, uint16_t *y, int64_t batch, int64_t length, int64_t size) {
    for (int64_t n = 0; n < batch; ++n) {
        for (int64_t p = n * length; p < (n + 1) * length; ++p) {
            for (int64_t i = 0; i < size; ++i) {
                y[p * size + i] = narrow((1.0f + scale[n * size + i]) * x[p * size + i] + shift[n * size + i]);
            }
        }
    }
}

// Adds to shift_gradient and scale_gradient [batch, size].
void modulate_backward(const uint16_t *gradient, const float *x, const float *scale, float *x_gradient, float *shift_gradient,
                       float *scale_gradient, int64_t batch, int64_t length, int64_t size) {
    for (int64_t n = 0; n < batch; ++n) {
        for (int64_t p = n * length; p < (n + 1) * length; ++p) {
            for (int64_t i = 0; i < size; ++i) {
                const float g = widen(gradient[p * size + i]);
                shift_gradient[n * size + i] += g;
                scale_gradient[n * size + i] += g * x[p * size + i];
                x_gradient[p * size + i] = g * (1.0f + scale[n * size + i]);
            }
        }
    }
}

// scores [batch, rows, length] become softmax(scale * scores + mask) in place; mask float32 [batch, length] is added to every row.
void softmax_forward(uint16_t *scores, const float *mask, int64_t batch, int64_t rows, int64_t length, float scale) {
    std::vector<float> row(length);
    for (int64_t n = 0; n < batch; ++n) {
        const float *added = mask + n * length;
        for (int64_t r = 0; r < rows; ++r) {
            uint16_t *at = scores + (n * rows + r) * length;
            float *e = row.data(), highest = -1e30f, sum = 0;
            for (int64_t i = 0; i < length; ++i) {
                e[i] = scale * widen(at[i]) + added[i];
                highest = e[i] > highest ? e[i] : highest;
            }
            for (int64_t i = 0; i < length; ++i) {
                const float t = e[i] - highest;
                e[i] = std::exp(t < -80.0f ? -80.0f : t);
                sum += e[i];
            }
            const float share = 1.0f / sum;
            for (int64_t i = 0; i < length; ++i) at[i] = narrow(e[i] * share);
        }
    }
}

// gradient [rows, length] by the probabilities becomes that by the unscaled scores, in place.
void softmax_backward(uint16_t *gradient, const uint16_t *probabilities, int64_t rows, int64_t length, float scale) {
    for (int64_t r = 0; r < rows; ++r) {
        uint16_t *g = gradient + r * length;
        const uint16_t *p = probabilities + r * length;
        float along = 0;
        for (int64_t i = 0; i < length; ++i) along += widen(g[i]) * widen(p[i]);
        for (int64_t i = 0; i < length; ++i) g[i] = narrow(scale * widen(p[i]) * (widen(g[i]) - along));
    }
}
}
