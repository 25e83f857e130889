#include "config/credentials.h"

#include "base/text.h"

namespace orc::config {
namespace {

/// Undoes quotes and backslashes; nullopt when a quote is not closed.
std::optional<std::string> unquoted(std::string_view value) {
    if (value.empty() || (value.front() != '"' && value.front() != '\'')) {
        return std::string(trim(value.substr(0, value.find_first_of("#;"))));
    }
    const char quote = value.front();
    std::string out;
    for (std::size_t i = 1; i < value.size(); ++i) {
        if (value[i] == quote) {
            return out;
        }
        if (value[i] == '\\' && i + 1 < value.size()) {
            ++i;
        }
        out += value[i];
    }
    return std::nullopt;
}

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // as editors on Windows write it
constexpr std::string_view expected_variables = "user = NAME and password = WORD below it";

/// What stands below [client].
struct ClientSection {
    bool is_there = false;
    std::optional<std::string> user;
    std::optional<std::string> password;
};

/// Errors: a quote that is not closed.
Result<void> take_variable(std::string_view line, ClientSection& found) {
    const auto equals = line.find('=');
    const std::string name = to_lower(trim(line.substr(0, equals)));
    if (equals == line.npos || (name != "user" && name != "password")) {
        return {};
    }
    auto value = unquoted(trim(line.substr(equals + 1)));
    if (!value) {
        return fail(ErrorCode::invalid, "the value of " + name + " has a quote that is not closed");
    }
    (name == "user" ? found.user : found.password) = std::move(value);
    return {};
}

struct Account {
    std::string_view file_key;
    std::string_view user_key;
    std::string_view password_key;
    std::string Settings::* file;
    std::string Settings::* user;
    std::string Settings::* password;
};

constexpr Account accounts[] = {
    {"MySQLOrchestratorCredentialsConfigFile",
     "MySQLOrchestratorUser",
     "MySQLOrchestratorPassword",
     &Settings::mysql_orchestrator_credentials_config_file,
     &Settings::mysql_orchestrator_user,
     &Settings::mysql_orchestrator_password},
    {"MySQLTopologyCredentialsConfigFile",
     "MySQLTopologyUser",
     "MySQLTopologyPassword",
     &Settings::mysql_topology_credentials_config_file,
     &Settings::mysql_topology_user,
     &Settings::mysql_topology_password},
};

void apply_file(Draft& draft, const Environment& env, const Account& account) {
    const std::string& path = draft.settings().*account.file;
    if (path.empty()) {
        return;
    }
    const Result<std::string> text = env.read_file
                                         ? env.read_file(path)
                                         : Result<std::string>(fail(ErrorCode::not_found, "no files can be read here"));
    if (!text) {
        draft.reject(account.file_key, "cannot read \"" + path + "\": " + text.error().message);
        return;
    }
    auto credentials = parse_credentials(*text);
    if (!credentials) {
        draft.reject(account.file_key, "\"" + path + "\": " + credentials.error().message);
        return;
    }
    draft.settings().*account.user = std::move(credentials->user);
    draft.settings().*account.password = std::move(credentials->password);
    draft.came_from(account.user_key, path);
    draft.came_from(account.password_key, path);
}

/// "${NAME}" anywhere makes the whole value the variable's, from the first "${" to the last "}".
void apply_variable(Draft& draft, const Environment& env, const Account& account) {
    std::string& password = draft.settings().*account.password;
    const auto start = password.find("${");
    const auto end = password.rfind('}');
    if (start == password.npos || end == password.npos || end < start) {
        return;
    }
    const std::string name = password.substr(start + 2, end - start - 2);
    const auto value = env.variable ? env.variable(name) : std::nullopt;
    if (!value) {
        draft.warn_about(account.password_key, "environment variable " + name + " is not set: the password is empty");
    }
    password = value.value_or("");
    draft.came_from(account.password_key, "environment variable " + name);
}

}  // namespace

Result<Credentials> parse_credentials(std::string_view text) {
    if (text.starts_with(byte_order_mark)) {
        text.remove_prefix(byte_order_mark.size());
    }
    ClientSection found;
    bool in_client = false;
    int number = 0;
    for (std::string_view line : split(text, '\n')) {
        ++number;
        line = trim(line);
        const std::string where = "line " + std::to_string(number) + ": ";
        if (line.starts_with('[')) {
            const auto end = line.find(']');
            if (end == line.npos) {
                return fail(ErrorCode::invalid, where + "a section name without closing bracket");
            }
            in_client = to_lower(trim(line.substr(1, end - 1))) == "client";
            found.is_there |= in_client;
        } else if (in_client && !line.starts_with('#') && !line.starts_with(';')) {
            if (auto taken = take_variable(line, found); !taken) {
                return fail(ErrorCode::invalid, where + taken.error().message);
            }
        }
    }
    if (!found.is_there) {
        return fail(ErrorCode::invalid, "no section [client]; expected one, with " + std::string(expected_variables));
    }
    if (!found.user && !found.password) {
        return fail(
            ErrorCode::invalid,
            "section [client] has neither user nor password; expected " + std::string(expected_variables)
        );
    }
    return Credentials{found.user.value_or(""), found.password.value_or("")};
}

void apply_credentials(Draft& draft, const Environment& env) {
    for (const auto& account : accounts) {
        apply_file(draft, env, account);
        apply_variable(draft, env, account);
    }
}

}  // namespace orc::config
