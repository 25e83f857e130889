#include "measure.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>

#include "base/text.h"

namespace orc::bench {
namespace {

struct Bucket {
    double bound = 0;
    double count = 0;  ///< of it and all smaller ones
};

}  // namespace

double cpu_seconds(pid_t pid) {
    clockid_t clock{};
    timespec used{};
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) {
        return 0;
    }
    return double(used.tv_sec) + double(used.tv_nsec) / 1e9;
}

double resident_mebibytes(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
    double total = 0;
    double resident = 0;
    file >> total >> resident;
    return resident * double(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

double quantile(const std::vector<double>& sorted, double share) {
    return sorted.empty() ? 0 : sorted[std::min(sorted.size() - 1, std::size_t(double(sorted.size()) * share))];
}

Metrics::Metrics(std::string_view text) {
    for (const auto line : split(text, '\n')) {
        const auto space = line.rfind(' ');
        if (!line.starts_with('#') && space != std::string_view::npos) {
            samples_[std::string(line.substr(0, space))] =
                std::strtod(std::string(line.substr(space)).c_str(), nullptr);
        }
    }
}

double Metrics::value(const std::string& name) const {
    const auto found = samples_.find(name);
    return found == samples_.end() ? 0 : found->second;
}

double Metrics::quantile_since(const Metrics& before, const std::string& histogram, double share) const {
    const std::string prefix = histogram + "_bucket{le=\"";
    std::vector<Bucket> buckets;
    for (auto at = samples_.lower_bound(prefix); at != samples_.end() && at->first.starts_with(prefix); ++at) {
        buckets.push_back(
            {std::strtod(at->first.c_str() + prefix.size(), nullptr), at->second - before.value(at->first)}
        );
    }
    std::sort(buckets.begin(), buckets.end(), [](const Bucket& a, const Bucket& b) { return a.bound < b.bound; });
    const double wanted = buckets.empty() ? 0 : share * buckets.back().count;
    Bucket below;
    for (const auto& bucket : buckets) {
        if (bucket.count >= wanted && bucket.count > below.count) {
            if (!std::isfinite(bucket.bound)) {
                return below.bound;
            }
            return below.bound + (bucket.bound - below.bound) * (wanted - below.count) / (bucket.count - below.count);
        }
        below = bucket;
    }
    return 0;
}

}  // namespace orc::bench
