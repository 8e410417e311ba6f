// What a weight is for: it decides the type that the weight has in memory and in a quantised file.
#pragma once

namespace chroma {

enum class WeightKind {
    Matrix,        // of a linear layer: the type asked for, where the row length allows it
    Approximator,  // a matrix of the Approximator: kept as stored unless float32 is asked for, or its conversion
    Edge,  // first and last projections (img_in, txt_in, final_layer.linear): never quantised, unless the file has it
           // so
    Embedding,   // looked up by row: the type asked for, where the row length allows it
    Vector,      // bias, scale, small table: always F32
    Convolution  // F32; F16 where the file has it so or it is asked for
};

}  // namespace chroma
