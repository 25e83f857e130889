// What concerns this node and not the servers it watches: its configuration, whether it is well, what it counts.
#include <map>

#include "base/text.h"
#include "http/json_writer.h"
#include "http/legacy_names.h"
#include "http/routes.h"

namespace orc::http::routes {
namespace {

constexpr Row rows[] = {
    {"api/reload-configuration", Right::act, reload_configuration},
};

}  // namespace

Co<Response> reload_configuration(DeskPtr desk, Call call) {
    const std::string extra(call.request.parts.query_value("config"));
    std::optional<std::string> file;
    if (!extra.empty()) {
        file = extra;
    }
    auto work = desk->use_cases.reload_configuration("API", std::move(file));
    const auto changes = co_await desk->on_control(std::move(work));
    if (!changes) {
        co_return envelope_error(changes.error(), json_text(extra));
    }
    std::string message = "Config reloaded";
    if (!changes->live.empty()) {
        message += "; changed: " + join(changes->live, ", ");
    }
    if (!changes->needs_restart.empty()) {
        message += "; needs a restart: " + join(changes->needs_restart, ", ");
    }
    co_return envelope_ok(message, json_text(extra));
}
namespace {

/// "accept-encoding" -> "Accept-Encoding", the form in which the classic program shows them.
std::string canonical_header(std::string_view name) {
    std::string out(name);
    bool is_first = true;
    for (char& c : out) {
        c = is_first ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                     : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        is_first = c == '-';
    }
    return out;
}

/// Who must not be repeated to whoever sees the answer.
bool is_secret(std::string_view name) { return name == "Authorization" || name == "Cookie"; }

}  // namespace

Co<Response> headers(DeskPtr /*desk*/, Call call) {
    std::map<std::string, std::vector<std::string>> by_name;
    for (const auto& [name, value] : call.request.headers) {
        const std::string canonical = canonical_header(name);
        if (canonical != "Host") {  // not among the headers of the classic program
            by_name[canonical].push_back(is_secret(canonical) ? "..." : value);
        }
    }
    JsonWriter json;
    json.begin_object();
    for (const auto& [name, values] : by_name) {
        json.key(name).begin_array();
        for (const auto& value : values) {
            json.text(value);
        }
        json.end_array();
    }
    json.end_object();
    co_return bare(std::move(json).str());
}

Co<Response> automated_recovery_filters(DeskPtr desk, Call /*call*/) {
    const std::string filters = legacy::recovery_filters(*desk->use_cases.settings());
    co_return envelope_ok("Automated recovery configuration details", filters);
}

namespace {

/// A node that is alone cannot take the lead from anybody, nor give it to anybody: it says how it stands.
Co<Response> stay_elected(DeskPtr desk, std::string_view message) {
    const auto standing = co_await desk->standing();
    if (!standing) {
        co_return envelope_error(standing.error());
    }
    if (!standing->leadership.is_leader) {
        co_return envelope_error("this node does not lead: its store cannot be written");
    }
    co_return envelope_ok(message);
}

}  // namespace

Co<Response> grab_election(DeskPtr desk, Call /*call*/) {
    return stay_elected(std::move(desk), "Node elected as leader");
}
Co<Response> reelect(DeskPtr desk, Call /*call*/) {
    return stay_elected(std::move(desk), "Set re-elections: this node is alone and leads on");
}

Co<Response> reload_cluster_alias(DeskPtr /*desk*/, Call /*call*/) {
    co_return envelope_error("reload-cluster-alias has been retired: aliases are kept up to date by discovery");
}

Co<Response> no_group(DeskPtr /*desk*/, Call call) {
    const auto& segments = call.request.parts.segments;
    std::string verb;
    for (const auto& segment : segments) {
        if (segment.starts_with("raft-")) {
            verb = segment;
        }
    }
    co_return envelope_error(verb + ": not running with raft setup");
}

Co<Response> no_agents(DeskPtr /*desk*/, Call /*call*/) { co_return envelope_error("Agents not served"); }

void add_node_rows(Router& router, const std::shared_ptr<Desk>& desk) { add_rows(router, desk, "", rows); }

}  // namespace orc::http::routes
