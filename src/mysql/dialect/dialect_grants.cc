#include "mysql/dialect/dialect_grants.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/text.h"

namespace orc::mysql {
namespace {

constexpr std::string_view everything = "*.*";

constexpr NeededGrant mysql_basics[] = {
    {"REPLICATION CLIENT", everything, "SHOW REPLICA STATUS, SHOW BINARY LOG STATUS, SHOW BINARY LOGS"},
    {"REPLICATION SLAVE", everything, "SHOW REPLICAS, SHOW BINLOG EVENTS"},
    {"PROCESS", everything, "the list of sessions: replicas by their streams, clients that could still write"},
    {"SELECT", "performance_schema.*", "heartbeats, members of a replication group, the list of sessions"},
    {"SELECT", "mysql.slave_master_info", "log-in data of replication, for a replica that is made of a primary"},
    {"RELOAD", everything, "RESET REPLICA"},
};
constexpr NeededGrant mysql_dynamic[] = {
    {"REPLICATION_SLAVE_ADMIN", everything, "START REPLICA, STOP REPLICA, CHANGE REPLICATION SOURCE"},
    {"SYSTEM_VARIABLES_ADMIN", everything, "SET GLOBAL read_only, super_read_only, semi-sync"},
    {"CONNECTION_ADMIN", everything, "SET GLOBAL read_only, KILL"},
};
constexpr NeededGrant mysql_super[] = {
    {"SUPER", everything, "START SLAVE, STOP SLAVE, CHANGE MASTER, SET GLOBAL read_only, KILL"},
};

constexpr NeededGrant mariadb_grants[] = {
    {"SLAVE MONITOR", everything, "SHOW ALL SLAVES STATUS"},
    {"BINLOG MONITOR", everything, "SHOW MASTER STATUS, SHOW BINARY LOGS"},
    {"REPLICATION MASTER ADMIN", everything, "SHOW SLAVE HOSTS, SET GLOBAL rpl_semi_sync_master_enabled"},
    {"PROCESS", everything, "the list of sessions: replicas by their streams, clients that could still write"},
    {"REPLICATION SLAVE ADMIN", everything, "START SLAVE, STOP SLAVE, CHANGE MASTER, SET GLOBAL gtid_slave_pos"},
    {"READ_ONLY ADMIN", everything, "SET GLOBAL read_only"},
    {"CONNECTION ADMIN", everything, "KILL"},
    {"RELOAD", everything, "RESET SLAVE"},
};

/// "GRANT a, b ON object TO account ...", taken apart.
struct GrantLine {
    std::set<std::string> privileges;  ///< upper case
    std::string object;                ///< without quotes, lower case
    std::string account;
};

/// Where `word` stands outside of quotes and brackets; npos: nowhere.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t from) {
    char quote = 0;
    int depth = 0;
    for (std::size_t i = from; i < text.size(); ++i) {
        const char c = text[i];
        if (quote != 0) {
            quote = c == quote ? '\0' : quote;
        } else if (c == '`' || c == '\'' || c == '"') {
            quote = c;
        } else if (c == '(' || c == ')') {
            depth += c == '(' ? 1 : -1;
        } else if (depth == 0 && text.substr(i).starts_with(word)) {
            return i;
        }
    }
    return std::string_view::npos;
}

std::string upper(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::toupper(c); });
    return out;
}

