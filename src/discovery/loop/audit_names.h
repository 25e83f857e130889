// The classic names of what discovery does by itself, as types of audit entries.
#pragma once

#include <string_view>

namespace orc::discovery::audit_names {

/// A server of DiscoverySeeds was taken in.
inline constexpr std::string_view seed = "inject-seed";
/// A source that replicas name, and that was never met, was taken in.
inline constexpr std::string_view unseen_source = "inject-unseen-masters";
/// Such a source turned out to be a known server.
inline constexpr std::string_view resolved_source = "resolve-unknown-masters";
/// A server that does not answer belongs to another cluster by now.
inline constexpr std::string_view moved_unseen = "update-cluster-name";
/// Servers that do not answer were looked at, and some moved.
inline constexpr std::string_view reviewed_unseen = "review-unseen-instances";
/// A server was not seen for UnseenInstanceForgetHours.
inline constexpr std::string_view forgotten = "forget-unseen";
/// A server that does not answer is known by another name by now.
inline constexpr std::string_view forgotten_elsewhere = "forget-unseen-differently-resolved";

}  // namespace orc::discovery::audit_names
