// The promises of ledgers (ledger_conformance_test.cc), asked of two nodes on one database of each flavour.
#include <iostream>
#include <map>

#include "ledger/any_ledger_test.h"
#include "store/database_store.h"
#include "store/mysql_backend.h"
#include "store_backend.h"

namespace orc::ledger {
namespace {

using integration::SharedDatabase;
using sandbox::Flavor;

std::unique_ptr<store::Store> store_on(const Endpoint& server, const std::string& schema) {
    static const runtime::SystemClock clock;
    store::MysqlBackendOptions options;
    options.server = server;
    options.access.user = "keeper";
    options.access.password = "keep'er";
    options.access.schema = schema;
    options.connect_timeout = Seconds(10);
    std::string name = options.name();
    return store::make_database_store(store::open_mysql(std::move(options)), std::move(name), clock);
}

template <Flavor flavor>
std::unique_ptr<PairSubject> pair_on(asio::io_context& io) {
    if (!sandbox::find_installation(flavor)) {
        std::cerr << "\n*** NOT TESTED ON " << sandbox::name(flavor) << " ***\n\n";
        return nullptr;
    }
    static const auto database = SharedDatabase::set_up(flavor);
    static int schemas = 0;
    if (database == nullptr) {
        return nullptr;
    }
    const Endpoint server = database->server().endpoint(1);
    const std::string schema = "pair_" + std::to_string(++schemas);
    auto first = store_on(server, schema);
    return std::make_unique<PairOnStores>(io, std::move(first), store_on(server, schema));
}

constexpr const char* flavors[] = {"mariadb", "mysql"};

INSTANTIATE_TEST_SUITE_P(
    On,
    AnyLedger,
    ::testing::Values(one_of<pair_on<Flavor::mariadb>>, one_of<pair_on<Flavor::mysql>>),
    [](const auto& chosen) { return flavors[chosen.index]; }
);
INSTANTIATE_TEST_SUITE_P(
    On,
    AnyPair,
    ::testing::Values(pair_on<Flavor::mariadb>, pair_on<Flavor::mysql>),
    [](const auto& chosen) { return flavors[chosen.index]; }
);

}  // namespace
}  // namespace orc::ledger
