// Names that people give: letter case makes no second one, for the classic tables hold but one.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "base/text.h"

namespace orc::api {

/// The entry of that very name, else the first whose name differs from it in letter case only (ASCII), else the end.
template <typename Value>
typename std::map<std::string, Value>::const_iterator find_name(
    const std::map<std::string, Value>& entries, const std::string& name
) {
    if (const auto exact = entries.find(name); exact != entries.end()) {
        return exact;
    }
    return std::find_if(entries.begin(), entries.end(), [wanted = to_lower(name)](const auto& entry) {
        return to_lower(entry.first) == wanted;
    });
}

}  // namespace orc::api
