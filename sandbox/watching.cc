#include "sandbox/watching.h"

#include <boost/json.hpp>
#include <thread>

namespace orc::sandbox {
namespace {

namespace json = boost::json;

/// The list that the service answers with; nullopt for anything else.
std::optional<json::array> list_at(const ServiceProcess& service, const std::string& target) {
    const auto answer = service.get(target);
    boost::system::error_code error;
    auto value = json::parse(answer ? answer->body : "", error);
    return error || !value.is_array() ? std::nullopt : std::optional(std::move(value.as_array()));
}

}  // namespace

bool wait_until(std::chrono::milliseconds limit, const std::function<bool()>& done, std::chrono::milliseconds pause) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!done()) {
        if (std::chrono::steady_clock::now() >= end) {
            return false;
        }
        std::this_thread::sleep_for(pause);
    }
    return true;
}

std::size_t known_servers(const ServiceProcess& service) {
    std::size_t valid = 0;
    for (const auto& instance : list_at(service, "/api/all-instances").value_or(json::array{})) {
        valid += instance.at("IsLastCheckValid").as_bool() ? 1U : 0U;
    }
    return valid;
}

std::vector<StoryLine> newest_recovery(const ServiceProcess& service) {
    std::vector<StoryLine> story;
    const auto recoveries = list_at(service, "/api/audit-recovery");
    if (!recoveries || recoveries->empty()) {
        return story;
    }
    const std::string uid(recoveries->front().at("UID").as_string());
    for (const auto& step : list_at(service, "/api/audit-recovery-steps/" + uid).value_or(json::array{})) {
        story.push_back({std::string(step.at("AuditAt").as_string()), std::string(step.at("Message").as_string())});
    }
    return story;
}

std::string story_of_newest_recovery(const ServiceProcess& service) {
    std::string text;
    for (const auto& line : newest_recovery(service)) {
        text += "  " + line.at + "  " + line.text + "\n";
    }
    return text.empty() ? "  (no recovery was recorded)\n" : text;
}

std::vector<Endpoint> writable(const Sandbox& servers) {
    std::vector<Endpoint> out;
    for (const auto& server : servers.status()) {
        if (server.running && server.answers && !server.read_only) {
            out.push_back(server.endpoint);
        }
    }
    return out;
}

std::optional<std::string> what_is_not_whole(const Sandbox& servers) {
    const auto primaries = writable(servers);
    if (primaries.size() != 1) {
        std::string text = std::to_string(primaries.size()) + " writable servers:";
        for (const auto& primary : primaries) {
            text += " " + primary.text();
        }
        return text;
    }
    for (const auto& server : servers.status()) {
        if (server.running && server.endpoint != primaries.front() &&
            !(server.source == primaries.front() && server.io && server.sql)) {
            return server.endpoint.text() + " does not replicate from " + primaries.front().text() + " (source " +
                   (server.source ? server.source->text() : "none") + ", " + server.error + ")";
        }
    }
    return std::nullopt;
}

}  // namespace orc::sandbox
