#include "cli/flags.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace orc::cli {
namespace {

enum class Kind { text, boolean };

struct Known {
    std::string_view name;
    Kind kind;
    std::string_view fallback;
    std::string_view meaning;
};

constexpr std::array known_flags = {
    Known{"config", Kind::text, "", "configuration file"},
    Known{"c", Kind::text, "", "command; 'help' lists them"},
    Known{"strict", Kind::boolean, "false", "stricter checks"},
    Known{"i", Kind::text, "", "instance host[:port], or a list of them"},
    Known{"s", Kind::text, "", "sibling instance; same as -d"},
    Known{"d", Kind::text, "", "destination instance host[:port]"},
    Known{
        "owner", Kind::text, "", "owner of maintenance, downtime, acknowledgement; default: the operating system's user"
    },
    Known{"reason", Kind::text, "", "reason or comment"},
    Known{"duration", Kind::text, "", "an integer and one of s, m, h, d, w"},
    Known{"pattern", Kind::text, "", "regular expression or search text"},
    Known{"alias", Kind::text, "", "cluster alias or name"},
    Known{"pool", Kind::text, "", "pool name"},
    Known{"hostname", Kind::text, "", "host name for virtual names and agents"},
    Known{"discovery", Kind::boolean, "true", "with http: watch continuously; false serves only"},
    Known{"quiet", Kind::boolean, "false", "log errors only; overrides the others"},
    Known{"verbose", Kind::boolean, "false", "log informational events"},
    Known{"debug", Kind::boolean, "false", "log debugging events"},
    Known{"stack", Kind::boolean, "false", "accepted; has no effect"},
    Known{"show-secrets", Kind::boolean, "false", "dump-config prints passwords and tokens in the clear"},
    Known{"skip-binlog-search", Kind::boolean, "false", "Pseudo-GTID: search relay logs only"},
    Known{"skip-unresolve", Kind::boolean, "false", "do not use virtual names"},
    Known{"skip-unresolve-check", Kind::boolean, "false", "do not check that a virtual name resolves back"},
    Known{"noop", Kind::boolean, "false", "change nothing on servers, run no hooks; plans are printed instead"},
    Known{"binlog", Kind::text, "", "binary log file, or file:pos"},
    Known{"statement", Kind::text, "", "statement"},
    Known{"grab-election", Kind::boolean, "false", "take leadership at start"},
    Known{"promotion-rule", Kind::text, "prefer", "prefer, neutral, prefer_not or must_not"},
    Known{"version", Kind::boolean, "false", "print the version"},
    Known{"skip-continuous-registration", Kind::boolean, "false", "do not register this process in the backend"},
    Known{
        "enable-database-update",
        Kind::boolean,
        "false",
        "deploy the schema even if SkipOrchestratorDatabaseUpdate is set"
    },
    Known{"ignore-raft-setup", Kind::boolean, "false", "allow commands although RaftEnabled is set"},
    Known{"tag", Kind::text, "", "tag name, name=value, or expression"},
};

const Known* find(std::string_view name) {
    const auto found =
        std::find_if(known_flags.begin(), known_flags.end(), [&](const Known& k) { return k.name == name; });
    return found == known_flags.end() ? nullptr : &*found;
}

Result<bool> parse_boolean(std::string_view flag, std::string_view value) {
    if (value == "true" || value == "1" || value == "t" || value == "T" || value == "TRUE" || value == "True") {
        return true;
    }
    if (value == "false" || value == "0" || value == "f" || value == "F" || value == "FALSE" || value == "False") {
        return false;
    }
    return fail(
        ErrorCode::invalid,
        "invalid value '" + std::string(value) + "' for -" + std::string(flag) + "; allowed: true, false"
    );
}

}  // namespace

bool Flags::says(std::string_view name) const { return has(name) && !trim(text(name)).empty(); }

std::string Flags::text(std::string_view name) const {
    const auto given = texts.find(name);
    if (given != texts.end()) {
        return given->second;
    }
    const Known* known = find(name);
    return known == nullptr ? "" : std::string(known->fallback);
}

bool Flags::on(std::string_view name) const {
    const auto given = switches.find(name);
    if (given != switches.end()) {
        return given->second;
    }
    const Known* known = find(name);
    return known != nullptr && known->fallback == "true";
}

Result<Flags> parse_flags(const std::vector<std::string>& arguments) {
    Flags out;
    std::size_t at = 0;
    while (at < arguments.size()) {
        std::string_view argument = arguments[at];
        if (argument.size() < 2 || argument.front() != '-') {
            break;
        }
        ++at;
        argument.remove_prefix(argument.starts_with("--") ? 2 : 1);
        if (argument.empty()) {
            break;  // "--" ends the flags
        }
        const auto equals = argument.find('=');
        const std::string name(argument.substr(0, equals));
        if (name == "h" || name == "help") {
            out.wants_usage = true;
            continue;
        }
        const Known* known = find(name);
        if (known == nullptr) {
            return fail(ErrorCode::invalid, "flag provided but not defined: -" + name);
        }
        if (known->kind == Kind::boolean) {
            TRY(out.switches[name],
                equals == std::string_view::npos ? Result<bool>(true) : parse_boolean(name, argument.substr(equals + 1))
            );
        } else if (equals != std::string_view::npos) {
            out.texts[name] = std::string(argument.substr(equals + 1));
        } else if (at < arguments.size()) {
            out.texts[name] = arguments[at++];
        } else {
            return fail(ErrorCode::invalid, "flag needs an argument: -" + name);
        }
    }
    out.words.assign(arguments.begin() + std::ptrdiff_t(at), arguments.end());
    return out;
}

std::string usage() {
    std::string out = "Usage: orchestrator [flags] http | orchestrator [flags] -c command\n\n";
    for (const auto& flag : known_flags) {
        out += "  -" + std::string(flag.name) + (flag.kind == Kind::text ? " text" : "") + "\n        " +
               std::string(flag.meaning);
        if (!flag.fallback.empty() && flag.fallback != "false") {
            out += " (default " + std::string(flag.fallback) + ")";
        }
        out += "\n";
    }
    return out;
}

}  // namespace orc::cli
