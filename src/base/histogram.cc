#include "base/histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace orc {

void Histogram::add(Micros span) {
    const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), span) - bounds.begin();
    ++counts_.at(static_cast<std::size_t>(bucket));
    ++count_;
    sum_ += span;
    max_ = std::max(max_, span);
}

std::uint64_t Histogram::count_within(std::size_t i) const {
    const auto end = counts_.begin() + static_cast<std::ptrdiff_t>(std::min(i + 1, counts_.size()));
    return std::accumulate(counts_.begin(), end, std::uint64_t{0});
}

Micros Histogram::quantile(double share) const {
    const double wanted = std::clamp(share, 0.0, 1.0) * static_cast<double>(count_);
    double below = 0;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        const auto here = static_cast<double>(counts_.at(i));
        if (here > 0 && below + here >= wanted) {
            const Micros low = i == 0 ? Micros(0) : bounds.at(i - 1);
            const Micros high = std::min(bounds.at(i), max_);
            const double part = std::max(0.0, (wanted - below) / here);
            return low + Micros(std::llround(static_cast<double>((high - low).count()) * part));
        }
        below += here;
    }
    return max_;
}

}  // namespace orc
