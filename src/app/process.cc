#include "app/process.h"

#include <signal.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>

#include "api/errands.h"
#include "app/graphite.h"
#include "app/reloader.h"
#include "app/service.h"
#include "app/wiring.h"
#include "cli/command_table.h"
#include "cli/remote.h"
#include "config/dump.h"
#include "config/files.h"
#include "discovery/names/real_host_names.h"
#include "http/desk.h"
#include "http/server.h"
#include "mysql/real_gateway.h"
#include "mysql/session/dialer.h"
#include "mysql/session/resolver.h"
#include "recovery/shell_hooks.h"
#include "runtime/http_get.h"
#include "runtime/log.h"
#include "runtime/open_files.h"
#include "runtime/task_group.h"

namespace orc::app {
namespace {

/// The real outside, in the order in which it may go: what uses another is declared after it.
struct Real {
    /// Makes everything; nothing is opened yet.
    Result<void> connect(const config::Settings& settings) {
        TRY(store, make_store(settings, clock, store_controls));
        resolver = mysql::make_resolver(clock, io.get_executor(), {});
        dialer = mysql::make_dialer(clock, io.get_executor(), *resolver);
        gateway = mysql::make_gateway(gateway_options(settings), *dialer, clock, io.get_executor());
        shell = settings.processes_shell_command;
        hooks = recovery::make_shell_hooks(clock, std::function<std::string()>([this] { return shell; }));
        host_names = discovery::make_host_names(clock, io.get_executor());
        return {};
    }

    Outside outside() { return {*gateway, *store, *hooks, clock, rng, io.get_executor(), host_names.get()}; }

    /// On the control executor.
    void adopt(const config::Settings& settings) {
        gateway->adopt(gateway_options(settings));
        store_controls.adopt(settings);
        shell = settings.processes_shell_command;
    }

