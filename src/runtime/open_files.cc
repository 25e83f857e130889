#include "runtime/open_files.h"

#include <sys/resource.h>

#include <algorithm>

namespace orc::runtime {

std::uint64_t allow_open_files(std::uint64_t wanted) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 0;
    }
    const rlim_t now = std::max<rlim_t>(limit.rlim_cur, std::min<rlim_t>(wanted, limit.rlim_max));
    if (now != limit.rlim_cur) {
        rlimit raised = limit;
        raised.rlim_cur = now;
        if (::setrlimit(RLIMIT_NOFILE, &raised) != 0) {
            return limit.rlim_cur;
        }
    }
    return now;
}

}  // namespace orc::runtime
