// Whether a checkpoint holds all of the models that it holds a part of.
#pragma once

#include <memory>

#include "weights/checkpoint.h"

namespace chroma::api {

// Throws what loading would throw for each transformer, T5 encoder or autoencoder that is not whole, by declaring its
// tensors as loading does. Foreign models are none of its business.
void check_complete(const std::shared_ptr<const Checkpoint>& checkpoint);

}  // namespace chroma::api
