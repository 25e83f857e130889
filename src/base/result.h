// The one way trouble travels: Result<T>, with an Error that says what the caller can do about it.
// Bugs do not travel: see ensure.h.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace orc {

/// What the caller can do about an error, not where it happened.
enum class ErrorCode {
    cancelled,    ///< asked to stop; never retried, never an alarm
    timed_out,    ///< the deadline passed; whether the effect happened is unknown
    unreachable,  ///< no connection, or it broke
    denied,       ///< authentication, privileges, read-only
    conflict,     ///< something else holds it, or the facts have changed
    not_leader,   ///< this node may not decide that now
    not_found,    ///< no such server, cluster, recovery, ...
    refused,      ///< policy says no; the message says which rule
    invalid,      ///< the request or the answer makes no sense
    corrupt,      ///< stored or received data are damaged
};

/// Stable lower-case name of a code, for logs and JSON.
std::string_view name(ErrorCode code);

struct [[nodiscard]] Error {
    ErrorCode code = ErrorCode::invalid;
    std::string message;  ///< one line, outermost context first: "promote db2:3306: set read_only: ..."
    int number = 0;       ///< the server's error number when a server spoke, else 0

    friend bool operator==(const Error&, const Error&) = default;
};

template <typename T>
using Result = tl::expected<T, Error>;

/// An Error ready to be returned from a function whose result is any Result<T>.
inline tl::unexpected<Error> fail(ErrorCode code, std::string message, int number = 0) {
    return tl::unexpected<Error>(Error{code, std::move(message), number});
}

/// The same error with `context` and ": " put before its message.
Error with_context(std::string_view context, Error error);

}  // namespace orc

// TRY(expr);            returns the error of a Result, drops its value
// TRY(auto x, expr);    returns the error, or binds the value
// CO_TRY: the same inside a coroutine.
#define ORC_CONCAT_(a, b) a##b
#define ORC_CONCAT(a, b) ORC_CONCAT_(a, b)
#define ORC_TRY_1(ret, tmp, expr)                                   \
    auto tmp = (expr);                                              \
    if (!tmp) {                                                     \
        ret ::tl::unexpected<::orc::Error>(std::move(tmp).error()); \
    }
#define ORC_TRY_2(ret, tmp, decl, ...)                              \
    auto tmp = (__VA_ARGS__);                                       \
    if (!tmp) {                                                     \
        ret ::tl::unexpected<::orc::Error>(std::move(tmp).error()); \
    }                                                               \
    decl = *std::move(tmp)
#define ORC_TRY_PICK(_1, _2, _3, _4, _5, _6, _7, _8, NAME, ...) NAME
#define ORC_TRY_N(ret, tmp, ...)                                                                               \
    ORC_TRY_PICK(                                                                                              \
        __VA_ARGS__, ORC_TRY_2, ORC_TRY_2, ORC_TRY_2, ORC_TRY_2, ORC_TRY_2, ORC_TRY_2, ORC_TRY_2, ORC_TRY_1, 0 \
    )                                                                                                          \
    (ret, tmp, __VA_ARGS__)
#define TRY(...) ORC_TRY_N(return, ORC_CONCAT(try_result_, __COUNTER__), __VA_ARGS__)
#define CO_TRY(...) ORC_TRY_N(co_return, ORC_CONCAT(try_result_, __COUNTER__), __VA_ARGS__)
