#include "http/auth.h"

#include <grp.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pwd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace orc::http {
namespace {

Response not_authorized() {
    Response out = plain(401, "Not Authorized\n");
    out.headers.emplace_back("WWW-Authenticate", "Basic realm=\"Authorization Required\"");
    return out;
}

bool is_in_group(const std::string& user, const std::string& group_name) {
    std::vector<char> space(16384);
    group entry{};
    group* found = nullptr;
    if (getgrnam_r(group_name.c_str(), &entry, space.data(), space.size(), &found) != 0 || found == nullptr) {
        return false;
    }
    for (char** member = entry.gr_mem; *member != nullptr; ++member) {
        if (user == *member) {
            return true;
        }
    }
    std::vector<char> user_space(16384);
    passwd person{};
    passwd* known = nullptr;
    return getpwnam_r(user.c_str(), &person, user_space.data(), user_space.size(), &known) == 0 && known != nullptr &&
           person.pw_gid == entry.gr_gid;
}

/// "https://host:port" or "host:port" as "host:port" in lower case.
std::string authority_of(std::string_view text) {
    const auto scheme = text.find("://");
    if (scheme != std::string_view::npos) {
        text.remove_prefix(scheme + 3);
    }
    return to_lower(text.substr(0, text.find('/')));
}

/// Without one slash at the end, which makes no difference to routes.
std::vector<std::string> without_last_slash(std::vector<std::string> segments) {
    if (!segments.empty() && segments.back().empty()) {
        segments.pop_back();
    }
    return segments;
}

/// Where the status check is served: the classic one below URLPrefix, one of the site's own as it stands.
std::vector<std::string> status_path(const config::Settings& settings) {
    static const std::vector<std::string> classic = {"api", "status"};
    std::vector<std::string> own = path_segments(settings.status_endpoint);
    if (own != classic) {
        return own;
    }
    std::vector<std::string> out = path_segments(settings.url_prefix);
    out.insert(out.end(), own.begin(), own.end());
    return out;
}

}  // namespace

// Both sides are hashed, so that not even the length of the right one can be measured.
bool equal_secretly(std::string_view a, std::string_view b) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> left{};
    std::array<unsigned char, EVP_MAX_MD_SIZE> right{};
    unsigned size = 0;
    const bool hashed = EVP_Digest(a.data(), a.size(), left.data(), &size, EVP_sha256(), nullptr) == 1 &&
                        EVP_Digest(b.data(), b.size(), right.data(), &size, EVP_sha256(), nullptr) == 1;
    return hashed && CRYPTO_memcmp(left.data(), right.data(), size) == 0;
}

std::optional<TokenPair> token_of(const Request& request) {
    const std::string_view cookie = request.cookie("access-token");
    const auto colon = cookie.find(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    return TokenPair{std::string(cookie.substr(0, colon)), std::string(cookie.substr(colon + 1))};
}

std::optional<std::string> base64_decode(std::string_view text) {
    static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    while (!text.empty() && text.back() == '=') {
        text.remove_suffix(1);
    }
    std::string out;
    unsigned bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const auto digit = alphabet.find(c);
        if (digit == std::string_view::npos) {
            return std::nullopt;
        }
        bits = (bits << 6U) | static_cast<unsigned>(digit);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>((bits >> count) & 0xFFU);
        }
    }
    return out;
}

Gate::Gate(const config::Settings& settings)
    : read_only_(settings.read_only),
      demands_certificate_(settings.use_mutual_tls),
      status_is_exempt_(!settings.status_ou_verify),
      trusts_other_sites_(settings.cross_site_changes_allowed),
      units_(settings.ssl_valid_ous),
      status_path_(status_path(settings)),
      user_(settings.http_auth_user),
      password_(settings.http_auth_password),
      header_(settings.auth_user_header),
      power_users_(settings.power_auth_users),
      power_groups_(settings.power_auth_groups) {
    const std::string method = to_lower(settings.authentication_method);
    if (method == "basic") {
        method_ = Method::basic;
    } else if (method == "multi") {
        method_ = Method::multi;
    } else if (method == "proxy") {
        method_ = Method::proxy;
    } else if (method == "token") {
        method_ = Method::token;
    } else if (method == "oauth") {
        method_ = Method::oauth;
    }
}

std::optional<Response> Gate::check_certificate(const Request& request) const {
    if (!demands_certificate_) {
        return std::nullopt;
    }
    // The whole path counts: naming the status check in a query string, or at the end of another path, opens nothing.
    const bool is_status = !status_path_.empty() && without_last_slash(request.parts.segments) == status_path_;
    if (is_status && status_is_exempt_) {
        return std::nullopt;
    }
    if (!request.identity.uses_tls) {
        return plain(401, "No TLS: a client certificate is needed\n");
    }
    if (!request.identity.has_certificate) {
        return plain(401, "A client certificate is needed\n");
    }
    const auto& units = request.identity.units;
    const bool is_valid = std::any_of(units.begin(), units.end(), [&](const std::string& unit) {
        return std::find(units_.begin(), units_.end(), unit) != units_.end();
    });
    if (!is_valid) {
        return plain(401, "Invalid OU: no organisational unit of the certificate is accepted\n");
    }
    return std::nullopt;
}

bool Gate::is_foreign(const Request& request) const {
    if (trusts_other_sites_) {
        return false;
    }
    // Present-day browsers say it themselves; no page can forge it.
    const std::string site = to_lower(request.header("Sec-Fetch-Site"));
    if (!site.empty()) {
        return site == "cross-site";
    }
    const std::string_view origin = request.header("Origin");
    if (origin.empty()) {
        return false;
    }
    const std::string from = authority_of(origin);
    return from != authority_of(request.header("Host")) && from != authority_of(request.header("X-Forwarded-Host"));
}

std::optional<Response> Gate::check_basic(Request& request) const {
    static constexpr std::string_view scheme = "basic ";
    const std::string_view header = request.header("Authorization");
    if (header.size() < scheme.size() || to_lower(header.substr(0, scheme.size())) != scheme) {
        return not_authorized();
    }
    const auto pair = base64_decode(trim(header.substr(scheme.size())));
    const auto colon = pair ? pair->find(':') : std::string::npos;
    if (!pair || colon == std::string::npos) {
        return not_authorized();
    }
    const std::string user = pair->substr(0, colon);
    // Where no name is configured nobody has one.
    const bool is_known =
        !user_.empty() && equal_secretly(user, user_) && equal_secretly(pair->substr(colon + 1), password_);
    const bool is_reader = method_ == Method::multi && user == "readonly";
    if (!is_known && !is_reader) {
        return not_authorized();
    }
    request.user = user;
    request.may_act = !is_reader;
    return std::nullopt;
}

bool Gate::is_power_user(const std::string& user) const {
    for (const auto& allowed : power_users_) {
        if (allowed == "*" || (!user.empty() && allowed == user)) {
            return true;
        }
    }
    return !user.empty() && std::any_of(power_groups_.begin(), power_groups_.end(), [&](const std::string& group) {
        return is_in_group(user, group);
    });
}

std::optional<Response> Gate::check(Request& request) const {
    std::optional<Response> refusal;
    switch (method_) {
        case Method::none:
            request.may_act = true;
            break;
        case Method::basic:
        case Method::multi:
            refusal = check_basic(request);
            break;
        case Method::proxy:
            request.user = std::string(request.header(header_));
            request.may_act = is_power_user(request.user);
            break;
        case Method::token:
        case Method::oauth:
            request.may_act = false;
            break;
    }
    if (read_only_) {
        request.may_act = false;
    }
    return refusal;
}

}  // namespace orc::http
