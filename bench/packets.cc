#include "packets.h"

namespace orc::bench {
namespace {

// What the fake servers can do: 4.1 protocol, native passwords, several statements and results, no EOF packets.
constexpr std::uint64_t capabilities =
    0x1 | 0x4 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x10000 | 0x20000 | 0x40000 | 0x80000 | 0x200000 | 0x1000000;
constexpr unsigned status_autocommit = 2;
constexpr unsigned status_more_results = 8;
constexpr char head_ok = '\0';
constexpr char head_null = '\xfb';
constexpr char head_end = '\xfe';

void put_number(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) {
        out += char((value >> (8 * i)) & 255);
    }
}

void put_length(std::string& out, std::size_t value) {
    if (value < 251) {
        out += char(value);
    } else if (value < 65536) {
        out += '\xfc';
        put_number(out, value, 2);
    } else {
        out += '\xfd';
        put_number(out, value, 3);
    }
}

void put_text(std::string& out, std::string_view text) {
    put_length(out, text.size());
    out += text;
}

std::string status_packet(char head, bool more) {
    std::string p(1, head);
    put_number(p, 0, 2);  // no rows affected, no last id
    put_number(p, more ? status_autocommit | status_more_results : status_autocommit, 2);
    put_number(p, 0, 2);  // no warnings
    return p;
}

}  // namespace

void Packets::packet(std::string_view payload) {
    put_number(bytes_, payload.size(), 3);
    bytes_ += char(sequence_++);
    bytes_ += payload;
}

void Packets::greeting(std::uint32_t connection) {
    std::string p;
    p += char(10);
    p.append("8.0.36", 7);
    put_number(p, connection, 4);
    p.append("12345678", 9);
    put_number(p, capabilities & 0xffff, 2);
    p += char(45);
    put_number(p, status_autocommit, 2);
    put_number(p, capabilities >> 16, 2);
    p += char(21);
    p.append(10, '\0');
    p.append("123456789012", 13);
    p.append("mysql_native_password", 22);
    packet(p);
}

void Packets::ok(bool more) { packet(status_packet(head_ok, more)); }

void Packets::columns(const std::vector<std::string>& names) {
    std::string p;
    put_length(p, names.size());
    packet(p);
    for (const auto& name : names) {
        p.clear();
        for (const std::string_view part : {"def", "", "", ""}) {
            put_text(p, part);
        }
        put_text(p, name);
        put_text(p, name);
        p += char(12);
        put_number(p, 45, 2);
        put_number(p, 1024, 4);
        p += '\xfd';
        put_number(p, 0, 2);
        p += '\0';
        put_number(p, 0, 2);
        packet(p);
    }
}

void Packets::row(const std::vector<std::optional<std::string>>& cells) {
    std::string p;
    for (const auto& cell : cells) {
        if (cell) {
            put_text(p, *cell);
        } else {
            p += head_null;
        }
    }
    packet(p);
}

void Packets::end_of_rows(bool more) { packet(status_packet(head_end, more)); }

void Packets::append(std::string_view made) {
    std::size_t at = bytes_.size();
    bytes_ += made;
    while (at < bytes_.size()) {
        const auto byte = [&](std::size_t i) { return std::size_t(static_cast<unsigned char>(bytes_[at + i])); };
        const std::size_t size = byte(0) | byte(1) << 8U | byte(2) << 16U;
        bytes_[at + 3] = char(sequence_++);
        at += 4 + size;
    }
}

}  // namespace orc::bench
