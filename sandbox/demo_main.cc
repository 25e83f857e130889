// orchestrator-demo: four real servers, the service beside them, and a writer. Without options it prints where to look
// and what to try, and runs until interrupted; with --check it kills the primary once by itself and judges the outcome.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <csignal>
#include <filesystem>
#include <functional>
#include <iostream>

#include "sandbox/sandbox.h"
#include "sandbox/service_process.h"
#include "sandbox/watching.h"
#include "sandbox/writer.h"

namespace {

using namespace orc;
using namespace orc::sandbox;
namespace fs = std::filesystem;
namespace json = boost::json;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

volatile std::sig_atomic_t interrupted = 0;
void note_interrupt(int) { interrupted = 1; }

bool wait_unless_interrupted(milliseconds limit, const std::function<bool()>& done) {
    return wait_until(limit, [&] { return interrupted != 0 || done(); }) && interrupted == 0;
}

bool shows_new_tree(const ServiceProcess& service, const Endpoint& primary) {
    const auto tree = service.get("/api/topology/" + primary.text());
    return tree && tree->body.find("\"" + primary.text() + " ") != std::string::npos &&
           tree->body.find("nonreplicating") == std::string::npos;
}

void print_text(const ServiceProcess& service, const std::string& target) {
    const auto answer = service.get(target);
    boost::system::error_code error;
    const auto value = json::parse(answer ? answer->body : "", error);
    const auto* envelope = value.if_object();
    if (!error && envelope != nullptr && envelope->contains("Details") && envelope->at("Details").is_string()) {
        std::cout << envelope->at("Details").as_string().c_str() << "\n";
    }
}

int check(Sandbox& servers, const ServiceProcess& service, Writer& writer) {
    const Endpoint old_primary = servers.endpoint(1);
    if (!writer.wait_for_acks(200, std::chrono::seconds(10))) {
        std::cout << "FAILED: nothing could be written: " << writer.refusal_of(old_primary) << "\n";
        return 1;
    }
    std::cout << "\nKilling the primary " << old_primary.text() << " (SIGKILL)\n";
    const auto killed = Clock::now();
    if (const auto ok = servers.kill(1); !ok) {
        std::cout << "FAILED: " << ok.error().message << "\n";
        return 1;
    }
    const auto first = writer.wait_for_ack_not_on(old_primary, killed, std::chrono::seconds(30));
    if (!first) {
        std::cout << "FAILED: no server took writes within 30 s; see " << service.log() << "\n";
        return 1;
    }
    const auto last = writer.last_ack_on(old_primary);
    const auto gap = duration_cast<milliseconds>(first->acked - last->acked);
    const bool whole =
        wait_unless_interrupted(std::chrono::seconds(15), [&] { return !what_is_not_whole(servers).has_value(); });
    writer.stop();
    // The service reads them again a moment after it has changed them.
    wait_unless_interrupted(std::chrono::seconds(5), [&] { return shows_new_tree(service, first->server); });
    std::cout << "\nWhat happened:\n";
    std::cout << story_of_newest_recovery(service);
    std::cout << "\n";
    print_text(service, "/api/topology/" + first->server.text());
    auto client = Client::connect(first->server, "bench", std::chrono::seconds(5));
    const auto lost =
        client ? writer.lost_rows(*client) : Result<std::vector<std::int64_t>>(tl::unexpected(client.error()));
    std::cout << "\nNew primary            " << first->server.text() << "\n"
              << "Time without writes    " << gap.count() << " ms\n"
              << "Acknowledged rows lost " << (lost ? std::to_string(lost->size()) : lost.error().message) << "\n";
    if (const auto wrong = what_is_not_whole(servers); !whole && wrong) {
        std::cout << "FAILED: " << *wrong << "\n";
        return 1;
    }
    if (!lost || !lost->empty() || writer.double_primary()) {
        std::cout << "FAILED: rows were lost, or two servers took writes at once\n";
        return 1;
    }
    std::cout << "The topology is whole again.\n";
    return 0;
}

void print_guide(const Sandbox& servers, const ServiceProcess& service, const fs::path& programs) {
    std::cout << "\n  Look      " << service.url() << "/\n"
              << "            curl -s " << service.url() << "/api/topology/" << servers.endpoint(1).text() << "\n"
              << "            " << (programs / "orchestrator").string()
              << " --config=" << service.configuration().string() << " -c topology -i " << servers.endpoint(1).text()
              << "\n"
              << "  Break     kill -9 " << servers.pid(1) << "      (the primary, " << servers.endpoint(1).text()
              << ")\n"
              << "            kill -STOP " << servers.pid(1) << "   (or freeze it; kill -CONT thaws)\n"
              << "  Switch    curl -s " << service.url() << "/api/graceful-master-takeover-auto/"
              << servers.endpoint(1).text() << "/" << servers.endpoint(2).host << "/" << servers.endpoint(2).port
              << "\n"
              << "  Then      curl -s " << service.url() << "/api/audit-recovery\n"
              << "  Log       " << service.log().string() << "\n"
              << "  Stop      Ctrl-C; nothing is left behind\n"
              << std::flush;
}

int run(bool unattended, Flavor flavor, bool semi_sync) {
    const fs::path programs = fs::read_symlink("/proc/self/exe").parent_path();
    std::cout << "Starting four " << name(flavor) << " servers ..." << '\n' << std::flush;
    Options options;
    options.flavor = flavor;
    options.semi_sync = semi_sync;
    auto servers = Sandbox::start(std::move(options));
    if (!servers) {
        std::cout << "FAILED: " << servers.error().message << "\n";
        return 1;
    }
    ServiceProcessOptions service_options;
    service_options.program = programs / "orchestrator";
    service_options.folder = (*servers)->folder() / "orchestrator";
    fs::create_directories(service_options.folder);
    service_options.settings = {{"InstancePollSeconds", "1"}};
    auto service = ServiceProcess::start(std::move(service_options));
    if (!service) {
        std::cout << "FAILED: " << service.error().message << "\n";
        return 1;
    }
    std::cout << "The service leads after " << (*service)->start_took().count() << " ms; discovering from "
              << (*servers)->endpoint(1).text() << '\n'
              << std::flush;
    const auto began = Clock::now();
    const auto seed = (*servers)->endpoint(1);
    const auto discovered = (*service)->get("/api/discover/" + seed.host + "/" + std::to_string(seed.port));
    if (!discovered || discovered->status != 200) {
        std::cout << "FAILED: discover: " << (discovered ? discovered->body : discovered.error().message) << "\n";
        return 1;
    }
    if (!wait_unless_interrupted(std::chrono::seconds(15), [&] { return known_servers(**service) == 4; })) {
        std::cout << "FAILED: only " << known_servers(**service) << " of 4 servers are known\n";
        return 1;
    }
    std::cout << "4 servers known after " << duration_cast<milliseconds>(Clock::now() - began).count() << " ms\n\n";
    print_text(**service, "/api/topology/" + seed.text());
    Writer writer;
    writer.start((*servers)->endpoints());
    if (unattended) {
        return check(**servers, **service, writer);
    }
    print_guide(**servers, **service, programs);
    Endpoint primary = seed;
    while (interrupted == 0) {
        const auto since = Clock::now();
        const auto moved = writer.wait_for_ack_not_on(primary, since, milliseconds(500));
        if (moved) {
            const auto last = writer.last_ack_on(primary);
            std::cout << "\nWrites moved from " << primary.text() << " to " << moved->server.text() << ": "
                      << duration_cast<milliseconds>(moved->acked - (last ? last->acked : since)).count()
                      << " ms without writes\n";
            primary = moved->server;
            wait_unless_interrupted(milliseconds(2000), [&] { return !what_is_not_whole(**servers); });
            print_text(**service, "/api/topology/" + primary.text());
            std::cout << std::flush;
        }
    }
    std::cout << "\nStopping ...\n" << std::flush;
    return 0;
}

}  // namespace

// What is thrown here ends the program, and says why.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
    CLI::App app("A live orchestrator beside four real servers on this machine.");
    bool unattended = false;
    bool semi_sync = false;
    std::string flavor_text = "mariadb";
    app.add_flag("--check", unattended, "kill the primary once, print what happened, exit 0 only if all is well again");
    app.add_flag("--semi-sync", semi_sync, "semi-synchronous replication");
    app.add_option("--flavor", flavor_text, "mariadb or mysql");
    CLI11_PARSE(app, argc, argv);
    const auto flavor = parse_flavor(flavor_text);
    if (!flavor) {
        std::cerr << flavor.error().message << "\n";
        return 2;
    }
    struct sigaction action{};
    action.sa_handler = note_interrupt;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    return run(unattended, *flavor, semi_sync);
}
