// What a handful of figures look like together.
#pragma once

#include <cstddef>
#include <vector>

namespace orc {

struct Spread {
    std::size_t count = 0;
    double min = 0;
    double mean = 0;
    double median = 0;
    double p95 = 0;  ///< the smallest value that 95 % do not exceed
    double max = 0;
};

/// All zero when there are no values.
Spread spread_of(std::vector<double> values);

}  // namespace orc
