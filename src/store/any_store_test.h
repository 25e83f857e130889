// A store of any kind under test, and where it keeps its things.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "store/backend.h"
#include "store/store.h"
#include "store/testing.h"

namespace orc::store {

/// Where a store keeps its things, so that a test can stop one and start the next.
class Medium {
public:
    virtual ~Medium() = default;
    virtual std::unique_ptr<Store> store() = 0;
    /// A connection beside the store; null when there is no database.
    virtual std::unique_ptr<Backend> backend() { return nullptr; }
};

/// Null when what it needs is not installed.
using MakeMedium = std::unique_ptr<Medium> (*)();

class AnyStore : public ::testing::TestWithParam<MakeMedium> {
protected:
    void SetUp() override {
        if (medium_ == nullptr) {
            ASSERT_EQ(std::getenv("CI"), nullptr) << "a CI run must test every database";
            GTEST_SKIP() << "not installed";
        }
        reopen();
    }
    ~AnyStore() override { store_.reset(); }

    model::Intent reopen() {
        store_.reset();
        store_ = medium_->store();
        auto intent = testing::run(io_, store_->open());
        EXPECT_TRUE(intent) << intent.error().message;
        return intent.value_or(model::Intent{});
    }

    void apply(std::vector<model::Change> changes) {
        const auto done = testing::run(io_, store_->apply("c" + std::to_string(++commits_), std::move(changes)));
        EXPECT_TRUE(done) << done.error().message;
    }

    void ask(Task<void> wish) {
        const auto done = testing::run(io_, std::move(wish));
        EXPECT_TRUE(done) << done.error().message;
    }
    template <typename T>
    T ask(Task<T> question) {
        auto answer = testing::run(io_, std::move(question));
        EXPECT_TRUE(answer) << answer.error().message;
        return std::move(answer).value_or(T{});
    }

    asio::io_context io_;
    std::unique_ptr<Medium> medium_ = GetParam()();
    std::unique_ptr<Store> store_;
    int commits_ = 0;
};

/// For what only makes sense where there are tables: not the memory twin.
class AnyDatabase : public AnyStore {};

}  // namespace orc::store
