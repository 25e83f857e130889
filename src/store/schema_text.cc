#include "store/schema_text.h"

#include <optional>

#include "base/ensure.h"
#include "base/text.h"

namespace orc::store {
namespace {

// Takes what follows `mark` off the end of `text`.
std::optional<std::string> take_after(std::string& text, std::string_view mark) {
    const auto at = text.find(mark);
    if (at == std::string::npos) {
        return std::nullopt;
    }
    std::string out(trim(std::string_view(text).substr(at + mark.size())));
    text = std::string(trim(std::string_view(text).substr(0, at)));
    return out;
}

bool take_word(std::string& text, std::string_view word) {
    const std::string ending = " " + std::string(word);
    if (!text.ends_with(ending)) {
        return false;
    }
    text.resize(text.size() - ending.size());
    return true;
}

// int(10) unsigned is int there: widths and signs mean nothing to SQLite.
std::string sqlite_type(const std::string& type) {
    const auto sign = type.find(" unsigned");
    return sign == std::string::npos ? type : type.substr(0, type.find('('));
}

struct Column {
    std::string name, type;
    bool may_be_null = false;
    bool is_utf8 = false;
    bool is_numbered = false;
    std::optional<std::string> value, sqlite_value, sqlite_type;
};

Column column_of(std::string_view item) {
    const auto space = item.find(' ');
    ENSURE(space != std::string_view::npos, "a column has a type");
    Column out;
    out.name = std::string(item.substr(0, space));
    std::string rest(trim(item.substr(space)));
    out.sqlite_type = take_after(rest, " ~ ");
    out.sqlite_value = take_after(rest, " / ");
    out.value = take_after(rest, " = ");
    out.may_be_null = take_word(rest, "null");
    out.is_utf8 = take_word(rest, "utf8");
    out.is_numbered = take_word(rest, "auto_increment");
    out.type = rest;
    return out;
}

std::string mysql_declaration(const Column& column) {
    std::string out = column.type;
    if (column.is_utf8) {
        out += " character set utf8";
    }
    out += column.may_be_null ? " null" : " not null";
    if (column.value) {
        out += " default " + (*column.value == "now" ? std::string("current_timestamp") : *column.value);
    } else if (column.may_be_null) {
        out += " default null";
    }
    return out + (column.is_numbered ? " auto_increment" : "");
}

std::string sqlite_declaration(const Column& column) {
    if (column.is_numbered) {
        return "integer not null";  // with a primary key: the row's own number
    }
    std::string out = column.sqlite_type.value_or(sqlite_type(column.type));
    if (!column.may_be_null) {
        out += " not null";
    }
    const auto& value = column.sqlite_value ? column.sqlite_value : column.value;
    if (value) {
        out += " default " + (*value == "now" ? std::string("''") : *value);
    } else if (column.may_be_null) {
        out += " default null";
    }
    return out;
}

std::string addition_of(const Column& column, const std::string& declaration, Dialect dialect) {
    const bool has_value = declaration.find(" default ") != std::string::npos;
    // MySQL fills new text columns by itself, and does not let them have a default.
    const bool fills_itself = dialect == Dialect::mysql && column.type.ends_with("text");
    if (column.may_be_null || has_value || fills_itself || column.is_numbered) {
        return declaration;
    }
    const bool is_number = column.type.substr(0, column.type.find('(')).ends_with("int");
    return declaration + (is_number ? " default 0" : " default ''");
}

struct Index {
    bool is_unique = false;
    bool is_suffixed = false;
    std::string name, columns;
};

Index index_of(std::string_view item, bool is_unique) {
    const auto open = item.find('(');
    Index out;
    out.is_unique = is_unique;
    out.name = std::string(trim(item.substr(0, open)));
    out.columns = std::string(item.substr(open));
    if (out.name.ends_with('+')) {
        out.name.pop_back();
        out.is_suffixed = true;
    }
    return out;
}

// Lengths of prefixes are MySQL's: (a, b(128)) is (a, b).
std::string without_lengths(std::string_view columns) {
    std::string out;
    int depth = 0;
    for (const char c : columns) {
        depth += c == '(' ? 1 : 0;
        if (depth < 2) {
            out += c;
        }
        depth -= c == ')' ? 1 : 0;
    }
    return out;
}

class TableReader {
public:
    TableReader(std::string_view head, Dialect dialect) : dialect_(dialect) {
        std::string name(trim(head));
        is_rowless_ = take_word(name, "rowless");
        charset_ = take_word(name, "latin1") ? "latin1" : "ascii";
        out_.name = std::move(name);
    }

    void read(std::string_view item) {
        if (item.starts_with("primary ")) {
            add(std::string("primary key ") + std::string(item.substr(8)));
        } else if (item.starts_with("index ")) {
            add(index_of(item.substr(6), false));
        } else if (item.starts_with("unique ")) {
            add(index_of(item.substr(7), true));
        } else {
            const Column column = column_of(item);
            const bool is_sqlite = dialect_ == Dialect::sqlite;
            const std::string declaration = is_sqlite ? sqlite_declaration(column) : mysql_declaration(column);
            out_.columns.push_back({column.name, declaration, addition_of(column, declaration, dialect_)});
            add(column.name + " " + declaration);
        }
    }

    TableText finish() {
        out_.create = "create table if not exists " + out_.name + " (" + body_ + ")";
        if (dialect_ == Dialect::mysql) {
            out_.create += " engine=innodb default charset=" + charset_;
        } else if (is_rowless_) {
            out_.create += " without rowid";
        }
        return std::move(out_);
    }

private:
    void add(const std::string& line) { body_ += (body_.empty() ? "" : ", ") + line; }
    void add(const Index& index) {
        if (dialect_ == Dialect::mysql) {
            add((index.is_unique ? "unique key " : "key ") + index.name + " " + index.columns);
            return;
        }
        const std::string name = index.is_suffixed ? index.name + "_" + out_.name : index.name;
        out_.indexes.push_back(
            std::string("create ") + (index.is_unique ? "unique " : "") + "index if not exists " + name + " on " +
            out_.name + " " + without_lengths(index.columns)
        );
    }

    Dialect dialect_;
    TableText out_;
    bool is_rowless_ = false;
    std::string body_, charset_;
};

}  // namespace

std::vector<TableText> tables_of(std::string_view schema, Dialect dialect) {
    constexpr std::string_view word = "table ";
    std::vector<TableText> out;
    for (auto at = schema.find(word); at != std::string_view::npos;) {
        const auto next = schema.find("\n" + std::string(word), at);
        const auto text =
            schema.substr(at + word.size(), next == std::string_view::npos ? next : next - at - word.size());
        const auto line = text.find('\n');
        TableReader reader(text.substr(0, line), dialect);
        for (const auto& item : split(text.substr(line), ';')) {
            std::string one;
            for (const auto& piece : split(item, '\n')) {
                one += std::string(one.empty() ? "" : " ") + std::string(trim(piece));
            }
            if (const auto wanted = trim(one); !wanted.empty()) {
                reader.read(wanted);
            }
        }
        out.push_back(reader.finish());
        at = next == std::string_view::npos ? next : next + 1;
    }
    return out;
}

}  // namespace orc::store
