// MariaDB's GTIDs. A position says "up to here in each domain"; it is not a set and cannot express holes. A binlog
// state also remembers the last GTID of every server that wrote into a domain.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orc::gtid {

struct MariadbGtid {
    std::uint32_t domain = 0;
    std::uint32_t server = 0;
    std::uint64_t sequence = 0;

    /// Reads "domain-server-sequence". Errors (invalid) name the text.
    static Result<MariadbGtid> parse(std::string_view text);
    std::string text() const;
    friend bool operator==(const MariadbGtid&, const MariadbGtid&) = default;
};

/// gtid_binlog_pos, gtid_slave_pos, gtid_current_pos, Gtid_IO_Pos: at most one GTID per domain.
class MariadbPosition {
public:
    MariadbPosition() = default;

    /// Reads "0-1-100,1-2-7", blanks and newlines allowed around elements; "" is the empty position.
    /// Errors (invalid) name the element: not three numbers in range, or a domain given twice.
    static Result<MariadbPosition> parse(std::string_view text);

    /// Domains ascending, joined by ','.
    std::string text() const;

    bool empty() const { return gtids_.empty(); }
    std::optional<MariadbGtid> in(std::uint32_t domain) const;
    std::vector<std::uint32_t> domains() const;

    /// Every domain of `other` is here with at least its sequence. Compares sequences only: see conflicts_with.
    bool covers(const MariadbPosition& other) const;
    /// Some domain stands at the same sequence here and there, but written by different servers: histories have parted.
    bool conflicts_with(const MariadbPosition& other) const;
    /// In each domain the GTID with the larger sequence; at the same sequence, ours.
    MariadbPosition max_with(const MariadbPosition& other) const;
    /// Only the GTIDs of `domains`.
    MariadbPosition restricted_to(std::span<const std::uint32_t> domains) const;
    /// Moves the GTID's domain to it, unless the domain is already at its sequence or beyond.
    void advance(const MariadbGtid& gtid);

    /// Domains ascending.
    const std::vector<MariadbGtid>& gtids() const { return gtids_; }

    friend bool operator==(const MariadbPosition&, const MariadbPosition&) = default;

private:
    std::vector<MariadbGtid> gtids_;
};

/// gtid_binlog_state: the last GTID of each (domain, server). Within a domain the server lists the most recent one
/// last; that order is kept.
class MariadbBinlogState {
public:
    MariadbBinlogState() = default;

    /// As MariadbPosition::parse, but a domain may come once per server.
    static Result<MariadbBinlogState> parse(std::string_view text);

    /// Domains ascending, within a domain as read, joined by ','.
    std::string text() const;

    bool empty() const { return gtids_.empty(); }
    /// Last sequence that `server` wrote into `domain`; nullopt if it never did.
    std::optional<std::uint64_t> last(std::uint32_t domain, std::uint32_t server) const;
    /// What gtid_binlog_pos says on the same server: the most recent GTID of each domain.
    MariadbPosition position() const;

    const std::vector<MariadbGtid>& gtids() const { return gtids_; }

    friend bool operator==(const MariadbBinlogState&, const MariadbBinlogState&) = default;

private:
    std::vector<MariadbGtid> gtids_;
};

}  // namespace orc::gtid
