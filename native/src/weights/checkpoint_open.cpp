// Checkpoint::open: from a path to the files that make up one checkpoint.
#include <algorithm>
#include <set>

#include "common/error.h"
#include "weights/checkpoint.h"
#include "weights/sets/checkpoint_folder.h"
#include "weights/sets/source.h"
#include "weights/utf8.h"

namespace chroma {

namespace {

// A checkpoint of a folder, by the name of the file from which it was opened.
struct Candidate {
    std::string name;
    std::shared_ptr<Checkpoint> checkpoint;
};

// The names that diffusers and transformers give a model that is stored once.
bool has_usual_name(const Candidate& candidate) {
    for (const std::string_view stem : {"diffusion_pytorch_model.safetensors", "model.safetensors"}) {
        if (candidate.name == stem || candidate.name == std::string(stem) + ".index.json") {
            return true;
        }
    }
    return false;
}

template <typename Predicate>
void prefer(std::vector<Candidate>& candidates, const Predicate& better) {
    if (std::any_of(candidates.begin(), candidates.end(), better)) {
        std::erase_if(candidates, [&](const Candidate& candidate) { return !better(candidate); });
    }
}

}  // namespace

std::shared_ptr<const Checkpoint> Checkpoint::open(const std::string& path, chroma_architecture wanted) {
    if (is_folder(path)) {
        return open_folder(path, wanted);
    }
    std::shared_ptr<Checkpoint> checkpoint(new Checkpoint(path));
    for (SourceFile& file : open_source(path)) {
        checkpoint->add(std::move(file));
    }
    checkpoint->finish();
    return checkpoint;
}

std::shared_ptr<Checkpoint> Checkpoint::open_folder(const std::string& folder, chroma_architecture wanted) {
    const Listing listing = list_folder(folder);
    const std::vector<std::string> names = weight_candidates(folder, listing);
    if (names.empty()) {
        refuse_folder(folder, listing);
    }
    std::vector<Candidate> candidates;
    std::vector<Error> problems;  // of files that can't be read; they may be anybody's
    std::set<std::string> covered;
    for (const std::string& name : names) {
        if (covered.contains(name)) {
            continue;
        }
        try {
            std::shared_ptr<Checkpoint> checkpoint(new Checkpoint(folder));
            for (SourceFile& file : open_source(in_folder(folder, name))) {
                covered.insert(file_name(file.path()));
                checkpoint->add(std::move(file));
            }
            checkpoint->add_config(folder);
            checkpoint->finish();
            candidates.push_back({name, std::move(checkpoint)});
        } catch (const Error& error) {
            problems.push_back(error);
        }
    }
    const auto has_wanted = [&](const Candidate& candidate) { return candidate.checkpoint->identity().has(wanted); };
    const bool found =
        wanted == CHROMA_ARCHITECTURE_UNKNOWN || std::any_of(candidates.begin(), candidates.end(), has_wanted);
    if (candidates.empty() || (!found && !problems.empty())) {
        throw Error(problems.front());
    }
    if (wanted != CHROMA_ARCHITECTURE_UNKNOWN) {
        prefer(candidates, has_wanted);
    }
    prefer(candidates, has_usual_name);
    if (candidates.size() > 1) {
        std::vector<std::string> all;
        std::transform(candidates.begin(), candidates.end(), std::back_inserter(all),
                       [](const Candidate& candidate) { return candidate.name; });
        fail(CHROMA_ERROR_IO, "The folder '", folder, "' holds ", all.size(),
             " models, of which one is meant: ", joined(all), ".");
    }
    return candidates.front().checkpoint;
}

std::shared_ptr<const Checkpoint> Checkpoint::in_memory(MappedFile memory, std::vector<StoredTensor> tensors) {
    std::shared_ptr<Checkpoint> checkpoint(new Checkpoint(memory.path()));
    checkpoint->tensors_ = std::move(tensors);
    checkpoint->files_.push_back(std::move(memory));
    checkpoint->finish();
    return checkpoint;
}

void Checkpoint::add(SourceFile file) {
    if (files_.empty()) {
        container_ = file.content.container;
    }
    for (StoredTensor& tensor : file.content.tensors) {
        tensor.file_index = files_.size();
        tensors_.push_back(std::move(tensor));
    }
    for (MetadataEntry& entry : file.content.metadata) {
        const auto* text = std::get_if<std::string>(&entry.value);
        if (entry.key == kLayerFormatsKey && text != nullptr) {
            layer_formats_.push_back(*text);
        }
        if (files_.empty() || find_metadata(entry.key) == nullptr) {
            metadata_.push_back(std::move(entry));
        }
    }
    files_.push_back(std::move(file.file));
}

void Checkpoint::add_config(const std::string& folder) {
    for (MetadataEntry& entry : read_config(folder)) {
        if (find_metadata(entry.key) == nullptr) {
            metadata_.push_back(std::move(entry));
        }
    }
}

}  // namespace chroma
