// A blocking HTTP client for tests: says exactly what it is told and shows exactly what came back.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <map>
#include <string>

#include "base/text.h"

namespace orc::http::testing_support {

struct Answer {
    int status = 0;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;

    std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? "" : found->second;
    }
};

class Client {
public:
    explicit Client(std::uint16_t port) : socket_(io_) {
        socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    }

    /// What the server makes of it shows when reading; a broken connection is no failure here.
    void send(std::string_view text) {
        boost::system::error_code ignored;
        boost::asio::write(socket_, boost::asio::buffer(text), ignored);
    }

    Answer get(const std::string& target, const std::string& headers = "") {
        send("GET " + target + " HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n");
        return read_answer();
    }

    std::string read_until(std::string_view mark) {
        while (received_.find(mark) == std::string::npos) {
            if (!receive()) {
                ADD_FAILURE() << "the connection ended before '" << mark << "'; came: " << received_;
                return std::exchange(received_, "");
            }
        }
        const auto end = received_.find(mark) + mark.size();
        std::string out = received_.substr(0, end);
        received_.erase(0, end);
        return out;
    }

    Answer read_answer(bool has_body = true) {
        Answer out;
        const std::string head = read_until("\r\n\r\n");
        bool is_first = true;
        for (const auto line : split(head, '\n')) {
            const auto text = trim(line);
            if (is_first) {
                out.status = text.size() > 12 ? std::stoi(std::string(text.substr(9, 3))) : 0;
                is_first = false;
            } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
                out.headers[to_lower(text.substr(0, colon))] = std::string(trim(text.substr(colon + 1)));
            }
        }
        const std::string length = out.header("content-length");
        const std::size_t wanted = has_body && !length.empty() ? std::stoul(length) : 0;
        while (received_.size() < wanted && receive()) {
        }
        out.body = received_.substr(0, wanted);
        received_.erase(0, wanted);
        return out;
    }

    std::string read_to_end() {
        while (receive()) {
        }
        return std::exchange(received_, "");
    }

private:
    bool receive() {
        std::array<char, 65536> space{};
        boost::system::error_code error;
        const std::size_t count = socket_.read_some(boost::asio::buffer(space), error);
        received_.append(space.data(), count);
        return !error;
    }

    boost::asio::io_context io_;
    boost::asio::ip::tcp::socket socket_;
    std::string received_;
};

inline std::string unzip(const std::string& packed) {
    z_stream stream{};
    inflateInit2(&stream, 15 + 16);
    std::string out(4'000'000, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    inflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

}  // namespace orc::http::testing_support
