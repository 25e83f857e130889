// One connection: what its answers look like on the wire, and how it ends.
#include "http/wire/connection.h"

#include <gmock/gmock.h>

#include "http/testing/listening.h"

namespace orc::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::Client;
using testing_support::ListenerTest;

/// "/204" is answered with 204.
Co<Response> status_of_target(Request request) {
    co_return plain(static_cast<unsigned>(std::stoi(request.target.substr(1))), "some text");
}

TEST_F(ListenerTest, sends_no_body_where_there_must_be_none) {
    serve({}, status_of_target);
    Client it = client();
    for (const std::string status : {"204", "304"}) {
        SCOPED_TRACE(status);
        it.send("GET /" + status + " HTTP/1.1\r\nHost: x\r\n\r\n");
        const std::string head = it.read_until("\r\n\r\n");
        EXPECT_THAT(head, HasSubstr("HTTP/1.1 " + status));
        EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
        EXPECT_EQ(it.get("/200").body, "some text");  // nothing was left over
    }
}

TEST_F(ListenerTest, tells_a_client_of_http_1_0_that_its_connection_stays_open) {
    serve();
    Client it = client();
    it.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const auto kept = it.read_answer();
    EXPECT_EQ(kept.body, "GET /a");
    EXPECT_EQ(kept.header("connection"), "keep-alive");
    it.send("GET /b HTTP/1.0\r\n\r\n");
    EXPECT_EQ(it.read_answer().header("connection"), "close");
    EXPECT_EQ(it.read_to_end(), "");
}

}  // namespace
}  // namespace orc::http
