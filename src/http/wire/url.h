// The target of a request, taken apart: segments are decoded one by one, so that an encoded slash stays inside its
// segment.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orc::http {

struct Target {
    std::vector<std::string> segments;  ///< decoded; "/" has none; a final slash adds an empty one
    std::map<std::string, std::string> query;

    /// Value of a query parameter, "" if it is not given.
    std::string query_value(const std::string& name) const;
};

/// The part of a target from its path on: an absolute-form one ("http://host/path") names a server before it.
std::string_view origin_form(std::string_view target);

/// Reads an origin-form ("/path?query") or absolute-form target. Errors (invalid): no path, a bad percent sign, a NUL,
/// or too many segments.
Result<Target> parse_target(std::string_view text);

/// Percent-decodes; `plus_is_space` for query parts. Errors (invalid) for a bad percent sign or a NUL.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space);
/// Percent-encodes everything but unreserved characters.
std::string percent_encode(std::string_view text);

/// The parts of a path as it is configured, without empty ones; nothing is decoded.
std::vector<std::string> path_segments(std::string_view path);

}  // namespace orc::http
