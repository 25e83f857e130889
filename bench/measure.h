// What a process costs, and what the service says of itself at /metrics.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace orc::bench {

/// CPU time that a process has used since it started, by the kernel's own account; 0 when there is no such process.
double cpu_seconds(pid_t pid);

/// Resident memory; 0 when there is no such process.
double resident_mebibytes(pid_t pid);

/// The sample at `share` (0 to 1) of sorted ones; 0 of none.
double quantile(const std::vector<double>& sorted, double share);

/// Samples of the Prometheus text format, by name and labels as written: `name` or `name{label="value"}`.
class Metrics {
public:
    explicit Metrics(std::string_view text);

    /// 0 when it is not there.
    double value(const std::string& name) const;
    /// The size that `share` of those had which were counted between `before` and this, to the precision of the
    /// histogram's buckets, each taken as filled evenly.
    double quantile_since(const Metrics& before, const std::string& histogram, double share) const;

private:
    std::map<std::string, double> samples_;
};

}  // namespace orc::bench
