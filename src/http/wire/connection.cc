#include "http/wire/connection.h"

#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>

#include "http/wire/gzip.h"
#include "runtime/log.h"

namespace orc::http {
namespace {

namespace beast = boost::beast;
using boost::system::error_code;
using Parser = beast::http::request_parser<beast::http::string_body>;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

constexpr std::size_t gzip_from = 1024;

/// What a connection is about.
enum class Doing { greeting, idle, reading, answering, leaving };

/// What reading a request came to.
enum class Reading { request, ended, too_large_head, too_large_body, malformed, timed_out };

Reading outcome_of(const error_code& error) {
    using Problem = beast::http::error;
    if (error == Problem::header_limit) {
        return Reading::too_large_head;
    }
    return error == Problem::body_limit ? Reading::too_large_body : Reading::malformed;
}

Response answer_to(Reading reading) {
    switch (reading) {
        case Reading::too_large_head:
            return plain(431, "request head too large\n");
        case Reading::too_large_body:
            return plain(413, "request body too large\n");
        case Reading::timed_out:
            return plain(408, "request took too long\n");
        case Reading::request:
        case Reading::ended:
        case Reading::malformed:
            break;
    }
    return plain(400, "400 Bad Request\n");
}

/// Answers of other statuses end with their head: what followed would be taken for the next answer.
bool may_have_body(unsigned status) { return status >= 200 && status != 204 && status != 304; }

/// What the head says of the connection: what the protocol does not take for granted.
enum class Afterwards { open, said_to_be_open, closed };

std::string_view line_of(Afterwards afterwards) {
    switch (afterwards) {
        case Afterwards::open:
            break;
        case Afterwards::said_to_be_open:
            return "Connection: keep-alive\r\n";
        case Afterwards::closed:
            return "Connection: close\r\n";
    }
    return "";
}

std::string head_of(const Response& response, Afterwards afterwards) {
    std::string out;
    out.reserve(256);
    out += "HTTP/1.1 " + std::to_string(response.status) + " ";
    const auto reason = beast::http::obsolete_reason(beast::http::int_to_status(response.status));
    out.append(reason.data(), reason.size());
    out += "\r\nContent-Type: " + response.content_type + "\r\n";
    for (const auto& [name, value] : response.headers) {
        out += name + ": " + value + "\r\n";
    }
    if (response.feed == nullptr && may_have_body(response.status)) {
        out += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
    }
    out += line_of(afterwards);
    out += "\r\n";
    return out;
}

/// A header line must not be split by what a value contains.
void keep_on_one_line(Response& response) {
    for (auto& [name, value] : response.headers) {
        std::erase_if(value, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
    }
}

void compress(const Request& request, Response& response) {
    if (response.feed != nullptr || response.body.size() < gzip_from ||
        !accepts_gzip(request.header("Accept-Encoding"))) {
        return;
    }
    std::string packed = gzip(response.body);
    if (!packed.empty()) {
        response.body = std::move(packed);
        response.headers.emplace_back("Content-Encoding", "gzip");
        response.headers.emplace_back("Vary", "Accept-Encoding");
    }
}

Request request_from(const Parser::value_type& message, const std::string& peer) {
    Request out;
    out.method = std::string(message.method_string());
    out.target = std::string(message.target());
    out.peer = peer;
    for (const auto& field : message) {
        out.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    }
    return out;
}

}  // namespace

struct Connection::State : std::enable_shared_from_this<State> {
    State(Executor e, std::unique_ptr<ByteStream> s, const Handler& h, const Limits& l, Traffic& t)
        : timer(e), stream(std::move(s)), handler(h), limits(l), traffic(t) {}

    Timer timer;
    std::unique_ptr<ByteStream> stream;
    const Handler& handler;
    const Limits& limits;
    Traffic& traffic;
    std::string buffer;  // received, not yet parsed
    std::array<char, 8192> chunk{};
    std::uint64_t watch = 0;  // numbers the deadlines, so that a late timer does no harm
    bool timed_out = false;
    Doing doing = Doing::greeting;
    bool is_last = false;        // close after the present answer
    bool is_old = false;         // HTTP/1.0, where connections close unless both sides say otherwise
    std::shared_ptr<Feed> feed;  // being served

    void arm(Millis span) {
        const std::uint64_t mine = ++watch;
        timed_out = false;
        timer.expires_after(span);
        timer.async_wait([self = weak_from_this(), mine](const error_code& error) {
            const auto state = self.lock();
            if (!error && state != nullptr && state->watch == mine) {
                state->timed_out = true;
                state->stream->close();
            }
        });
    }
    void disarm() {
        ++watch;
        timer.cancel();
    }

