// What one probe costs this side, in CPU time: N probes of one server over a kept-open session, one after the other.
// Usage: probe_bench HOST:PORT USER PASSWORD [PROBES] [tls]
//        probe_bench canned - - [PROBES]      a server of canned answers in a process of its own: the client alone
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/text.h"
#include "mysql/dialect/dialect.h"
#include "mysql/real_gateway.h"
#include "mysql/session/dialer.h"
#include "mysql/session/fake_server_test.h"
#include "runtime/clock.h"
#include "runtime/task_group.h"

namespace orc {
namespace {

struct Cpu {
    double user = 0;
    double system = 0;
};

Cpu cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    Cpu out;
    out.user = seconds(used.ru_utime);
    out.system = seconds(used.ru_stime);
    return out;
}

/// A MariaDB replica with the 57 columns of its status.
void answer_canned(mysql::Peer& peer) {
    std::vector<std::string> names;
    std::vector<std::optional<std::string>> cells;
    for (std::size_t i = 0; i < 57; ++i) {
        const auto field = static_cast<mysql::StatusField>(i);
        names.push_back(
            i < mysql::status_field_count ? std::string(mysql::column_names(field).back())
                                          : "Filler_" + std::to_string(i)
        );
        const bool is_number = i == 4 || i == 6 || i == 8 || i == 10;
        cells.emplace_back(is_number ? "3306" : i % 3 == 0 ? "" : "some text of usual length");
    }
    cells[11] = cells[12] = "Yes";
    cells[41] = "Slave_Pos";
    cells[42] = "0-1-4711";
    peer.log_in();
    while (const auto command = peer.read_packet()) {
        const auto statements = split(std::string_view(*command).substr(1), ';');
        for (std::size_t i = 0; i < statements.size(); ++i) {
            const bool more = i + 1 < statements.size();
            const auto& text = statements[i];
            if (text.starts_with("SELECT @@global.version")) {
                peer.send_set({"v", "c"}, {{"10.11.6-MariaDB", "canned"}}, more);
            } else if (text.starts_with("SELECT @@")) {
                const std::vector<std::optional<std::string>> values = {
                    "7", "1", "ROW", "FULL", "0-1-4711", "0-1-4711", "0-1-4711", "0", "0", "db1", "db1", "1", "1"
                };
                const auto width = static_cast<std::size_t>(std::count(text.begin(), text.end(), ',')) + 1;
                peer.send_set(
                    std::vector<std::string>(width, "@@global.some_variable"),
                    {{values.begin(), values.begin() + static_cast<std::ptrdiff_t>(width)}},
                    more
                );
            } else if (text.find("STATUS") != std::string_view::npos && text.starts_with("SHOW ALL")) {
                peer.send_set(names, {cells}, more);
            } else if (text.find("STATUS") != std::string_view::npos && text.find("GLOBAL") == std::string_view::npos) {
                peer.send_set(
                    {"File", "Position", "Binlog_Do_DB", "Binlog_Ignore_DB"}, {{"b.000001", "154", "", ""}}, more
                );
            } else {
                peer.send_set({"Server_id", "Host", "Port", "Id"}, {}, more);
            }
        }
    }
}

/// The canned server's process; its port.
std::uint16_t start_canned() {
    int port_pipe[2] = {-1, -1};
    if (pipe(port_pipe) != 0) {
        return 0;
    }
    std::uint16_t port = 0;
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const mysql::FakeServer server(answer_canned);
        port = server.endpoint().port;
        if (write(port_pipe[1], &port, sizeof port) == sizeof port) {
            pause();
        }
        _exit(0);
    }
    return read(port_pipe[0], &port, sizeof port) == sizeof port ? port : std::uint16_t{0};
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
    const auto before = cpu_seconds();
    const auto begun = clock.now();
    for (int i = 0; i < probes; ++i) {
        const auto facts = co_await gateway.probe(server, clock.deadline_in(Seconds(5)));
        if (!facts) {
            std::printf("probe failed: %s\n", facts.error().message.c_str());
            break;
        }
        latencies.push_back(facts->latency.count());
    }
    const auto after = cpu_seconds();
    const double user = (after.user - before.user) * 1e6 / probes;
    const double system = (after.system - before.system) * 1e6 / probes;
    const auto wall = clock.now() - begun;
    std::sort(latencies.begin(), latencies.end());
    std::printf(
        "%d probes: CPU %.1f us each (user %.1f, system %.1f), wall %.1f us each, latency median %lld us\n",
        probes,
        user + system,
        user,
        system,
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
    const bool is_canned = std::string_view(argv[1]) == "canned";
    const auto address = is_canned ? "127.0.0.1:" + std::to_string(orc::start_canned()) : std::string(argv[1]);
    const auto server = orc::Endpoint::parse(address, 3306);
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
