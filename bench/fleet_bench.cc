// What watching a fleet costs: a fake fleet (its own process), the service on SQLite, and the figures of both.
//   fleet_bench [--clusters 250] [--replicas 3] [--poll 1] [--seconds 30] [--latency 500]
//   fleet_bench --clusters 1 --seconds 60        is the idle cost with four servers
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "fake_fleet.h"
#include "sandbox/service_process.h"

namespace {

using namespace orc;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

volatile bool keep_going = true;
volatile std::sig_atomic_t wants_reset = 0;

double cpu_seconds(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string word;
    double ticks = 0;
    for (int i = 3; fields >> word && i <= 15; ++i) {
        if (i == 14 || i == 15) {
            ticks += std::stod(word);
        }
    }
    return ticks / double(sysconf(_SC_CLK_TCK));
}

double resident_mebibytes(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
    double total = 0;
    double resident = 0;
    file >> total >> resident;
    return resident * double(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

/// Value of a metric without labels; 0 when it is not there.
double metric(const sandbox::ServiceProcess& service, const std::string& name) {
    const auto answer = service.get("/metrics");
    std::istringstream lines(answer ? answer->body : "");
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(name + " ")) {
            return std::stod(line.substr(name.size() + 1));
        }
    }
    return 0;
}

double at(const std::vector<double>& sorted, double share) {
    return sorted.empty() ? 0 : sorted[std::min(sorted.size() - 1, std::size_t(double(sorted.size()) * share))];
}

/// The fleet's process: serves, resets its counters on SIGUSR1, prints them on SIGTERM.
[[noreturn]] void be_the_fleet(bench::FakeFleet& fleet, int out) {
    signal(SIGTERM, [](int) { keep_going = false; });
    signal(SIGUSR1, [](int) { wants_reset = 1; });
    while (keep_going) {
        volatile bool serving = true;
        std::thread watcher([&] {
            while (keep_going && wants_reset == 0) {
                std::this_thread::sleep_for(milliseconds(20));
            }
            serving = false;
        });
        fleet.serve(serving);
        watcher.join();
        if (wants_reset != 0) {
            wants_reset = 0;
            fleet.reset_stats();
        }
    }
    const auto stats = fleet.stats();
    char text[256];
    const int size = std::snprintf(
        text,
        sizeof text,
        "%llu %.4f %.4f %.4f %.4f",
        static_cast<unsigned long long>(stats.probes),
        at(stats.gaps, 0.5),
        at(stats.gaps, 0.95),
        at(stats.gaps, 0.99),
        at(stats.gaps, 1.0)
    );
    if (::write(out, text, std::size_t(size)) != size) {
        _exit(1);
    }
    _exit(0);
}

std::size_t known(const sandbox::ServiceProcess& service) {
    return std::size_t(metric(service, "orchestrator_discovery_servers"));
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Measures what watching a fake fleet costs.");
    bench::FleetOptions fleet_options;
    int poll = 1;
    int seconds = 30;
    app.add_option("--clusters", fleet_options.clusters, "how many");
    app.add_option("--replicas", fleet_options.replicas, "of each primary");
    app.add_option("--latency", fleet_options.latency_microseconds, "microseconds before each answer");
    app.add_option("--poll", poll, "InstancePollSeconds");
    app.add_option("--seconds", seconds, "how long to measure");
    CLI11_PARSE(app, argc, argv);

    auto fleet = bench::FakeFleet::open(fleet_options);
    if (!fleet) {
        std::cerr << fleet.error().message << "\n";
        return 1;
    }
    const auto primaries = (*fleet)->primaries();
    const std::size_t hosts = (*fleet)->size();
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0) {
        return 1;
    }
    const pid_t child = fork();
    if (child == 0) {
        be_the_fleet(**fleet, pipe_ends[1]);
    }
    (*fleet).reset();

    const fs::path folder = fs::temp_directory_path() / ("orchestrator-fleet-" + std::to_string(getpid()));
    fs::create_directories(folder);
    int exit_code = 0;
    {
        sandbox::ServiceProcessOptions options;
        options.program = fs::read_symlink("/proc/self/exe").parent_path() / "orchestrator";
        options.folder = folder;
        options.level = "--quiet";
        options.settings = {{"InstancePollSeconds", std::to_string(poll)}, {"MySQLTopologyTlsMode", "\"off\""}};
        auto service = sandbox::ServiceProcess::start(std::move(options));
        if (!service) {
            std::cerr << service.error().message << "\n";
            kill(child, SIGKILL);
            return 1;
        }
        std::cout << "start to leading " << (*service)->start_took().count() << " ms\n";
        const auto seeded = Clock::now();
        for (const auto& primary : primaries) {
            (void)(*service)->get("/api/discover/" + primary.host + "/" + std::to_string(primary.port));
        }
        while (known(**service) < hosts && Clock::now() - seeded < std::chrono::seconds(120)) {
            std::this_thread::sleep_for(milliseconds(20));
        }
        std::cout << hosts << " servers known after "
                  << std::chrono::duration_cast<milliseconds>(Clock::now() - seeded).count() << " ms ("
                  << known(**service) << ")\n";
        std::this_thread::sleep_for(std::chrono::seconds(3 * poll));
        kill(child, SIGUSR1);
        const double cpu_before = cpu_seconds((*service)->pid());
        const double probes_before = metric(**service, "orchestrator_discovery_probes_total");
        const auto began = Clock::now();
        std::this_thread::sleep_for(std::chrono::seconds(seconds));
        const double took = std::chrono::duration<double>(Clock::now() - began).count();
        const double cpu = cpu_seconds((*service)->pid()) - cpu_before;
        const double probes = metric(**service, "orchestrator_discovery_probes_total") - probes_before;
        std::printf(
            "probes/s %.1f  CPU %.2f %% of a core  %.3f ms a probe  resident %.1f MiB\n",
            probes / took,
            100 * cpu / took,
            probes > 0 ? 1000 * cpu / probes : 0,
            resident_mebibytes((*service)->pid())
        );
        const auto metrics = (*service)->get("/metrics");
        std::istringstream lines(metrics ? metrics->body : "");
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("orchestrator_discovery_lateness")) {
                std::cout << line << "\n";
            }
        }
        exit_code = probes > 0 ? 0 : 1;
    }
    kill(child, SIGTERM);
    char text[256] = {};
    if (read(pipe_ends[0], text, sizeof text - 1) > 0) {
        std::istringstream fields(text);
        double total = 0, p50 = 0, p95 = 0, p99 = 0, most = 0;
        fields >> total >> p50 >> p95 >> p99 >> most;
        std::printf(
            "seconds between two probes of a server, as the fleet saw them: p50 %.3f p95 %.3f p99 %.3f max %.3f\n",
            p50,
            p95,
            p99,
            most
        );
    }
    waitpid(child, nullptr, 0);
    fs::remove_all(folder);
    return exit_code;
}
