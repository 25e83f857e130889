// Plans as text: JSON for records and the API, numbered lines for people.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "planning/plan.h"

namespace orc::planning {

std::string to_json(const Plan& plan);
/// The reverse. Errors (invalid) name the member that is missing or wrong.
Result<Plan> plan_from_json(std::string_view text);
std::string to_json(const StepReport& report);

/// What will happen, numbered, with reasons, rejected candidates and the expected loss: for a person at night.
std::string describe(const Plan& plan);

}  // namespace orc::planning
