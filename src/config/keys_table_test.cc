// The table of keys against the classic one, kept as data in tests/data/config/classic_keys.tsv.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <map>
#include <set>

#include "base/text.h"
#include "config/files.h"
#include "config/keys.h"

namespace orc::config {
namespace {

struct Row {
    std::string name;
    std::string type;
    std::string default_value;
    std::string status;
    std::string origin;
    std::string takes_effect;
};

std::vector<Row> rows() {
    std::ifstream in(std::string(ORC_SOURCE_DIR) + "/tests/data/config/classic_keys.tsv");
    EXPECT_TRUE(in.is_open());
    std::vector<Row> out;
    std::string line;
    std::getline(in, line);  // the titles
    while (std::getline(in, line)) {
        const auto cells = split(line, '\t');
        EXPECT_EQ(cells.size(), 6U) << line;
        out.push_back({
            std::string(cells[0]),
            std::string(cells[1]),
            std::string(cells[2]),
            std::string(cells[3]),
            std::string(cells[4]),
            std::string(cells[5]),
        });
    }
    return out;
}

Kind kind_of(const Row& row) {
    static const std::map<std::string, Kind> kinds = {
        {"string", Kind::text},
        {"bool", Kind::flag},
        {"int", Kind::integer},
        {"uint", Kind::integer},
        {"int32", Kind::integer},
        {"int64", Kind::integer},
        {"float32", Kind::number},
        {"array of string", Kind::text_list},
        {"object string->string", Kind::text_map},
    };
    return kinds.at(row.type);
}

TakesEffect effect_of(const Row& row) {
    // Retention is read by whoever collects, which is at work from the start on.
    if (row.takes_effect == "start" || row.takes_effect == "start+SIGHUP") {
        return TakesEffect::start;
    }
    if (row.takes_effect == "live") {
        return TakesEffect::live;
    }
    return row.takes_effect == "mixed" ? TakesEffect::mixed : TakesEffect::never;
}

/// "start" here and "live" with us is fine: we obey some keys sooner than the classic program did.
bool is_no_later(TakesEffect ours, TakesEffect classic) {
    return ours == classic || (classic == TakesEffect::start && ours == TakesEffect::live) ||
           (classic == TakesEffect::start && ours == TakesEffect::mixed);
}

TEST(ClassicKeys, are_all_there_with_kind_default_origin_and_moment) {
    const auto all = rows();
    ASSERT_EQ(all.size(), 201U);
    std::set<std::string> seen;
    for (const auto& row : all) {
        SCOPED_TRACE(row.name);
        const Key* key = find_key(row.name);
        ASSERT_NE(key, nullptr);
        seen.insert(row.name);
        EXPECT_EQ(key->name, row.name) << "written exactly so";
        EXPECT_EQ(key->kind(), kind_of(row));
        EXPECT_EQ(boost::json::parse(default_value(*key)), boost::json::parse(row.default_value));
        EXPECT_EQ(key->origin == Origin::fork, row.origin == "fork only");
        EXPECT_NE(key->origin, Origin::ours);
        EXPECT_EQ(key->status == Status::no_op, row.status == "no-op");
        // A deprecated unit of another key counts as a synonym with us.
        EXPECT_EQ(key->status == Status::synonym, row.status.starts_with("deprecated"));
        if (row.status != "no-op") {
            EXPECT_TRUE(is_no_later(key->takes_effect, effect_of(row)));
        }
    }
    for (const auto& key : keys()) {
        EXPECT_TRUE(key.origin == Origin::ours || seen.contains(std::string(key.name))) << key.name;
    }
}

TEST(ClassicKeys, of_unsigned_kinds_refuse_negative_numbers) {
    for (const auto& row : rows()) {
        if (row.type == "uint") {
            EXPECT_GE(find_key(row.name)->rule.low, 0) << row.name;
        }
    }
}

TEST(PendingKeys, are_active_ones_that_a_file_may_hold) {
    std::size_t count = 0;
    for (const auto& key : keys()) {
        count += is_pending(key) ? 1 : 0;
        EXPECT_TRUE(!is_pending(key) || key.status == Status::active) << key.name;
    }
    EXPECT_GT(count, 0U);
}

}  // namespace
}  // namespace orc::config
