// The one connection to our database's server: made when it is needed, made again when it breaks, grows old, or is to
// lead elsewhere. Used from one thread.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "mysql/session/dialer.h"
#include "store/mysql_backend.h"

namespace orc::store {

// Our own modes: literals are escaped with backslashes, values that do not fit are errors or cut as we say.
inline constexpr std::string_view strict_mode = "set session sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'";
inline constexpr std::string_view lenient_mode = "set session sql_mode = 'NO_ENGINE_SUBSTITUTION'";

class MysqlLine {
public:
    explicit MysqlLine(std::shared_ptr<const LiveMysqlOptions> live);
    ~MysqlLine() { drop(); }
    MysqlLine(const MysqlLine&) = delete;
    MysqlLine& operator=(const MysqlLine&) = delete;

    Result<void> connect();
    /// One round trip, over a connection that is made if there is none. Where one of several statements failed, the
    /// answer has the answers to those before it and the error.
    Result<mysql::Answer> ask(std::string text);
    /// Closes the connection, which ends a transaction.
    void drop();

    /// While a transaction is open the connection stays what it is.
    bool in_transaction() const { return in_transaction_; }
    void set_in_transaction(bool is_open) { in_transaction_ = is_open; }

    /// For messages.
    std::string name() const { return "database " + options_.name(); }
    /// Where the next connection leads.
    std::string leads_to() const { return live_->get().first.name(); }

private:
    template <typename T>
    Result<T> wait(Task<T> task) {
        std::optional<Result<T>> out;
        asio::co_spawn(io_, std::move(task), [&](std::exception_ptr, Result<T> result) { out = std::move(result); });
        io_.restart();
        while (!out) {
            io_.run_one();
        }
        return std::move(*out);
    }

    Result<void> log_in();
    Result<void> make_session(std::string schema);
    Result<void> create_schema();
    void note(Error& error);
    void adopt_options();
    bool is_too_old() const { return options_.lifetime > Micros{0} && clock_.now() - since_ > options_.lifetime; }

    std::shared_ptr<const LiveMysqlOptions> live_;
    MysqlBackendOptions options_;  // as they were when the session was made
    std::uint64_t generation_ = 0;
    asio::io_context io_{1};
    runtime::SystemClock clock_;
    std::unique_ptr<mysql::Resolver> resolver_;
    std::unique_ptr<mysql::Dialer> dialer_;
    std::unique_ptr<mysql::Session> session_;
    Instant since_;
    Instant failed_at_;
    std::optional<Error> failure_;  // of the last attempt to connect
    bool in_transaction_ = false;
};

}  // namespace orc::store
