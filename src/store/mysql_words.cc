#include "store/mysql_words.h"

#include <algorithm>
#include <cctype>

#include "base/ensure.h"
#include "base/time.h"

namespace orc::store {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// excluded.name -> values(name)
void rename_excluded(std::string& text) {
    constexpr std::string_view word = "excluded.";
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at)) {
        auto end = at + word.size();
        while (end < text.size() && is_word(text[end])) {
            ++end;
        }
        const std::string name = text.substr(at + word.size(), end - at - word.size());
        text.replace(at, end - at, "values(" + name + ")");
    }
}

// on conflict (columns) do update set -> on duplicate key update
void rename_upsert(std::string& text) {
    constexpr std::string_view head = "on conflict (";
    constexpr std::string_view tail = ") do update set";
    const auto at = text.find(head);
    if (at == std::string::npos) {
        return;
    }
    const auto end = text.find(tail, at);
    ENSURE(end != std::string::npos, "an upsert says what it sets");
    text.replace(at, end + tail.size() - at, "on duplicate key update");
    rename_excluded(text);
}

void rename_insert_or_nothing(std::string& text) {
    constexpr std::string_view tail = "on conflict do nothing";
    const auto at = text.find(tail);
    if (at != std::string::npos) {
        text.erase(at, tail.size());
        replace_all(text, "insert into", "insert ignore into");
    }
}

// where key in (select key from t where condition limit ?) -> where condition limit ?
// SQLite has limits in queries only, MySQL none in a query below a delete.
void rename_limited_delete(std::string& text) {
    constexpr std::string_view head = "delete from ";
    constexpr std::string_view tail = " limit ?)";
    const auto inner = text.find(" in (select ");
    if (!text.starts_with(head) || !text.ends_with(tail) || inner == std::string::npos) {
        return;
    }
    constexpr std::string_view where = " where ";
    const auto from = text.find(where);
    const auto to = text.find(where, inner);
    ENSURE(from < inner && to != std::string::npos, "a limited delete says which rows");
    text.erase(from, to - from);
    text.pop_back();
}

}  // namespace

std::string mysql_words(std::string_view sql) {
    std::string out(sql);
    replace_all(out, "insert or replace into", "replace into");
    replace_all(out, "insert or ignore into", "insert ignore into");
    rename_insert_or_nothing(out);
    rename_upsert(out);
    rename_limited_delete(out);
    return out;
}

std::string mysql_literal(const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return std::to_string(*number);
    }
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) {
        return "null";
    }
    std::string out = "'";
    for (const char c : *text) {
        if (c == '\'' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\0') {
            out += "\\0";
        } else {
            out += c;
        }
    }
    return out += '\'';
}

std::string with_values(std::string_view words, const Row& values) {
    std::string out;
    std::size_t next = 0;
    char quote = '\0';
    for (std::size_t at = 0; at < words.size(); ++at) {
        const char c = words[at];
        if (quote != '\0' || c == '\'' || c == '"') {
            quote = quote == '\0' ? c : c == quote ? '\0' : quote;
            out += c;
        } else if (c != '?') {
            out += c;
        } else {
            std::size_t number = 0;
            while (at + 1 < words.size() && std::isdigit(static_cast<unsigned char>(words[at + 1])) != 0) {
                number = number * 10 + static_cast<std::size_t>(words[++at] - '0');
            }
            const std::size_t index = number == 0 ? next++ : number - 1;
            ENSURE(index < values.size(), "a statement gets all its values");
            out += mysql_literal(values[index]);
        }
    }
    return out;
}

Row with_possible_times(Row values) {
    static constexpr std::string_view first = "1970-01-01 00:00:01";
    static constexpr std::string_view last = "2038-01-19 03:14:07";
    for (auto& value : values) {
        auto* text = std::get_if<std::string>(&value);
        if (text != nullptr && text->size() == first.size() && parse_db_timestamp(*text)) {
            *text = std::string(std::clamp<std::string_view>(*text, first, last));
        }
    }
    return values;
}

}  // namespace orc::store
