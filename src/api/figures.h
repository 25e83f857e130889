// The classic metrics that have a meaning here, under their classic names.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "api/use_cases.h"

namespace orc::api {

struct Figure {
    std::string_view name;
    std::int64_t value = 0;
    bool is_counter = false;  ///< only grows; else it says how things stand
};

/// Control executor. `is_healthy`: this node can write its store.
std::vector<Figure> classic_figures(const UseCases& use_cases, bool is_healthy);

}  // namespace orc::api
