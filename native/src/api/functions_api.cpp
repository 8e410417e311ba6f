// chroma_engine_run_function
#include "api/functions.h"
#include "api/handles.h"
#include "api/wall.h"

using chroma::api::guard;
using chroma::api::read_struct;
using chroma::api::require;

extern "C" chroma_status chroma_engine_run_function(chroma_engine* engine, const char* function,
                                                    const chroma_tensor* inputs, int32_t input_count,
                                                    const chroma_run_options* run) {
    return guard([&] {
        const chroma::NamedInputs named(require(function, "function"), inputs, input_count);
        const chroma_run_options options = read_struct(run, "run");
        if (options.tap == nullptr) {
            chroma::fail(CHROMA_ERROR_INVALID_ARGUMENT, "'run.tap' is NULL, but the function's outputs go there.");
        }
        chroma::api::run_function(require(engine, "engine")->engine, named, options);
    });
}
