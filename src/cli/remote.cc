#include "cli/remote.h"

#include <pwd.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdlib>

#include "base/text.h"
#include "runtime/http_get.h"

namespace orc::cli {
namespace {

// A recovery may take as long as its hooks do.
constexpr std::chrono::minutes patience{10};
constexpr int method_not_allowed = 405;
// "public:secret", for a service whose AuthenticationMethod is token.
constexpr const char* token_variable = "ORCHESTRATOR_ACCESS_TOKEN";

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (plain.find(c) != std::string_view::npos) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += {'%', digits[byte >> 4U], digits[byte & 15U]};
        }
    }
    return out;
}

std::string base64(std::string_view text) {
    constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += 3) {
        unsigned word = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            word = (word << 8U) | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            out += i + k > text.size() ? '=' : digits[(word >> (18U - 6U * unsigned(k))) & 63U];
        }
    }
    return out;
}

/// The service reads the same configuration: its certificate is the one named there.
runtime::HttpTls trust_of(const config::Settings& settings) {
    runtime::HttpTls out;
    out.expected_certificate_file = settings.ssl_cert_file;
    out.ca_file = settings.ssl_ca_file;
    out.is_unverified = settings.ssl_skip_verify;
    if (settings.use_mutual_tls) {
        out.client_certificate_file = settings.ssl_cert_file;
        out.client_key_file = settings.ssl_private_key_file;
    }
    return out;
}

/// Says who asks, in the way that the service wants to hear it.
void introduce(runtime::HttpTarget& target, const config::Settings& settings) {
    const std::string method = to_lower(settings.authentication_method);
    if (method == "basic" || method == "multi") {
        target.authorization = "Basic " + base64(settings.http_auth_user + ":" + settings.http_auth_password);
    } else if (method == "proxy") {
        const passwd* entry = getpwuid(geteuid());
        target.headers.emplace_back(settings.auth_user_header, entry == nullptr ? "" : entry->pw_name);
    } else if (const char* token = std::getenv(token_variable); method == "token" && token != nullptr) {
        target.headers.emplace_back("Cookie", std::string("access-token=") + token);
    }
}

Result<runtime::HttpTarget> service_target(const config::Settings& settings) {
    runtime::HttpTarget target;
    target.socket = settings.listen_socket;
    TRY(target.server,
        Endpoint::parse("127.0.0.1" + settings.listen_address.substr(settings.listen_address.rfind(':')), 3000));
    const std::string host = settings.listen_address.substr(0, settings.listen_address.rfind(':'));
    if (!host.empty() && host != "0.0.0.0") {
        target.server.host = host;
    }
    if (settings.use_ssl && target.socket.empty()) {
        target.tls = trust_of(settings);
    }
    introduce(target, settings);
    return target;
}

/// A service that takes changes by POST only gets one, with the token that it gives for it.
Result<runtime::HttpAnswer> call(
    runtime::HttpTarget target, const config::Settings& settings, const std::string& path
) {
    TRY(auto answer, runtime::http_get(target, settings.url_prefix + path, patience));
    if (answer.status != method_not_allowed) {
        return answer;
    }
    TRY(const auto token, runtime::http_get(target, settings.url_prefix + "/api/change-token", patience));
    target.headers.emplace_back("X-Change-Token", std::string(trim(replace_all(token.body, "\"", ""))));
    return runtime::http_call(target, "POST", settings.url_prefix + path, patience);
}

}  // namespace

Result<Printed> ask_service(const config::Settings& settings, const Flags& flags) {
    TRY(const auto target, service_target(settings));
    std::string query;
    const auto add = [&](std::string_view name, std::string_view value) {
        query += (query.empty() ? "?" : "&") + std::string(name) + "=" + percent_encoded(value);
    };
    for (const auto& [name, value] : flags.texts) {
        if (name != "config") {
            add(name, value);
        }
    }
    for (const auto& [name, value] : flags.switches) {
        add(name, value ? "true" : "false");
    }
    TRY(const auto answer, call(target, settings, std::string(command_path) + query));
    boost::system::error_code error;
    const auto value = boost::json::parse(answer.body, error);
    const auto* object = value.if_object();
    if (answer.status != 200 || error || object == nullptr || !object->contains("out")) {
        return fail(
            answer.status == 401 ? ErrorCode::denied : ErrorCode::invalid,
            target.server.text() + " answered " + std::to_string(answer.status) + ": " + answer.body.substr(0, 200)
        );
    }
    Printed printed;
    printed.out = object->at("out").as_string().c_str();
    printed.error = object->at("error").as_string().c_str();
    printed.exit_code = int(object->at("exit").as_int64());
    return printed;
}

Result<Flags> flags_from_query(const std::map<std::string, std::string>& query) {
    std::vector<std::string> arguments;
    arguments.reserve(query.size());
    for (const auto& [name, value] : query) {
        arguments.push_back("-" + name + "=" + value);
    }
    return parse_flags(arguments);
}

std::string answer_text(const Printed& printed) {
    boost::json::object out;
    out["out"] = printed.out;
    out["error"] = printed.error;
    out["exit"] = printed.exit_code;
    return boost::json::serialize(out);
}

}  // namespace orc::cli
