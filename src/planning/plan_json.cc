#include <boost/json.hpp>
#include <boost/system/error_code.hpp>

#include "planning/plan_fields.h"
#include "planning/plan_text.h"

namespace orc::planning {
namespace {

namespace json = boost::json;

// ---- names of enumerators ----
template <typename E>
struct Names;  // the enumerators in order
template <>
struct Names<PlanKind> {
    static constexpr int count = 9;
    static std::string_view of(PlanKind kind) { return name(kind); }
};
template <>
struct Names<Fate> {
    static constexpr int count = 6;
    static std::string_view of(Fate fate) { return name(fate); }
};
template <>
struct Names<HookList> {
    static constexpr int count = 9;
    static std::string_view of(HookList list) {
        constexpr std::string_view names[] = {
            "on_failure_detection",
            "pre_graceful_takeover",
            "pre_failover",
            "post_primary_failover",
            "post_intermediate_failover",
            "post_failover",
            "post_unsuccessful_failover",
            "post_graceful_takeover",
            "post_take_over"
        };
        return names[static_cast<int>(list)];
    }
};
template <>
struct Names<FencingPolicy> {
    static constexpr int count = 3;
    static std::string_view of(FencingPolicy policy) {
        constexpr std::string_view names[] = {"try", "require", "skip"};
        return names[static_cast<int>(policy)];
    }
};
template <>
struct Names<OnFailure> {
    static constexpr int count = 4;
    static std::string_view of(OnFailure what) {
        constexpr std::string_view names[] = {"abort", "next_candidate", "skip_dependents", "record"};
        return names[static_cast<int>(what)];
    }
};
template <>
struct Names<model::GtidUse> {
    static constexpr int count = 4;
    static std::string_view of(model::GtidUse use) {
        constexpr std::string_view names[] = {"none", "auto_position", "replica_position", "current_position"};
        return names[static_cast<int>(use)];
    }
};

// ---- writing ----
struct Writer;
template <typename T>
json::value write(const T& x);

json::value write_one(const std::string& x) { return json::string(x); }
json::value write_one(bool x) { return x; }
json::value write_one(int x) { return x; }
json::value write_one(std::uint64_t x) { return x; }
json::value write_one(Millis x) { return x.count(); }
json::value write_one(const Endpoint& x) { return json::string(x.text()); }
template <typename Tag>
json::value write_one(const Id<Tag>& x) {
    return json::string(x.text());
}
json::value write_one(const gtid::Progress& x) {
    json::object out;
    if (std::holds_alternative<gtid::GtidSet>(x)) {
        out["set"] = gtid::text(x);
    } else if (std::holds_alternative<gtid::MariadbPosition>(x)) {
        out["position"] = gtid::text(x);
    }
    return out;
}
template <typename E>
    requires std::is_enum_v<E>
json::value write_one(E x) {
    return json::string(Names<E>::of(x));
}
template <typename T>
json::value write_one(const std::optional<T>& x) {
    return x ? write(*x) : json::value(nullptr);
}
template <typename T>
json::value write_one(const std::vector<T>& x) {
    json::array out;
    for (const auto& item : x) {
        out.push_back(write(item));
    }
    return out;
}

struct Writer {
    json::object out;
    template <typename T>
    void operator()(std::string_view key, const T& value) {
        out[key] = write(value);
    }
};

json::value write_one(const Action& action) {
    Writer writer;
    std::visit(
        [&](const auto& a) {
            auto copy = a;
            fields::walk(writer, copy);
        },
        action
    );
    writer.out["do"] = name(action);
    return std::move(writer.out);
}

template <typename T>
json::value write(const T& x) {
    if constexpr (requires { write_one(x); }) {
        return write_one(x);
    } else {
        Writer writer;
        auto copy = x;
        fields::walk(writer, copy);
        return std::move(writer.out);
    }
}

// ---- reading ----
/// Remembers the first thing that was wrong; everything after it is ignored.
struct Reader {
    const json::object* from = nullptr;
    std::string wrong;

    void complain(std::string_view what) {
        if (wrong.empty()) {
            wrong = what;
        }
    }

    template <typename T>
    void operator()(std::string_view key, T& value) {
        const json::value* found = from->if_contains(key);
        if (found == nullptr) {
            complain("member '" + std::string(key) + "' is missing");
        } else if (!read(*found, value)) {
            complain("member '" + std::string(key) + "' is not as expected");
        }
    }

