#include "discovery/names/name_book.h"

#include <algorithm>

#include "base/text.h"

namespace orc::discovery {

Endpoint follow_names(const std::unordered_map<Endpoint, Endpoint>& names, const Endpoint& given) {
    const Endpoint* at = &given;
    // NameBook::learn lets no ring come about, so this ends.
    for (auto next = names.find(given); next != names.end(); next = names.find(*at)) {
        at = &next->second;
    }
    return *at;
}

Endpoint NameBook::known_as(const Endpoint& given) const { return follow_names(canonical_, given); }

void NameBook::learn(const Endpoint& given, const Endpoint& canonical) {
    const Endpoint target = known_as(canonical);
    if (given == target) {
        return;
    }
    auto& known = canonical_[given];
    if (known != target) {
        known = target;
        ++revision_;
    }
}

void NameBook::unlearn(const Endpoint& given) { revision_ += canonical_.erase(given); }

bool NameBook::leads(std::string_view host, std::string_view own) const {
    return std::any_of(canonical_.begin(), canonical_.end(), [&](const auto& entry) {
        return entry.first.host == host && known_as(entry.first).host == own;
    });
}

void NameBook::forget(const Endpoint& server) {
    revision_ +=
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
