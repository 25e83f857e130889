// The text protocol of an open session, as pure functions over bytes: how a command is framed and how its answer reads.
// Log-in and TLS are Boost.MySQL's (session.cc); reading answers here keeps every cell exactly as the server wrote it,
// bounds what one answer may cost, and needs one pass. MySQL "Client/Server Protocol", with CLIENT_DEPRECATE_EOF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "mysql/session/session.h"

namespace orc::mysql::wire {

/// First bytes of a command's payload.
constexpr char command_query = 0x03;
constexpr char command_ping = 0x0e;
constexpr char command_quit = 0x01;

/// The largest payload of one packet; more would need several, which no statement of ours does.
constexpr std::size_t packet_max = 0xffffff;

/// One packet: length, sequence number, payload.
std::string packet(std::uint8_t sequence, std::string_view payload);

/// Reads numbers and texts from a payload without ever passing its end.
class Cursor {
public:
    explicit Cursor(std::string_view bytes) : rest_(bytes) {}

    bool failed() const { return failed_; }
    std::string_view rest() const { return rest_; }
    std::uint64_t fixed(std::size_t bytes);
    std::uint64_t counted();        ///< length-encoded integer
    std::string_view text();        ///< length-encoded string
    std::string_view zero_ended();  ///< up to a NUL, which is skipped; or to the end
    std::string_view take(std::size_t bytes);

private:
    std::string_view rest_;
    bool failed_ = false;
};

/// The server's complaint in an error packet's payload (first byte 0xff).
Error read_error(std::string_view payload);

/// Collects the packets of one answer. Memory is bounded by the limit whatever the server sends.
class AnswerReader {
public:
    explicit AnswerReader(std::uint64_t limit) : limit_(limit) {}

    /// Consumes the whole packets at the front of `bytes` and says how many bytes that was. Errors (invalid): no answer
    /// looks like that, or it is larger than the limit; the session is unusable then.
    Result<std::size_t> feed(std::string_view bytes);
    bool is_done() const { return state_ == State::done; }
    Answer take() { return std::move(answer_); }

private:
    enum class State { head, columns, rows, done };

    Result<void> on_packet(std::string_view payload);
    Result<void> on_head(std::string_view payload);
    Result<void> on_column(std::string_view payload);
    Result<void> on_row(std::string_view payload);
    void on_end_of_set(std::uint64_t status);
    Result<void> spend(std::uint64_t bytes);

    std::uint64_t limit_;
    std::uint64_t spent_ = 0;
    State state_ = State::head;
    std::uint8_t sequence_ = 1;
    std::uint64_t columns_expected_ = 0;
    std::string pending_;  ///< the packets so far of a payload that needs several
    bool is_pending_ = false;
    Answer answer_;
};

}  // namespace orc::mysql::wire
