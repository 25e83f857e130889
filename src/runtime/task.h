// What a coroutine looks like here. The only Asio header that the rest of the program may include, and a light one.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "base/result.h"

namespace orc {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;

/// A coroutine that cannot fail.
template <typename T>
using Co = asio::awaitable<T, Executor>;

/// A coroutine that gives a Result. Parameters by value; nothing is detached (see task_group.h).
template <typename T>
using Task = Co<Result<T>>;

}  // namespace orc
