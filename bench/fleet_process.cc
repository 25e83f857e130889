#include "fleet_process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <type_traits>

#include "measure.h"

namespace orc::bench {
namespace {

static_assert(std::is_trivially_copyable_v<FleetReport>, "it is sent as its bytes, to the same program");

FleetReport report_of(const FakeFleet& fleet) {
    const FleetStats stats = fleet.stats();
    return {
        double(stats.probes),
        quantile(stats.gaps, 0.5),
        quantile(stats.gaps, 0.95),
        quantile(stats.gaps, 0.99),
        quantile(stats.gaps, 1)
    };
}

[[noreturn]] void be_the_fleet(FakeFleet& fleet, int line) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    char what = 0;
    while (true) {
        fleet.serve_until_readable(line);
        if (::recv(line, &what, 1, 0) != 1) {
            _exit(0);  // whoever measures is gone
        }
        FleetReport report;
        if (what == 's') {
            fleet.silence();
        } else if (what == 'r') {
            fleet.reset_stats();
        } else {
            report = report_of(fleet);
        }
        if (::send(line, &report, sizeof report, MSG_NOSIGNAL) != ssize_t(sizeof report)) {
            _exit(1);
        }
    }
}

}  // namespace

Result<std::unique_ptr<FleetProcess>> FleetProcess::start(FleetOptions options) {
    TRY(auto fleet, FakeFleet::open(options));
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return fail(ErrorCode::unreachable, "no socket to talk to the fleet");
    }
    std::unique_ptr<FleetProcess> process(new FleetProcess);
    process->primaries_ = fleet->primaries();
    process->size_ = fleet->size();
    process->pid_ = ::fork();
    if (process->pid_ == 0) {
        ::close(ends[0]);
        be_the_fleet(*fleet, ends[1]);
    }
    ::close(ends[1]);
    process->line_ = ends[0];
    return process;
}

FleetProcess::~FleetProcess() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    ::close(line_);
}

FleetReport FleetProcess::ask(char what) {
    FleetReport report;
    if (::send(line_, &what, 1, MSG_NOSIGNAL) != 1 || ::recv(line_, &report, sizeof report, 0) < 0) {
        return {};
    }
    return report;
}

}  // namespace orc::bench
