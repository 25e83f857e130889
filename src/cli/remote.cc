#include "cli/remote.h"

#include <boost/json.hpp>

#include "runtime/http_get.h"

namespace orc::cli {
namespace {

// A recovery may take as long as its hooks do.
constexpr std::chrono::minutes patience{30};

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

}  // namespace

std::string request_of(const Flags& flags) {
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
    return std::string(command_path) + query;
}

Result<Printed> printed_from(const std::string& who, int status, const std::string& body) {
    boost::system::error_code error;
    const auto value = boost::json::parse(body, error);
    const auto* object = value.if_object();
    if (status != 200 || error || object == nullptr || !object->contains("out")) {
        return fail(ErrorCode::invalid, who + " answered " + std::to_string(status) + ": " + body.substr(0, 200));
    }
    Printed printed;
    printed.out = object->at("out").as_string().c_str();
    printed.error = object->at("error").as_string().c_str();
    printed.exit_code = int(object->at("exit").as_int64());
    return printed;
}

Result<Printed> ask_service(const std::string& socket, const Flags& flags) {
    runtime::HttpTarget target;
    target.socket = socket;
    TRY(const auto answer, runtime::http_get(target, request_of(flags), patience));
    return printed_from(socket, answer.status, answer.body);
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