    asio::io_context io{1};
    runtime::SystemClock clock;
    runtime::SystemRng rng;
    StoreControls store_controls;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<mysql::Resolver> resolver;
    std::unique_ptr<mysql::Dialer> dialer;
    std::unique_ptr<mysql::RealGateway> gateway;
    std::string shell;  ///< ProcessesShellCommand as it is now
    std::unique_ptr<recovery::Hooks> hooks;
    std::unique_ptr<discovery::HostNames> host_names;
};

/// Audits what the operating system asked for; a store that cannot be written does not hold it up.
Co<void> note(api::UseCases& use_cases, std::string type, std::string message) {
    const auto noted = co_await use_cases.note(std::move(type), std::move(message));
    if (!noted) {
        LOG(warning, "audit.not_written", {{"why", noted.error().message}});
    }
}

using Signals = asio::basic_signal_set<Executor>;

/// Serves SIGHUP until told to stop; returns the number of the signal that said so.
Co<int> wait_for_stop(api::UseCases& use_cases, Signals& signals) {
    while (true) {
        const auto token = asio::as_tuple(asio::use_awaitable_t<Executor>{});
        const std::tuple<boost::system::error_code, int> caught = co_await signals.async_wait(token);
        const int number = std::get<1>(caught);
        if (std::get<0>(caught) || number != SIGHUP) {
            co_return number;
        }
        // It logs and audits what came of it.
        [[maybe_unused]] const auto reloaded = co_await use_cases.reload_configuration("SIGHUP", std::nullopt);
    }
}

/// A use case that cannot fail, as the way to the control thread wants it.
Task<cli::Printed> run_on_control(api::UseCases& use_cases, cli::Flags flags) {
    const std::string host = use_cases.node().host;
    co_return co_await cli::run(use_cases, std::move(flags), host, this_user());
}

/// Commands of other processes, sent here because this one decides on the database (cli/remote.h).
Co<http::Response> run_for_client(std::shared_ptr<http::Desk> desk, http::Call call) {
    auto flags = cli::flags_from_query(call.request.parts.query);
    if (!flags) {
        co_return http::plain(400, flags.error().message);
    }
    auto work = run_on_control(desk->use_cases, *std::move(flags));
    const Result<cli::Printed> printed = co_await desk->on_control<cli::Printed>(std::move(work));
    co_return printed ? http::bare(cli::answer_text(*printed)) : http::plain(503, printed.error().message);
}

http::Doors doors_of(const config::Settings& settings, bool with_http) {
    http::Doors out;
    out.is_public = with_http;
    out.local_socket = command_socket(settings);
    out.trusted = [](http::Router& router, std::shared_ptr<http::Desk> desk) {
        router.get(cli::command_path.substr(1), http::Right::act, [desk = std::move(desk)](http::Call call) {
            return run_for_client(desk, std::move(call));
        });
    };
    return out;
}

/// Until a signal says stop; what it was is audited.
Co<void> work_until_stopped(api::UseCases& use_cases, Signals& signals) {
    const int number = co_await wait_for_stop(use_cases, signals);
    LOG(info, "service.stopping", {{"signal", number}});
    co_await note(use_cases, "shutdown", number == SIGTERM ? "Triggered via SIGTERM" : "Triggered via SIGINT");
}

Task<Figures> figures_of(api::UseCases& use_cases) {
    const api::Health health = co_await use_cases.health();
    co_return api::classic_figures(use_cases, health.is_healthy);
}

/// Asks the control thread; a service that is stopping answers with nothing.
Graphite::Collect figures_collector(api::UseCases& use_cases) {
    return [&use_cases] {
        const auto promise = std::make_shared<std::promise<Figures>>();
        auto told = [promise](const std::exception_ptr& error, Result<Figures> figures) {
            promise->set_value(error || !figures ? Figures() : *std::move(figures));
        };
        asio::co_spawn(use_cases.control(), figures_of(use_cases), std::move(told));
        return promise->get_future();
    };
}

/// Null, and it is logged, when the keys do not fit together: the service is worth more than its figures.
std::unique_ptr<Graphite> start_graphite(const config::Settings& settings, api::UseCases& use_cases) {
    auto made = Graphite::make(settings, use_cases.node().host, figures_collector(use_cases), use_cases.clock());
    if (!made) {
        LOG(error, "graphite.off", {{"why", made.error().message}});
        return nullptr;
    }
    return *std::move(made);
}

/// `with_http` false is `-c continuous`: everything but the public listener.
Co<void> serve(Service& service, config::Settings settings, bool with_http, Signals& signals, int& exit_code) {
    const Result<void> started = co_await service.start();
    if (!started) {
        exit_code = fatal(started.error().message);
        co_await service.stop();
        co_return;
    }
    // SIGHUP has been caught since the start; these ended a program that was not up yet.
    signals.add(SIGTERM);
    signals.add(SIGINT);
    auto graphite = start_graphite(settings, service.use_cases());
    auto server = http::Server::start(settings, service.use_cases(), http::Limits{}, doors_of(settings, with_http));
    if (server) {
        LOG(info, with_http ? "http.listening" : "service.continuous", {{"port", (*server)->port()}});
        co_await work_until_stopped(service.use_cases(), signals);
        co_await (*server)->stop();
    } else {
        exit_code = fatal(server.error().message);
    }
    graphite.reset();
    co_await service.stop();
}

/// A connection is kept to every server, and the usual limit is 1024. Hooks inherit this, and some programs close
/// every number up to the limit before they begin: so not as many as the system would allow.
constexpr std::uint64_t open_files_max = 65'536;

constexpr Millis reading_limit{2000};

/// Servers known from earlier runs are read once, so that a command sees the present and not the past.
Co<void> read_known_servers(Service& service, runtime::Clock& clock) {
    std::vector<Endpoint> known;
    const model::TopologyPtr topology = service.use_cases().topology();
    for (const auto& [endpoint, cluster] : *topology->members) {
        known.push_back(endpoint);
    }
    const Deadline deadline = clock.deadline_in(reading_limit);
    co_await service.discovery().refresh(std::move(known), deadline);
}

/// Until cancelled: this process is one of those that use the database. That it could not be said harms nobody.
Co<void> keep_registered(Service& service, runtime::Clock& clock, const runtime::TaskGroup& group) {
    while (!group.is_stopping()) {
        [[maybe_unused]] const auto said = co_await service.use_cases().health();
        co_await clock.sleep_for(Seconds(1));
    }
}

bool is_registered(const cli::Flags& flags) {
    const std::string command = flags.text("c");
    return !flags.on("skip-continuous-registration") && command != "redeploy-internal-db" && command != "help";
}

/// The active node does it, and this process prints what came of it.
Task<cli::Printed> have_done(api::UseCases& use_cases, cli::Flags flags) {
    store::Errand errand;
    errand.method = "GET";
    errand.target = cli::request_of(flags);
    errand.user = this_user();
    const std::string leader = use_cases.leadership().leader;
    CO_TRY(const auto answer, co_await api::have_done(use_cases, std::move(errand)));
    co_return cli::printed_from(leader, answer.status, answer.body);
}

Co<void> perform(
    Service& service, runtime::Clock& clock, cli::Flags flags, std::string host, Result<cli::Printed>& out
) {
    const Result<void> started = co_await service.start();
    runtime::TaskGroup presence(co_await asio::this_coro::executor);
    if (!started) {
        out = tl::unexpected(started.error());
    } else if (api::stands_by(service.use_cases())) {
        out = co_await have_done(service.use_cases(), std::move(flags));
    } else {
        if (is_registered(flags)) {
            presence.spawn(keep_registered(service, clock, presence));
        }
        if (cli::needs_topology(flags.text("c"))) {
            co_await read_known_servers(service, clock);
        }
        out = co_await cli::run(service.use_cases(), std::move(flags), std::move(host), this_user());
    }
    co_await presence.stop();
    co_await service.stop();
}

ServiceOptions options_of(const config::Settings& settings, const cli::Flags& flags, runtime::Rng& rng) {
    ServiceOptions out;
    out.settings = settings;
    out.node = this_node(rng);
    out.noop = flags.on("noop");
    out.has_shared_backend = has_shared_backend(settings);
    return out;
}

/// The command in this process.
Result<cli::Printed> run_here(const config::Settings& settings, const cli::Flags& flags) {
    Real real;
    TRY(real.connect(settings));
    ServiceOptions options = options_of(settings, flags, real.rng);
    options.watch = false;
    options.part = Part::visitor;
    options.command = flags.text("c");
    Service service(real.outside(), options);
    Result<cli::Printed> out = fail(ErrorCode::cancelled, "the command did not end");
    runtime::TaskGroup main_task(real.io.get_executor());
    main_task.spawn(perform(service, real.clock, flags, options.node.host, out));
    real.io.run();
    return out;
}

/// Commands have an embedded database for a moment each, and a service that starts has it before it serves anybody.
constexpr Seconds waits_for_database{10};
constexpr Millis between_tries{50};

/// The lock, as soon as nobody has it. Errors: conflict, when somebody has it for too long, or `gives_up` says so,
/// which is asked each time that somebody has it.
Result<std::unique_ptr<DatabaseLock>> take_when_free(
    const config::Settings& settings, const std::function<bool()>& gives_up
) {
    const runtime::SystemClock clock;
    const Deadline limit = clock.deadline_in(waits_for_database);
    while (true) {
        auto lock = DatabaseLock::take(settings);
        if (lock || lock.error().code != ErrorCode::conflict || gives_up() || limit.has_passed(clock.now())) {
            return lock;
        }
        std::this_thread::sleep_for(between_tries);
    }
}

/// In the service that has the database, else here when nobody has it.
Result<cli::Printed> run_where_it_belongs(const config::Settings& settings, const cli::Flags& flags) {
    std::optional<Result<cli::Printed>> answered;
    const auto lock = take_when_free(settings, [&] {
        auto printed = cli::ask_service(command_socket(settings), flags);
        if (printed || printed.error().code != ErrorCode::unreachable) {
            answered = std::move(printed);
        }
        return answered.has_value();
    });
    if (lock) {
        return run_here(settings, flags);
    }
    if (answered) {
        return *std::move(answered);
    }
    const bool is_taken = lock.error().code == ErrorCode::conflict;
    return fail(lock.error().code, lock.error().message + (is_taken ? ", which does not answer" : ""));
}

void mask_hangups(int how) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(how, &set, nullptr);
}

/// One that waited is delivered now.
void release_hangups() { mask_hangups(SIG_UNBLOCK); }

}  // namespace

