// The stream below Boost.MySQL's connection: a TCP socket that, while logging in, keeps what the server said (its id,
// its nonce) and refuses to take more than a log-in can need. Afterwards it is the bare socket. Heavy; only
// tcp_session.cc includes it.
#pragma once

#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <string>
#include <utility>

#include "runtime/task.h"

namespace orc::mysql {

using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using SystemError = boost::system::error_code;

class WireStream {
public:
    using executor_type = Executor;
    using lowest_layer_type = Socket;

    /// A log-in with the largest certificates and keys stays far below.
    static constexpr std::size_t login_bytes_max = 256U << 10U;

    explicit WireStream(Executor executor) : socket_(executor) {}

    executor_type get_executor() { return socket_.get_executor(); }
    lowest_layer_type& lowest_layer() { return socket_; }
    const lowest_layer_type& lowest_layer() const { return socket_; }

    /// All bytes the server has sent so far, encrypted ones too; no more are kept after stop_recording.
    const std::string& recorded() const { return recorded_; }
    void stop_recording() {
        is_recording_ = false;
        recorded_ = {};
    }

    template <typename Buffers, typename Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        auto initiate = [this](auto handler, const Buffers& into) {
            if (is_recording_) {
                Recorder<decltype(handler)> recorder{this, first_buffer(into), std::move(handler)};
                socket_.async_read_some(into, std::move(recorder));
            } else {
                socket_.async_read_some(into, std::move(handler));
            }
        };
        return asio::async_initiate<Token, void(SystemError, std::size_t)>(std::move(initiate), token, buffers);
    }

    template <typename Buffers, typename Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return socket_.async_write_some(buffers, std::forward<Token>(token));
    }

    // The blocking forms must exist for Boost.MySQL's classes to compile; nothing calls them.
    template <typename Buffers>
    std::size_t read_some(const Buffers& /*buffers*/, SystemError& error) {
        error = asio::error::operation_not_supported;
        return 0;
    }
    template <typename Buffers>
    std::size_t write_some(const Buffers& /*buffers*/, SystemError& error) {
        error = asio::error::operation_not_supported;
        return 0;
    }

    template <typename Handler>
    struct Recorder {
        WireStream* stream;
        asio::mutable_buffer into;
        Handler handler;

        void operator()(SystemError error, std::size_t bytes) {
            if (!error) {
                const std::size_t kept = bytes < into.size() ? bytes : into.size();
                stream->recorded_.append(static_cast<const char*>(into.data()), kept);
                if (stream->recorded_.size() > login_bytes_max) {
                    error = asio::error::message_size;
                    bytes = 0;
                }
            }
            std::move(handler)(error, bytes);
        }
    };

private:
    template <typename Buffers>
    static asio::mutable_buffer first_buffer(const Buffers& buffers) {
        for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers); ++at) {
            if (asio::mutable_buffer(*at).size() > 0) {
                return asio::mutable_buffer(*at);
            }
        }
        return {};
    }

    Socket socket_;
    bool is_recording_ = true;
    std::string recorded_;
};

}  // namespace orc::mysql

// The recorder speaks for the handler it wraps: its executor, memory and cancellation.
template <template <typename, typename> class Associator, typename Handler, typename Default>
struct boost::asio::associator<Associator, orc::mysql::WireStream::Recorder<Handler>, Default>
    : Associator<Handler, Default> {
    static typename Associator<Handler, Default>::type get(const orc::mysql::WireStream::Recorder<Handler>& r
    ) noexcept {
        return Associator<Handler, Default>::get(r.handler);
    }
    static auto get(const orc::mysql::WireStream::Recorder<Handler>& r, const Default& d) noexcept
        -> decltype(Associator<Handler, Default>::get(r.handler, d)) {
        return Associator<Handler, Default>::get(r.handler, d);
    }
};
