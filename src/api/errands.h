// What a client asks of a node that stands by, and only the active one may do: it is handed over in the shared
// database, done there, and answered here as if it had been done here.
#pragma once

#include <vector>

#include "api/use_cases.h"

namespace orc::api {

/// Another node is to do what changes anything: it is known to be active, or this one is a guest. Control executor.
bool stands_by(const UseCases& use_cases);

/// Has the active node do it; the id is given here. What it changed can be read here when this returns. Errors:
/// not_leader: nobody took it up, and nobody will; timed_out: somebody did, and what became of it is not known; those
/// of the store.
Task<store::ErrandAnswer> have_done(UseCases& use_cases, store::Errand errand);

/// What other nodes want this one to do, from now on its duty. None while it does not lead, or is alone for good.
Task<std::vector<store::Errand>> take_errands(UseCases& use_cases);
/// Gives the answer, also when this node leads no more. True, or the store's error.
Task<bool> answer_errand(UseCases& use_cases, std::string id, store::ErrandAnswer answer);

}  // namespace orc::api
