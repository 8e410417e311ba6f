// The functions without weights that the networks call, each of which can be run alone.
#pragma once

#include <memory>

#include "common/named_inputs.h"
#include "graph/engine.h"

namespace chroma::api {

// Runs the function that `inputs` names as its owner and shows its outputs through run.tap. chroma.h has the list.
// Throws INVALID_ARGUMENT for an unknown function or inputs that don't fit it.
void run_function(const std::shared_ptr<Engine>& engine, const NamedInputs& inputs, const chroma_run_options& run);

}  // namespace chroma::api
