// Who asks, and whether they may change anything.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "http/wire/message.h"

namespace orc::http {

/// Decides by one snapshot of the configuration.
class Gate {
public:
    explicit Gate(const config::Settings& settings);

    /// Whether the client's certificate lets it in, as UseMutualTLS demands; the status check may be exempt.
    std::optional<Response> check_certificate(const Request& request) const;
    /// Whether the right to change things hangs on an access token, which the caller must look up.
    bool wants_token() const { return method_ == Method::token && !read_only_; }
    /// A browser sends this because a page of another site says so, and that is not allowed to change anything.
    bool is_foreign(const Request& request) const;

    /// Fills in user and may_act of the request; an answer (401) when it may not pass.
    std::optional<Response> check(Request& request) const;

private:
    enum class Method { none, basic, multi, proxy, token, oauth };
    std::optional<Response> check_basic(Request& request) const;
    bool is_power_user(const std::string& user) const;

    Method method_ = Method::none;
    bool read_only_ = false;
    bool demands_certificate_ = false;
    bool status_is_exempt_ = true;
    bool trusts_other_sites_ = false;
    config::TextList units_;
    std::vector<std::string> status_path_;
    std::string user_;
    std::string password_;
    std::string header_;
    config::TextList power_users_;
    config::TextList power_groups_;
};

/// Public and secret half of an "access-token" cookie; nullopt when there is none, or it has no colon.
struct TokenPair {
    std::string public_half;
    std::string secret_half;
};
std::optional<TokenPair> token_of(const Request& request);

/// Takes as long for a near miss as for a wild guess.
bool equal_secretly(std::string_view a, std::string_view b);

/// Decodes standard base64; nullopt when malformed.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace orc::http
