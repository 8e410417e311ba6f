#include "weights/layout.h"

#include <algorithm>
#include <limits>

#include "common/error.h"
#include "weights/utf8.h"

namespace chroma {

namespace {

// Far above any model, and low enough that sums and products of a few sizes stay within 64 bits.
constexpr uint64_t kMostElements = uint64_t{1} << 48;

[[noreturn]] void refuse_size(const StoredTensor& tensor) {
    fail(CHROMA_ERROR_FORMAT, "'", tensor.file, "' gives the tensor '", printable(tensor.name),
         "' the impossible shape ", shape_text(tensor.shape), ".");
}

}  // namespace

uint64_t tensor_bytes(const StoredTensor& tensor) {
    uint64_t elements = 1;
    bool empty = false;
    for (const int64_t length : tensor.shape) {
        if (length < 0 || static_cast<uint64_t>(length) > kMostElements) {
            refuse_size(tensor);
        }
        if (length == 0) {
            empty = true;
        } else if (elements > kMostElements / static_cast<uint64_t>(length)) {
            refuse_size(tensor);
        } else {
            elements *= static_cast<uint64_t>(length);
        }
    }
    if (empty) {
        return 0;
    }
    const int64_t row = tensor.shape.empty() ? 1 : tensor.shape.back();
    if (row % tensor.type.block_elements != 0) {
        fail(CHROMA_ERROR_FORMAT, "'", tensor.file, "' stores the tensor '", printable(tensor.name), "' of shape ",
             shape_text(tensor.shape), " as ", tensor.type.text, ", whose rows are whole blocks of ",
             tensor.type.block_elements, " elements.");
    }
    return static_cast<uint64_t>(tensor.type.bytes(static_cast<int64_t>(elements)));
}

void place_tensor(StoredTensor& tensor, std::span<const std::byte> data, uint64_t offset) {
    const uint64_t bytes = tensor_bytes(tensor);
    if (offset > data.size() || bytes > data.size() - offset) {
        fail(CHROMA_ERROR_FORMAT, "'", tensor.file, "' is truncated: the tensor '", printable(tensor.name), "' needs ",
             bytes, " bytes at offset ", offset, " of the data, of which the file has ", data.size(),
             ". Was the download finished?");
    }
    tensor.data = data.subspan(offset, bytes);
}

void check_overlaps(const std::vector<StoredTensor>& tensors) {
    std::vector<const StoredTensor*> order;
    order.reserve(tensors.size());
    for (const StoredTensor& tensor : tensors) {
        if (!tensor.data.empty()) {
            order.push_back(&tensor);
        }
    }
    std::sort(order.begin(), order.end(),
              [](const StoredTensor* a, const StoredTensor* b) { return a->data.data() < b->data.data(); });
    for (size_t i = 1; i < order.size(); ++i) {
        const StoredTensor& before = *order[i - 1];
        if (before.data.data() + before.data.size() > order[i]->data.data()) {
            fail(CHROMA_ERROR_FORMAT, "'", before.file, "' gives the same bytes to the tensors '",
                 printable(before.name), "' and '", printable(order[i]->name), "'.");
        }
    }
}

}  // namespace chroma
