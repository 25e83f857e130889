#include "model/facts.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace orc::model {

std::string_view name(Flavor flavor) {
    switch (flavor) {
        case Flavor::unknown:
            return "unknown";
        case Flavor::mysql:
            return "MySQL";
        case Flavor::percona:
            return "Percona";
        case Flavor::mariadb:
            return "MariaDB";
        case Flavor::maxscale:
            return "MaxScale";
    }
    return "unknown";
}

Version Version::parse(std::string text, std::string comment) {
    Version out;
    if (text.find("MariaDB") != std::string::npos) {
        out.flavor = Flavor::mariadb;
    } else if (comment.find("Percona") != std::string::npos) {
        out.flavor = Flavor::percona;
    } else if (contains_ignoring_case(text, "maxscale")) {
        out.flavor = Flavor::maxscale;
    } else {
        out.flavor = Flavor::mysql;
    }
    const std::array<int*, 3> numbers = {&out.major, &out.minor, &out.patch};
    const char* at = text.data();
    const char* const end = text.data() + text.size();
    for (int* number : numbers) {
        const auto [next, error] = std::from_chars(at, end, *number);
        if (error != std::errc()) {
            break;
        }
        at = next;
        if (at == end || *at != '.') {
            break;
        }
        ++at;
    }
    out.text = std::move(text);
    out.comment = std::move(comment);
    return out;
}

bool Version::at_least(int want_major, int want_minor, int want_patch) const {
    if (major != want_major) {
        return major > want_major;
    }
    if (minor != want_minor) {
        return minor > want_minor;
    }
    return patch >= want_patch;
}

std::string Version::major_text() const {
    const auto tokens = split(text, '.');
    return tokens.size() < 2 ? "0.0" : std::string(tokens[0]) + "." + std::string(tokens[1]);
}

bool Channel::is_failing_to_connect() const {
    // Client and server error numbers of a connection that was not made, refused at log-in, or lost.
    static constexpr std::array connect_errors = {
        1040, 1042, 1043, 1045, 1129, 1130, 1158, 1159, 1160, 1161, 1203,
        1218, 1226, 2002, 2003, 2005, 2006, 2013, 2026, 2059, 2061,
    };
    if (receiver == ThreadState::running || receiver == ThreadState::none) {
        return false;
    }
    if (std::find(connect_errors.begin(), connect_errors.end(), receiver_errno) != connect_errors.end()) {
        return true;
    }
    return receiver_errno != 0 && contains_ignoring_case(receiver_error, "error") &&
           contains_ignoring_case(receiver_error, "connecting to ");
}

std::string text(const std::vector<MissingGrant>& missing) {
    std::string out;
    for (const auto& one : missing) {
        out += (out.empty() ? "lacks " : "; lacks ") + one.grant + " (" + one.statement + "): " + one.remedy;
    }
    return out;
}

const Channel* Facts::main_channel() const {
    // "" sorts before every name.
    const auto first = std::min_element(channels.begin(), channels.end(), [](const Channel& a, const Channel& b) {
        return a.name < b.name;
    });
    return first == channels.end() ? nullptr : &*first;
}

const Channel* Facts::channel_named(std::string_view name) const {
    const auto found = std::find_if(channels.begin(), channels.end(), [&](const Channel& c) { return c.name == name; });
    return found == channels.end() ? nullptr : &*found;
}

bool Facts::uses_gtid() const {
    const Channel* channel = main_channel();
    return channel != nullptr && channel->gtid_use != GtidUse::none;
}

std::optional<Seconds> Facts::lag_on(const Channel* channel) const {
    if (queried_lag || is_lag_unknown) {
        return queried_lag;
    }
    return channel == nullptr ? std::nullopt : channel->lag;
}

}  // namespace orc::model
