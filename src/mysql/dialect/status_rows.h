// Rows of answers to model values. Pure: a captured answer in, facts out.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "model/facts.h"
#include "mysql/dialect/dialect.h"
#include "mysql/session/session.h"

namespace orc::mysql {

/// Where the fields of a replica status stand; fixed while a session lives, so it is looked up once.
class StatusLayout {
public:
    StatusLayout() = default;
    explicit StatusLayout(const ResultSet& set);

    bool fits(const ResultSet& set) const { return columns_ == set.columns.size() && columns_ > 0; }
    /// The cell's text; nullptr if the column is missing or NULL.
    const std::string* cell(const std::vector<std::optional<std::string>>& row, StatusField field) const;
    bool has(StatusField field) const;

private:
    std::size_t columns_ = 0;
    std::array<std::size_t, status_field_count> at_{};
};

/// One channel per row; rows without a source (what is left after a reset) are none.
std::vector<model::Channel> read_channels(const ResultSet& set, const StatusLayout& layout);

/// A text to a set or position, remembered: the text of a quiet server does not change from probe to probe.
template <typename T>
class Remembered {
public:
    /// Texts that cannot be read give an empty value.
    const T& read(std::string_view text) {
        if (!is_known_ || text != text_) {
            text_ = text;
            auto parsed = T::parse(text);
            is_readable_ = parsed.has_value();
            value_ = is_readable_ ? *std::move(parsed) : T{};
            is_known_ = true;
        }
        return value_;
    }
    /// The last text could be read.
    bool is_readable() const { return is_readable_; }

private:
    bool is_known_ = false;
    bool is_readable_ = false;
    std::string text_;
    T value_;
};

/// Sets one selected value into the facts.
class VariableReader {
public:
    void read(Variable variable, const std::string* cell, model::Facts& into);

private:
    Remembered<gtid::GtidSet> executed_;
    Remembered<gtid::GtidSet> purged_;
    Remembered<gtid::MariadbPosition> current_;
    Remembered<gtid::MariadbPosition> binlog_;
    Remembered<gtid::MariadbPosition> replica_;
    Remembered<gtid::MariadbBinlogState> binlog_state_;
};

/// File and position; empty when the server keeps no binary log.
gtid::BinlogCoordinates read_own_position(const ResultSet& set);
/// Accounts whose replicas are none of ours; empty: there are none.
using UserFilter = std::function<bool(std::string_view)>;
/// Replicas that report host and port.
std::vector<Endpoint> read_registered(const ResultSet& set, const UserFilter& is_ignored);
/// Replicas by their dump threads: the host before the colon, with the port of their source, for lack of a better one.
std::vector<Endpoint> read_dump_threads(const ResultSet& set, std::uint16_t port, const UserFilter& is_ignored);
/// SQL nodes of an NDB Cluster, with the port of the one that was asked.
std::vector<Endpoint> read_ndb_peers(const ResultSet& set, const Endpoint& asked);
std::optional<model::GroupMembership> read_group(const ResultSet& set, std::string_view own_uuid);
/// Counts, periods and cipher suites, into the channels of those names.
void read_heartbeats(const ResultSet& set, std::vector<model::Channel>& channels);

/// "ON", "1" and MariaDB's stricter read-only modes; everything but "0" and "OFF".
bool is_truth(std::string_view text);

}  // namespace orc::mysql
