// When a replica's stream last showed a sign of life, from two probes of the replica. Pure.
#pragma once

#include "model/topology.h"

namespace orc::discovery {

/// `evidence` after one more probe. `before` is the main channel at the last probe (null: none, or another source),
/// `now_seen` the one just read (null: replicates from nobody). Moved: the received position, the read coordinates or
/// the heartbeat counter changed, or the receiver began to run.
model::StreamEvidence fold_stream(
    model::StreamEvidence evidence, const model::Channel* before, const model::Channel* now_seen, Instant at
);

}  // namespace orc::discovery
