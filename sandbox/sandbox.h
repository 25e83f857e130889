// A topology of real servers on loopback addresses, in a private folder, gone when the object goes: what the demo shows
// and the integration tests break. Servers are numbered from 1; server 1 starts as the writable primary.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "sandbox/client.h"
#include "sandbox/dialect.h"
#include "sandbox/links.h"

namespace orc::sandbox {

/// Where new sandboxes go: $TMPDIR when set; else memory (/dev/shm) when there is plenty, since on some disks removing
/// a server's sparse files takes seconds; else /tmp. The same answer every time on one machine.
std::filesystem::path scratch_folder();

struct Options {
    Flavor flavor = Flavor::mariadb;
    int servers = 4;
    Layout layout = Layout::flat;
    bool semi_sync = false;        ///< replicas acknowledge, server 1 waits for one of them (2 s at most)
    bool gtid = true;              ///< false: replicas follow by binary log file and position
    bool tls = false;              ///< replicas follow over TLS; authority(), if others want to as well
    std::filesystem::path folder;  ///< must not exist or be empty; default: a new one in scratch_folder()
    bool keep = false;             ///< leave the folder behind, for looking at logs
};

struct ServerStatus {
    Endpoint endpoint;
    pid_t pid = 0;  ///< 0: not running
    bool running = false;
    bool frozen = false;
    bool answers = false;  ///< the fields below were read
    bool read_only = false;
    std::optional<Endpoint> source;  ///< of the default channel, else the first
    bool io = false;                 ///< of all channels
    bool sql = false;
    std::vector<Replication> channels;
    std::string group_state;  ///< ONLINE ...; "" when it is in no replication group
    bool is_group_primary = false;
    std::string gtid;
    std::string error;  ///< why it does not answer, or its last replication error
};

struct RestartOptions {
    bool replicate = false;  ///< start replication from the source it had
    bool writable = false;   ///< open it for writes
};

/// All calls may come from any thread. Errors name the server.
class Sandbox {
public:
    using Timeout = std::chrono::milliseconds;

    /// Up and replicating when it returns. Errors: not_found (programs missing), or what went wrong with which server.
    static Result<std::unique_ptr<Sandbox>> start(Options options);
    /// Kills every server and removes the folder. Happens too when this process is killed.
    ~Sandbox();
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;

    int size() const;
    Flavor flavor() const;
    const std::filesystem::path& folder() const;
    std::filesystem::path socket(int i) const;
    std::filesystem::path log(int i) const;
    Endpoint endpoint(int i) const;
    std::vector<Endpoint> endpoints() const;
    /// The running server's process id; 0 when it does not run.
    pid_t pid(int i) const;
    /// The certificate of the sandbox's authority; empty without TLS.
    std::filesystem::path authority() const;

    /// SIGKILL; ended and reaped when it returns.
    Result<void> kill(int i);
    /// A clean stop. (MySQL 9.7 takes ten seconds over it while replicas are attached.)
    Result<void> terminate(int i);
    /// SIGSTOP: alive, connections open, silent.
    Result<void> freeze(int i);
    Result<void> thaw(int i);
    /// Starts a server that ended (one that runs is stopped first). It comes back read-only and not replicating, unless
    /// asked otherwise.
    Result<void> restart(int i, RestartOptions options = {});
    /// Throws the server's data away and builds it again as a replica of server `source`, whose binary logs must be
    /// complete.
    Result<void> reseed(int i, int source);
    /// Points server i's default channel at server `source` and starts replication. Without GTID it follows from the
    /// source's end, which is right when it has everything before.
    Result<void> replicate(int i, int source);

    /// Runs one statement as root over the server's socket.
    Result<Rows> sql(int i, std::string_view text) const;
    /// A TCP session of a passwordless account.
    Result<Client> connect(
        int i, const std::string& user = std::string(bench_account.user), Timeout timeout = Timeout{5000}
    ) const;

    std::vector<ServerStatus> status() const;
    /// Waits until every running server, but for those that the layout lets take writes, has all replication threads
    /// running, or is a member of the group.
    Result<void> wait_until_replicating(Timeout timeout) const;
    /// Waits until, besides, every replica has executed what server `source` has executed now. Without GTID: every
    /// replica what its own source has.
    Result<void> wait_until_caught_up(int source, Timeout timeout) const;

    struct State;  ///< sandbox_state.h

private:
    explicit Sandbox(std::unique_ptr<State> state);
    Result<void> wait_by_position(std::chrono::steady_clock::time_point end) const;
    std::unique_ptr<State> state_;
};

/// For people: one line a server.
std::string to_text(const std::vector<ServerStatus>& status);

}  // namespace orc::sandbox
