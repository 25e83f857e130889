// Texts of servers as the classic columns keep them.
#pragma once

#include <string>
#include <string_view>

namespace orc::store {

/// An error text as the classic columns keep it: double-quoted and escaped to ASCII; "" stays empty.
std::string quoted_text(std::string_view text);

}  // namespace orc::store
