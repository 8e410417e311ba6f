// What the opaque handles of the C ABI are.
#pragma once

#include <memory>

#include "graph/engine.h"

struct chroma_engine {
    std::shared_ptr<chroma::Engine> engine;
};
