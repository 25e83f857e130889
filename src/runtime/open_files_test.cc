#include "runtime/open_files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace orc::runtime {
namespace {

TEST(OpenFiles, are_allowed_up_to_the_hard_limit_and_never_fewer_than_before) {
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    rlimit low = before;
    low.rlim_cur = 64;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);

    EXPECT_EQ(allow_open_files(100), 100U);
    EXPECT_EQ(allow_open_files(80), 100U) << "not lowered";
    EXPECT_EQ(allow_open_files(before.rlim_max), before.rlim_max);
    rlimit now{};
    getrlimit(RLIMIT_NOFILE, &now);
    EXPECT_EQ(now.rlim_cur, before.rlim_max);
    EXPECT_EQ(now.rlim_max, before.rlim_max);
    setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace orc::runtime
