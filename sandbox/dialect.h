// What differs between the two kinds of server: how to run them, their settings and their words. All of it is here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "sandbox/certificates.h"
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
    std::filesystem::path root;         ///< the private tree, or "/usr"
    std::vector<std::string> server;    ///< how its server program is started
    std::filesystem::path server_file;  ///< the program itself; its size and age stand for its version
    bool is_tree = false;               ///< a private one, with its own loader, libraries and data
};

/// Finds the programs. Errors: not_found, saying how to get them.
Result<Installation> find_installation(Flavor flavor);

/// An account of every sandbox server. `secret` is empty where none is needed.
struct Account {
    std::string_view user;
    std::string_view secret;
};
inline constexpr Account manager_account{
    .user = "orchestrator", .secret = "orch_pw"
};  ///< the account for the program under test
inline constexpr Account replication_account{.user = "repl", .secret = "repl_pw"};
inline constexpr Account bench_account{
    .user = "bench", .secret = ""
};                                                                    ///< reads and writes lab.*, no privileges beyond
inline constexpr Account root_account{.user = "root", .secret = ""};  ///< over the unix socket only

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

/// How the servers of a sandbox are set up, beside their own places.
struct Style {
    bool semi_sync = false;
    bool gtid = true;  ///< false: by binary log file and position
    Certificates certificates;
    std::string group_name;             ///< a uuid: members of a replication group (MySQL); "" for none
    std::vector<Endpoint> group_seeds;  ///< its members
    bool own_gtid_domain = false;       ///< MariaDB: several servers take writes, each in a domain of its own
};

/// The text of the settings file: read-only, binary log, small buffers, replication not started by itself.
std::string settings(const Installation& installation, const Place& place, const Style& style);
/// The command that makes an empty data folder.
std::vector<std::string> initialize_command(const Installation& installation, const Place& place);
/// Accounts with the least practical grants, and the tables of the sandbox; to be run once on an empty server as root.
std::vector<std::string> preparation(Flavor flavor);

struct Coordinates {
    std::string file = "binlog.000001";  ///< by default the very first event
    std::uint64_t position = 4;
};
/// How a replica is to follow a source.
struct Following {
    Endpoint source;
    std::string channel;
    std::optional<Coordinates> from;  ///< nullopt: by GTID
    std::filesystem::path authority;  ///< over TLS, with the source's certificate checked; empty: without
};
std::vector<std::string> replicate_from(Flavor flavor, const Following& following);
/// Over all channels.
std::string start_replication(Flavor flavor);
/// The text that asks for a server's own position; its first two cells.
std::string position_query(Flavor flavor);
/// A query whose first cell is not negative as soon as the default channel has executed up to there.
std::string wait_for_position(Flavor flavor, const Coordinates& position, double seconds);
/// Makes the server a member; the first one founds the group.
std::vector<std::string> join_group(bool is_founder);
/// How many members of its group, as a server sees it, listen on `port`.
std::string listed_in_group_query(unsigned port);
std::vector<std::string> open_for_writes(Flavor flavor);
std::string acknowledge_on_primary(Flavor flavor);
std::string executed_gtids_query(Flavor flavor);

/// A query whose first cell is 0 as soon as the server has executed `gtids`, and something else after `seconds`.
std::string wait_for_gtids(Flavor flavor, std::string_view gtids, double seconds);

struct Replication {
    std::string channel;
    Endpoint source;
    bool io = false;
    bool sql = false;
    std::string error;
};
/// One for each channel, the default one first; the group's own are left out.
Result<std::vector<Replication>> replication_of(Client& client, Flavor flavor);

struct GroupState {
    std::string state;  ///< ONLINE ...; "" when it is in no group
    bool is_primary = false;
};
Result<GroupState> group_state_of(Client& client);

}  // namespace orc::sandbox
