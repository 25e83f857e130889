// Error texts as the classic columns keep them: double-quoted and escaped to ASCII.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace orc::store {

/// "" stays empty.
std::string quoted_text(std::string_view text);
/// The text that was quoted; what is not quoted stays as it is.
std::string unquoted_text(std::string_view text);

}  // namespace orc::store