std::optional<GrantLine> read_line(std::string_view text) {
    constexpr std::string_view head = "GRANT ";
    const auto on = find_word(text, " ON ", 0);
    const auto to = on == std::string_view::npos ? on : find_word(text, " TO ", on + 4);
    if (!text.starts_with(head) || to == std::string_view::npos) {
        return std::nullopt;  // a role, or what was revoked of a grant
    }
    GrantLine out;
    std::string_view list = text.substr(head.size(), on - head.size());
    while (!list.empty()) {
        const auto comma = std::min(find_word(list, ",", 0), list.size());
        out.privileges.insert(replace_all(upper(trim(list.substr(0, comma))), "REPLICA ", "SLAVE "));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    out.object = replace_all(replace_all(to_lower(text.substr(on + 4, to - on - 4)), "`", ""), "\\", "");
    const auto rest = text.substr(to + 4);
    out.account = rest.substr(0, std::min(find_word(rest, " ", 0), rest.size()));
    return out;
}

bool covers(std::string_view object, std::string_view wanted) {
    return object == everything || object == wanted ||
           (object.ends_with(".*") && wanted.starts_with(object.substr(0, object.size() - 1)));
}

/// What another name for the same right, or one that contains it, is on this server.
std::vector<std::string_view> alternatives(const model::Version& version, std::string_view privilege) {
    const auto is_one_of = [&](const auto& grants) {
        return std::any_of(std::begin(grants), std::end(grants), [&](const NeededGrant& grant) {
            return grant.privilege == privilege;
        });
    };
    std::vector<std::string_view> out = {privilege};
    if (privilege == "BINLOG MONITOR") {
        out.push_back("REPLICATION CLIENT");  // what it was called
    }
    const bool contains_admin = version.is_mariadb() ? !version.at_least(11, 0) : true;
    const bool is_admin =
        version.is_mariadb() ? privilege.ends_with("ADMIN") || privilege == "SLAVE MONITOR" : is_one_of(mysql_dynamic);
    if ((contains_admin && is_admin) || (!version.is_mariadb() && privilege == "REPLICATION CLIENT")) {
        out.push_back("SUPER");
    }
    return out;
}

bool is_granted(const model::Version& version, const NeededGrant& needed, const std::vector<GrantLine>& lines) {
    const auto names = alternatives(version, needed.privilege);
    const bool is_dynamic = !version.is_mariadb() && needed.privilege.find('_') != std::string_view::npos;
    return std::any_of(lines.begin(), lines.end(), [&](const GrantLine& line) {
        const bool has_all = line.privileges.contains("ALL PRIVILEGES") && !is_dynamic;
        const bool has_it = std::any_of(names.begin(), names.end(), [&](std::string_view name) {
            return line.privileges.contains(std::string(name));
        });
        return (has_all || has_it) && covers(line.object, needed.object);
    });
}

}  // namespace

std::vector<NeededGrant> needed_grants(const model::Version& version) {
    std::vector<NeededGrant> out;
    const auto add = [&out](const auto& grants) { out.insert(out.end(), std::begin(grants), std::end(grants)); };
    if (version.is_mariadb() && version.at_least(10, 5, 2)) {
        add(mariadb_grants);
    } else if (version.flavor == model::Flavor::mysql || version.flavor == model::Flavor::percona) {
        add(mysql_basics);
        if (version.at_least(8, 0)) {
            add(mysql_dynamic);
        } else {
            add(mysql_super);
        }
    }
    return out;
}

std::string grant_statement(const NeededGrant& grant, std::string_view account) {
    return "GRANT " + std::string(grant.privilege) + " ON " + std::string(grant.object) + " TO " + std::string(account);
}

std::vector<model::MissingGrant> missing_grants(const model::Version& version, const ResultSet& shown) {
    std::vector<GrantLine> lines;
    for (const auto& row : shown.rows) {
        if (!row.empty() && row.front()) {
            if (auto line = read_line(*row.front())) {
                lines.push_back(*std::move(line));
            }
        }
    }
    std::vector<model::MissingGrant> out;
    if (lines.empty()) {
        return out;  // not an answer that this can be judged by
    }
    for (const auto& needed : needed_grants(version)) {
        if (!is_granted(version, needed, lines)) {
            out.push_back(
                {std::string(needed.privilege) + " ON " + std::string(needed.object),
                 std::string(needed.used_for),
                 grant_statement(needed, lines.front().account)}
            );
        }
    }
    return out;
}

}  // namespace orc::mysql
