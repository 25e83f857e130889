#include <array>

#include "http/routes/routes.h"

extern "C" {
extern const char orc_page_html[];
extern const char orc_page_html_end[];
extern const char orc_page_js[];
extern const char orc_page_js_end[];
extern const char orc_page_css[];
extern const char orc_page_css_end[];
}

namespace orc::http::routes {
namespace {

/// Only what comes from this server, nothing inline: names and errors of servers are other people's text.
constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

Response file_answer(const char* begin, const char* end, std::string_view content_type) {
    Response out;
    out.body.assign(begin, end);
    out.content_type = std::string(content_type);
    out.headers.emplace_back("Content-Security-Policy", content_policy);
    out.headers.emplace_back("X-Content-Type-Options", "nosniff");
    out.headers.emplace_back("Referrer-Policy", "same-origin");
    out.headers.emplace_back("Cache-Control", "no-cache");
    return out;
}

}  // namespace

Co<Response> page(DeskPtr /*desk*/, Call /*call*/) {
    co_return file_answer(orc_page_html, orc_page_html_end, "text/html; charset=UTF-8");
}

Co<Response> page_file(DeskPtr /*desk*/, Call call) {
    const std::string& file = call.params["file"];
    if (file == "app.js") {
        co_return file_answer(orc_page_js, orc_page_js_end, "text/javascript; charset=utf-8");
    }
    if (file == "style.css") {
        co_return file_answer(orc_page_css, orc_page_css_end, "text/css; charset=utf-8");
    }
    co_return plain(404, "404 page not found\n");
}

Co<Response> to_page(DeskPtr desk, Call /*call*/) {
    std::string prefix = desk->use_cases.settings()->url_prefix;
    while (prefix.ends_with('/')) {
        prefix.pop_back();
    }
    if (!prefix.empty() && !prefix.starts_with('/')) {
        prefix.insert(0, 1, '/');
    }
    co_return redirect(prefix + "/");
}

}  // namespace orc::http::routes
