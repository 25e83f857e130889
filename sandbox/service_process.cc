#include "sandbox/service_process.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "sandbox/dialect.h"

namespace orc::sandbox {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds service_start_limit{20000};

// The kernel names a free port; the service binds it a moment later.
std::uint16_t free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    std::uint16_t port = 0;
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
        port = ntohs(address.sin_port);
    }
    ::close(fd);
    return port;
}

}  // namespace

Result<std::unique_ptr<ServiceProcess>> ServiceProcess::start(ServiceProcessOptions options) {
    std::unique_ptr<ServiceProcess> service(new ServiceProcess(std::move(options)));
    service->endpoint_ = Endpoint{"127.0.0.1", free_port()};
    std::map<std::string, std::string> settings = {
        {"ListenAddress", "\"" + service->endpoint_.text() + "\""},
        {"BackendDB", "\"sqlite\""},
        {"SQLite3DataFile", "\"" + (service->options_.folder / "orchestrator.sqlite3").string() + "\""},
        {"MySQLTopologyUser", "\"" + std::string(manager_account.user) + "\""},
        {"MySQLTopologyPassword", "\"" + std::string(manager_account.secret) + "\""},
        {"MySQLHostnameResolveMethod", "\"none\""},
        // MariaDB keeps the replication account where no query can read it; a demoted primary needs it.
        {"ReplicationCredentialsQuery",
         "\"SELECT '" + std::string(replication_account.user) + "', '" + std::string(replication_account.secret) + "'\""
        },
        {"DiscoverByShowSlaveHosts", "true"},
        {"RecoverMasterClusterFilters", "[\"*\"]"},
        {"RecoverIntermediateMasterClusterFilters", "[\"*\"]"},
    };
    for (const auto& [key, value] : service->options_.settings) {
        settings[key] = value;
    }
    std::ofstream file(service->configuration());
    file << "{\n";
    std::string comma;
    for (const auto& [key, value] : settings) {
        file << comma << "  \"" << key << "\": " << value;
        comma = ",\n";
    }
    file << "\n}\n";
    file.close();
    TRY(service->launch());
    return service;
}

ServiceProcess::~ServiceProcess() { terminate(); }

std::filesystem::path ServiceProcess::log() const { return options_.folder / "orchestrator.log"; }
std::filesystem::path ServiceProcess::configuration() const { return options_.folder / "orchestrator.conf.json"; }

Result<void> ServiceProcess::launch() {
    const auto began = Clock::now();
    std::vector<std::string> words = options_.runner;
    for (const auto& word : {options_.program.string(), "--config=" + configuration().string(), options_.level}) {
        words.push_back(word);
    }
    words.insert(words.end(), options_.flags.begin(), options_.flags.end());
    words.emplace_back("http");
    TRY(pid_, nursery_.spawn(words, log()));
    const std::string sign = options_.must_lead ? "/api/leader-check" : "/api/lb-check";
    while (Clock::now() - began < service_start_limit) {
        const auto answer = get(sign, milliseconds(1000));
        if (answer && answer->status == 200) {
            start_took_ = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
            return {};
        }
        if (reap(pid_, milliseconds(5))) {
            pid_ = 0;
            return fail(ErrorCode::unreachable, "the service ended while starting:\n" + tail(log(), 20));
        }
    }
    kill();
    return fail(ErrorCode::timed_out, "the service is not up after 20 s:\n" + tail(log(), 20));
}

Result<runtime::HttpAnswer> ServiceProcess::get(const std::string& target, milliseconds timeout) const {
    return runtime::http_get(runtime::HttpTarget{endpoint_, ""}, target, timeout);
}

void ServiceProcess::kill() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        reap(pid_, milliseconds(10000));
        pid_ = 0;
    }
}

bool ServiceProcess::terminate() {
    if (pid_ <= 0) {
        return true;
    }
    ::kill(pid_, SIGTERM);
    if (reap(pid_, milliseconds(10000))) {
        pid_ = 0;
        return true;
    }
    kill();
    return false;
}

Result<void> ServiceProcess::restart() { return launch(); }

}  // namespace orc::sandbox
