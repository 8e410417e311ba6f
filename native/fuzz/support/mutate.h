// Mutations that keep a file's structure, so that they reach the code past its first checks: one number, one string,
// one entry at a time. libFuzzer's own mutations of bytes come beside them.
#pragma once

#include "support/bytes.h"
#include "support/random.h"

namespace fuzz {

void mutate_gguf(Bytes& file, Random& random);

// JSON text: numbers, strings, brackets, doubled members.
void mutate_json(Bytes& text, Random& random);

// The JSON of a safetensors header, and its length.
void mutate_safetensors(Bytes& file, Random& random);

// One of them, by the first bytes.
void mutate_file(Bytes& file, Random& random);

// mutate_file(), after which most headers are whole again, so that their models load.
void mutate_model(Bytes& file, Random& random);

using Mutation = void (*)(Bytes&, Random&);

// What LLVMFuzzerCustomMutator does: `mutation` of all but the first `prefix` bytes, or now and then libFuzzer's own.
// Returns the new size.
size_t mutate(uint8_t* data, size_t size, size_t most, unsigned seed, size_t prefix, Mutation mutation);

}  // namespace fuzz
