// libFuzzer target: whatever text a server or a person sends, reading it never crashes, and what was read prints into
// something that reads back as the same value. Built with clang when ORC_FUZZ is ON:
//   gtid_fuzz -max_total_time=60 WORKDIR tests/data/gtid
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/ensure.h"
#include "gtid/binlog_coordinates.h"
#include "gtid/gtid_set.h"
#include "gtid/mariadb_position.h"

namespace orc::gtid {
namespace {

template <typename Kind>
void reads_back(std::string_view text) {
    const auto first = Kind::parse(text);
    if (!first) {
        ENSURE(!first.error().message.empty(), "a refusal says why");
        return;
    }
    const auto printed = first->text();
    const auto second = Kind::parse(printed);
    ENSURE(second.has_value(), "what was printed can be read");
    ENSURE(*second == *first, "and is the same value");
    ENSURE(second->text() == printed, "and prints the same");
}

/// The input's two halves as two sets.
void obeys_the_laws(std::string_view text) {
    const auto half = text.find(';');
    const auto a = GtidSet::parse(text.substr(0, half));
    const auto b = GtidSet::parse(half == std::string_view::npos ? std::string_view{} : text.substr(half + 1));
    if (!a || !b) {
        return;
    }
    ENSURE(a->minus(*b).plus(a->intersect(*b)) == *a, "what is kept and what is taken make the whole");
    ENSURE(a->plus(*b).contains(*a), "a union contains its parts");
    ENSURE(a->contains(*b) == b->minus(*a).empty(), "containing means nothing is left over");
}

}  // namespace
}  // namespace orc::gtid

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer looks for it
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    orc::gtid::reads_back<orc::gtid::GtidSet>(text);
    orc::gtid::reads_back<orc::gtid::MariadbPosition>(text);
    orc::gtid::reads_back<orc::gtid::MariadbBinlogState>(text);
    orc::gtid::reads_back<orc::gtid::BinlogCoordinates>(text);
    orc::gtid::obeys_the_laws(text);
    return 0;
}
