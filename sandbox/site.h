// Where a sandbox lives: its addresses and its folder.
#pragma once

#include <filesystem>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"

namespace orc::sandbox {

/// One endpoint a server, all in a random /24 of the loopback network and on one port below the range of outgoing
/// connections, free now. Being random keeps the sandboxes of several processes apart without any coordination.
Result<std::vector<Endpoint>> free_endpoints(int servers);

/// Makes `folder`, or a new one in scratch_folder() when empty, for this user only. Errors: conflict when it holds
/// anything.
Result<std::filesystem::path> private_folder(const std::filesystem::path& folder);

}  // namespace orc::sandbox
