#include "mysql/dialect/status_rows.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace orc::mysql {
namespace {

constexpr std::size_t nowhere = std::string_view::npos;
using Row = std::vector<std::optional<std::string>>;

template <typename N>
std::optional<N> number(const std::string* text) {
    N out{};
    if (text == nullptr) {
        return std::nullopt;
    }
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out);
    if (error != std::errc() || text->empty()) {
        return std::nullopt;
    }
    return out;
}

std::string text_or_empty(const std::string* text) { return text == nullptr ? std::string() : *text; }

const std::string* cell_at(const Row& row, std::size_t at) { return at < row.size() && row[at] ? &*row[at] : nullptr; }

model::ThreadState thread_state(const std::string* text) {
    if (text == nullptr) {
        return model::ThreadState::none;
    }
    const auto lower = to_lower(*text);
    if (lower == "yes") {
        return model::ThreadState::running;
    }
    return lower == "no" ? model::ThreadState::stopped : model::ThreadState::other;
}

std::optional<bool> flag(const std::string* text) {
    if (text == nullptr || text->empty()) {
        return std::nullopt;
    }
    const auto lower = to_lower(*text);
    return lower == "yes" || lower == "1" || lower == "on";
}

/// One status row, read by field.
class StatusRow {
public:
    StatusRow(const StatusLayout& layout, const Row& row) : layout_(layout), row_(row) {}
    const std::string* cell(StatusField field) const { return layout_.cell(row_, field); }
    std::string text(StatusField field) const { return text_or_empty(cell(field)); }
    template <typename N>
    std::optional<N> count(StatusField field) const {
        return number<N>(cell(field));
    }
    bool is_empty(StatusField field) const {
        const auto* found = cell(field);
        return found == nullptr || found->empty();
    }
    gtid::BinlogCoordinates coordinates(StatusField file, StatusField position) const {
        return {text(file), count<std::uint64_t>(position).value_or(0)};
    }

private:
    const StatusLayout& layout_;
    const Row& row_;
};

model::ChannelTls read_tls(const StatusRow& row, const StatusLayout& layout) {
    using F = StatusField;
    model::ChannelTls out;
    out.enabled = flag(row.cell(F::tls_allowed)).value_or(false);
    out.ca_file = row.text(F::tls_ca_file);
    out.ca_path = row.text(F::tls_ca_path);
    out.certificate = row.text(F::tls_certificate);
    out.cipher = row.text(F::tls_cipher);
    out.crl_file = row.text(F::tls_crl_file);
    out.crl_path = row.text(F::tls_crl_path);
    out.key = row.text(F::tls_key);
    out.verify_server_certificate = flag(row.cell(F::tls_verify));
    out.tls_version = row.text(F::tls_version);
    out.public_key_path = row.text(F::public_key_path);
    out.get_public_key = flag(row.cell(F::get_public_key));
    if (!out.public_key_path.empty() && !layout.has(F::get_public_key)) {
        out.get_public_key = false;
    }
    return out;
}

void read_gtid_use(const StatusRow& row, model::Channel& out) {
    using F = StatusField;
    if (const auto* use = row.cell(F::using_gtid)) {
        out.gtid_use = gtid_use(*use);
        if (out.gtid_use != model::GtidUse::none) {
            out.received =
                gtid::MariadbPosition::parse(row.text(F::gtid_io_position)).value_or(gtid::MariadbPosition());
        }
        return;
    }
    const auto auto_position = row.text(F::auto_position);
    if (auto_position == "1") {
        out.gtid_use = model::GtidUse::auto_position;
    }
    if (out.gtid_use != model::GtidUse::none || !row.is_empty(F::received_gtids)) {
        out.received = gtid::GtidSet::parse(row.text(F::received_gtids)).value_or(gtid::GtidSet());
    }
}

