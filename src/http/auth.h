// Who asks, and whether they may change anything.
#pragma once

#include <optional>
#include <string>

#include "config/settings.h"
#include "http/message.h"

namespace orc::http {

/// Decides by one snapshot of the configuration.
class Gate {
public:
    explicit Gate(const config::Settings& settings);

    /// Fills in user and may_act of the request; an answer (401) when it may not pass.
    std::optional<Response> check(Request& request) const;

private:
    enum class Method { none, basic, multi, proxy, token, oauth };
    std::optional<Response> check_basic(Request& request) const;
    bool is_power_user(const std::string& user) const;

    Method method_ = Method::none;
    bool read_only_ = false;
    std::string user_;
    std::string password_;
    std::string header_;
    config::TextList power_users_;
    config::TextList power_groups_;
};

/// Decodes standard base64; nullopt when malformed.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace orc::http
