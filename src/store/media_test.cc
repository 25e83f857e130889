// The stores that need no server.
#include "store/any_store_test.h"
#include "store/memory_store.h"
#include "store/sqlite.h"
#include "store/sqlite_store.h"

namespace orc::store {
namespace {

class FileMedium final : public Medium {
public:
    std::unique_ptr<Store> store() override { return make_sqlite_store(directory_.file("orchestrator.db"), clock_); }

    std::unique_ptr<Backend> backend() override {
        auto opened = open_sqlite(directory_.file("orchestrator.db"))();
        EXPECT_TRUE(opened) << opened.error().message;
        return opened ? std::move(*opened) : nullptr;
    }

private:
    testing::TemporaryDirectory directory_;
    runtime::SystemClock clock_;
};

class MemoryMedium final : public Medium {
public:
    std::unique_ptr<Store> store() override { return make_memory_store(disk_, clock_); }

private:
    std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
    runtime::SystemClock clock_;
};

INSTANTIATE_TEST_SUITE_P(
    Stores,
    AnyStore,
    ::testing::Values(
        +[]() -> std::unique_ptr<Medium> { return std::make_unique<FileMedium>(); },
        +[]() -> std::unique_ptr<Medium> { return std::make_unique<MemoryMedium>(); }
    ),
    [](const auto& chosen) { return chosen.index == 0 ? "sqlite" : "memory"; }
);
INSTANTIATE_TEST_SUITE_P(
    Databases,
    AnyDatabase,
    ::testing::Values(+[]() -> std::unique_ptr<Medium> { return std::make_unique<FileMedium>(); }),
    [](const auto&) { return "sqlite"; }
);

}  // namespace
}  // namespace orc::store
