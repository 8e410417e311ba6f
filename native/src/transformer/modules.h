// The modules of a loaded ChromaTransformer by their PyTorch names, each of which can be run alone.
#pragma once

#include <memory>
#include <string>

#include "common/named_inputs.h"
#include "transformer/chroma_transformer.h"

namespace chroma {

// Runs the module that `inputs` names as its owner and shows its outputs through run.tap. Taps of the layers inside it
// are shown too if run's patterns want them. docs/modules.md has the inputs and outputs of each module. Throws
// INVALID_ARGUMENT for an unknown module or inputs that don't fit it.
void run_module(const ChromaTransformer& model, const std::shared_ptr<Engine>& engine, const NamedInputs& inputs,
                const chroma_run_options& run);

}  // namespace chroma
