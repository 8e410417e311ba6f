// From a checkpoint to tensors that a graph can use: a model declares what it needs, each declaration is checked
// against the file, and one load() places everything.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chroma.h"
#include "common/callbacks.h"
#include "common/shape.h"
#include "graph/engine.h"
#include "weights/checkpoint.h"
#include "weights/weight_kind.h"

namespace chroma {

struct BadWeight {
    std::string file;
    std::string tensor;  // as the file has it
    float value = 0;
};

// Tensors of one loaded model. Frees them all.
class Weights {
  public:
    Weights() = default;
    virtual ~Weights() = default;
    Weights(const Weights&) = delete;
    Weights& operator=(const Weights&) = delete;
    Weights(Weights&&) = delete;
    Weights& operator=(Weights&&) = delete;

    // Throws IO if a file that weights are read from where it is mapped is no longer what it was: MappedFile::check().
    virtual void check() const = 0;

    // A weight that is infinite or NaN, of the first tensor that has one. Looks at all of them.
    [[nodiscard]] virtual std::optional<BadWeight> find_bad_weight() const = 0;

    // The checkpoint's, for messages.
    [[nodiscard]] virtual const std::string& path() const = 0;

    [[nodiscard]] virtual int64_t owned_bytes() const = 0;
    [[nodiscard]] virtual int64_t mapped_bytes() const = 0;
    [[nodiscard]] virtual int64_t parameter_count() const = 0;
};

struct WeightOptions {
    chroma_type type = CHROMA_TYPE_STORED;
    bool convert_approximator = false;
    Callbacks callbacks;
};

class WeightLoader {
  public:
    // Checks that the checkpoint is what is expected; a wrong kind of file is named ("'x.gguf' is a FLUX model with
    // guidance_in, not Chroma."). Without an engine declarations are checked, but nothing can be loaded.
    WeightLoader(std::shared_ptr<const Checkpoint> checkpoint, chroma_architecture expected,
                 std::shared_ptr<Engine> engine, WeightOptions options);
    ~WeightLoader();
    WeightLoader(const WeightLoader&) = delete;
    WeightLoader& operator=(const WeightLoader&) = delete;
    WeightLoader(WeightLoader&&) = delete;
    WeightLoader& operator=(WeightLoader&&) = delete;

    [[nodiscard]] const Checkpoint& checkpoint() const;

    // Canonical names. Parts that are stored apart (to_q, to_k, to_v) count as the whole (qkv).
    [[nodiscard]] bool has(const std::string& name) const;

    // Whether there is any tensor of a component whose name begins so.
    [[nodiscard]] bool has_any(std::string_view prefix, Component component) const;

    // Shape in PyTorch order; throws MISSING_TENSOR naming file and tensor.
    [[nodiscard]] Shape shape_of(const std::string& name) const;

    // How many blocks "double_blocks." has: 1 + the largest index; throws if an index in between is missing.
    [[nodiscard]] int block_count(const std::string& prefix) const;

    // The same, whether or not an index is missing.
    [[nodiscard]] int block_end(const std::string& prefix) const;

    [[nodiscard]] std::optional<std::vector<int64_t>> metadata_integers(const std::string& key) const;
    [[nodiscard]] std::optional<double> metadata_number(const std::string& key) const;
    [[nodiscard]] std::string metadata_text(const std::string& key) const;  // "" if there is none

    // Declares a tensor of this shape (PyTorch order) and returns the ggml tensor that will hold it after load().
    // Throws MISSING_TENSOR or TENSOR_SHAPE. Declaring the same name twice is a defect.
    ggml_tensor* declare(const std::string& name, const Shape& shape, WeightKind kind);

    // The scales [rows] of a declared tensor that becomes int8 rows; null for any other.
    [[nodiscard]] ggml_tensor* row_scales(const ggml_tensor* weight) const;

    // Checks that how many blocks there are agrees with the metadata of such a key, where the file has one.
    void check_block_count(const std::string& prefix, int64_t count, const std::vector<std::string>& keys) const;

    // Throws UNSUPPORTED naming a tensor of the expected component that nothing declared: the file is not what the
    // rest of it makes it.
    void check_all_declared() const;

    // Places and converts everything declared. Reports bytes; can be aborted. Call once; the loader is spent then.
    std::unique_ptr<Weights> load();

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace chroma
