// Which handler answers which path. Matching is on decoded segments; the first added route wins.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/wire/message.h"

namespace orc::http {

/// Who may ask.
enum class Right {
    read,            ///< anybody who passed authentication
    read_of_active,  ///< the same, and the active node answers
    act,             ///< needs the right to change things; the active node does it
    act_here,        ///< needs the right to change things; about the very node that is asked
};
inline bool is_change(Right right) { return right == Right::act || right == Right::act_here; }
inline bool is_for_active(Right right) { return right == Right::act || right == Right::read_of_active; }

/// Values of the ":name" parts of a route.
class Params {
public:
    void add(std::string name, std::string value);
    /// "" when the route has no such part.
    const std::string& operator[](std::string_view name) const;
    bool has(std::string_view name) const;

private:
    std::vector<std::pair<std::string, std::string>> values_;
};

/// A request with the values of its path.
struct Call {
    Call(Request r, Params p) : request(std::move(r)), params(std::move(p)) {}
    Request request;
    Params params;
};

using Answer = std::function<Co<Response>(Call)>;

class Router {
public:
    /// `pattern` as in "api/instance/:host/:port".
    void get(std::string_view pattern, Right right, Answer answer);

    struct Match {
        Right right = Right::read;
        Answer answer;
        Params params;
    };
    /// One empty last segment (a trailing slash) is tolerated.
    std::optional<Match> match(const std::vector<std::string>& segments) const;
    std::size_t size() const { return size_; }

private:
    struct Route {
        std::vector<std::string> segments;
        Right right;
        Answer answer;
    };
    std::map<std::size_t, std::vector<Route>> routes_;  // by number of segments
    std::size_t size_ = 0;
};

}  // namespace orc::http
