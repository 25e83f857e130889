// What the handlers work with: the use cases, the way to the control thread, and the two things that live in this room
// (events and counters).
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "api/use_cases.h"
#include "http/events.h"
#include "http/router.h"
#include "http/routes/on_control.h"
#include "http/wire/listener.h"
#include "http/wire/message.h"

namespace orc::http {

/// What only the control thread may read.
struct Standing {
    ledger::LeadershipView leadership;
    bool recoveries_disabled = false;
    discovery::Counters counters;
};

/// Control thread only.
Standing standing_now(const api::UseCases& use_cases);

struct Desk {
    api::UseCases& use_cases;
    std::shared_ptr<asio::io_context> io;
    std::shared_ptr<EventHub> events;
    std::function<Traffic()> traffic;
    std::string change_token;  ///< what a change by POST has to show

    /// How this node stands, read where it belongs.
    Task<Standing> standing() const;

    /// Asks the control executor about what only it may read. `question` runs there; it must not capture by reference.
    template <typename T>
    Task<T> look(std::function<Result<T>(const api::UseCases&)> question) const {
        return on_control<T>(answer<T>(use_cases, std::move(question)));
    }

    /// Runs a verb on the control executor.
    template <typename T>
    Task<T> on_control(Task<T> work) const {
        return on_executor<T>(use_cases.control(), io, std::move(work));
    }

private:
    template <typename T>
    static Task<T> answer(const api::UseCases& use_cases, std::function<Result<T>(const api::UseCases&)> question) {
        co_return question(use_cases);
    }
};

// ---- the two classic forms of an answer ----

/// {"Code":"OK","Message":...,"Details":...}; `details` is JSON.
Response envelope_ok(std::string_view message, std::string_view details = "null");
/// The same with "ERROR" and status 500.
Response envelope_error(std::string_view message, std::string_view details = "null");
Response envelope_error(const Error& error, std::string_view details = "null");
/// A JSON value by itself.
Response bare(std::string json);

// ---- classic parameters ----

/// host and port of the path; there is no default port. Errors (invalid) name the port.
Result<Endpoint> endpoint_param(const Params& params, std::string_view host = "host", std::string_view port = "port");
/// The same, where a bad one counts as not given.
std::optional<Endpoint> optional_endpoint_param(const Params& params, std::string_view host, std::string_view port);
/// :clusterHint, else :clusterName, else host:port.
std::string cluster_hint_param(const Params& params);
/// :page, 20 rows each; anything else than a number is 0.
store::Page page_param(const Params& params);

/// Adds every route of the room.
void add_routes(Router& router, std::shared_ptr<Desk> desk);
/// Those whose path is taken as configured, without URLPrefix.
void add_root_routes(Router& router, std::shared_ptr<Desk> desk);

}  // namespace orc::http
