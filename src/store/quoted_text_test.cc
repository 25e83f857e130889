#include "store/quoted_text.h"

#include <gtest/gtest.h>

namespace orc::store {
namespace {

TEST(QuotedText, comes_back_as_it_was) {
    const std::string texts[] = {
        "",
        "plain",
        R"(a "quoted" back\slash)",
        "bell\a tab\t line\n",
        std::string("nul\0, delete\x7f, half \xc3", 21),
        "müßig \u65e5\u672c \U0001f427"
    };
    for (const auto& text : texts) {
        SCOPED_TRACE(quoted_text(text));
        EXPECT_EQ(unquoted_text(quoted_text(text)), text);
    }
}

TEST(QuotedText, of_others_is_read_as_far_as_it_can_be) {
    EXPECT_EQ(unquoted_text("never quoted"), "never quoted");
    EXPECT_EQ(unquoted_text("\""), "\"");
    EXPECT_EQ(unquoted_text(R"("cut \u12")"), "cut u12");
    EXPECT_EQ(unquoted_text(R"("end\")"), "end\\");
}

}  // namespace
}  // namespace orc::store
