#include "http/server.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "api/access_tokens.h"
#include "base/text.h"
#include "http/auth.h"
#include "http/desk.h"
#include "http/identity.h"
#include "http/json_writer.h"
#include "http/relay.h"
#include "runtime/log.h"
#include "runtime/rng.h"
#include "runtime/task_group.h"

namespace orc::http {
namespace {

constexpr unsigned owner_only = 0600;
/// A command may name as many servers as a command line holds.
constexpr std::uint32_t local_head_bytes = 8 * 1024 * 1024;

bool is_below(const std::vector<std::string>& path, const std::vector<std::string>& prefix) {
    return path.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), path.begin());
}

std::string event_json(const recovery::Event& event) {
    JsonWriter json;
    json.begin_object().field("at", rfc3339(event.at)).field("kind", event.kind);
    json.field("cluster", event.cluster.text()).field("text", event.text);
    json.field("uid", event.uid ? event.uid->text() : "").end_object();
    return std::move(json).str();
}

}  // namespace

struct Server::State {
    State(const config::Settings& settings, api::UseCases& u)
        : io(std::make_shared<asio::io_context>(1)),
          work(asio::make_work_guard(*io)),
          use_cases(u),
          gate_settings(u.settings()),
          gate(*gate_settings),
          prefix(path_segments(settings.url_prefix)),
          identity(message_prefix(settings, u.node().host, qualified_host_name)),
          change_token(runtime::SystemRng().hex(32)),
          group(io->get_executor()) {}

    std::shared_ptr<asio::io_context> io;
    asio::executor_work_guard<Executor> work;
    api::UseCases& use_cases;
    std::shared_ptr<const config::Settings> gate_settings;  ///< what the gate was made of
    Gate gate;
    std::vector<std::string> prefix;
    std::string identity;      ///< goes before messages
    std::string change_token;  ///< no page of another site can read it
    Router router;             ///< below the prefix
    Router root_router;        ///< paths that stand as they are configured
    Router trusted_router;     ///< who comes here has shown already that they may
    std::shared_ptr<EventHub> events;
    std::unique_ptr<Listener> listener;        ///< null: no public door
    std::unique_ptr<Listener> local_listener;  ///< null: no local one
    std::unique_ptr<Relay> relay;
    runtime::TaskGroup group;
    std::thread thread;

    std::optional<Router::Match> match(const Request& request) const;
    Co<Response> answer(Request request);
    std::optional<Response> check_method(const Request& request, bool is_post) const;
    Co<Response> answer_within(Request request);
    Co<Response> answer_for_other(Request request);
    Co<Response> answer_locally(Request request);
    Result<void> open_public_door(const config::Settings& settings, const Limits& limits);
    void open_local_door(const std::string& socket, Limits limits);
    Co<bool> has_token(TokenPair pair);
    void listen_to_recoveries(const std::shared_ptr<State>& self);
    Task<bool> shut_down(Millis drain);
    void end_thread();

    Millis drain{0};
};

std::optional<Router::Match> Server::State::match(const Request& request) const {
    const auto& path = request.parts.segments;
    if (auto exact = root_router.match(path)) {
        return exact;
    }
    if (!is_below(path, prefix)) {
        return std::nullopt;
    }
    return router.match(std::vector<std::string>(path.begin() + std::ptrdiff_t(prefix.size()), path.end()));
}

Co<Response> Server::State::answer(Request request) {
    Response out = co_await answer_within(std::move(request));
    put_before_message(out, identity);
    // Names and errors of servers are other people's text: no browser shall guess that it is a page.
    const auto has = [&](std::string_view name) {
        return std::any_of(out.headers.begin(), out.headers.end(), [&](const auto& h) { return h.first == name; });
    };
    if (!has("X-Content-Type-Options")) {
        out.headers.emplace_back("X-Content-Type-Options", "nosniff");
    }
    co_return out;
}

