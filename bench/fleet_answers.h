// What the servers of the fake fleet answer: clusters of MySQL 8.0 with GTIDs, one primary each. Statements are read
// once and remembered, so that the fleet stays much cheaper than what watches it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/endpoint.h"

namespace orc::bench {

struct FleetShape {
    int clusters = 250;
    int replicas = 3;        ///< of each cluster's primary
    int second_octet = 64;   ///< host i is 127.second.(i / 250).(i % 250 + 1)
    std::uint16_t port = 0;  ///< of all; 0: picked by the fleet

    int hosts() const { return clusters * (replicas + 1); }
    bool is_primary(int host) const { return host % (replicas + 1) == 0; }
    int primary_of(int host) const { return host - host % (replicas + 1); }
    int cluster_of(int host) const { return host / (replicas + 1); }
    std::string address(int host) const;
    /// The host of an address in network byte order's four bytes; -1 when it is none of the fleet.
    int host_at(const unsigned char* address) const;
};

class FleetAnswers {
public:
    explicit FleetAnswers(FleetShape shape) : shape_(shape) {}

    /// The bytes that `host` answers a text of one or more statements with.
    std::string answer(int host, std::string_view sql, std::uint32_t connection);
    /// The text is a probe (it asks for the state of replication).
    bool is_probe(std::string_view sql) { return text_of(sql).is_probe; }

private:
    enum class Kind { nothing, selected, replica_status, own_position, replicas, counters, empty };
    using Row = std::vector<std::optional<std::string>>;
    struct Statement {
        Kind kind = Kind::empty;
        std::vector<std::string> columns;
        std::string column_packets;
    };
    struct Text {
        std::vector<Statement> statements;
        bool is_probe = false;
    };

    const Text& text_of(std::string_view sql);
    static Statement read(std::string_view sql);
    std::vector<Row> rows_of(const Statement& statement, int host, std::uint32_t connection) const;
    std::string variable(int host, std::string_view name) const;
    std::string uuid(int host) const;
    std::string executed(int host) const;
    Row replica_status(int host) const;

    FleetShape shape_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::unordered_map<std::string, Text> texts_;
};

}  // namespace orc::bench
