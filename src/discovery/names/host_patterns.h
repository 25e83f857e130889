// What a host's name says of where it stands: DataCenterPattern, RegionPattern, PhysicalEnvironmentPattern. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "config/pattern.h"
#include "config/settings.h"
#include "model/facts.h"

namespace orc::discovery {

class HostPatterns {
public:
    /// Patterns that are no expressions, or have no group to take, tell nothing; load() has warned about them.
    explicit HostPatterns(const config::Settings& settings);

    /// Fills what the server's own answers (Detect...Query) left empty, from `host`, the name it is kept under.
    void complete(model::Facts& facts, std::string_view host) const;

private:
    std::optional<config::Pattern> data_center_;
    std::optional<config::Pattern> region_;
    std::optional<config::Pattern> environment_;
};

}  // namespace orc::discovery
