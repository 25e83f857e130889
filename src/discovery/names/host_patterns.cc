#include "discovery/names/host_patterns.h"

namespace orc::discovery {
namespace {

std::optional<config::Pattern> compiled(const std::string& text) {
    if (text.empty()) {
        return std::nullopt;
    }
    auto pattern = config::Pattern::compile(text);
    return pattern ? std::optional(*std::move(pattern)) : std::nullopt;
}

void fill(std::string& field, const std::optional<config::Pattern>& pattern, std::string_view host) {
    if (field.empty() && pattern) {
        field = pattern->first_group(host).value_or("");
    }
}

}  // namespace

HostPatterns::HostPatterns(const config::Settings& settings)
    : data_center_(compiled(settings.data_center_pattern)),
      region_(compiled(settings.region_pattern)),
      environment_(compiled(settings.physical_environment_pattern)) {}

void HostPatterns::complete(model::Facts& facts, std::string_view host) const {
    fill(facts.data_center, data_center_, host);
    fill(facts.region, region_, host);
    fill(facts.environment, environment_, host);
}

}  // namespace orc::discovery
