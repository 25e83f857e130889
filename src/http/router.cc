#include "http/router.h"

#include "base/text.h"

namespace orc::http {
namespace {

bool is_parameter(const std::string& segment) { return segment.starts_with(':'); }

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (is_parameter(pattern[i]) ? segments[i].empty() : segments[i] != pattern[i]) {
            return false;
        }
    }
    return true;
}

}  // namespace

void Params::add(std::string name, std::string value) { values_.emplace_back(std::move(name), std::move(value)); }

const std::string& Params::operator[](std::string_view name) const {
    static const std::string none;
    for (const auto& [key, value] : values_) {
        if (key == name) {
            return value;
        }
    }
    return none;
}

bool Params::has(std::string_view name) const { return !(*this)[name].empty(); }

void Router::get(std::string_view pattern, Right right, Answer answer) {
    std::vector<std::string> segments;
    if (!pattern.empty()) {
        for (const std::string_view piece : split(pattern, '/')) {
            segments.emplace_back(piece);
        }
    }
    auto& list = routes_[segments.size()];
    list.push_back({std::move(segments), right, std::move(answer)});
    ++size_;
}

std::optional<Router::Match> Router::match(const std::vector<std::string>& segments) const {
    std::vector<std::string> path = segments;
    if (!path.empty() && path.back().empty()) {
        path.pop_back();
    }
    const auto found = routes_.find(path.size());
    if (found == routes_.end()) {
        return std::nullopt;
    }
    for (const Route& route : found->second) {
        if (!fits(route.segments, path)) {
            continue;
        }
        Match out;
        out.right = route.right;
        out.answer = route.answer;
        for (std::size_t i = 0; i < path.size(); ++i) {
            if (is_parameter(route.segments[i])) {
                out.params.add(route.segments[i].substr(1), path[i]);
            }
        }
        return out;
    }
    return std::nullopt;
}

}  // namespace orc::http
