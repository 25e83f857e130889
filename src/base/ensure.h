// ENSURE: a bug is not an error to pass on. On in release; logs and aborts; the store survives a restart.
#pragma once

namespace orc {

[[noreturn]] void ensure_failed(const char* condition, const char* why, const char* file, int line);

}  // namespace orc

#define ENSURE(condition, why)                                         \
    do {                                                               \
        if (!(condition)) {                                            \
            ::orc::ensure_failed(#condition, why, __FILE__, __LINE__); \
        }                                                              \
    } while (false)
