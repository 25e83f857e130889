// Outside commands that do nothing but take a while, and are remembered.
#pragma once

#include <functional>

#include "recovery/hooks.h"
#include "runtime/rng.h"
#include "sim_loop.h"

namespace orc::simulation {

class SimHooks final : public recovery::Hooks {
public:
    struct Manners {
        Micros take = Millis(30);  ///< at most
        unsigned fail = 0;         ///< so many of a hundred
    };
    /// `on_run` sees each command as it starts.
    SimHooks(SimLoop& loop, runtime::Rng& rng, Manners manners, std::function<void(const recovery::HookCall&)> on_run)
        : clock_(loop), rng_(rng), manners_(manners), on_run_(std::move(on_run)) {}
    Task<recovery::HookResult> run(recovery::HookCall call, Deadline deadline) override;

private:
    SimClock clock_;
    runtime::Rng& rng_;
    Manners manners_;
    std::function<void(const recovery::HookCall&)> on_run_;
};

}  // namespace orc::simulation