model::Channel read_channel(const StatusRow& row, const StatusLayout& layout) {
    using F = StatusField;
    model::Channel out;
    out.name = row.text(F::channel);
    out.source = Endpoint{row.text(F::source_host), row.count<std::uint16_t>(F::source_port).value_or(0)};
    out.source_uuid = row.text(F::source_uuid);
    out.source_server_id = row.count<std::uint32_t>(F::source_server_id).value_or(0);
    out.user = row.text(F::source_user);
    out.receiver = thread_state(row.cell(F::receiver_running));
    out.applier = thread_state(row.cell(F::applier_running));
    out.receiver_status = row.text(F::receiver_status);
    out.read = row.coordinates(F::read_file, F::read_position);
    out.executed = row.coordinates(F::executed_file, F::executed_position);
    out.relay = row.coordinates(F::relay_file, F::relay_position);
    read_gtid_use(row, out);
    if (const auto lag = row.count<std::int64_t>(F::lag)) {
        out.lag = Seconds(std::max<std::int64_t>(0, *lag));
    }
    out.delay = Seconds(row.count<std::int64_t>(F::delay).value_or(0));
    out.receiver_errno = row.count<int>(F::receiver_errno).value_or(0);
    out.applier_errno = row.count<int>(F::applier_errno).value_or(0);
    out.receiver_error = row.text(F::receiver_error);
    out.applier_error = row.text(F::applier_error);
    out.heartbeats_received = row.count<std::uint64_t>(F::heartbeats_received);
    if (const auto period = row.count<double>(F::heartbeat_period)) {
        out.heartbeat_period = Micros(static_cast<std::int64_t>(*period * 1e6));
    }
    out.has_filters = !row.is_empty(F::filter_do_db) || !row.is_empty(F::filter_ignore_db) ||
                      !row.is_empty(F::filter_do_table) || !row.is_empty(F::filter_ignore_table) ||
                      !row.is_empty(F::filter_wild_do_table) || !row.is_empty(F::filter_wild_ignore_table);
    out.tls = read_tls(row, layout);
    return out;
}

}  // namespace

StatusLayout::StatusLayout(const ResultSet& set) : columns_(set.columns.size()) {
    for (std::size_t i = 0; i < status_field_count; ++i) {
        at_.at(i) = nowhere;
        for (const auto name : column_names(static_cast<StatusField>(i))) {
            if (at_.at(i) == nowhere) {
                at_.at(i) = set.column(name);
            }
        }
    }
}

const std::string* StatusLayout::cell(const Row& row, StatusField field) const {
    return cell_at(row, at_.at(static_cast<std::size_t>(field)));
}

bool StatusLayout::has(StatusField field) const { return at_.at(static_cast<std::size_t>(field)) != nowhere; }

std::vector<model::Channel> read_channels(const ResultSet& set, const StatusLayout& layout) {
    std::vector<model::Channel> out;
    for (const auto& cells : set.rows) {
        const StatusRow row(layout, cells);
        // The group's own channels have no source, and a reset one keeps a row without a host on some versions.
        if (row.is_empty(StatusField::source_host) ||
            row.text(StatusField::channel).starts_with("group_replication_")) {
            continue;
        }
        out.push_back(read_channel(row, layout));
    }
    return out;
}

bool is_truth(std::string_view text) {
    const auto lower = to_lower(text);
    return !(lower.empty() || lower == "0" || lower == "off");
}

void VariableReader::read(Variable variable, const std::string* cell, model::Facts& into) {
    const std::string_view text = cell == nullptr ? std::string_view() : std::string_view(*cell);
    switch (variable) {
        case Variable::hostname:
            into.hostname = text;
            break;
        case Variable::report_host:
            into.report_host = text;
            break;
        case Variable::server_uuid:
            into.server_uuid = text;
            break;
        case Variable::log_bin:
            into.log_bin = is_truth(text);
            break;
        case Variable::log_replica_updates:
            into.log_replica_updates = is_truth(text);
            break;
        case Variable::require_tls:
            // Or it is the account that requires it.
            into.refuses_plain = is_truth(text) || into.refuses_plain.value_or(false);
            break;
        case Variable::server_id:
            into.server_id = number<std::uint32_t>(cell).value_or(0);
            break;
        case Variable::read_only:
            into.read_only = is_truth(text);
            break;
        case Variable::super_read_only:
            into.super_read_only = is_truth(text);
            break;
        case Variable::binlog_format:
            into.binlog_format = text;
            break;
        case Variable::binlog_row_image:
            into.binlog_row_image = text;
            break;
        case Variable::gtid_mode:
            into.gtid_mode = text;
            break;
        case Variable::gtid_executed:
            into.executed = executed_.read(text);
            if (!executed_.is_readable()) {  // "none" would make whatever its replicas have an error of theirs
                into.executed = {};
            }
            break;
        case Variable::gtid_purged:
            into.purged = purged_.read(text);
            break;
        case Variable::gtid_current:
            into.executed = current_.read(text);
            break;
        case Variable::gtid_binlog:
            into.binlog_position = binlog_.read(text);
            break;
        case Variable::gtid_replica:
            into.replica_position = replica_.read(text);
            break;
        case Variable::gtid_binlog_state:
            into.binlog_state = binlog_state_.read(text);
            break;
        case Variable::gtid_strict:
            into.gtid_strict = is_truth(text);
            break;
        case Variable::gtid_domain:
            into.gtid_domain = number<std::uint32_t>(cell).value_or(0);
            break;
    }
}

