// Names to addresses, without ever holding up the loop: the system's resolver blocks and cannot be cancelled, so it
// runs on a few threads of its own, answers are remembered, and one question is never asked twice at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/clock.h"
#include "runtime/task.h"

namespace orc::mysql {

/// Numeric addresses, best first; never empty.
using Addresses = std::vector<std::string>;

class Resolver {
public:
    virtual ~Resolver() = default;
    /// A numeric address is returned as it is. Errors: unreachable (no such name), timed_out, cancelled.
    virtual Task<Addresses> resolve(std::string host, Deadline deadline) = 0;
};

struct ResolverOptions {
    int threads = 4;
    Micros keep = Seconds(60);         ///< a good answer
    Micros keep_failure = Seconds(5);  ///< a failed one
    Micros keep_old = Seconds(300);    ///< how long a good answer outlives failures
    std::size_t names_max = 20'000;    ///< remembered at most
    /// The blocking look-up; default: the system's.
    std::function<Result<Addresses>(const std::string&)> look_up;
};

/// For use on `executor`'s thread. Threads start with the first name that needs one. Look-ups still running when the
/// resolver goes are abandoned.
std::unique_ptr<Resolver> make_resolver(runtime::Clock& clock, Executor executor, ResolverOptions options);

}  // namespace orc::mysql
