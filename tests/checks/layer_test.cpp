// SPDX-License-Identifier: Apache-2.0
#include "portcullis/checks/layer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "portcullis/util/hash.hpp"

namespace portcullis::checks {
namespace {

using findings::Finding;
using findings::Severity;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::Not;

constexpr auto kFile = EntryType::file;
constexpr auto kHardlink = EntryType::hardlink;
constexpr auto kSymlink = EntryType::symlink;
constexpr auto kDirectory = EntryType::directory;
constexpr auto kCharacter = EntryType::character_device;
constexpr auto kBlock = EntryType::block_device;

struct Given {
  Entry entry;
  std::string_view content = {};
};

Given device(EntryType type, std::string_view path, std::uint64_t major, std::uint64_t minor) {
  return {{.type = type, .path = path, .mode = 0600, .device_major = major, .device_minor = minor}};
}

std::vector<Finding> run(const std::vector<Given>& layer) {
  std::vector<Finding> found;
  LayerChecks checks([&](Finding finding) { found.push_back(std::move(finding)); });
  for (const Given& given : layer) {
    Entry entry = given.entry;
    if (!given.content.empty()) entry.size = given.content.size();
    checks.entry(entry);
    if (entry.type == kFile) checks.content(entry.path, std::as_bytes(std::span(given.content)));
  }
  checks.finish();
  return found;
}

std::vector<std::string> rules(const std::vector<Finding>& found) {
  std::vector<std::string> ids;
  for (const Finding& finding : found) ids.push_back(finding.rule);
  return ids;
}

Given file(std::string_view path, std::string_view content = {}) {
  return {{.type = kFile, .path = path, .mode = 0644}, content};
}
Given program(std::string_view path, std::uint32_t mode = 0755, std::uint64_t uid = 0,
              std::uint64_t gid = 0) {
  return {{.type = kFile, .path = path, .mode = mode, .uid = uid, .gid = gid}};
}
Given link(EntryType type, std::string_view path, std::string_view target) {
  return {{.type = type, .path = path, .link = target, .mode = 0777}};
}
Given other(EntryType type, std::string_view path) { return {{.type = type, .path = path, .mode = 0755}}; }

struct Row {
  const char* name;
  std::vector<Given> layer;
  std::vector<std::string> expected;  ///< ids, in order of the stream
};

class LayerChecksTest : public testing::TestWithParam<Row> {};

TEST_P(LayerChecksTest, Finds) {
  EXPECT_THAT(rules(run(GetParam().layer)), ElementsAreArray(GetParam().expected));
}

const Row kPaths[] = {
    {"plain", {file("etc/motd")}, {}},
    {"from_here", {other(kDirectory, "./"), file("./etc/motd")}, {}},
    {"root_directory", {other(kDirectory, "/")}, {}},
    {"climbs", {file("../etc/motd")}, {"layer_path_escapes"}},
    {"climbs_later", {file("a/../../etc/motd")}, {"layer_path_escapes"}},
    {"absolute_climbs", {file("/../etc/motd")}, {"layer_path_escapes"}},
    {"dot_dot_inside", {file("a/../etc/motd")}, {"layer_path_dot_dot"}},
    {"three_dots_in_a_name", {file("a/...b")}, {}},
    {"absolute", {file("/etc/motd")}, {"layer_path_absolute"}},
    {"twice", {file("a"), file("./a")}, {"layer_duplicate_path"}},
    {"directory_twice", {other(kDirectory, "a/"), other(kDirectory, "a")}, {}},
    {"file_becomes_directory", {file("a"), other(kDirectory, "a")}, {}},
    {"same_name_elsewhere", {file("a/x"), file("b/x")}, {}},
};
const Row kLinks[] = {
    {"symlink_absolute", {link(kSymlink, "usr/bin/awk", "/etc/alternatives/awk")}, {}},
    {"symlink_above_root_alone", {link(kSymlink, "usr/bin/x", "../../../tmp/x")}, {}},
    {"written_through_climbing",
     {link(kSymlink, "usr/x", "../../host"), file("usr/x/etc/cron.d/job")},
     {"layer_write_through_escaping_link"}},
    {"written_through_climbing_later",
     {link(kSymlink, "x", "a/../../host"), file("x/job")},
     {"layer_write_through_escaping_link"}},
    {"written_through_inner",
     {link(kSymlink, "var/run", "../run"), file("var/run/x")},
     {"layer_write_through_link"}},
    {"written_through_absolute",
     {link(kSymlink, "x", "/etc"), file("x/cron.d/job")},
     {"layer_write_through_link"}},
    {"beside_a_link", {link(kSymlink, "usr/x", "../../host"), file("usr/xy/job")}, {}},
    {"link_replaced_by_directory",
     {link(kSymlink, "usr/x", "../../host"), other(kDirectory, "usr/x"), file("usr/x/job")},
     {}},
    {"link_after_the_file", {file("usr/x/job"), link(kSymlink, "usr/x", "../../host")}, {}},
    {"hardlink", {file("a"), link(kHardlink, "b", "a")}, {}},
    {"hardlink_absolute", {file("a"), link(kHardlink, "b", "/a")}, {}},
    {"hardlink_inside", {link(kHardlink, "b", "x/../a")}, {}},
    {"hardlink_climbs", {link(kHardlink, "b", "../../etc/shadow")}, {"layer_hardlink_escapes"}},
};
const Row kTypes[] = {
    {"dev_null", {device(kCharacter, "dev/null", 1, 3)}, {}},
    {"dev_tty1", {device(kCharacter, "./dev/tty1", 4, 1)}, {}},
    {"dev_ttyS2", {device(kCharacter, "dev/ttyS2", 4, 66)}, {}},
    {"dev_loop0", {device(kBlock, "dev/loop0", 7, 0)}, {}},
    {"disk_named_null", {device(kBlock, "dev/null", 8, 0)}, {"layer_device_node"}},
    {"memory_named_null", {device(kCharacter, "dev/null", 1, 1)}, {"layer_device_node"}},
    {"block_device_with_the_numbers_of_null", {device(kBlock, "dev/null", 1, 3)}, {"layer_device_node"}},
    {"disk_named_loop0", {device(kBlock, "dev/loop0", 8, 0)}, {"layer_device_node"}},
    {"memory_named_by_a_number_that_overflows",
     {device(kCharacter, "dev/tty18446744073709551615", 4, 18446744073709551615u)},
     {"layer_device_node"}},
    {"null_without_a_number", {other(kCharacter, "dev/null")}, {"layer_device_node"}},
    {"fifo", {other(EntryType::fifo, "dev/initctl")}, {}},
    {"dev_mem", {other(kCharacter, "dev/mem")}, {"layer_device_node"}},
    {"dev_loop_without_number", {other(kBlock, "dev/loop")}, {"layer_device_node"}},
    {"disk", {other(kBlock, "dev/sda1")}, {"layer_device_node"}},
    {"null_elsewhere", {other(kCharacter, "opt/null")}, {"layer_device_node"}},
    {"overlay_whiteout", {other(kCharacter, "usr/bin/passwd")}, {"layer_device_node"}},
    {"file_named_as_a_disk", {file("dev/sda1")}, {}},
    {"whiteout", {file("etc/.wh.motd"), file("etc/.wh..wh..opq")}, {}},
    {"whiteout_with_content", {file("etc/.wh.motd", "x")}, {"layer_whiteout_with_content"}},
    {"opaque_with_content", {file("etc/.wh..wh..opq", "x")}, {"layer_whiteout_with_content"}},
    {"nearly_a_whiteout", {file("etc/a.wh.motd", "x"), file("etc/.whatever", "x")}, {}},
};
const Row kSetuid[] = {
    {"su", {program("usr/bin/su", 04755)}, {}},
    {"su_before_usrmerge", {program("./bin/su", 04755)}, {}},
    {"helper", {program("usr/lib/dbus-1.0/dbus-daemon-launch-helper", 04754, 0, 101)}, {}},
    {"outside", {program("opt/x", 04755)}, {"layer_setuid_outside_packages"}},
    {"local", {program("usr/local/bin/x", 04755)}, {"layer_setuid_outside_packages"}},
    {"temporary", {program("tmp/x", 04711)}, {"layer_setuid_outside_packages"}},
    {"directory_that_begins_alike", {program("binary/x", 04755)}, {"layer_setuid_outside_packages"}},
    {"not_root", {program("opt/x", 04755, 1000)}, {}},
    {"not_executable", {program("opt/x", 04644)}, {}},
    {"plain_outside", {program("opt/x", 0755)}, {}},
    {"sticky_directory", {other(kDirectory, "tmp")}, {}},
    {"setgid", {program("opt/x", 02755)}, {"layer_setgid_outside_packages"}},
    {"setgid_of_another_group", {program("opt/x", 02755, 0, 42)}, {}},
    {"setgid_in_package", {program("usr/bin/wall", 02755)}, {}},
    {"bash", {program("usr/bin/bash", 04755)}, {"layer_setuid_interpreter"}},
    {"bash_elsewhere", {program("tmp/bash", 04755)}, {"layer_setuid_interpreter"}},
    {"python", {program("usr/bin/python3.11", 06755)}, {"layer_setuid_interpreter"}},
    {"perl", {program("usr/bin/perl5.36.0", 04755)}, {"layer_setuid_interpreter"}},
    {"bash_of_a_user", {program("home/x/bash", 04755, 1000)}, {}},
    {"bash_plain", {program("bin/bash")}, {}},
    {"suidperl_and_busybox", {program("usr/bin/sperl5.8.8", 04755), program("bin/busybox", 04755)}, {}},
    {"begins_like_a_shell", {program("usr/bin/shutdown", 04755)}, {}},
};
const Row kPreload[] = {
    {"preload_empty", {file("etc/ld.so.preload")}, {}},
    {"preload_comment", {file("etc/ld.so.preload", "# /tmp/x.so\n\n  \n")}, {}},
    {"preload_allocator", {file("etc/ld.so.preload", "/usr/lib/libjemalloc.so.2\n")}, {"layer_preload"}},
    {"preload_temporary", {file("etc/ld.so.preload", "/usr/lib/a.so /tmp/x.so")}, {"layer_preload_hidden"}},
    {"preload_colon", {file("etc/ld.so.preload", "/usr/lib/a.so:/dev/shm/x.so")}, {"layer_preload_hidden"}},
    {"preload_detour", {file("etc/ld.so.preload", "/usr/../var//tmp/x.so")}, {"layer_preload_hidden"}},
    {"preload_dot_file", {file("etc/ld.so.preload", "/usr/lib/.x.so\n")}, {"layer_preload_hidden"}},
    {"preload_dot_directory", {file("etc/ld.so.preload", "/root/.local/x.so\n")}, {"layer_preload"}},
    {"preload_tmp_like", {file("etc/ld.so.preload", "/tmpl/x.so")}, {"layer_preload"}},
    {"preload_link", {link(kSymlink, "etc/ld.so.preload", "/opt/list")}, {"layer_preload"}},
    {"preload_link_to_temporary",
     {link(kSymlink, "etc/ld.so.preload", "/tmp/list")},
     {"layer_preload_hidden"}},
    {"preload_elsewhere", {file("usr/share/doc/etc/ld.so.preload", "/tmp/x.so")}, {}},
    {"preload_absolute_path",
     {file("/etc/ld.so.preload", "/tmp/x.so")},
     {"layer_path_absolute", "layer_preload_hidden"}},
};
const Row kAccounts[] = {
    {"usual",
     {file("etc/passwd", "root:x:0:0:root:/root:/bin/bash\nhalt:x:7:0:halt:/sbin:/sbin/halt\n"),
      file("etc/shadow", "root:*:19000:0:99999:7:::\nbin::19000::::::\n")},
     {}},
    {"second_root",
     {file("etc/passwd", "root:x:0:0::/root:/bin/sh\nsysadm:x:0:100::/:/bin/sh\n")},
     {"layer_extra_uid_0"}},
    {"second_root_without_line_end", {file("etc/passwd", "root:x:0:0\nx:x:00:1")}, {"layer_extra_uid_0"}},
    {"wrapped_uid", {file("etc/passwd", "root:x:0:0\nx:x:4294967296:1\n")}, {"layer_extra_uid_0"}},
    {"renamed_root", {file("etc/passwd", "admin:x:0:0::/root:/bin/sh\nuser:x:1000:1000\n")}, {}},
    {"bsd", {file("etc/passwd", "root:*:0:0\ntoor:*:0:0\n")}, {}},
    {"toor_with_password", {file("etc/passwd", "root:*:0:0\ntoor:x:0:0\n")}, {"layer_extra_uid_0"}},
    {"uid_10_and_none", {file("etc/passwd", "root:x:0:0\nuucp:x:10:0\nodd:x::0\n+::::::\n#x:x:0:0\n")}, {}},
    {"root_open_in_shadow", {file("etc/shadow", "bin:*::\nroot::::::::\n")}, {"layer_root_without_password"}},
    {"root_open_in_passwd",
     {file("etc/passwd", "root::0:0:root:/root:/bin/sh\n")},
     {"layer_root_without_password"}},
    {"name_that_ends_in_root", {file("etc/shadow", "chroot::::::::\nroot:!::::::::\n")}, {}},
    {"backup", {file("etc/shadow-", "root::::::::\n"), file("srv/etc/passwd", "root::0:0\nx:x:0:0\n")}, {}},
};
const Row kNames[] = {
    {"three_dots", {other(kDirectory, "usr/share/...")}, {"layer_disguised_directory"}},
    {"three_dots_once",
     {other(kDirectory, "usr/.../"), file("usr/.../a"), file("usr/.../b")},
     {"layer_disguised_directory"}},
    {"dot_dot_space", {file("var/.. /x")}, {"layer_disguised_directory"}},
    {"dotted_directory", {file("home/.cache/..data/x")}, {}},
    {"file_of_three_dots", {file("srv/...")}, {}},
    {"trailing_space", {file("srv/a /x")}, {"layer_odd_directory_name"}},
    {"control_character", {other(kDirectory, "srv/a\x1b[2K")}, {"layer_odd_directory_name"}},
    {"inner_space_and_utf8", {file("srv/a b/\xc3\xa4/x")}, {}},
    {"icon_file", {file("srv/Icon\r")}, {}},
    {"thread_in_tmp", {program("tmp/kworker")}, {"layer_kernel_thread_in_temporary"}},
    {"thread_in_brackets", {program("dev/shm/[kworker/0:0]")}, {"layer_kernel_thread_in_temporary"}},
    {"kinsing", {program("var/tmp/kdevtmpfsi")}, {"layer_kernel_thread_in_temporary"}},
    {"thread_not_executable", {file("tmp/kworker")}, {}},
    {"thread_in_sbin", {program("usr/sbin/kthreadd")}, {"layer_kernel_thread_name"}},
    {"thread_with_number", {program("usr/bin/kswapd0")}, {"layer_kernel_thread_name"}},
    {"tool_for_threads",
     {program("usr/sbin/kworkerlat"), program("usr/bin/["), program("usr/sbin/ksmtuned")},
     {}},
};

constexpr auto kNameOf = [](const auto& row) { return std::string(row.param.name); };
INSTANTIATE_TEST_SUITE_P(Paths, LayerChecksTest, testing::ValuesIn(kPaths), kNameOf);
INSTANTIATE_TEST_SUITE_P(Links, LayerChecksTest, testing::ValuesIn(kLinks), kNameOf);
INSTANTIATE_TEST_SUITE_P(Types, LayerChecksTest, testing::ValuesIn(kTypes), kNameOf);
INSTANTIATE_TEST_SUITE_P(Setuid, LayerChecksTest, testing::ValuesIn(kSetuid), kNameOf);
INSTANTIATE_TEST_SUITE_P(Preload, LayerChecksTest, testing::ValuesIn(kPreload), kNameOf);
INSTANTIATE_TEST_SUITE_P(Accounts, LayerChecksTest, testing::ValuesIn(kAccounts), kNameOf);
INSTANTIATE_TEST_SUITE_P(Names, LayerChecksTest, testing::ValuesIn(kNames), kNameOf);

TEST(LayerFinding, SaysWhatAndWhere) {
  Given evil = program("./tmp/bash", 04755);
  evil.entry.offset = 1536;
  const auto found = run({evil});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found.front().source, findings::Source::layer_check);
  EXPECT_EQ(found.front().severity, Severity::high);
  EXPECT_EQ(found.front().path, "./tmp/bash");
  EXPECT_THAT(found.front().techniques, testing::ElementsAre("T1548.001"));
  EXPECT_THAT(found.front().description, HasSubstr("at byte 1536 of the tar stream"));
}

TEST(LayerFinding, OfContentNamesTheAccountAndTheFile) {
  constexpr std::string_view kPasswd = "root:x:0:0\nsysadm:x:0:0\nother:x:0:0\n";
  const auto found = run({file("etc/passwd", kPasswd)});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found.front().description, HasSubstr("sysadm, other"));
  EXPECT_EQ(found.front().file_hash, util::sha256_hex(kPasswd));
}

