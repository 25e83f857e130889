// Writes compact JSON straight into text: names and order are what the caller says, numbers and escapes are those of
// the classic program.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace orc::http {

class JsonWriter {
public:
    JsonWriter& begin_object();
    JsonWriter& end_object();
    JsonWriter& begin_array();
    JsonWriter& end_array();
    /// The name of the next value in an object.
    JsonWriter& key(std::string_view name);

    /// Safe inside HTML; invalid UTF-8 becomes U+FFFD.
    JsonWriter& text(std::string_view value);
    JsonWriter& boolean(bool value);
    JsonWriter& integer(std::integral auto value) { return digits(static_cast<long long>(value), value > 0); }
    /// Shortest digits that read back as the same number; not finite is null.
    JsonWriter& number(double value);
    JsonWriter& null();
    /// A JSON value that is written already.
    JsonWriter& raw(std::string_view json);

    JsonWriter& field(std::string_view name, std::string_view value) { return key(name).text(value); }
    JsonWriter& field(std::string_view name, const std::string& value) { return key(name).text(value); }
    JsonWriter& field(std::string_view name, const char* value) { return key(name).text(value); }
    JsonWriter& field(std::string_view name, bool value) { return key(name).boolean(value); }
    JsonWriter& field(std::string_view name, std::integral auto value) { return key(name).integer(value); }

    std::string_view str() const& { return std::string_view(out_).substr(0, size_); }
    std::string str() && {
        out_.resize(size_);
        return std::move(out_);
    }

private:
    JsonWriter& digits(long long value, bool is_positive);
    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    char* room_for(std::size_t bytes);
    void put(char c);
    void put(std::string_view text);
    void put_text(std::string_view value);
    void separate();

    // Written into as a whole: an answer is made of half a million pieces of a few bytes.
    std::string out_;
    std::size_t size_ = 0;  ///< of it is written
    bool needs_comma_ = false;
};

/// `value` as a JSON string, quotes included.
std::string json_text(std::string_view value);

}  // namespace orc::http
