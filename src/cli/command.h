// One command: its row in the table, what it is called with, and how it reads its arguments.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/use_cases.h"
#include "cli/flags.h"

namespace orc::cli {

/// Text for standard output, printed as it is: each line ends in a newline.
using Lines = std::string;

/// Which instance a command without -i acts on.
enum class WithoutInstance {
    this_host,  ///< this machine, the classic default
    nothing,    ///< none: it needs none, or its cluster may be left open
    error,      ///< it must be named
};

/// What a command rests on, when no service watches.
enum class RestsOn {
    records,  ///< what is written down; answers at once
    servers,  ///< how the servers stand now: they are read first
};

struct Call;

struct Command {
    std::string_view name;
    std::string_view synonyms;  ///< older names, separated by commas
    std::string_view section;
    WithoutInstance without_instance;
    RestsOn rests_on;
    /// Null: this release does not have it, and `lacking` says what would bring it.
    Task<Lines> (*run)(Call);
    std::string_view lacking;
    std::string_view usage;    ///< its flags; those in brackets may be left out
    std::string_view meaning;  ///< one line of the listing
    std::string_view detail;   ///< more for `help`; may be empty

    /// -i is a list to be taken as a whole; else the command runs for each of its pieces.
    bool takes_list() const { return usage.starts_with("-i instances"); }
};

/// Everything that a command may look at. With a list after -i, each piece is a call of its own.
struct Call {
    api::UseCases& use_cases;
    const Command& command;
    Flags flags;
    std::optional<std::string> instance;  ///< -i as given; nullopt: not given
    std::string local_host;
    std::string user;
    Lines& shown;  ///< printed whatever comes of the command
};

std::string line(std::string_view text);
Lines lines_of(const std::vector<Endpoint>& endpoints);
Lines lines_of(const std::vector<model::ServerPtr>& servers);

/// -i as it was given, for a command about one that may be new: never another one whose name is like it.
Result<Endpoint> named_instance(const Call& call);
/// -i, resolved; without it what the command's row says. An empty or unreadable one is an error, never this machine by
/// accident.
Task<Endpoint> instance_argument(Call call);
/// The server that -i means; not_found when it is not known.
Task<model::ServerPtr> server_argument(Call call);
/// -d or -s, resolved; nullopt when neither is given, or both are empty.
Task<std::optional<Endpoint>> destination_argument(Call call);
/// The same; an error when it is not given.
Task<Endpoint> required_destination(Call call);
/// Does -alias name a cluster? An empty one is as good as none where -i is there instead, else an error: this machine
/// is never meant by accident.
Result<bool> names_cluster(const Call& call);
/// -alias as a name or an alias, else the cluster of -i, or of this machine.
Task<model::ClusterPtr> cluster_argument(Call call);
/// The same; null when neither -alias nor -i is given.
Task<model::ClusterPtr> optional_cluster(Call call);
/// The flag's value; an error when it is not given or blank.
Result<std::string> required(const Call& call, std::string_view flag);
/// -owner, else the operating system's user.
std::string owner_argument(const Call& call);
/// -duration; zero when it is not given.
Result<Seconds> duration_argument(const Call& call);

}  // namespace orc::cli
