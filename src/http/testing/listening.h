// The HTTP machinery over real sockets on loopback, with a handler of the test's own.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

#include "http/testing/client.h"
#include "http/testing/loop_thread.h"
#include "http/wire/listener.h"

namespace orc::http::testing_support {

/// Answers with what it was asked, at length when asked so.
inline Co<Response> echo(Request request) {
    if (request.target == "/throw") {
        throw std::runtime_error("a bug");
    }
    Response out = plain(200, request.method + " " + request.target);
    if (request.target == "/long") {
        out.body.assign(200'000, 'x');
    }
    if (request.target == "/split") {
        out.headers.emplace_back("X-Text", "a\r\nX-Injected: yes");
    }
    co_return out;
}

class ListenerTest : public ::testing::Test {
protected:
    void serve(Limits limits = {}, Handler handler = echo) {
        auto acceptor = listen_tcp(loop_.executor(), "127.0.0.1:0", nullptr);
        ASSERT_TRUE(acceptor.has_value()) << acceptor.error().message;
        listener_ = std::make_unique<Listener>(loop_.executor(), *std::move(acceptor), std::move(handler), limits);
        listener_->start();
        loop_.start();
    }
    void TearDown() override {
        if (listener_ != nullptr && !stopped_) {
            stop(Millis(0));
        }
    }
    void stop(Millis drain) {
        stopped_ = true;
        loop_.run(listener_->stop(drain));
    }
    Client client() { return Client(listener_->port()); }

    LoopThread loop_;
    std::unique_ptr<Listener> listener_;
    bool stopped_ = false;
};

}  // namespace orc::http::testing_support
