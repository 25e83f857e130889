#include "discovery/table/stream_evidence.h"

namespace orc::discovery {

model::StreamEvidence fold_stream(
    model::StreamEvidence evidence, const model::Channel* before, const model::Channel* now_seen, Instant at
) {
    if (now_seen == nullptr) {
        return {};
    }
    const bool same_stream = before != nullptr && before->source == now_seen->source && before->name == now_seen->name;
    if (before != nullptr && !same_stream) {
        evidence = {};
    }
    if (now_seen->receiver != model::ThreadState::running) {
        return evidence;
    }
    evidence.looked = at;
    const bool started = before == nullptr || before->receiver != model::ThreadState::running;
    const bool advanced = !started && (before->received != now_seen->received || before->read != now_seen->read ||
                                       before->heartbeats_received != now_seen->heartbeats_received);
    // From the first look on silence is counted, whatever there was before.
    if (!same_stream || started || advanced) {
        evidence.moved = at;
    }
    return evidence;
}

}  // namespace orc::discovery
