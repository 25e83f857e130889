// What concerns this node and not the servers it watches: its configuration, whether it is well, what it counts.
#include <sys/resource.h>

#include <fstream>
#include <map>

#include "api/access_tokens.h"
#include "api/figures.h"
#include "base/text.h"
#include "http/json_writer.h"
#include "http/legacy/legacy_names.h"
#include "http/routes/routes.h"

namespace orc::http::routes {
namespace {

constexpr Row node_rows[] = {
    {"api/reload-configuration", Right::act_here, reload_configuration},
    {"api/change-token", Right::read, change_token},
    {"web/access-token", Right::read_of_active, pick_up_token},
    {"health/live", Right::read, live},
    {"health/ready", Right::read, ready},
    {"health/leader", Right::read, leads},
    {"debug/vars", Right::read, debug_variables},
    {"debug/metrics", Right::read, debug_metrics},
};

Response probe_answer(bool is_good, std::string_view good, std::string_view bad) {
    JsonWriter json;
    json.begin_object().field("status", is_good ? good : bad).end_object();
    Response out = bare(std::move(json).str());
    out.status = is_good ? 200 : 503;
    out.content_type = "application/json";
    return out;
}

std::vector<std::string> command_line() {
    std::ifstream in("/proc/self/cmdline", std::ios::binary);
    std::vector<std::string> out;
    for (std::string word; std::getline(in, word, '\0');) {
        out.push_back(word);
    }
    return out;
}

/// What the process itself says, and the classic metrics that have a meaning here (docs/api.md names the others).
Response variables(const std::vector<api::Figure>& figures) {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    JsonWriter json;
    json.begin_object().key("cmdline").begin_array();
    for (const auto& word : command_line()) {
        json.text(word);
    }
    json.end_array().key("memstats").begin_object();
    json.field("MaxResidentBytes", std::uint64_t(usage.ru_maxrss) * 1024).end_object();
    for (const auto& figure : figures) {
        json.field(figure.name, figure.value);
    }
    json.end_object();
    return bare(std::move(json).str());
}

bool is_well(const Result<api::Health>& health) { return health && health->error.empty(); }

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

/// `work` gives "true"; a task without a value has no way to the control thread.
Co<Response> election(DeskPtr desk, Task<bool> work, std::string_view message) {
    const auto done = co_await desk->on_control(std::move(work));
    if (!done) {
        co_return envelope_error(done.error());
    }
    co_return envelope_ok(message);
}

Task<bool> grab(api::UseCases& use_cases) {
    CO_TRY(co_await use_cases.grab_election());
    co_return true;
}
Task<bool> reelect_now(api::UseCases& use_cases) {
    CO_TRY(co_await use_cases.reelect());
    co_return true;
}

}  // namespace

Co<Response> grab_election(DeskPtr desk, Call /*call*/) {
    auto work = grab(desk->use_cases);
    return election(std::move(desk), std::move(work), "Node elected as leader");
}
Co<Response> reelect(DeskPtr desk, Call /*call*/) {
    auto work = reelect_now(desk->use_cases);
    return election(std::move(desk), std::move(work), "Set re-elections");
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

Co<Response> pick_up_token(DeskPtr desk, Call call) {
    auto public_half = call.request.parts.query_value("publicToken");
    auto work = api::acquire_access_token(desk->use_cases, public_half);
    const auto secret_half = co_await desk->on_control(std::move(work));
    if (!secret_half) {
        Response out = envelope_error(secret_half.error());
        out.status = 200;  // as pages have always answered
        co_return out;
    }
    Response out = redirect(desk->use_cases.settings()->url_prefix + "/");
    // Not for scripts, and not sent along with what other sites ask for.
    out.headers.emplace_back(
        "Set-Cookie", "access-token=" + public_half + ":" + *secret_half + "; Path=/; HttpOnly; SameSite=Strict"
    );
    co_return out;
}

Co<Response> change_token(DeskPtr desk, Call /*call*/) {
    Response out = bare(json_text(desk->change_token));
    out.headers.emplace_back("Cache-Control", "no-store");
    co_return out;
}

Co<Response> live(DeskPtr /*desk*/, Call /*call*/) { co_return probe_answer(true, "alive", ""); }

Co<Response> ready(DeskPtr desk, Call /*call*/) {
    auto work = checked_health(desk->use_cases);
    const auto health = co_await desk->on_control(std::move(work));
    co_return probe_answer(is_well(health), "ready", "not ready");
}

Co<Response> leads(DeskPtr desk, Call /*call*/) {
    const auto standing = co_await desk->standing();
    co_return probe_answer(standing && standing->leadership.is_leader, "leader", "not leader");
}

Co<Response> debug_metrics(DeskPtr desk, Call /*call*/) {
    auto work = checked_health(desk->use_cases);
    const auto health = co_await desk->on_control(std::move(work));
    using Figures = std::vector<api::Figure>;
    std::function<Result<Figures>(const api::UseCases&)> question = [good = is_well(health)](const api::UseCases& it) {
        return Result<Figures>(api::classic_figures(it, good));
    };
    auto asked = desk->look<Figures>(std::move(question));
    const auto figures = co_await std::move(asked);
    co_return figures ? variables(*figures) : envelope_error(figures.error());
}

Co<Response> debug_variables(DeskPtr desk, Call call) { return debug_metrics(std::move(desk), std::move(call)); }

void add_node_rows(Router& router, const std::shared_ptr<Desk>& desk) { add_rows(router, desk, "", node_rows); }

}  // namespace orc::http::routes
