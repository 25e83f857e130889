// What must be done again and again so that the database stays tidy, and others know that this node lives.
#pragma once

#include <set>

#include "config/settings.h"
#include "ledger/ledger.h"
#include "recovery/recovery.h"
#include "runtime/clock.h"
#include "runtime/task_group.h"
#include "store/store.h"

namespace orc::app {

/// How long a node on a shared database may be silent before another one takes over.
inline constexpr Seconds activity_patience{5};

struct CaretakerSeams {
    store::Store& store;
    ledger::Ledger& ledger;
    ledger::Leadership& leadership;
    runtime::Clock& clock;
    Executor executor;
};

class Caretaker {
public:
    /// `settings` may change between two rounds.
    Caretaker(CaretakerSeams seams, const config::Settings& settings, recovery::Node node, bool is_shared);

    /// Waits until no other node is active on a shared database; returns at once on one of our own. With `is_patient`
    /// false another active node is an error (conflict).
    Task<void> become_active(bool is_patient);
    /// Each second: alive, active. Each minute: what has outlived its time goes.
    void start();
    Co<void> stop();

private:
    Co<void> live();
    Co<void> beat();
    Co<void> tidy();
    store::NodeRecord self() const;

    CaretakerSeams seams_;
    const config::Settings& settings_;
    const recovery::Node node_;
    const bool is_shared_;
    const WallTime began_;
    bool is_active_ = false;
    std::uint64_t rounds_ = 0;
    std::set<NodeToken> alive_;
    runtime::TaskGroup tasks_;
};

}  // namespace orc::app
