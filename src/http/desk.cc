#include "http/desk.h"

#include <charconv>

#include "http/json_writer.h"

namespace orc::http {
namespace {

Response envelope(unsigned status, std::string_view code, std::string_view message, std::string_view details) {
    JsonWriter json;
    json.begin_object().field("Code", code).field("Message", message).key("Details").raw(details).end_object();
    Response out;
    out.status = status;
    out.body = std::move(json).str();
    return out;
}

template <typename N>
std::optional<N> whole_number(std::string_view text) {
    N value{};
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

}  // namespace

namespace {

Task<Standing> read_standing(const api::UseCases& use_cases) { co_return standing_now(use_cases); }

}  // namespace

Standing standing_now(const api::UseCases& use_cases) {
    Standing out;
    out.leadership = use_cases.leadership();
    out.recoveries_disabled = use_cases.recoveries_disabled();
    out.counters = use_cases.counters();
    return out;
}

Task<Standing> Desk::standing() const { return on_control(read_standing(use_cases)); }

Response envelope_ok(std::string_view message, std::string_view details) {
    return envelope(200, "OK", message, details);
}
Response envelope_error(std::string_view message, std::string_view details) {
    return envelope(500, "ERROR", message, details);
}
Response envelope_error(const Error& error, std::string_view details) { return envelope_error(error.message, details); }

Response bare(std::string json) {
    Response out;
    out.body = std::move(json);
    return out;
}

Result<Endpoint> endpoint_param(const Params& params, std::string_view host, std::string_view port) {
    const auto number = whole_number<std::uint16_t>(params[port]);
    if (!number) {
        return fail(ErrorCode::invalid, "Invalid port: " + params[port]);
    }
    std::string name = params[host];
    if (name.starts_with('[') && name.ends_with(']')) {  // as IPv6 addresses are written before a port
        name = name.substr(1, name.size() - 2);
    }
    return Endpoint{std::move(name), *number};
}

std::optional<Endpoint> optional_endpoint_param(const Params& params, std::string_view host, std::string_view port) {
    if (!params.has(host)) {
        return std::nullopt;
    }
    const auto out = endpoint_param(params, host, port);
    return out ? std::optional(*out) : std::nullopt;
}

std::string cluster_hint_param(const Params& params) {
    if (params.has("clusterHint")) {
        return params["clusterHint"];
    }
    return params.has("clusterName") ? params["clusterName"] : params["host"] + ":" + params["port"];
}

store::Page page_param(const Params& params) {
    store::Page out;
    out.number = whole_number<std::size_t>(params["page"]).value_or(0);
    return out;
}

}  // namespace orc::http
