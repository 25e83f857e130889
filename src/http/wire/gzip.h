// Compression of answers.
#pragma once

#include <string>
#include <string_view>

namespace orc::http {

/// Whether an Accept-Encoding header admits gzip.
bool accepts_gzip(std::string_view accept_encoding);
/// `body` in gzip format; "" if zlib refuses.
std::string gzip(std::string_view body);

}  // namespace orc::http
