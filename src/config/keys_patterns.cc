// Which keys hold regular expressions, and the warnings about those that are none.
#include <string>
#include <string_view>

#include "config/draft.h"
#include "config/filters.h"
#include "config/pattern.h"

namespace orc::config {
namespace {

enum class Holds { hosts, clusters, names };

struct ListKey {
    std::string_view name;
    TextList Settings::* member;
    Holds holds;
};

constexpr ListKey list_keys[] = {
    {"ProblemIgnoreHostnameFilters", &Settings::problem_ignore_hostname_filters, Holds::hosts},
    {"PromotionIgnoreHostnameFilters", &Settings::promotion_ignore_hostname_filters, Holds::hosts},
    {"RecoveryIgnoreHostnameFilters", &Settings::recovery_ignore_hostname_filters, Holds::hosts},
    {"OSCIgnoreHostnameFilters", &Settings::osc_ignore_hostname_filters, Holds::hosts},
    {"DiscoveryIgnoreHostnameFilters", &Settings::discovery_ignore_hostname_filters, Holds::hosts},
    {"DiscoveryIgnoreReplicaHostnameFilters", &Settings::discovery_ignore_replica_hostname_filters, Holds::hosts},
    {"DiscoveryIgnoreMasterHostnameFilters", &Settings::discovery_ignore_master_hostname_filters, Holds::hosts},
    {"DiscoveryIgnoreReplicationUsernameFilters", &Settings::discovery_ignore_replication_username_filters, Holds::names
    },
    {"RecoverMasterClusterFilters", &Settings::recover_master_cluster_filters, Holds::clusters},
    {"RecoverIntermediateMasterClusterFilters", &Settings::recover_intermediate_master_cluster_filters, Holds::clusters
    },
};

struct TextKey {
    std::string_view name;
    std::string Settings::* member;
    bool needs_group;
};

constexpr TextKey text_keys[] = {
    {"RejectHostnameResolvePattern", &Settings::reject_hostname_resolve_pattern, false},
    {"DataCenterPattern", &Settings::data_center_pattern, true},
    {"RegionPattern", &Settings::region_pattern, true},
    {"PhysicalEnvironmentPattern", &Settings::physical_environment_pattern, true},
};

/// The expression in an entry; empty where the entry is something else.
std::string_view expression_in(std::string_view entry, Holds holds) {
    constexpr std::string_view expression_follows = "alias~=";
    if (holds == Holds::hosts) {
        return is_ip_address(entry) ? "" : entry;
    }
    if (holds == Holds::names) {
        return entry;
    }
    if (entry.starts_with(expression_follows)) {
        return entry.substr(expression_follows.size());
    }
    return entry == "*" || entry.starts_with("alias=") ? "" : entry;
}

void check(Draft& draft, std::string_view key, std::string_view expression, std::string_view consequence) {
    if (expression.empty()) {
        return;
    }
    if (const auto pattern = Pattern::compile(expression); !pattern) {
        draft.warn_about(key, pattern.error().message + "; " + std::string(consequence));
    }
}

void check_list(Draft& draft, const ListKey& key) {
    for (const auto& entry : draft.settings().*key.member) {
        if (entry.empty() && key.holds != Holds::clusters) {
            draft.warn_about(key.name, "an empty entry matches everything");
        }
        check(draft, key.name, expression_in(entry, key.holds), "it matches nothing");
    }
}

}  // namespace

void warn_about_patterns(Draft& draft) {
    for (const auto& key : list_keys) {
        check_list(draft, key);
    }
    for (const auto& key : text_keys) {
        const std::string& expression = draft.settings().*key.member;
        check(draft, key.name, expression, "it matches nothing");
        const auto pattern = Pattern::compile(expression);
        if (key.needs_group && !expression.empty() && pattern && !pattern->has_group()) {
            draft.warn_about(key.name, "\"" + expression + "\" has no group (...), so nothing is taken from a name");
        }
    }
    for (const auto& [expression, alias] : draft.settings().cluster_name_to_alias) {
        check(draft, "ClusterNameToAlias", expression, "the alias \"" + alias + "\" is never given");
    }
    if (!draft.settings().pseudo_gtid_pattern_is_fixed_substring) {
        check(draft, "PseudoGTIDPattern", draft.settings().pseudo_gtid_pattern, "it matches nothing");
    }
}

}  // namespace orc::config
