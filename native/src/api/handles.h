// What the opaque handles of the C ABI are.
#pragma once

#include <memory>

#include "graph/engine.h"
#include "weights/checkpoint.h"

struct chroma_engine {
    std::shared_ptr<chroma::Engine> engine;
};

struct chroma_weights {
    std::shared_ptr<const chroma::Checkpoint> checkpoint;
};
