// Tests on real servers of each flavour that can be had. Where one cannot, the run says so loudly, and fails in CI.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "sandbox/dialect.h"

namespace orc::integration {

class OnEachFlavor : public testing::TestWithParam<sandbox::Flavor> {
protected:
    void SetUp() override {
        if (const auto found = sandbox::find_installation(GetParam()); !found) {
            std::cerr << "\n*** NOT TESTED ON " << sandbox::name(GetParam()) << ": " << found.error().message
                      << " ***\n\n";
            ASSERT_EQ(std::getenv("CI"), nullptr) << "a CI run must test every flavour";
            GTEST_SKIP() << found.error().message;
        }
    }
    bool is_mysql() const { return GetParam() == sandbox::Flavor::mysql; }
};

}  // namespace orc::integration

/// Runs a fixture's tests as On/FIXTURE.name/mariadb and .../mysql.
#define ORC_ON_EACH_FLAVOR(fixture)                                                        \
    INSTANTIATE_TEST_SUITE_P(                                                              \
        On,                                                                                \
        fixture,                                                                           \
        testing::Values(::orc::sandbox::Flavor::mariadb, ::orc::sandbox::Flavor::mysql),   \
        [](const auto& tested) { return std::string(::orc::sandbox::name(tested.param)); } \
    )
