#include "discovery/name_book.h"

#include "base/text.h"

namespace orc::discovery {

Endpoint NameBook::known_as(const Endpoint& given) const {
    const Endpoint* at = &given;
    // learn() lets no ring come about, so this ends.
    for (auto next = canonical_.find(given); next != canonical_.end(); next = canonical_.find(*at)) {
        at = &next->second;
    }
    return *at;
}

void NameBook::learn(const Endpoint& given, const Endpoint& canonical) {
    const Endpoint target = known_as(canonical);
    if (given != target) {
        canonical_[given] = target;
    }
}

void NameBook::forget(const Endpoint& server) {
    std::erase_if(canonical_, [&](const auto& entry) { return entry.first == server || entry.second == server; });
    kept_.erase(server);
}

std::optional<std::string> own_host_name(std::string_view method, const model::Facts& facts) {
    std::string_view own;
    if (method == "default" || method == "hostname" || method == "@@hostname") {
        own = facts.hostname;
    } else if (method == "report_host" || method == "@@report_host") {
        own = facts.report_host;
    }
    return own.empty() ? std::nullopt : std::optional(to_lower(own));
}

bool is_same_server(const model::Facts& a, const model::Facts& b) {
    if (!a.server_uuid.empty() || !b.server_uuid.empty()) {
        return a.server_uuid == b.server_uuid;
    }
    return a.server_id == b.server_id && a.hostname == b.hostname;
}

}  // namespace orc::discovery
