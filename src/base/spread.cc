#include "base/spread.h"

#include <algorithm>
#include <numeric>

namespace orc {

Spread spread_of(std::vector<double> values) {
    Spread out;
    if (values.empty()) {
        return out;
    }
    std::ranges::sort(values);
    out.count = values.size();
    out.min = values.front();
    out.max = values.back();
    out.mean = std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
    const std::size_t middle = values.size() / 2;
    out.median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    out.p95 = values[(values.size() * 95 + 99) / 100 - 1];
    return out;
}

}  // namespace orc
