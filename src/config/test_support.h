// Short ways to load texts in tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"

namespace orc::config {

inline Result<Loaded> load_files_of(const std::vector<Source>& files, const Environment& env = {}) {
    return load(files, env);
}

inline Result<Loaded> load_one(std::string_view text, const Environment& env = {}) {
    return load_files_of({{"a.json", std::string(text)}}, env);
}

}  // namespace orc::config
