// What watching a fleet costs: a fake fleet in a process of its own, the service on SQLite, and the figures of both.
// CPU is what the kernel charges the service's process, whatever else runs on the machine.
//   fleet_bench --clusters 250                         a thousand servers at 1 s
//   fleet_bench --clusters 1 --seconds 60              the idle cost with four servers
//   fleet_bench --clusters 250 --silence drop          half of them stops answering before the measurement
//   fleet_bench --clusters 1 --replicas 999 --api      one big cluster, and how long the API takes over it
// script/bench runs the scenarios that docs/performance.md tells of.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <optional>
#include <thread>

#include "fleet_process.h"
#include "measure.h"
#include "sandbox/service_process.h"

namespace orc::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Wishes {
    FleetOptions fleet;
    int latency_microseconds = 500;
    std::string silence = "none";
    int poll = 1;
    int seconds = 30;
    bool wants_api = false;
};

double milliseconds_since(Clock::time_point began) {
    return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

Metrics metrics_of(const sandbox::ServiceProcess& service) {
    const auto answer = service.get("/metrics");
    return Metrics(answer ? answer->body : "");
}

std::optional<Wishes> wishes_from(int argc, char** argv, int& exit_code) {
    Wishes wishes;
    CLI::App app("Measures what watching a fake fleet costs.");
    app.add_option("--clusters", wishes.fleet.shape.clusters, "how many")->check(CLI::Range(1, 60'000));
    app.add_option("--replicas", wishes.fleet.shape.replicas, "of each primary")->check(CLI::Range(0, 60'000));
    app.add_option("--latency", wishes.latency_microseconds, "microseconds before each answer");
    app.add_option("--silence", wishes.silence, "how every second cluster stops answering before the measurement")
        ->check(CLI::IsMember({"none", "hang", "drop"}));
    app.add_option("--poll", wishes.poll, "InstancePollSeconds");
    app.add_option("--seconds", wishes.seconds, "how long to measure");
    app.add_flag("--api", wishes.wants_api, "also measure answers of the API");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        exit_code = app.exit(e);
        return std::nullopt;
    }
    wishes.fleet.latency = std::chrono::microseconds(wishes.latency_microseconds);
    wishes.fleet.silence = wishes.silence == "hang"   ? Silence::hang
                           : wishes.silence == "drop" ? Silence::drop
                                                      : Silence::none;
    return wishes;
}

Result<std::unique_ptr<sandbox::ServiceProcess>> start_service(
    const Wishes& wishes, const FleetProcess& fleet, const fs::path& folder
) {
    std::string seeds;
    for (const auto& primary : fleet.primaries()) {
        seeds += (seeds.empty() ? "\"" : ",\"") + primary.text() + "\"";
    }
    sandbox::ServiceProcessOptions options;
    options.program = fs::read_symlink("/proc/self/exe").parent_path() / "orchestrator";
    options.folder = folder;
    options.level = "--quiet";
    options.settings = {
        {"InstancePollSeconds", std::to_string(wishes.poll)},
        {"MySQLTopologyTlsMode", "\"off\""},
        {"DiscoverySeeds", "[" + seeds + "]"}
    };
    return sandbox::ServiceProcess::start(std::move(options));
}

/// Until all are known, at most two minutes. The seeds are in the configuration: it begins when the service does.
void wait_until_known(const sandbox::ServiceProcess& service, std::size_t servers) {
    const auto leads = Clock::now();
    double known = 0;
    while (known < double(servers) && milliseconds_since(leads) < 120'000) {
        std::this_thread::sleep_for(milliseconds(servers < 100 ? 2 : 20));
        known = metrics_of(service).value("orchestrator_discovery_servers");
    }
    std::printf(
        "start to leading %lld ms, then %.0f servers known from one seed a cluster after %.0f ms\n",
        static_cast<long long>(service.start_took().count()),
        known,
        milliseconds_since(leads)
    );
}

/// The slow lane must have found its place: a server that has never failed gets some time before it counts as silent.
void let_it_settle(const sandbox::ServiceProcess& service, FleetProcess& fleet, const Wishes& wishes) {
    std::this_thread::sleep_for(std::chrono::seconds(3 * wishes.poll));
    if (wishes.fleet.silence == Silence::none) {
        return;
    }
    const Metrics before = metrics_of(service);
    const double cpu_before = cpu_seconds(service.pid());
    const auto began = Clock::now();
    fleet.silence();
    fleet.reset();
    std::this_thread::sleep_for(std::chrono::seconds(10));
    const Metrics now = metrics_of(service);
    const auto late = [&](double share) {
        return 1000 * now.quantile_since(before, "orchestrator_discovery_lateness_seconds", share);
    };
    std::printf(
        "half goes silent: in the first %.0f s lateness of the others p50 %.1f p95 %.1f p99 %.1f ms, CPU %.1f %%\n",
        milliseconds_since(began) / 1000,
        late(0.5),
        late(0.95),
        late(0.99),
        100'000 * (cpu_seconds(service.pid()) - cpu_before) / milliseconds_since(began)
    );
}

/// True: it was watched.
bool measure(const sandbox::ServiceProcess& service, FleetProcess& fleet, const Wishes& wishes) {
    fleet.reset();
    const double cpu_before = cpu_seconds(service.pid());
    const double fleet_before = cpu_seconds(fleet.pid());
    const Metrics before = metrics_of(service);
    const auto began = Clock::now();
    std::this_thread::sleep_for(std::chrono::seconds(wishes.seconds));
    const double took = milliseconds_since(began) / 1000;
    const double cpu = cpu_seconds(service.pid()) - cpu_before;
    const double fleet_cpu = cpu_seconds(fleet.pid()) - fleet_before;
    const Metrics now = metrics_of(service);
    const auto counted = [&](const std::string& name) { return now.value(name) - before.value(name); };
    const double probes = counted("orchestrator_discovery_probes_total");
    std::printf(
        "%.1f probes/s (%.1f failed) and %.1f pulses/s: CPU %.2f %% of a core, %.3f ms a probe (the fleet: %.1f %%)\n",
        probes / took,
        counted("orchestrator_discovery_probes_failed_total") / took,
        counted("orchestrator_discovery_pulses_total") / took,
        100 * cpu / took,
        probes > 0 ? 1000 * cpu / probes : 0,
        100 * fleet_cpu / took
    );
    const double resident = resident_mebibytes(service.pid());
    std::printf("resident %.1f MiB, %.1f KiB a server\n", resident, 1024 * resident / double(fleet.size()));
    const auto late = [&](double share) {
        return 1000 * now.quantile_since(before, "orchestrator_discovery_lateness_seconds", share);
    };
    std::printf(
        "lateness of probes p50 %.1f p95 %.1f p99 %.1f max %.1f ms (max since the start)\n",
        late(0.5),
        late(0.95),
        late(0.99),
        1000 * now.value("orchestrator_discovery_lateness_max_seconds")
    );
    const FleetReport seen = fleet.report();
    std::printf(
        "seconds between two probes of a server, as the fleet saw them: p50 %.3f p95 %.3f p99 %.3f max %.3f\n",
        seen.gap_p50,
        seen.gap_p95,
        seen.gap_p99,
        seen.gap_max
    );
    return probes > 0;
}

void measure_api(const sandbox::ServiceProcess& service, const Endpoint& primary) {
    constexpr int times = 20;
    for (const std::string& path :
         {"/api/cluster/" + primary.text(),
          std::string("/api/all-instances"),
          std::string("/api/clusters-info"),
          std::string("/api/overview")}) {
        std::vector<double> took;
        std::size_t bytes = 0;
        const double cpu_before = cpu_seconds(service.pid());
        const double probes_before = metrics_of(service).value("orchestrator_discovery_probes_total");
        for (int i = 0; i < times; ++i) {
            const auto began = Clock::now();
            const auto answer = service.get(path);
            took.push_back(milliseconds_since(began));
            bytes = answer ? answer->body.size() : 0;
        }
        const double cpu = cpu_seconds(service.pid()) - cpu_before;
        const double probes = metrics_of(service).value("orchestrator_discovery_probes_total") - probes_before;
        std::sort(took.begin(), took.end());
        std::printf(
            "%s: %.0f KiB in %.1f ms (median of %d, max %.1f), CPU %.1f ms each with %.0f probes between\n",
            path.c_str(),
            double(bytes) / 1024,
            quantile(took, 0.5),
            times,
            took.back(),
            1000 * cpu / times,
            probes / times
        );
    }
}

int run(const Wishes& wishes) {
    auto fleet = FleetProcess::start(wishes.fleet);
    if (!fleet) {
        std::cerr << fleet.error().message << "\n";
        return 1;
    }
    const fs::path folder = fs::temp_directory_path() / ("orchestrator-fleet-" + std::to_string(getpid()));
    fs::create_directories(folder);
    bool is_good = false;
    if (auto service = start_service(wishes, **fleet, folder)) {
        wait_until_known(**service, (*fleet)->size());
        let_it_settle(**service, **fleet, wishes);
        is_good = measure(**service, **fleet, wishes);
        if (wishes.wants_api) {
            measure_api(**service, (*fleet)->primaries().front());
        }
    } else {
        std::cerr << service.error().message << "\n";
    }
    fs::remove_all(folder);
    return is_good ? 0 : 1;
}

}  // namespace
}  // namespace orc::bench

// What is thrown here ends the program, and says why.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
    setvbuf(stdout, nullptr, _IOLBF, 0);
    int exit_code = 0;
    const auto wishes = orc::bench::wishes_from(argc, argv, exit_code);
    return wishes ? orc::bench::run(*wishes) : exit_code;
}
