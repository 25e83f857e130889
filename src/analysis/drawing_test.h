// Clusters drawn as text, for the scenarios in tests/data/analysis; tests/data/analysis/README.md has the words.
#pragma once

#include <string>
#include <string_view>

#include "analysis/analysis.h"

namespace orc::analysis {

struct Drawing {
    model::Cluster cluster;
    config::Settings settings;
    bool with_no_problem = false;
    Instant now;
};

/// Reads a drawing. A word it does not know is a test that cannot be trusted: the error names it.
Result<Drawing> parse_drawing(std::string_view text);

/// Everything analysis says about the drawing, as the scenario files keep it.
std::string render(const Drawing& drawing);

}  // namespace orc::analysis
