// A database server that nodes share, and what the tests of shared databases ask of it and of them.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "sandbox/sandbox.h"
#include "sandbox/service_process.h"
#include "sandbox/watching.h"

namespace orc::integration {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline std::string quoted(const std::string& text) { return "\"" + text + "\""; }

class SharedDatabase {
public:
    /// Null, with a test failure, when the server does not start.
    static std::unique_ptr<SharedDatabase> set_up(sandbox::Flavor flavor, bool tls = false);

    sandbox::Sandbox& server() { return *server_; }
    std::string cell(const std::string& sql);
    /// Configuration keys of a node that uses it.
    std::map<std::string, std::string> settings() const;

private:
    std::unique_ptr<sandbox::Sandbox> server_;
};

/// A node in a folder of its own below `parent`; null, with a test failure, when it did not start.
std::unique_ptr<sandbox::ServiceProcess> start_node(
    const std::filesystem::path& parent,
    const std::string& name,
    std::map<std::string, std::string> settings,
    bool must_lead,
    std::vector<std::string> flags = {}
);

/// The parsed body, also of an answer that is an error; null without an answer.
boost::json::value ask(
    const sandbox::ServiceProcess& node, const std::string& target, milliseconds limit = seconds(20)
);
/// The status; 0 without an answer.
int status_of(const sandbox::ServiceProcess& node, const std::string& target);
inline bool leads(const sandbox::ServiceProcess& node) { return status_of(node, "/api/leader-check") == 200; }
/// The Message of a classic answer.
std::string message_of(const boost::json::value& answer);
inline bool eventually(milliseconds limit, const std::function<bool()>& done) {
    return sandbox::wait_until(limit, done);
}

}  // namespace orc::integration
