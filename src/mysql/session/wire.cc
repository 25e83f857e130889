#include "mysql/session/wire.h"

#include "mysql/session/errors.h"

namespace orc::mysql::wire {
namespace {

constexpr std::size_t header_size = 4;
constexpr unsigned char head_ok = 0x00;
constexpr unsigned char head_null = 0xfb;  // in front of a result: LOAD DATA LOCAL, which we never ask for
constexpr unsigned char head_end = 0xfe;
constexpr unsigned char head_error = 0xff;
constexpr std::uint64_t more_results_exist = 0x0008;
constexpr std::uint64_t columns_max = 4096;
// What a cell, a column or a set costs beside its bytes, roughly: a server that sends empty ones must not cost more
// memory than the limit says.
constexpr std::uint64_t item_cost = 40;

unsigned char first_of(std::string_view payload) { return static_cast<unsigned char>(payload.front()); }

tl::unexpected<Error> nonsense(std::string_view what) {
    return fail(ErrorCode::invalid, "malformed answer: " + std::string(what));
}

}  // namespace

std::string packet(std::uint8_t sequence, std::string_view payload) {
    std::string out;
    out.reserve(header_size + payload.size());
    out += static_cast<char>(payload.size() & 0xff);
    out += static_cast<char>(payload.size() >> 8 & 0xff);
    out += static_cast<char>(payload.size() >> 16 & 0xff);
    out += static_cast<char>(sequence);
    out += payload;
    return out;
}

std::string_view Cursor::take(std::size_t bytes) {
    if (bytes > rest_.size()) {
        failed_ = true;
        rest_ = {};
        return {};
    }
    const auto out = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return out;
}

std::uint64_t Cursor::fixed(std::size_t bytes) {
    std::uint64_t out = 0;
    unsigned shift = 0;
    for (const char c : take(bytes)) {
        out |= static_cast<std::uint64_t>(static_cast<unsigned char>(c)) << shift;
        shift += 8;
    }
    return out;
}

std::uint64_t Cursor::counted() {
    const auto first = fixed(1);
    switch (first) {
        case 0xfc:
            return fixed(2);
        case 0xfd:
            return fixed(3);
        case 0xfe:
            return fixed(8);
        case 0xfb:
        case 0xff:
            failed_ = true;
            return 0;
        default:
            return first;
    }
}

std::string_view Cursor::text() {
    const auto size = counted();
    if (size > rest_.size()) {
        failed_ = true;
        return {};
    }
    return take(size);
}

std::string_view Cursor::zero_ended() {
    const auto end = rest_.find('\0');
    if (end == std::string_view::npos) {
        return take(rest_.size());
    }
    const auto out = take(end);
    take(1);
    return out;
}

Error read_error(std::string_view payload) {
    Cursor in(payload.substr(1));
    const int number = static_cast<int>(in.fixed(2));
    auto text = in.rest();
    if (text.starts_with('#') && text.size() >= 6) {  // SQL state: says less than the number
        text.remove_prefix(6);
    }
    return server_error(number, text);
}

Result<void> AnswerReader::spend(std::uint64_t bytes) {
    spent_ += bytes;
    if (spent_ > limit_) {
        return fail(ErrorCode::invalid, "answer is larger than " + std::to_string(limit_) + " bytes");
    }
    return {};
}

Result<std::size_t> AnswerReader::feed(std::string_view bytes) {
    std::size_t consumed = 0;
    while (state_ != State::done && bytes.size() - consumed >= header_size) {
        Cursor header(bytes.substr(consumed, header_size));
        const auto size = static_cast<std::size_t>(header.fixed(3));
        const auto sequence = static_cast<std::uint8_t>(header.fixed(1));
        if (sequence != sequence_) {
            return nonsense("packets out of order");
        }
        if (bytes.size() - consumed < header_size + size) {
            if (spent_ + size > limit_) {  // refused before it is buffered
                return spend(size).map([] { return std::size_t{0}; });
            }
            break;
        }
        TRY(spend(header_size + size));
        const auto payload = bytes.substr(consumed + header_size, size);
        consumed += header_size + size;
        ++sequence_;
        if (size == packet_max || is_pending_) {
            pending_ += payload;
            is_pending_ = size == packet_max;
            if (!is_pending_) {
                const std::string whole = std::move(pending_);
                pending_.clear();
                TRY(on_packet(whole));
            }
        } else {
            TRY(on_packet(payload));
        }
    }
    return consumed;
}

Result<void> AnswerReader::on_packet(std::string_view payload) {
    if (payload.empty() && state_ != State::rows) {
        return nonsense("empty packet");
    }
    switch (state_) {
        case State::head:
            return on_head(payload);
        case State::columns:
            return on_column(payload);
        case State::rows:
            return on_row(payload);
        case State::done:
            break;
    }
    return nonsense("packet after the end");
}

Result<void> AnswerReader::on_head(std::string_view payload) {
    TRY(spend(item_cost));
    const auto first = first_of(payload);
    if (first == head_error) {
        answer_.error = read_error(payload);
        state_ = State::done;
        return {};
    }
    Cursor in(payload);
    if (first == head_ok) {
        in.take(1);
        const auto affected = in.counted();
        in.counted();  // last insert id
        const auto status = in.fixed(2);
        if (in.failed()) {
            return nonsense("short OK packet");
        }
        answer_.sets.emplace_back();
        answer_.sets.back().affected = affected;
        on_end_of_set(status);
        return {};
    }
    if (first == head_null) {
        return nonsense("the server wants a local file");
    }
    columns_expected_ = in.counted();
    if (in.failed() || columns_expected_ == 0 || columns_expected_ > columns_max) {
        return nonsense("number of columns");
    }
    answer_.sets.emplace_back();
    answer_.sets.back().columns.reserve(columns_expected_);
    state_ = State::columns;
    return {};
}

Result<void> AnswerReader::on_column(std::string_view payload) {
    TRY(spend(item_cost));
    Cursor in(payload);
    in.text();  // catalog
    in.text();  // schema
    in.text();  // table
    in.text();  // original table
    const auto name = in.text();
    if (in.failed()) {
        return nonsense("column definition");
    }
    auto& set = answer_.sets.back();
    set.columns.emplace_back(name);
    if (set.columns.size() == columns_expected_) {
        state_ = State::rows;
    }
    return {};
}

Result<void> AnswerReader::on_row(std::string_view payload) {
    if (!payload.empty() && first_of(payload) == head_error) {
        answer_.error = read_error(payload);
        answer_.sets.pop_back();  // half a set is worse than none
        state_ = State::done;
        return {};
    }
    if (!payload.empty() && first_of(payload) == head_end && payload.size() < packet_max) {
        Cursor in(payload.substr(1));
        in.counted();
        in.counted();
        const auto status = in.fixed(2);
        if (in.failed()) {
            return nonsense("end of rows");
        }
        on_end_of_set(status);
        return {};
    }
    TRY(spend(item_cost * (columns_expected_ + 1)));
    auto& row = answer_.sets.back().rows.emplace_back();
    row.reserve(columns_expected_);
    Cursor in(payload);
    for (std::uint64_t i = 0; i < columns_expected_; ++i) {
        if (!in.rest().empty() && first_of(in.rest()) == head_null) {
            in.take(1);
            row.emplace_back();
        } else {
            row.emplace_back(in.text());
        }
    }
    if (in.failed() || !in.rest().empty()) {
        return nonsense("row");
    }
    return {};
}

void AnswerReader::on_end_of_set(std::uint64_t status) {
    state_ = (status & more_results_exist) != 0 ? State::head : State::done;
}

}  // namespace orc::mysql::wire
