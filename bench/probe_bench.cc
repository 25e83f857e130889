// What one probe costs this side, in CPU time: N probes of one server over a kept-open session, one after the other.
// Usage: probe_bench HOST:PORT USER PASSWORD [PROBES] [tls]
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "mysql/dialer.h"
#include "mysql/real_gateway.h"
#include "runtime/clock.h"
#include "runtime/task_group.h"

namespace orc {
namespace {

double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void print(const model::Facts& facts) {
    std::printf(
        "%s %s host=%s id=%u uuid=%s ro=%d log_bin=%d self=%s executed=%s uptime=%lld replicas=%zu semi_sync=%d\n",
        std::string(name(facts.version.flavor)).c_str(),
        facts.version.text.c_str(),
        facts.hostname.c_str(),
        facts.server_id,
        facts.server_uuid.c_str(),
        facts.read_only,
        facts.log_bin,
        facts.self.text().c_str(),
        gtid::text(facts.executed).c_str(),
        static_cast<long long>(facts.uptime.count()),
        facts.registered_replicas.size(),
        facts.semi_sync.available
    );
    for (const auto& c : facts.channels) {
        std::printf(
            "  channel '%s' from %s io=%d sql=%d read=%s executed=%s received=%s lag=%lld heartbeats=%lld\n",
            c.name.c_str(),
            c.source.text().c_str(),
            static_cast<int>(c.receiver),
            static_cast<int>(c.applier),
            c.read.text().c_str(),
            c.executed.text().c_str(),
            gtid::text(c.received).c_str(),
            c.lag ? static_cast<long long>(c.lag->count()) : -1LL,
            c.heartbeats_received ? static_cast<long long>(*c.heartbeats_received) : -1LL
        );
    }
}

Co<void> measure(mysql::Gateway& gateway, runtime::Clock& clock, Endpoint server, int probes) {
    std::vector<std::int64_t> latencies;
    for (int i = 0; i < 5; ++i) {
        const auto first = co_await gateway.probe(server, clock.deadline_in(Seconds(5)));
        if (!first) {
            std::printf("probe failed: %s\n", first.error().message.c_str());
            co_await gateway.stop();
            co_return;
        }
        if (i == 4) {
            print(*first);
        }
    }
    const double before = cpu_seconds();
    const auto begun = clock.now();
    for (int i = 0; i < probes; ++i) {
        const auto facts = co_await gateway.probe(server, clock.deadline_in(Seconds(5)));
        if (!facts) {
            std::printf("probe failed: %s\n", facts.error().message.c_str());
            break;
        }
        latencies.push_back(facts->latency.count());
    }
    const double cpu = cpu_seconds() - before;
    const auto wall = clock.now() - begun;
    std::sort(latencies.begin(), latencies.end());
    std::printf(
        "%d probes: CPU %.1f us each, wall %.1f us each, latency median %lld us\n",
        probes,
        cpu * 1e6 / probes,
        static_cast<double>(wall.count()) / probes,
        latencies.empty() ? 0LL : static_cast<long long>(latencies[latencies.size() / 2])
    );
    co_await gateway.stop();
}

}  // namespace
}  // namespace orc

int main(int argc, char** argv) {
    if (argc < 4) {
        std::fprintf(stderr, "usage: %s HOST:PORT USER PASSWORD [PROBES] [tls]\n", argv[0]);
        return 2;
    }
    const auto server = orc::Endpoint::parse(argv[1], 3306);
    if (!server) {
        std::fprintf(stderr, "%s\n", server.error().message.c_str());
        return 2;
    }
    orc::asio::io_context io(1);
    orc::runtime::SystemClock clock;
    const auto resolver = orc::mysql::make_resolver(clock, io.get_executor(), {});
    const auto dialer = orc::mysql::make_dialer(clock, io.get_executor(), *resolver);
    orc::mysql::GatewayOptions options;
    options.access.user = argv[2];
    options.access.password = argv[3];
    options.access.tls = argc > 5 ? orc::mysql::TlsMode::require : orc::mysql::TlsMode::off;
    options.replicas_by_registration = true;
    const auto gateway = orc::mysql::make_gateway(options, *dialer, clock, io.get_executor());
    orc::runtime::TaskGroup tasks(io.get_executor());
    tasks.spawn(orc::measure(*gateway, clock, *server, argc > 4 ? std::atoi(argv[4]) : 10'000));
    io.run();
    return 0;
}
