#include "base/ensure.h"

#include <cstdio>
#include <cstdlib>

namespace orc {

void ensure_failed(const char* condition, const char* why, const char* file, int line) {
    std::fprintf(stderr, "FATAL %s:%d: %s does not hold: %s\n", file, line, condition, why);
    std::abort();
}

}  // namespace orc
