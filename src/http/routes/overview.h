// One compact answer with everything that the page shows. Ours; docs/api.md describes it.
#pragma once

#include <string>
#include <vector>

#include "http/desk.h"
#include "http/json_writer.h"

namespace orc::http {

/// What only the control thread knows.
struct Present {
    Standing standing;
    std::vector<model::RecoveryRecord> recent;  ///< newest first
    std::vector<recovery::Running> running;     ///< by whichever node
};

/// An array of recoveries in flight; `with_plan` adds the plan in execution.
void write_running(JsonWriter& json, const std::vector<recovery::Running>& running, bool with_plan);
std::string overview_json(const api::UseCases& use_cases, const Present& present);

}  // namespace orc::http
