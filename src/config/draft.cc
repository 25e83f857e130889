#include "config/draft.h"

namespace orc::config {
namespace {

std::string placed(std::string_view file, std::string_view key, std::string_view what) {
    std::string out;
    for (const std::string_view part : {file, key}) {
        if (!part.empty()) {
            out += std::string(part) + ": ";
        }
    }
    return out + std::string(what);
}

}  // namespace

std::string Draft::source_of(std::string_view key) const {
    const auto found = loaded_.origin.find(std::string(key));
    return found == loaded_.origin.end() ? "default" : found->second;
}

void Draft::note(Note::Level level, std::string_view file, std::string_view key, std::string_view what) {
    loaded_.notes.push_back({level, std::string(file), std::string(key), placed(file, key, what)});
}

void Draft::error(std::string_view file, std::string_view key, std::string_view what) {
    errors_.push_back(placed(file, key, what));
}

Result<Loaded> Draft::finish() && {
    if (errors_.empty()) {
        return std::move(loaded_);
    }
    if (errors_.size() == 1) {
        return fail(ErrorCode::invalid, std::move(errors_.front()));
    }
    std::string message = std::to_string(errors_.size()) + " errors in the configuration:";
    for (std::size_t i = 0; i < errors_.size(); ++i) {
        message += (i == 0 ? " (" : "; (") + std::to_string(i + 1) + ") " + errors_[i];
    }
    return fail(ErrorCode::invalid, std::move(message));
}

}  // namespace orc::config
