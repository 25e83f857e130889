#include "runtime/http_get.h"

#include <charconv>

#include "runtime/http_wire.h"

namespace orc::runtime {
namespace {

// "Transfer-Encoding: chunked" bodies: sizes in hex on lines of their own.
std::string unchunk(const std::string& body) {
    std::string out;
    std::size_t at = 0;
    while (at < body.size()) {
        std::size_t size = 0;
        const auto [end, error] = std::from_chars(body.data() + at, body.data() + body.size(), size, 16);
        const auto line = body.find("\r\n", at);
        if (error != std::errc() || line == std::string::npos || size == 0) {
            break;
        }
        out.append(body, line + 2, size);
        at = line + 2 + size + 2;
    }
    return out;
}

Result<HttpAnswer> parse_answer(const Endpoint& server, const std::string& text) {
    HttpAnswer answer;
    const auto head_end = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/1.") || head_end == std::string::npos || text.size() < 12 ||
        std::from_chars(text.data() + 9, text.data() + 12, answer.status).ec != std::errc()) {
        return fail(ErrorCode::invalid, server.text() + ": no HTTP answer");
    }
    const bool is_chunked = text.substr(0, head_end).find("chunked") != std::string::npos;
    answer.body = is_chunked ? unchunk(text.substr(head_end + 4)) : text.substr(head_end + 4);
    return answer;
}

std::string request_text(const HttpTarget& target, const std::string& method, const std::string& path) {
    std::string out = method + " " + path + " HTTP/1.1\r\nHost: " + target.server.text() + "\r\nConnection: close\r\n";
    if (method != "GET") {
        out += "Content-Length: 0\r\n";
    }
    if (!target.authorization.empty()) {
        out += "Authorization: " + target.authorization + "\r\n";
    }
    for (const auto& [name, value] : target.headers) {
        out += name + ": " + value + "\r\n";
    }
    return out + "\r\n";
}

}  // namespace

Result<HttpAnswer> http_call(
    const HttpTarget& target, const std::string& method, const std::string& path, std::chrono::milliseconds timeout
) {
    TRY(const auto wire, open_wire(target, timeout));
    TRY(wire->send(request_text(target, method, path)));
    std::string text;
    for (;;) {
        TRY(const std::string piece, wire->receive());
        if (piece.empty()) {
            return parse_answer(target.server, text);
        }
        text += piece;
    }
}

Result<HttpAnswer> http_get(const HttpTarget& target, const std::string& path, std::chrono::milliseconds timeout) {
    return http_call(target, "GET", path, timeout);
}

}  // namespace orc::runtime
