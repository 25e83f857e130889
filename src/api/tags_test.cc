#include "api/tags.h"

#include <gtest/gtest.h>

#include "api/problems.h"

namespace orc::api {
namespace {

TEST(TagTerm, fits_servers_as_people_mean_it) {
    struct Case {
        std::string_view term;
        bool fits_backup;  ///< role=backup
        bool fits_other;   ///< role=reports
        bool fits_bare;    ///< another tag only
    };
    const Case cases[] = {
        {"role", true, true, false},
        {" role = backup ", true, false, false},
        {"role=", false, false, false},
        {"~role", false, false, true},
        {"!role", false, false, true},
        {"~role=backup", false, true, false},
        {"role=a!b", false, false, false},
    };
    const auto tagged_as = [](std::string name, std::string value) {
        model::Tag tag;
        tag.name = name;
        tag.value = std::move(value);
        return std::map<std::string, model::Tag>{{std::move(name), std::move(tag)}};
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.term);
        const auto term = TagTerm::parse(c.term);
        ASSERT_TRUE(term.has_value());
        EXPECT_EQ(term->fits(tagged_as("role", "backup")), c.fits_backup);
        EXPECT_EQ(term->fits(tagged_as("role", "reports")), c.fits_other);
        EXPECT_EQ(term->fits(tagged_as("rack", "7")), c.fits_bare);
    }
}

TEST(TagTerm, needs_a_name) {
    for (const std::string_view text : {"", "  ", "=x", "~", "~=x"}) {
        const auto term = TagTerm::parse(text);
        ASSERT_FALSE(term.has_value()) << text;
        EXPECT_EQ(term.error().code, ErrorCode::invalid);
    }
}

TEST(Like, takes_percent_for_any_text) {
    struct Case {
        std::string_view text;
        std::string_view pattern;
        bool fits;
    };
    const Case cases[] = {
        {"db1:3306", "db1:3306", true},
        {"db1:3306", "db1", false},
        {"db1:3306", "db1%", true},
        {"db1:3306", "%3306", true},
        {"db1:3306", "d%1%6", true},
        {"db1:3306", "%x%", false},
        {"db1:3306", "%", true},
        {"ab", "ab%b", false},
        {"db1:3306", "", false},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(is_like(c.text, c.pattern), c.fits) << c.text << " like " << c.pattern;
    }
}

}  // namespace
}  // namespace orc::api
