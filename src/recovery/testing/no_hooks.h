// For tests that are not about hooks.
#pragma once

#include "recovery/hooks.h"

namespace orc::recovery::testing {

/// Runs nothing and is content.
class NoHooks final : public Hooks {
public:
    Task<HookResult> run(HookCall /*call*/, Deadline /*deadline*/) override { co_return HookResult{}; }
};

}  // namespace orc::recovery::testing
