// What differs between the two kinds of server: how to run them, their settings and their words. All of it is here.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "sandbox/client.h"

namespace orc::sandbox {

enum class Flavor { mariadb, mysql };

std::string_view name(Flavor flavor);
/// "mariadb" or "mysql".
Result<Flavor> parse_flavor(std::string_view text);

/// ${XDG_CACHE_HOME:-$HOME/.cache}/orchestrator: fetched servers and prepared data folders.
std::filesystem::path cache_folder();

/// Where a flavour's programs are on this machine.
struct Installation {
    Flavor flavor = Flavor::mariadb;
    std::filesystem::path root;         ///< MySQL: the private tree; MariaDB: "/usr"
    std::vector<std::string> server;    ///< how its server program is started
    std::filesystem::path server_file;  ///< the program itself; its size and age stand for its version
};

/// Finds the programs. Errors: not_found, saying how to get them.
Result<Installation> find_installation(Flavor flavor);

/// An account of every sandbox server. `secret` is empty where none is needed.
struct Account {
    std::string_view user;
    std::string_view secret;
};
inline constexpr Account kManager{
    .user = "orchestrator", .secret = "orch_pw"
};  ///< the account for the program under test
inline constexpr Account kReplication{.user = "repl", .secret = "repl_pw"};
inline constexpr Account kBench{.user = "bench", .secret = ""};  ///< reads and writes lab.*, no privileges beyond
inline constexpr Account kRoot{.user = "root", .secret = ""};    ///< over the unix socket only

/// A server's own place in a sandbox.
struct Place {
    std::filesystem::path folder;
    std::optional<Endpoint> listen;  ///< nullopt: unix socket only
    unsigned server_id = 1;

    std::filesystem::path data() const { return folder / "data"; }
    std::filesystem::path socket() const { return folder / "s"; }
    std::filesystem::path settings() const { return folder / "my.cnf"; }
    std::filesystem::path log() const { return folder / "log"; }
};

/// The text of the settings file: read-only, GTIDs, binary log, small buffers, replication not started by itself.
std::string settings(const Installation& installation, const Place& place, bool semi_sync);
/// The command that makes an empty data folder.
std::vector<std::string> initialize_command(const Installation& installation, const Place& place);
/// Accounts with the least practical grants, and the tables of the sandbox; to be run once on an empty server as root.
std::vector<std::string> preparation(Flavor flavor);

std::vector<std::string> replicate_from(Flavor flavor, const Endpoint& source);
std::string start_replication(Flavor flavor);
std::vector<std::string> open_for_writes(Flavor flavor);
std::string acknowledge_on_primary(Flavor flavor);
std::string executed_gtids_query(Flavor flavor);

/// A query whose first cell is 0 as soon as the server has executed `gtids`, and something else after `seconds`.
std::string wait_for_gtids(Flavor flavor, std::string_view gtids, double seconds);

struct Replication {
    Endpoint source;
    bool io = false;
    bool sql = false;
    std::string error;
};
/// nullopt: this server replicates from nobody.
Result<std::optional<Replication>> replication_of(Client& client, Flavor flavor);

}  // namespace orc::sandbox
