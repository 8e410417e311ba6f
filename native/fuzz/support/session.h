// One sequence of calls of the C interface: handles that live and die as chroma.h allows, everything else nonsense.
#pragma once

#include <chroma.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "support/contract.h"
#include "support/nonsense.h"
#include "support/scratch.h"

namespace fuzz {

// What callbacks do: count, look at what they are given, and stop the call after so many answers.
struct Listener {
    int64_t answers_left = -1;
    int64_t taps_left = -1;
};

class Session {
  public:
    Session(const uint8_t* data, size_t size, const Scratch& scratch);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    Session(Session&&) = delete;
    Session& operator=(Session&&) = delete;

    void run();

  private:
    using Step = void (Session::*)();
    static const std::vector<Step>& steps();

    // engines, types and files: session_files.cpp
    void ask_library();
    void create_engine();
    void free_engine();
    void describe_engine();
    void open_weights();
    void create_weights();
    void ask_weights();
    void free_weights();
    void quantize();

    // models: session_models.cpp
    void load_transformer();
    void load_text_encoder();
    void load_autoencoder();
    void free_model();
    void ask_model();
    void forward_transformer();
    void forward_text_encoder();
    void decode();
    void encode();
    void plan();
    void step_cache();
    void padding_mask();

    // units: session_units.cpp
    void run_function();
    void run_module();

    const char* sound_path();  // of a file that opens
    chroma_engine* engine();
    chroma_weights* weights();
    chroma_transformer* transformer();
    chroma_text_encoder* text_encoder();
    chroma_autoencoder* autoencoder();

    chroma_load_options load_options();
    chroma_run_options run_options();
    void free_all();

    Nonsense any_;
    const Scratch& scratch_;
    Listener listener_;
    chroma_profile profile_{};
    std::vector<const char*> patterns_;
    std::vector<chroma_engine*> engines_;
    std::vector<chroma_weights*> weights_;
    chroma_transformer* transformer_ = nullptr;
    chroma_text_encoder* text_encoder_ = nullptr;
    chroma_autoencoder* autoencoder_ = nullptr;
    chroma_step_cache* cache_ = nullptr;
};

}  // namespace fuzz
