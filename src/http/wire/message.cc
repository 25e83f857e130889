#include "http/wire/message.h"

#include "base/text.h"

namespace orc::http {

std::string_view Request::header(std::string_view name) const {
    const std::string wanted = to_lower(name);
    for (const auto& [key, value] : headers) {
        if (to_lower(key) == wanted) {
            return value;
        }
    }
    return {};
}

std::string_view Request::cookie(std::string_view name) const {
    for (const auto piece : split(header("Cookie"), ';')) {
        const auto equals = piece.find('=');
        if (equals != std::string_view::npos && trim(piece.substr(0, equals)) == name) {
            return trim(piece.substr(equals + 1));
        }
    }
    return {};
}

Response plain(unsigned status, std::string text) {
    Response out;
    out.status = status;
    out.content_type = "text/plain; charset=utf-8";
    out.body = std::move(text);
    return out;
}

Response redirect(std::string location) {
    Response out = plain(302, "");
    out.headers.emplace_back("Location", std::move(location));
    return out;
}

}  // namespace orc::http
