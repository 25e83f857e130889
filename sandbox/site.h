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
/// Neighbouring free ports of 127.0.0.1: a replication group takes only an address that an interface has.
Result<std::vector<Endpoint>> free_ports(int servers);

/// Makes `folder`, or a new one in scratch_folder() when empty, for this user only. Errors: conflict when it holds
/// anything.
Result<std::filesystem::path> private_folder(const std::filesystem::path& folder);

}  // namespace orc::sandbox