namespace {

Task<bool> token_is_good(api::UseCases& use_cases, TokenPair pair) {
    co_return api::is_access_token(use_cases, pair.public_half, pair.secret_half, equal_secretly);
}

}  // namespace

Co<bool> Server::State::has_token(TokenPair pair) {
    auto looking = token_is_good(use_cases, std::move(pair));
    const auto good = co_await on_executor(use_cases.control(), io, std::move(looking));
    co_return good.has_value() && *good;
}

std::optional<Response> Server::State::check_method(const Request& request, bool is_post) const {
    if (is_post && !equal_secretly(request.header("X-Change-Token"), change_token)) {
        Response out = envelope_error("Unauthorized: a POST carries X-Change-Token, which /api/change-token tells");
        out.status = 403;
        return out;
    }
    if (!is_post && !gate_settings->changes_by_get) {
        Response out = envelope_error("ChangesByGet is off: changes are made by POST, with X-Change-Token");
        out.status = 405;
        out.headers.emplace_back("Allow", "POST");
        return out;
    }
    return std::nullopt;
}

Co<Response> Server::State::answer_within(Request request) {
    auto parts = parse_target(request.target);
    if (!parts) {
        co_return plain(400, "400 Bad Request\n");
    }
    request.parts = *std::move(parts);
    if (auto present = use_cases.settings(); present != gate_settings) {
        gate_settings = std::move(present);
        gate = Gate(*gate_settings);
    }
    if (auto refusal = gate.check_certificate(request)) {
        co_return *std::move(refusal);
    }
    if (auto refusal = gate.check(request)) {
        co_return *std::move(refusal);
    }
    auto found = match(request);
    const bool is_post = request.method == "POST" && found && is_change(found->right);
    const bool is_known_method = request.method == "GET" || request.method == "HEAD" || is_post;
    if (!found || !is_known_method) {
        co_return plain(404, "404 page not found\n");
    }
    if (is_change(found->right)) {
        if (auto refusal = check_method(request, is_post)) {
            co_return *std::move(refusal);
        }
    }
    if (!prefix.empty() && request.parts.segments.size() == prefix.size() && is_below(request.parts.segments, prefix)) {
        co_return redirect("/" + join(prefix, "/") + "/");
    }
    if (is_change(found->right) && gate.wants_token()) {
        if (auto pair = token_of(request)) {
            request.may_act = co_await has_token(*std::move(pair));
        }
    }
    if (is_change(found->right) && gate.is_foreign(request)) {
        LOG(warning,
            "http.foreign_change_refused",
            {{"origin", request.header("Origin")}, {"client", request.peer}, {"target", request.parts.segments.back()}}
        );
        co_return envelope_error("Unauthorized: the request was made by a page of another site");
    }
    if (is_change(found->right) && !request.may_act) {
        co_return envelope_error("Unauthorized");
    }
    if (is_for_active(found->right)) {
        std::string target = below(request.target, prefix.size());
        if (auto passed = co_await relay->pass_on(request.method, std::move(target), request.user)) {
            co_return *std::move(passed);
        }
    }
    Call call(std::move(request), std::move(found->params));
    co_return co_await found->answer(std::move(call));
}

/// A request that another node has let in, and whose path is below the prefix.
Co<Response> Server::State::answer_for_other(Request request) {
    auto parts = parse_target(request.target);
    if (parts && trusted_router.match(parts->segments)) {
        co_return co_await answer_locally(std::move(request));
    }
    auto found = parts ? router.match(parts->segments) : std::nullopt;
    if (!found) {
        co_return plain(404, "404 page not found\n");
    }
    if (is_change(found->right) && use_cases.settings()->read_only) {
        co_return envelope_error("Unauthorized");
    }
    request.parts = *std::move(parts);
    Call call(std::move(request), std::move(found->params));
    co_return co_await found->answer(std::move(call));
}

