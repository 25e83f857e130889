#include "mysql/session/wire.h"

#include <gtest/gtest.h>

#include "mysql/session/fake_server_test.h"
#include "mysql/session/login.h"

namespace orc::mysql::wire {
namespace {

std::string packets(const std::vector<std::string>& payloads) {
    std::string out;
    std::uint8_t sequence = 1;
    for (const auto& payload : payloads) {
        out += packet(sequence++, payload);
    }
    return out;
}

std::vector<std::string> set_of(
    const std::vector<std::string>& names, const std::vector<std::vector<std::optional<std::string>>>& rows, bool more
) {
    std::vector<std::string> out = {std::string(1, static_cast<char>(names.size()))};
    for (const auto& name : names) {
        out.push_back(canned::column(name));
    }
    for (const auto& row : rows) {
        out.push_back(canned::row(row));
    }
    out.push_back(canned::end(more));
    return out;
}

std::vector<std::string> plus(std::vector<std::string> a, const std::vector<std::string>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

Result<Answer> read(std::string_view bytes, std::uint64_t limit = 1 << 20) {
    AnswerReader reader(limit);
    TRY(const auto consumed, reader.feed(bytes));
    if (!reader.is_done() || consumed != bytes.size()) {
        return fail(ErrorCode::conflict, "not done");
    }
    return reader.take();
}

TEST(AnswerReader, gives_cells_as_sent_and_null_apart_from_empty) {
    const auto answer = read(packets(set_of({"a", "B"}, {{"2024-00-00", std::nullopt}, {"", "0.10"}}, false)));
    ASSERT_TRUE(answer) << answer.error().message;
    ASSERT_EQ(answer->sets.size(), 1U);
    const auto& set = answer->sets[0];
    EXPECT_EQ(set.columns, (std::vector<std::string>{"a", "B"}));
    EXPECT_EQ(set.column("b"), 1U);
    EXPECT_EQ(set.column("c"), std::string::npos);
    ASSERT_EQ(set.rows.size(), 2U);
    EXPECT_EQ(set.rows[0][0], "2024-00-00");
    EXPECT_EQ(set.rows[0][1], std::nullopt);
    EXPECT_EQ(set.rows[1][0], "");
    EXPECT_EQ(set.rows[1][1], "0.10");
}

TEST(AnswerReader, keeps_the_sets_before_an_error_and_drops_the_half_one) {
    const auto whole = plus(set_of({"a"}, {{"1"}}, true), {canned::ok(true)});
    auto at_once = read(packets(plus(whole, {canned::error(1193, "Unknown system variable 'x'")})));
    ASSERT_TRUE(at_once);
    EXPECT_EQ(at_once->sets.size(), 2U);
    EXPECT_TRUE(at_once->sets[1].columns.empty());
    ASSERT_TRUE(at_once->error);
    EXPECT_EQ(at_once->error->number, 1193);
    EXPECT_EQ(at_once->error->message, "1193: Unknown system variable 'x'");

    const auto in_rows =
        read(packets(plus(whole, {"\x01", canned::column("b"), canned::row({"1"}), canned::error(1317, "stop")})));
    ASSERT_TRUE(in_rows);
    EXPECT_EQ(in_rows->sets.size(), 2U);
    EXPECT_EQ(in_rows->error->code, ErrorCode::conflict);
}

TEST(AnswerReader, takes_bytes_in_any_portions) {
    const auto bytes =
        packets(plus(set_of({"a", "b"}, {{"1", std::string(300, 'x')}, {"2", "y"}}, true), {canned::ok()}));
    for (std::size_t portion = 1; portion < 40; ++portion) {
        AnswerReader reader(1 << 20);
        std::string buffer;
        for (std::size_t at = 0; at < bytes.size(); at += portion) {
            buffer += bytes.substr(at, portion);
            const auto consumed = reader.feed(buffer);
            ASSERT_TRUE(consumed) << portion;
            buffer.erase(0, *consumed);
        }
        ASSERT_TRUE(reader.is_done()) << portion;
        const auto answer = reader.take();
        ASSERT_EQ(answer.sets.size(), 2U);
        EXPECT_EQ(answer.sets[0].rows[0][1], std::string(300, 'x'));
    }
}

TEST(AnswerReader, joins_a_cell_that_needs_several_packets) {
    const std::string big(packet_max + 100, 'z');
    const std::string row = "\xfe" + std::string("\x63\x00\x00\x01\x00\x00\x00\x00", 8) + big.substr(0, 0x1000063);
    std::string bytes = packet(1, "\x01") + packet(2, canned::column("a")) + packet(3, row.substr(0, packet_max)) +
                        packet(4, row.substr(packet_max)) + packet(5, canned::end());
    const auto answer = read(bytes, 64U << 20U);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->sets[0].rows[0][0]->size(), 0x1000063U);
}

TEST(AnswerReader, refuses_what_is_no_answer) {
    struct Case {
        std::string_view name;
        std::string bytes;
    };
    const Case cases[] = {
        {"wrong sequence", packet(2, canned::ok())},
        {"empty packet", packet(1, "")},
        {"local file", packet(1, "\xfb/etc/passwd")},
        {"no columns", packet(1, std::string("\xfc\x00\x00", 3))},
        {"too many columns", packet(1, std::string("\xfd\xff\xff\xff", 4))},
        {"short OK", packet(1, std::string("\x00\x00", 2))},
        {"short column",
         packets(
             {"\x01",
              "\x03"
              "de"}
         )},
        {"cell beyond the row", packets({"\x01", canned::column("a"), "\x7fx"})},
        {"bytes after the row", packets({"\x01", canned::column("a"), "\x01xy"})},
        {"short end", packets({"\x01", canned::column("a"), "\xfe"})},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        const auto answer = read(c.bytes);
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().code, ErrorCode::invalid);
    }
}

TEST(AnswerReader, refuses_a_large_answer_before_it_has_come) {
    AnswerReader by_header(1000);
    EXPECT_FALSE(by_header.feed(std::string("\xff\xff\x00\x01", 4)));
    std::vector<std::vector<std::optional<std::string>>> empty_cells(100, {std::nullopt});
    EXPECT_FALSE(read(packets(set_of({"a"}, empty_cells, false)), 5000)) << "empty cells cost memory too";
    EXPECT_TRUE(read(packets(set_of({"a"}, empty_cells, false)), 20'000));
}

TEST(Login, finds_id_nonce_and_the_wish_for_a_full_exchange) {
    const auto greeting = packet(0, canned::greeting("caching_sha2_password"));
    const auto first = read_login(greeting);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->connection_id, 4711U);
    EXPECT_EQ(first->nonce, "12345678abcdefghijkl");
    EXPECT_EQ(first->plugin, "caching_sha2_password");
    EXPECT_FALSE(first->wants_full_exchange);
    EXPECT_FALSE(first->offers_tls);
    const auto switched =
        greeting + packet(2, std::string("\xfe") + "caching_sha2_password" + '\0' + "ABCDEFGHIJKLMNOPQRST" + '\0');
    EXPECT_EQ(read_login(switched)->nonce, "ABCDEFGHIJKLMNOPQRST");
    const auto wish = read_login(switched + packet(4, "\x01\x04"));
    EXPECT_TRUE(wish->wants_full_exchange);
    EXPECT_EQ(wish->sequence, 4);
    EXPECT_FALSE(read_login(""));
    EXPECT_FALSE(read_login(greeting.substr(0, 20)));
    EXPECT_FALSE(read_login(packet(0, canned::error(1040, "Too many connections"))));
}

TEST(Login, refuses_a_key_that_is_none) {
    EXPECT_FALSE(encrypt_password("secret", "nonce", "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"));
    EXPECT_FALSE(encrypt_password("secret", "nonce", ""));
    EXPECT_FALSE(encrypt_password("secret", "", "x"));
}

}  // namespace
}  // namespace orc::mysql::wire
