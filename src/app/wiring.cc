#include "app/wiring.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "config/keys.h"
#include "runtime/log.h"
#include "store/database_store.h"
#include "store/sqlite_store.h"

namespace orc::app {
namespace {

mysql::TlsMode configured_mode(const config::Settings& settings) {
    const std::string& mode = settings.mysql_topology_tls_mode;
    if (mode == "off") {
        return settings.mysql_topology_use_mixed_tls ? mysql::TlsMode::on_demand : mysql::TlsMode::off;
    }
    if (mode == "require") {
        return mysql::TlsMode::require;
    }
    if (mode == "verify-ca") {
        return mysql::TlsMode::verify_ca;
    }
    return mode == "verify-identity" ? mysql::TlsMode::verify_identity : mysql::TlsMode::prefer;
}

/// Of mutual TLS. Without a file of authorities, those of the system are asked.
mysql::TlsMode mutual_mode(bool skips_verification) {
    return skips_verification ? mysql::TlsMode::require : mysql::TlsMode::verify_ca;
}

mysql::TlsMode tls_mode(const config::Settings& settings) {
    const auto configured = configured_mode(settings);
    // The classic keys only ever make it stricter.
    return settings.mysql_topology_use_mutual_tls
               ? std::max(configured, mutual_mode(settings.mysql_topology_ssl_skip_verify))
               : configured;
}

}  // namespace

mysql::GatewayOptions gateway_options(const config::Settings& settings) {
    mysql::GatewayOptions options;
    options.access.user = settings.mysql_topology_user;
    options.access.password = settings.mysql_topology_password;
    options.access.tls = tls_mode(settings);
    options.access.ca_file = settings.mysql_topology_ssl_ca_file;
    options.access.certificate_file = settings.mysql_topology_ssl_cert_file;
    options.access.key_file = settings.mysql_topology_ssl_private_key_file;
    options.access.get_public_key = settings.mysql_topology_get_public_key;
    if (settings.mysql_topology_max_allowed_packet > 0) {
        options.access.answer_limit = static_cast<std::uint64_t>(settings.mysql_topology_max_allowed_packet);
    }
    options.access.connect_limit = Seconds(settings.mysql_connect_timeout_seconds);
    options.write_limit = Seconds(settings.mysql_topology_read_timeout_seconds);
    options.session_life = Seconds(settings.mysql_connection_lifetime_seconds);
    options.questions.cluster_alias = settings.detect_cluster_alias_query;
    options.questions.cluster_domain = settings.detect_cluster_domain_query;
    options.questions.instance_alias = settings.detect_instance_alias_query;
    options.questions.data_center = settings.detect_data_center_query;
    options.questions.region = settings.detect_region_query;
    options.questions.environment = settings.detect_physical_environment_query;
    options.questions.promotion_rule = settings.detect_promotion_rule_query;
    options.questions.semi_sync_priority = settings.detect_semi_sync_enforced_query;
    options.questions.lag = settings.replication_lag_query;
    options.questions.replication_credentials = settings.replication_credentials_query;
    options.questions.pseudo_gtid = settings.detect_pseudo_gtid_query;
    const config::NameFilters ignored_users(settings.discovery_ignore_replication_username_filters);
    options.is_ignored_user = [ignored_users](std::string_view user) { return ignored_users.matches(user); };
    options.replicas_by_registration = settings.discover_by_show_slave_hosts;
    options.check_for_maxscale = !settings.skip_max_scale_check;
    return options;
}

recovery::Node this_node(runtime::Rng& rng) {
    char name[HOST_NAME_MAX + 1] = {};
    recovery::Node node;
    node.host = gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "localhost";
    node.token = NodeToken(rng.hex(32));
    return node;
}

std::string this_user() {
    const passwd* entry = getpwuid(geteuid());
    return entry != nullptr ? entry->pw_name : std::to_string(geteuid());
}

Result<void> check_group(const config::Settings& settings, bool is_service, bool alone) {
    if (!settings.raft_enabled || (alone && !is_service)) {
        return {};
    }
    if (!is_service) {
        return fail(
            ErrorCode::refused,
            "RaftEnabled is set: commands would bypass the group's leader. Use its API, or give -ignore-raft-setup to "
            "work on this node's database alone"
        );
    }
    const auto nodes = settings.raft_nodes.size();
    if (nodes > 1 && !alone) {
        return fail(
            ErrorCode::refused,
            "RaftEnabled is set with " + std::to_string(nodes) +
                " RaftNodes: groups of nodes that agree by consensus come with a later release, and nodes that do not "
                "know of each other would all act. Let nodes share a MySQL backend (RaftEnabled false, BackendDB "
                "mysql), or run one node, with RaftEnabled false or -ignore-raft-setup"
        );
    }
    runtime::advise(
        "group.not_joined",
        {{"key", "RaftEnabled"},
         {"nodes", nodes},
         {"why", "groups of nodes come with a later release: this node works alone on its own database"}}
    );
    return {};
}

bool has_shared_backend(const config::Settings& settings) {
    return settings.backend_db.find("sqlite") == std::string::npos;
}

Result<std::string> database_path(const config::Settings& settings) {
    if (settings.sqlite3_data_file.empty()) {
        return fail(ErrorCode::invalid, "SQLite3DataFile is empty: it must name the database file");
    }
    return settings.sqlite3_data_file;
}

Result<store::MysqlBackendOptions> backend_options(const config::Settings& settings) {
    const auto missing = [&](const char* key) {
        return fail(ErrorCode::invalid, "BackendDB is '" + settings.backend_db + "', but " + key + " is empty");
    };
    if (settings.mysql_orchestrator_host.empty()) {
        return missing("MySQLOrchestratorHost");
    }
    if (settings.mysql_orchestrator_database.empty()) {
        return missing("MySQLOrchestratorDatabase");
    }
    store::MysqlBackendOptions out;
    out.server.host = settings.mysql_orchestrator_host;
    out.server.port = static_cast<std::uint16_t>(settings.mysql_orchestrator_port);
    out.access.user = settings.mysql_orchestrator_user;
    out.access.password = settings.mysql_orchestrator_password;
    out.access.schema = settings.mysql_orchestrator_database;
    out.access.ca_file = settings.mysql_orchestrator_ssl_ca_file;
    if (settings.mysql_orchestrator_max_allowed_packet > 0) {
        out.access.answer_limit = static_cast<std::uint64_t>(settings.mysql_orchestrator_max_allowed_packet);
    }
    if (settings.mysql_orchestrator_use_mutual_tls) {
        out.access.tls = mutual_mode(settings.mysql_orchestrator_ssl_skip_verify);
        out.access.certificate_file = settings.mysql_orchestrator_ssl_cert_file;
        out.access.key_file = settings.mysql_orchestrator_ssl_private_key_file;
    }
    if (settings.mysql_connect_timeout_seconds > 0) {
        out.connect_timeout = Seconds(settings.mysql_connect_timeout_seconds);
    }
    if (settings.mysql_orchestrator_read_timeout_seconds > 0) {
        out.read_timeout = Seconds(settings.mysql_orchestrator_read_timeout_seconds);
    }
    out.lifetime = Seconds(settings.mysql_connection_lifetime_seconds);
    out.reject_read_only = settings.mysql_orchestrator_reject_read_only;
    return out;
}

void StoreControls::adopt(const config::Settings& settings) {
    const bool is_asked = settings.buffer_instance_writes && settings.instance_write_buffer_size > 0;
    const store::WritePace usual;
    pace_->most = is_asked ? static_cast<std::size_t>(settings.instance_write_buffer_size) : usual.most.load();
    pace_->longest_wait_us =
        is_asked ? Micros(Millis(settings.instance_flush_interval_milliseconds)).count() : usual.longest_wait_us.load();
    if (server_ == nullptr) {
        return;
    }
    if (auto options = backend_options(settings)) {
        server_->put(*std::move(options));
    } else {
        LOG(error, "store.settings_not_taken", {{"why", options.error().message}});
    }
}

Result<std::unique_ptr<store::Store>> make_store(
    const config::Settings& settings, const runtime::Clock& clock, StoreControls& controls
) {
    store::DatabaseStoreOptions options;
    options.rules.leave_tables = settings.skip_orchestrator_database_update;
    options.rules.same_version_only = settings.panic_if_different_database_deploy;
    options.pace = controls.pace_;
    controls.adopt(settings);
    if (!has_shared_backend(settings)) {
        TRY(auto path, database_path(settings));
        return store::make_sqlite_store(std::move(path), clock, std::move(options));
    }
    TRY(auto server, backend_options(settings));
    std::string name = server.name();
    controls.server_ = std::make_shared<store::LiveMysqlOptions>(std::move(server));
    auto open_backend = store::open_mysql(controls.server_);
    options.place = [server = controls.server_] { return server->get().first.name(); };
    return store::make_database_store(std::move(open_backend), std::move(name), clock, std::move(options));
}

namespace {

bool is_in_memory(const std::string& database) { return database.find(":memory:") != std::string::npos; }

}  // namespace

std::string command_socket(const config::Settings& settings) {
    const auto database = database_path(settings);
    return has_shared_backend(settings) || !database || is_in_memory(*database) ? "" : *database + ".sock";
}

Result<std::unique_ptr<DatabaseLock>> DatabaseLock::take(const config::Settings& settings) {
    if (has_shared_backend(settings)) {
        return std::unique_ptr<DatabaseLock>(new DatabaseLock(-1));
    }
    TRY(const auto database, database_path(settings));
    if (is_in_memory(database)) {
        return std::unique_ptr<DatabaseLock>(new DatabaseLock(-1));
    }
    const std::string path = database + ".lock";
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) {
        return fail(ErrorCode::denied, "cannot open " + path + ": " + std::strerror(errno));
    }
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        char holder[32] = {};
        const ssize_t got = ::pread(fd, holder, sizeof holder - 1, 0);
        ::close(fd);
        return fail(
            ErrorCode::conflict,
            database + " is in use by another orchestrator, process " + (got > 0 ? std::string(holder) : "unknown")
        );
    }
    const std::string pid = std::to_string(getpid());
    if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) != ssize_t(pid.size())) {
        ::close(fd);
        return fail(ErrorCode::denied, "cannot write " + path + ": " + std::strerror(errno));
    }
    return std::unique_ptr<DatabaseLock>(new DatabaseLock(fd));
}

DatabaseLock::~DatabaseLock() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

}  // namespace orc::app
