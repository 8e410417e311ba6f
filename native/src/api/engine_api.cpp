// chroma_engine_create, chroma_engine_free, chroma_engine_describe
#include "api/handles.h"
#include "api/wall.h"

using chroma::api::guard;
using chroma::api::read_struct;
using chroma::api::require;

extern "C" {

chroma_status chroma_engine_create(const chroma_engine_options* options, chroma_engine** engine) {
    return guard([&] {
        *require(engine, "engine") = nullptr;
        auto made = std::make_unique<chroma_engine>();
        made->engine = std::make_shared<chroma::Engine>(read_struct(options, "options"));
        *engine = made.release();
    });
}

void chroma_engine_free(chroma_engine* engine) {
    std::unique_ptr<chroma_engine>{engine}.reset();
}

chroma_status chroma_engine_describe(chroma_engine* engine, const char** text) {
    return guard([&] { *require(text, "text") = require(engine, "engine")->engine->description().c_str(); });
}

}  // extern "C"