TEST(LayerFinding, HostileTextIsBounded) {
  std::string passwd = "root:x:0:0\n";
  for (int i = 0; i < 10'000; ++i) passwd += "account" + std::to_string(i) + ":x:0:0\n";
  const auto found =
      run({file("etc/passwd", passwd), link(kHardlink, "b", std::string("../").append(4000, 'a'))});
  ASSERT_EQ(found.size(), 2u);
  for (const auto& finding : found) EXPECT_LT(finding.description.size(), 1000u);
}

TEST(LayerFinding, FloodIsCountedInOneMore) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < LayerChecks::kMaxFindingsOfCheck + 7; ++i)
    names.push_back("opt/" + std::to_string(i));
  std::vector<Given> layer;
  for (const auto& name : names) layer.push_back(program(name, 04755));
  const auto found = run(layer);
  ASSERT_EQ(found.size(), LayerChecks::kMaxFindingsOfCheck + 1);
  EXPECT_EQ(found.back().rule, "layer_setuid_outside_packages");
  EXPECT_THAT(found.back().description, HasSubstr("and 7 more"));
}

TEST(LayerFinding, FullMemoryStillJudgesEachEntry) {
  std::vector<Finding> found;
  LayerChecks checks([&](Finding finding) { found.push_back(std::move(finding)); });
  for (std::size_t i = 0; i < LayerChecks::kMaxRemembered; ++i) {
    const std::string path = "f" + std::to_string(i);
    checks.entry({.type = kFile, .path = path, .mode = 0644});
  }
  checks.entry({.type = kFile, .path = "late", .mode = 0644});
  checks.entry({.type = kFile, .path = "late", .mode = 0644});
  EXPECT_TRUE(found.empty());
  checks.entry({.type = kFile, .path = "f1", .mode = 0644});
  checks.entry({.type = kFile, .path = "tmp/bash", .mode = 04755});
  EXPECT_THAT(rules(found), testing::ElementsAre("layer_duplicate_path", "layer_setuid_interpreter"));
}

}  // namespace
}  // namespace portcullis::checks
