// What Prometheus reads at /metrics. All names stand here: orchestrator_<area>_<what>_<unit>[_total].
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/histogram.h"
#include "http/desk.h"

namespace orc::http {

/// `is_healthy`: this node can write its store.
std::string metrics_text(const Desk& desk, const Standing& standing, bool is_healthy);

/// Writes the text format: one HELP and TYPE line for each name, then its samples.
class MetricsWriter {
public:
    void begin(std::string_view name, std::string_view type, std::string_view help);
    /// `label` is "" or one pair; the value is escaped.
    void sample(double value, std::string_view label = "", std::string_view label_value = "");
    /// A sample with several labels.
    using Labels = std::vector<std::pair<std::string, std::string>>;
    void labelled(double value, const Labels& labels);
    /// One name with one sample.
    void gauge(std::string_view name, std::string_view help, double value);
    void counter(std::string_view name, std::string_view help, double value);
    /// A sample of the name with `suffix`.
    void part(std::string_view suffix, double value, std::string_view label = "", std::string_view label_value = "");
    /// Its buckets, sum and count, in seconds.
    void histogram(std::string_view name, std::string_view help, const Histogram& values);
    std::string str() && { return std::move(out_); }

private:
    std::string name_;
    std::string out_;
};

}  // namespace orc::http