void hold_hangups() { mask_hangups(SIG_BLOCK); }

int fatal(const std::string& message) {
    runtime::print_fatal(message);
    return 1;
}

int run_service(const config::Settings& settings, const cli::Flags& flags, config::Files files) {
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);  // a file that may not grow any more is a full disk, not an end
    runtime::allow_open_files(open_files_max);
    // A command leaves soon; another service stays.
    const auto lock = take_when_free(settings, [&] { return runtime::is_served(command_socket(settings)); });
    if (!lock) {
        return fatal(lock.error().message);
    }
    Real real;
    Signals signals(real.io.get_executor(), SIGHUP);
    release_hangups();
    if (const auto connected = real.connect(settings); !connected) {
        return fatal(connected.error().message);
    }
    ServiceOptions options = options_of(settings, flags, real.rng);
    options.watch = flags.on("discovery");
    options.part = options.watch ? Part::contender : Part::guest;
    options.wants_lead = flags.on("grab-election");
    const auto known = std::make_shared<config::Files>(std::move(files));
    Reloader reloader(
        [known](const std::optional<std::string>& extra) { return known->reload(extra); }, flags, real.io.get_executor()
    );
    options.load_configuration = [&reloader](std::optional<std::string> extra) {
        return reloader.reload(std::move(extra));
    };
    options.adopt_outside = [&real](const config::Settings& fresh) { real.adopt(fresh); };
    Service service(real.outside(), std::move(options));
    int exit_code = 0;
    runtime::TaskGroup main_task(real.io.get_executor());
    const bool with_http = flags.text("c") != "continuous";
    main_task.spawn(serve(service, settings, with_http, signals, exit_code));
    real.io.run();
    return exit_code;
}

int run_command(const config::Settings& settings, const cli::Flags& flags) {
    signal(SIGPIPE, SIG_IGN);
    if (flags.text("c") == "dump-config") {
        std::cout << config::dump(settings, flags.on("show-secrets")) << '\n' << std::flush;
        return 0;
    }
    cli::Flags asked = flags;
    asked.texts.try_emplace("owner", this_user());  // whoever runs it is not the service's user
    const auto printed = run_where_it_belongs(settings, asked);
    if (!printed) {
        return fatal(printed.error().message);
    }
    std::cout << printed->out << std::flush;
    return printed->error.empty() ? printed->exit_code : fatal(printed->error);
}

}  // namespace orc::app