/// Whoever may write the database may have everything done that a command does.
Co<Response> Server::State::answer_locally(Request request) {
    auto parts = parse_target(request.target);
    auto found = parts ? trusted_router.match(parts->segments) : std::nullopt;
    if (!found) {
        co_return plain(404, "404 page not found\n");
    }
    request.parts = *std::move(parts);
    Call call(std::move(request), std::move(found->params));
    co_return co_await found->answer(std::move(call));
}

namespace {

Task<std::vector<model::RecoveryRecord>> record_of(api::UseCases& use_cases, RecoveryUid uid) {
    store::RecoveryQuery query;
    query.uid = std::move(uid);
    co_return co_await use_cases.recoveries(std::move(query));
}

/// Counts how a recovery ended. `took` is nullopt when its beginning was not seen.
Co<void> count_end(
    std::shared_ptr<asio::io_context> io,
    api::UseCases& use_cases,
    EventHub& events,
    RecoveryUid uid,
    std::optional<Micros> took
) {
    auto work = record_of(use_cases, std::move(uid));
    const auto records = co_await on_executor(use_cases.control(), io, std::move(work));
    if (!records || records->empty()) {
        ++events.counts.unsuccessful;
        co_return;
    }
    const auto& record = records->front();
    const Micros by_record = record.ended ? Micros(*record.ended - record.start) : Micros(0);
    events.counts.count(record.code, record.is_successful, double(took.value_or(by_record).count()) / 1e6);
}

/// Errors (invalid): an AuthenticationMethod that lets anybody read and nobody do anything.
Result<void> check_log_in(const config::Settings& settings) {
    if (to_lower(settings.authentication_method) == "multi" && settings.http_auth_user.empty()) {
        return fail(
            ErrorCode::invalid, "AuthenticationMethod is multi, but HTTPAuthUser is empty: nobody could change anything"
        );
    }
    return {};
}

}  // namespace

void Server::State::listen_to_recoveries(const std::shared_ptr<State>& self) {
    // The loop keeps its listener until the process ends; the server may go earlier. The weak pointer is tried on the
    // control thread, and so may destroy nothing there: what it locks travels on to the HTTP thread.
    use_cases.on_recovery_event([weak = std::weak_ptr<State>(self)](const recovery::Event& event) {
        auto state = weak.lock();
        if (state == nullptr) {
            return;
        }
        const auto executor = state->io->get_executor();
        auto tell = [event, now = state->use_cases.clock().now(), state = std::move(state)] {
            state->events->publish("recovery", event_json(event));
            RecoveryCounts& counts = state->events->counts;
            if (event.kind == "recovery_started" && event.uid) {
                ++counts.started;
                counts.begun[*event.uid] = now;
            }
            if (event.kind == "recovery_ended" && event.uid) {
                const auto took = counts.time_since_begin(*event.uid, now);
                state->group.spawn(count_end(state->io, state->use_cases, *state->events, *event.uid, took));
            }
        };
        asio::post(executor, std::move(tell));
    });
}

void Server::State::end_thread() {
    work.reset();
    io->stop();
    thread.join();
    io->restart();
    io->poll();  // what was posted meanwhile holds references
}

Task<bool> Server::State::shut_down(Millis span) {
    events->close();
    for (auto* door : {listener.get(), local_listener.get()}) {
        if (door != nullptr) {
            co_await door->stop(span);
        }
    }
    co_await relay->stop();
    co_await group.stop();
    co_return true;
}

Server::Server(std::shared_ptr<State> state) : state_(std::move(state)) {}

