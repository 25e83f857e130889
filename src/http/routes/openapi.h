// The description of API v2 for programs that read such things.
#pragma once

#include <string>
#include <string_view>

namespace orc::http {

/// OpenAPI 3.0.3 as JSON. `url_prefix` stands before /api/v2.
std::string openapi_text(std::string_view url_prefix, std::string_view version);

}  // namespace orc::http
