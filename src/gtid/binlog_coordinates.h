// A place in a binary or relay log: file and byte position, ordered as the server writes its files.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orc::gtid {

struct BinlogCoordinates {
    std::string file;
    std::uint64_t position = 0;  ///< bytes from the file's start

    /// Reads "file:position", detached ones too ("//binlog.000007:4711:4711"). Errors (invalid) name the text.
    static Result<BinlogCoordinates> parse(std::string_view text);

    /// "file:position"; ":0" when empty.
    std::string text() const;
    /// No file: not reported, or the server keeps no such log.
    bool empty() const { return file.empty(); }

    /// The file's name carries the old detach marker "//FILE:POS", which stops replication on purpose.
    bool is_detached() const;
    /// These coordinates with the marker put on; unchanged if they are detached already.
    BinlogCoordinates detached() const;
    /// What the marker hides; unchanged if there is none.
    BinlogCoordinates attached() const;

    /// The number after the last dot of the file's name; 0 if that is no number (or one beyond 64 bits).
    std::uint64_t file_number() const;

    friend bool operator==(const BinlogCoordinates&, const BinlogCoordinates&) = default;
    /// By base name, then by the file's number (so binlog.999999 < binlog.1000000), then by position. Only meaningful
    /// for coordinates of the same server.
    friend std::strong_ordering operator<=>(const BinlogCoordinates& a, const BinlogCoordinates& b);
};

}  // namespace orc::gtid
