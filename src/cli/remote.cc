#include "cli/remote.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "runtime/http_get.h"

namespace orc::cli {
namespace {

// A recovery may take as long as its hooks do.
constexpr std::chrono::minutes patience{10};

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

Result<runtime::HttpTarget> service_target(const config::Settings& settings) {
    runtime::HttpTarget target;
    target.socket = settings.listen_socket;
    TRY(target.server,
        Endpoint::parse("127.0.0.1" + settings.listen_address.substr(settings.listen_address.rfind(':')), 3000));
    const std::string host = settings.listen_address.substr(0, settings.listen_address.rfind(':'));
    if (!host.empty() && host != "0.0.0.0") {
        target.server.host = host;
    }
    if (!settings.http_auth_user.empty()) {
        target.authorization = "Basic " + base64(settings.http_auth_user + ":" + settings.http_auth_password);
    }
    return target;
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
    TRY(const auto answer,
        runtime::http_get(target, settings.url_prefix + std::string(command_path) + query, patience));
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
