#include "http/auth.h"

#include <grp.h>
#include <openssl/crypto.h>
#include <pwd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace orc::http {
namespace {

/// Takes as long for a near miss as for a wild guess.
bool equal_secretly(const std::string& a, const std::string& b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

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

}  // namespace

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
    const bool is_known = equal_secretly(user, user_) && equal_secretly(pair->substr(colon + 1), password_);
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
