// How long nobody can write: 1 primary + 3 replicas of real servers, default configuration, a writer at 2 ms.
//   failover_bench --how kill|freeze|takeover [--flavor mariadb|mysql] [--runs 20] [--semi-sync]
// Prints one line a run and a summary; exits 1 when a run failed, a row was lost, or two servers took writes at once.
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <random>
#include <thread>

#include "sandbox/sandbox.h"
#include "sandbox/service_process.h"
#include "sandbox/watching.h"
#include "sandbox/writer.h"

namespace {

using namespace orc;
using namespace orc::sandbox;
namespace fs = std::filesystem;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

struct Settings {
    std::string how = "kill";
    Flavor flavor = Flavor::mariadb;
    bool semi_sync = false;
    int runs = 20;
    bool tell_story = false;
};

struct Run {
    bool failed = false;
    std::string why;
    milliseconds gap{0};
    std::size_t lost = 0;
    bool two_primaries = false;
    std::size_t acknowledged = 0;
};

/// Why nothing was done yet: each reason once, with its time.
std::string listen(const ServiceProcess& service, Clock::time_point begun, const std::stop_token& stop) {
    std::string out;
    std::string last;
    while (!stop.stop_requested()) {
        const auto answer = service.get("/api/replication-analysis");
        const auto now = duration_cast<milliseconds>(Clock::now() - begun).count();
        boost::system::error_code error;
        const auto body = boost::json::parse(answer ? answer->body : "", error);
        std::string line;
        const auto* details = error || !body.is_object() ? nullptr : body.as_object().if_contains("Details");
        if (details != nullptr && details->is_array() && !details->as_array().empty()) {
            const auto& finding = details->as_array().front().as_object();
            line =
                boost::json::serialize(finding.at("Analysis")) + " " + boost::json::serialize(finding.at("Hesitation"));
        }
        if (line != last) {
            out += "  at " + std::to_string(now) + " ms: " + line + "\n";
            last = line;
        }
        std::this_thread::sleep_for(milliseconds(20));
    }
    return out;
}

Run failed(std::string why) {
    Run run;
    run.failed = true;
    run.why = std::move(why);
    return run;
}

Run one(const Settings& settings, std::mt19937& chance) {
    Options options;
    options.flavor = settings.flavor;
    options.semi_sync = settings.semi_sync;
    auto servers = Sandbox::start(std::move(options));
    if (!servers) {
        return failed(servers.error().message);
    }
    ServiceProcessOptions service_options;
    service_options.program = fs::read_symlink("/proc/self/exe").parent_path() / "orchestrator";
    service_options.folder = (*servers)->folder() / "orchestrator";
    fs::create_directories(service_options.folder);
    auto service = ServiceProcess::start(std::move(service_options));
    if (!service) {
        return failed(service.error().message);
    }
    const Endpoint primary = (*servers)->endpoint(1);
    const std::string path = primary.host + "/" + std::to_string(primary.port);
    (void)(*service)->get("/api/discover/" + path);
    if (!wait_until(std::chrono::seconds(10), [&] { return known_servers(**service) == 4; })) {
        return failed("not all servers were discovered");
    }
    Writer writer;
    writer.start((*servers)->endpoints());
    // The moment of the failure is drawn over a whole poll interval, so that no phase of the polling is favoured.
    std::this_thread::sleep_for(milliseconds(2000 + int(chance() % 5000)));
    const auto begun = Clock::now();
    if (settings.how == "kill") {
        (void)(*servers)->kill(1);
    } else if (settings.how == "freeze") {
        (void)(*servers)->freeze(1);
    } else {
        const auto answer = (*service)->get("/api/graceful-master-takeover-auto/" + path, std::chrono::seconds(30));
        if (!answer || answer->status != 200) {
            return failed("takeover: " + (answer ? answer->body.substr(0, 300) : answer.error().message));
        }
    }
    std::string hesitations;
    std::jthread listener([&](const std::stop_token& stop) {
        if (settings.tell_story) {
            hesitations = listen(**service, begun, stop);
        }
    });
    const auto first = writer.wait_for_ack_not_on(primary, begun, std::chrono::seconds(60));
    listener.request_stop();
    listener.join();
    std::cout << hesitations;
    if (!first) {
        return failed("no promotion within 60 s\n" + story_of_newest_recovery(**service));
    }
    Run run;
    std::this_thread::sleep_for(milliseconds(1000));
    const auto last = writer.last_ack_on(primary);
    run.gap = duration_cast<milliseconds>(first->acked - last->acked);
    writer.stop();
    run.acknowledged = writer.count();
    run.two_primaries = writer.double_primary().has_value();
    auto client = Client::connect(first->server, "bench", std::chrono::seconds(5));
    const auto lost =
        client ? writer.lost_rows(*client) : Result<std::vector<std::int64_t>>(tl::unexpected(client.error()));
    if (!lost) {
        return failed(lost.error().message);
    }
    run.lost = lost->size();
    if (settings.tell_story) {
        std::cout << story_of_newest_recovery(**service);
    }
    (void)(*servers)->thaw(1);
    return run;
}

}  // namespace

// What is thrown here ends the program, and says why.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
    CLI::App app("Measures how long writes stop during a failover or takeover.");
    Settings settings;
    std::string flavor = "mariadb";
    unsigned seed = std::random_device{}();
    app.add_option("--how", settings.how, "kill, freeze or takeover")
        ->check(CLI::IsMember({"kill", "freeze", "takeover"}));
    app.add_option("--flavor", flavor, "mariadb or mysql");
    app.add_option("--runs", settings.runs, "how many");
    app.add_flag("--semi-sync", settings.semi_sync, "semi-synchronous replication");
    app.add_flag("--story", settings.tell_story, "print the steps of each recovery");
    app.add_option("--seed", seed, "of the moments of failure");
    CLI11_PARSE(app, argc, argv);
    const auto parsed = parse_flavor(flavor);
    if (!parsed) {
        std::cerr << parsed.error().message << "\n";
        return 2;
    }
    settings.flavor = *parsed;
    std::mt19937 chance(seed);
    std::vector<long> gaps;
    std::size_t lost = 0;
    std::size_t acknowledged = 0;
    int bad = 0;
    for (int i = 1; i <= settings.runs; ++i) {
        const Run run = one(settings, chance);
        if (run.failed) {
            std::cout << "run " << i << ": FAILED " << run.why << '\n' << std::flush;
            ++bad;
            continue;
        }
        std::cout << "run " << i << ": " << run.gap.count() << " ms without writes, " << run.acknowledged
                  << " rows acknowledged, " << run.lost << " lost" << (run.two_primaries ? ", TWO PRIMARIES" : "")
                  << '\n'
                  << std::flush;
        gaps.push_back(run.gap.count());
        lost += run.lost;
        acknowledged += run.acknowledged;
        bad += run.two_primaries || run.lost > 0 ? 1 : 0;
    }
    std::sort(gaps.begin(), gaps.end());
    if (!gaps.empty()) {
        std::cout << "SUMMARY " << settings.how << " " << flavor << (settings.semi_sync ? " semi-sync" : "")
                  << ": runs " << gaps.size() << " of " << settings.runs << ", min " << gaps.front() << " median "
                  << gaps[gaps.size() / 2] << " max " << gaps.back() << " ms, " << lost << " of " << acknowledged
                  << " acknowledged rows lost, seed " << seed << '\n'
                  << std::flush;
    }
    return bad == 0 ? 0 : 1;
}
