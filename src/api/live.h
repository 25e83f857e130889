// How a server stands at this very moment: it is read before the answer is given.
#pragma once

#include "api/use_cases.h"

namespace orc::api {

/// Reads a known server and its source, and returns its place after that. Errors: not_found; unreachable, timed_out,
/// denied when the server itself cannot be read.
Task<model::ServerPtr> read_with_source(UseCases& use_cases, Endpoint server);

}  // namespace orc::api