Result<void> Server::State::open_public_door(const config::Settings& settings, const Limits& limits) {
    TRY(check_log_in(settings));
    const Executor executor = io->get_executor();
    std::unique_ptr<Acceptor> acceptor;
    if (!settings.listen_socket.empty()) {
        TRY(acceptor, listen_unix(executor, settings.listen_socket));
    } else {
        std::shared_ptr<TlsIdentity> tls;
        if (settings.use_ssl) {
            TlsFiles files;
            files.certificate = settings.ssl_cert_file;
            files.key = settings.ssl_private_key_file;
            files.authorities = settings.ssl_ca_file;
            files.asks_clients = settings.use_mutual_tls;
            TRY(tls, load_tls(files));
        }
        TRY(acceptor, listen_tcp(executor, settings.listen_address, std::move(tls)));
    }
    Handler handler = [this](Request request) { return answer(std::move(request)); };
    listener = std::make_unique<Listener>(executor, std::move(acceptor), std::move(handler), limits);
    return {};
}

void Server::State::open_local_door(const std::string& socket, Limits limits) {
    auto acceptor = listen_unix(io->get_executor(), socket, owner_only);
    if (!acceptor) {
        LOG(warning, "http.no_local_door", {{"why", acceptor.error().message}});
        return;
    }
    limits.head_bytes = local_head_bytes;
    Handler handler = [this](Request request) { return answer_locally(std::move(request)); };
    local_listener = std::make_unique<Listener>(io->get_executor(), *std::move(acceptor), std::move(handler), limits);
    local_listener->start();
}

Result<std::unique_ptr<Server>> Server::start(
    const config::Settings& settings, api::UseCases& use_cases, Limits limits, const Doors& doors
) {
    auto state = std::make_shared<State>(settings, use_cases);
    state->drain = limits.drain;
    if (doors.is_public) {
        TRY(state->open_public_door(settings, limits));
    }
    State* const raw = state.get();
    state->events = std::make_shared<EventHub>(state->io->get_executor(), &use_cases, EventHub::Limits{});
    auto traffic = [raw] { return raw->listener == nullptr ? Traffic{} : raw->listener->traffic(); };
    auto desk =
        std::make_shared<Desk>(Desk{use_cases, state->io, state->events, std::move(traffic), state->change_token});
    add_routes(state->router, desk);
    add_root_routes(state->root_router, desk);
    if (doors.trusted) {
        doors.trusted(state->trusted_router, desk);
    }
    Handler answer_for_other = [raw](Request request) { return raw->answer_for_other(std::move(request)); };
    state->relay = std::make_unique<Relay>(use_cases, state->io, std::move(answer_for_other));
    if (!doors.local_socket.empty()) {
        state->open_local_door(doors.local_socket, limits);
    }
    if (state->listener != nullptr) {
        state->listener->start();
        LOG(info, "http.started", {{"port", state->listener->port()}, {"socket", settings.listen_socket}});
    }
    state->relay->start();
    state->group.spawn(state->events->watch());
    state->listen_to_recoveries(state);
    state->thread = std::thread([io = state->io] {
        pthread_setname_np(pthread_self(), "http");
        io->run();
    });
    return std::unique_ptr<Server>(new Server(std::move(state)));
}

Co<void> Server::stop() {
    const auto state = state_;
    if (!state->thread.joinable()) {
        co_return;
    }
    // The caller's io_context runs this coroutine, so it lives as long as it takes.
    auto work = state->shut_down(state->drain);
    co_await on_executor(state->io->get_executor(), nullptr, std::move(work));
    state->end_thread();
    LOG(info, "http.stopped", {});
}

// Only a failing allocation throws here, and then nothing can be saved.
// NOLINTNEXTLINE(bugprone-exception-escape)
Server::~Server() {
    if (!state_->thread.joinable()) {
        return;
    }
    std::promise<void> ended;
    auto end = [&ended](const std::exception_ptr&, const Result<bool>&) { ended.set_value(); };
    asio::co_spawn(state_->io->get_executor(), state_->shut_down(Millis(0)), std::move(end));
    ended.get_future().wait();
    state_->end_thread();
}

std::uint16_t Server::port() const { return state_->listener == nullptr ? 0 : state_->listener->port(); }

}  // namespace orc::http
