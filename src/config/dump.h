// Settings back into text: the effective configuration, and the reference of all keys.
#pragma once

#include <string>

#include "config/settings.h"

namespace orc::config {

/// One line of compact JSON with every key in declaration order; loading it gives the same settings. Secrets that are
/// set appear as
/// "******" unless asked for.
std::string dump(const Settings& settings, bool with_secrets);

/// docs/configuration.md.
std::string reference_markdown();

}  // namespace orc::config
