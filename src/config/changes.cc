#include "config/changes.h"

#include <variant>

#include "config/keys.h"

namespace orc::config {
namespace {

void settle(const Key& key, const Settings& running, Settings& loaded, Changes& changes) {
    const auto compare = [&](auto member) {
        if (running.*member == loaded.*member) {
            return;
        }
        if (key.takes_effect == TakesEffect::start) {
            loaded.*member = running.*member;
            changes.needs_restart.emplace_back(key.name);
        } else {
            changes.live.emplace_back(key.name);
        }
    };
    std::visit(compare, key.member);
}

}  // namespace

Changes keep_start_values(const Settings& running, Settings& loaded) {
    Changes out;
    for (const auto& key : keys()) {
        settle(key, running, loaded, out);
    }
    return out;
}

}  // namespace orc::config
