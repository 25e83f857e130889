#include "base/result.h"

namespace orc {

std::string_view name(ErrorCode code) {
    switch (code) {
        case ErrorCode::cancelled:
            return "cancelled";
        case ErrorCode::timed_out:
            return "timed_out";
        case ErrorCode::unreachable:
            return "unreachable";
        case ErrorCode::denied:
            return "denied";
        case ErrorCode::conflict:
            return "conflict";
        case ErrorCode::not_leader:
            return "not_leader";
        case ErrorCode::not_found:
            return "not_found";
        case ErrorCode::refused:
            return "refused";
        case ErrorCode::invalid:
            return "invalid";
        case ErrorCode::corrupt:
            return "corrupt";
    }
    return "invalid";
}

Error with_context(std::string_view context, Error error) {
    error.message = std::string(context) + ": " + error.message;
    return error;
}

}  // namespace orc
