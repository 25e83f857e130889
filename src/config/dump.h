// Settings back into text: the effective configuration, and the reference of all keys.
#pragma once

#include <string>
#include <string_view>

#include "config/settings.h"

namespace orc::config {

/// What stands for a secret that is not shown.
inline constexpr std::string_view masked_secret = "******";

/// One line of compact JSON with every key in declaration order. With secrets, loading it gives the same settings;
/// without, those that are set appear masked, which loading refuses.
std::string dump(const Settings& settings, bool with_secrets);

/// docs/configuration.md.
std::string reference_markdown();

}  // namespace orc::config