    bool read(const json::value& v, std::string& x) {
        if (!v.is_string()) {
            return false;
        }
        x = std::string(v.get_string());
        return true;
    }
    bool read(const json::value& v, bool& x) {
        if (!v.is_bool()) {
            return false;
        }
        x = v.get_bool();
        return true;
    }
    template <typename T>
    bool read_number(const json::value& v, T& x) {
        boost::system::error_code error;
        x = v.to_number<T>(error);
        return !error;
    }
    bool read(const json::value& v, int& x) { return read_number(v, x); }
    bool read(const json::value& v, std::uint64_t& x) { return read_number(v, x); }
    bool read(const json::value& v, Millis& x) {
        std::int64_t count = 0;
        const bool ok = read_number(v, count);
        x = Millis(count);
        return ok;
    }
    bool read(const json::value& v, Endpoint& x) {
        std::string text;
        if (!read(v, text)) {
            return false;
        }
        const auto colon = text.rfind(':');
        if (colon == std::string::npos) {
            return false;
        }
        int port = 0;
        for (const char c : text.substr(colon + 1)) {
            port = c >= '0' && c <= '9' ? port * 10 + (c - '0') : 70000;
            if (port > 65535) {
                return false;
            }
        }
        std::string host = text.substr(0, colon);
        if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
            host = host.substr(1, host.size() - 2);
        }
        x = Endpoint{std::move(host), static_cast<std::uint16_t>(port)};
        return true;
    }
    template <typename Tag>
    bool read(const json::value& v, Id<Tag>& x) {
        std::string text;
        const bool ok = read(v, text);
        x = Id<Tag>(text);
        return ok;
    }
    bool read(const json::value& v, gtid::Progress& x) {
        if (!v.is_object()) {
            return false;
        }
        const auto& object = v.get_object();
        std::string text;
        if (const auto* set = object.if_contains("set")) {
            const bool ok = read(*set, text);
            const auto parsed = gtid::GtidSet::parse(text);
            x = parsed ? gtid::Progress(*parsed) : gtid::Progress();
            return ok && parsed;
        }
        if (const auto* position = object.if_contains("position")) {
            const bool ok = read(*position, text);
            const auto parsed = gtid::MariadbPosition::parse(text);
            x = parsed ? gtid::Progress(*parsed) : gtid::Progress();
            return ok && parsed;
        }
        x = {};
        return true;
    }
    template <typename E>
        requires std::is_enum_v<E>
    bool read(const json::value& v, E& x) {
        std::string text;
        if (!read(v, text)) {
            return false;
        }
        for (int i = 0; i < Names<E>::count; ++i) {
            if (Names<E>::of(static_cast<E>(i)) == text) {
                x = static_cast<E>(i);
                return true;
            }
        }
        return false;
    }
    template <typename T>
    bool read(const json::value& v, std::optional<T>& x) {
        if (v.is_null()) {
            x.reset();
            return true;
        }
        T value{};
        const bool ok = read(v, value);
        x = std::move(value);
        return ok;
    }
    template <typename T>
    bool read(const json::value& v, std::vector<T>& x) {
        if (!v.is_array()) {
            return false;
        }
        for (const auto& item : v.get_array()) {
            T value{};
            if (!read(item, value)) {
                return false;
            }
            x.push_back(std::move(value));
        }
        return true;
    }
    template <std::size_t I = 0>
    bool read_action(std::string_view what, const json::value& v, Action& x) {
        if constexpr (I < std::variant_size_v<Action>) {
            std::variant_alternative_t<I, Action> candidate{};
            if (name(Action(candidate)) != what) {
                return read_action<I + 1>(what, v, x);
            }
            const bool ok = read_fields(v, candidate);
            x = std::move(candidate);
            return ok;
        } else {
            complain("no action is called '" + std::string(what) + "'");
            return false;
        }
    }
    bool read(const json::value& v, Action& x) {
        std::string what;
        if (!v.is_object() || v.get_object().if_contains("do") == nullptr || !read(v.get_object().at("do"), what)) {
            return false;
        }
        return read_action(what, v, x);
    }
    template <typename T>
    bool read_fields(const json::value& v, T& x) {
        if (!v.is_object()) {
            return false;
        }
        Reader inner{&v.get_object(), {}};
        fields::walk(inner, x);
        if (!inner.wrong.empty()) {
            complain(inner.wrong);
        }
        return inner.wrong.empty();
    }
    template <typename T>
        requires(std::is_class_v<T>)
    bool read(const json::value& v, T& x) {
        return read_fields(v, x);
    }
};

}  // namespace

std::string to_json(const Plan& plan) { return json::serialize(write(plan)); }

Result<Plan> plan_from_json(std::string_view text) {
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    if (error) {
        return fail(ErrorCode::invalid, "plan: " + error.message());
    }
    Plan plan;
    Reader reader;
    if (!reader.read(value, plan)) {
        return fail(ErrorCode::invalid, "plan: " + (reader.wrong.empty() ? "not an object" : reader.wrong));
    }
    return plan;
}

std::string to_json(const StepReport& report) {
    json::object out;
    out["step"] = report.step;
    out["what"] = report.what;
    out["state"] = name(report.state);
    out["started"] = report.started ? json::value(json::string(rfc3339(*report.started))) : json::value(nullptr);
    out["ended"] = report.ended ? json::value(json::string(rfc3339(*report.ended))) : json::value(nullptr);
    out["took_us"] = report.took.count();
    out["message"] = report.message;
    return json::serialize(out);
}

}  // namespace orc::planning