gtid::BinlogCoordinates read_own_position(const ResultSet& set) {
    if (set.rows.empty()) {
        return {};
    }
    const auto& row = set.rows.front();
    return {text_or_empty(cell_at(row, 0)), number<std::uint64_t>(cell_at(row, 1)).value_or(0)};
}

std::vector<Endpoint> read_registered(const ResultSet& set, const UserFilter& is_ignored) {
    const auto host = set.column("Host");
    const auto user = set.column("User");  // there if the server tells it (show_slave_auth_info)
    const auto port = set.column("Port");
    std::vector<Endpoint> out;
    for (const auto& row : set.rows) {
        Endpoint replica{text_or_empty(cell_at(row, host)), number<std::uint16_t>(cell_at(row, port)).value_or(0)};
        const bool is_foreign = is_ignored && is_ignored(text_or_empty(cell_at(row, user)));
        if (replica.is_valid() && !is_foreign) {
            out.push_back(std::move(replica));
        }
    }
    return out;
}

std::vector<Endpoint> read_dump_threads(const ResultSet& set, std::uint16_t port, const UserFilter& is_ignored) {
    std::vector<Endpoint> out;
    for (const auto& row : set.rows) {
        if (is_ignored && is_ignored(text_or_empty(cell_at(row, 1)))) {
            continue;  // a consumer of the binary log that is no server of ours
        }
        const auto text = text_or_empty(cell_at(row, 0));
        const auto colon = text.rfind(':');
        Endpoint replica{text.substr(0, colon), port};
        if (replica.is_valid() && std::find(out.begin(), out.end(), replica) == out.end()) {
            out.push_back(std::move(replica));
        }
    }
    return out;
}

std::vector<Endpoint> read_ndb_peers(const ResultSet& set, const Endpoint& asked) {
    std::vector<Endpoint> out;
    for (const auto& row : set.rows) {
        const auto text = text_or_empty(cell_at(row, 0));
        Endpoint peer{text.substr(0, text.find_first_of(":/?")), asked.port};
        if (peer.is_valid() && peer != asked) {
            out.push_back(std::move(peer));
        }
    }
    return out;
}

std::optional<model::GroupMembership> read_group(const ResultSet& set, std::string_view own_uuid) {
    std::optional<model::GroupMembership> out;
    std::vector<Endpoint> others;
    std::vector<model::GroupMember> view;
    std::optional<Endpoint> primary;
    for (const auto& row : set.rows) {
        if (row.size() < 7 || text_or_empty(cell_at(row, 0)).empty()) {
            continue;
        }
        const Endpoint member{text_or_empty(cell_at(row, 1)), number<std::uint16_t>(cell_at(row, 2)).value_or(0)};
        const auto role = text_or_empty(cell_at(row, 4));
        view.push_back({member, text_or_empty(cell_at(row, 0)), text_or_empty(cell_at(row, 3)), role});
        if (role == "PRIMARY") {
            primary = member;
        }
        if (to_lower(text_or_empty(cell_at(row, 0))) == to_lower(own_uuid)) {
            out.emplace();
            out->state = text_or_empty(cell_at(row, 3));
            out->role = role;
            out->group_name = text_or_empty(cell_at(row, 5));
            out->single_primary = is_truth(text_or_empty(cell_at(row, 6)));
        } else {
            others.push_back(member);
        }
    }
    if (out) {
        out->members = std::move(others);
        out->view = std::move(view);
        if (out->single_primary) {
            out->primary = primary;
        }
    }
    return out;
}

void read_heartbeats(const ResultSet& set, std::vector<model::Channel>& channels) {
    for (const auto& row : set.rows) {
        const auto name = text_or_empty(cell_at(row, 0));
        for (auto& channel : channels) {
            if (channel.name == name) {
                channel.heartbeats_received = number<std::uint64_t>(cell_at(row, 1));
                channel.tls.tls_ciphersuites = text_or_empty(cell_at(row, 3));
                if (const auto period = number<double>(cell_at(row, 2))) {
                    channel.heartbeat_period = Micros(static_cast<std::int64_t>(*period * 1e6));
                }
            }
        }
    }
}

}  // namespace orc::mysql
