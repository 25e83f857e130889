// A request as handlers see it, and the answer they make.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/wire/url.h"
#include "runtime/task.h"

namespace orc::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// What the connection itself says about the client.
struct ClientIdentity {
    bool uses_tls = false;
    bool has_certificate = false;    ///< one that our certificate authorities vouch for
    std::vector<std::string> units;  ///< its organisational units
};

struct Request {
    std::string method;
    std::string target;  ///< as sent
    Target parts;
    Headers headers;
    std::string peer;  ///< address of the client, "" on a unix socket
    ClientIdentity identity;

    // Filled by the gate (auth.h):
    std::string user;
    bool may_act = false;

    /// First header of that name, in any case; "" if there is none.
    std::string_view header(std::string_view name) const;
    /// Value of that cookie; "" if there is none.
    std::string_view cookie(std::string_view name) const;
};

/// An answer without end: the connection asks for the next piece again and again.
class Feed {
public:
    virtual ~Feed() = default;
    /// The next piece of the body; "" ends the answer.
    virtual Co<std::string> next() = 0;
    /// Called once, when the connection is gone: next() must return soon.
    virtual void close() = 0;
};

struct Response {
    unsigned status = 200;
    std::string content_type = "application/json; charset=UTF-8";
    std::string body;
    Headers headers;
    std::shared_ptr<Feed> feed;  ///< when set, the body never ends
};

/// Answers one request. Runs on the HTTP executor.
using Handler = std::function<Co<Response>(Request)>;

/// "text/plain" answers: 404 and friends.
Response plain(unsigned status, std::string text);
/// 302.
Response redirect(std::string location);

}  // namespace orc::http
