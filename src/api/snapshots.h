// Snapshots of all topologies, kept for people who ask later how it was.
#pragma once

#include "api/use_cases.h"

namespace orc::api {

/// Records source, cluster and version of every known server. How long that took. Errors: those of commit.
Task<Micros> take_snapshot(UseCases& use_cases);

}  // namespace orc::api
