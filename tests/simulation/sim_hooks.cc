#include "sim_hooks.h"

namespace orc::simulation {

Task<recovery::HookResult> SimHooks::run(recovery::HookCall call, Deadline deadline) {
    on_run_(call);
    recovery::HookResult result;
    result.took = Micros(static_cast<std::int64_t>(1000 + rng_.below(std::uint64_t(manners_.take.count()))));
    result.exit_code = rng_.below(100) < manners_.fail ? 1 : 0;
    if (deadline.left(clock_.now()) < result.took) {
        co_await clock_.sleep_until(deadline.at);
        co_return fail(ErrorCode::timed_out, call.list + ": took too long");
    }
    co_await clock_.sleep_for(result.took);
    co_return result;
}

}  // namespace orc::simulation