    Co<Reading> read_request(Parser& parser);
    Co<bool> send(Response response, bool is_head);
    Co<void> send_feed(std::shared_ptr<Feed> pieces);
    Co<Response> ask(Request request);
    Co<bool> serve_one();
    Co<void> serve_all();
};

Co<Reading> Connection::State::read_request(Parser& parser) {
    bool has_begun = !buffer.empty();
    doing = has_begun ? Doing::reading : Doing::idle;
    arm(has_begun ? limits.head : limits.idle);
    while (!parser.is_done()) {
        if (!buffer.empty()) {
            error_code error;
            const std::size_t used = parser.put(asio::buffer(buffer), error);
            buffer.erase(0, used);
            if (error && error != beast::http::error::need_more) {
                co_return outcome_of(error);
            }
            if (parser.is_done()) {
                break;
            }
        }
        const std::size_t count = co_await stream->read(chunk);
        if (count == 0) {
            co_return timed_out&& has_begun ? Reading::timed_out : Reading::ended;
        }
        if (!has_begun) {
            has_begun = true;
            doing = Doing::reading;
            arm(limits.head);
        }
        buffer.append(chunk.data(), count);
    }
    co_return Reading::request;
}

Co<bool> Connection::State::send(Response response, bool is_head) {
    keep_on_one_line(response);
    traffic.requests[std::min(response.status / 100, 5U)] += 1;
    const bool stays_open = !is_last && response.feed == nullptr;
    const Afterwards if_open = is_old ? Afterwards::said_to_be_open : Afterwards::open;
    const std::string head = head_of(response, stays_open ? if_open : Afterwards::closed);
    const bool has_body = !is_head && may_have_body(response.status);
    const std::string_view body = has_body ? std::string_view(response.body) : std::string_view();
    arm(limits.write);
    const bool sent = co_await stream->write(head, body);
    disarm();
    if (response.feed == nullptr) {
        co_return sent;
    }
    if (sent && !is_head) {
        co_await send_feed(response.feed);
    }
    response.feed->close();
    co_return false;
}

Co<void> Connection::State::send_feed(std::shared_ptr<Feed> pieces) {
    feed = pieces;
    for (;;) {
        const std::string piece = co_await pieces->next();
        if (piece.empty()) {
            break;
        }
        arm(limits.write);
        const bool sent = co_await stream->write(piece, "");
        disarm();
        if (!sent) {
            break;
        }
    }
    feed = nullptr;
}

Co<Response> Connection::State::ask(Request request) {
    // A crash of one handler must not end the others' connections; a cancelled one passes through.
    try {
        co_return co_await handler(std::move(request));
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const boost::system::system_error&) {
        throw;
    } catch (const std::exception& e) {
        LOG(error, "http.handler_failed", {{"why", std::string_view(e.what())}});
    }
    co_return plain(500, "500 Internal Server Error");
}

Co<bool> Connection::State::serve_one() {
    Parser parser;
    parser.eager(true);
    parser.header_limit(limits.head_bytes);
    parser.body_limit(limits.body_bytes);
    const Reading reading = co_await read_request(parser);
    disarm();
    doing = Doing::answering;
    if (reading != Reading::request) {
        is_last = true;
        if (reading != Reading::ended && reading != Reading::timed_out) {
            Response complaint = answer_to(reading);
            co_await send(std::move(complaint), false);
        }
        co_return false;
    }
    is_last = is_last || !parser.get().keep_alive();
    is_old = parser.get().version() < 11;
    Request request = request_from(parser.get(), stream->peer());
    request.identity = stream->identity();
    const bool is_head = request.method == "HEAD";
    Response response = co_await ask(request);
    compress(request, response);
    LOG(debug,
        "http.answered",
        {{"method", request.method}, {"target", request.target}, {"status", response.status}, {"client", request.peer}}
    );
    const bool sent = co_await send(std::move(response), is_head);
    co_return sent && !is_last;
}

Co<void> Connection::State::serve_all() {
    arm(limits.head);
    const bool is_welcome = co_await stream->handshake();
    disarm();
    bool goes_on = is_welcome && !is_last;
    while (goes_on) {
        goes_on = co_await serve_one();
    }
    doing = Doing::leaving;
    arm(limits.head);
    if (is_welcome) {
        co_await stream->shutdown();
    }
    disarm();
    stream->close();
}

Connection::Connection(
    Executor executor,
    std::unique_ptr<ByteStream> stream,
    const Handler& handler,
    const Limits& limits,
    Traffic& traffic
)
    : state_(std::make_shared<State>(executor, std::move(stream), handler, limits, traffic)) {}
Connection::~Connection() = default;

Co<void> Connection::serve() {
    const auto state = state_;
    co_await state->serve_all();
}

void Connection::finish() {
    state_->is_last = true;
    if (state_->feed != nullptr) {
        state_->feed->close();
    } else if (state_->doing != Doing::answering) {
        state_->doing = Doing::leaving;
        state_->stream->close();
    }
}

std::optional<std::chrono::steady_clock::time_point> Connection::idle_until() const {
    return state_->doing == Doing::idle ? std::optional(state_->timer.expiry()) : std::nullopt;
}

void Connection::abort() {
    if (state_->feed != nullptr) {
        state_->feed->close();
    }
    state_->stream->close();
}

}  // namespace orc::http
