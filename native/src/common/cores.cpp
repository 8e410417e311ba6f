#include "common/cores.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <thread>

namespace chroma {

int physical_cores() {
    const int logical = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
#if defined(__linux__)
    std::set<std::string> cores;
    for (int cpu = 0; cpu < logical; ++cpu) {
        std::ifstream siblings("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
        std::string line;
        if (!std::getline(siblings, line)) {
            return logical;
        }
        cores.insert(line);
    }
    return std::max(1, static_cast<int>(cores.size()));
#else
    return logical;
#endif
}

}  // namespace chroma
