// Makes a changed header whole again: the tensors lie one after the other, each as long as its type and shape say. A
// network then sees the change, where the reader alone would have refused it.
#pragma once

#include "support/bytes.h"

namespace fuzz {

// Changes nothing where the header can't be read.
void repair(Bytes& file);

}  // namespace fuzz
