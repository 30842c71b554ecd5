// The file of -Y: what it may contain, the messages about bad files, and reloading.
#include "native/config/password_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

#include "base/limits.h"
#include "native/base/errors.h"

namespace isocache {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class PasswordFileTest : public testing::Test {
 protected:
  PasswordFileTest() : folder_(testing::TempDir() + "isocache-passwords-XXXXXX") {
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    path = folder_ + "/users";
  }
  ~PasswordFileTest() override {
    ::unlink(path.c_str());
    ::rmdir(folder_.c_str());
  }

  void write(std::string_view text) const {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    ::chmod(path.c_str(), 0640);
  }
  // The message of the exception that the constructor throws.
  std::string complaint(std::string_view text) const {
    write(text);
    try {
      const PasswordFile file(path);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }

  std::string path;

 private:
  std::string folder_;
};

TEST_F(PasswordFileTest, SeveralUsers) {
  write("foo:bar\nuser2:pa:ss\r\nuser3:with a space \na:1\na:2\nlast:line");
  const PasswordFile file(path);
  EXPECT_TRUE(file.check("foo", "bar"));
  EXPECT_TRUE(file.check("user2", "pa:ss"));
  EXPECT_TRUE(file.check("user3", "with a space "));
  EXPECT_TRUE(file.check("a", "1"));
  EXPECT_TRUE(file.check("a", "2"));
  EXPECT_TRUE(file.check("last", "line"));
  EXPECT_EQ(file.successes(), 6U);
  EXPECT_EQ(file.failures(), 0U);
}

TEST_F(PasswordFileTest, WhatDoesNotMatch) {
  write("foo:bar\nuser2:pa:ss\n");
  const PasswordFile file(path);
  const std::pair<const char*, const char*> wrong[] = {
      {"foo", "baz"},  {"foo", "ba"},    {"foo", "barr"},   {"foo", ""},       {"FOO", "bar"},
      {"foo", "Bar"},  {"fo", "obar"},   {"foob", "ar"},    {"", "foobar"},    {"foobar", ""},
      {"", ""},        {"foo", "pa:ss"}, {"user2", "pass"}, {"user2", "ss"},   {"user2:pa", "ss"},
      {"foo:bar", ""}, {"foo", "bar\n"}, {"foo ", "bar"},   {"nobody", "bar"}, {"foo", "bar\r"},
  };
  for (const auto& [user, password] : wrong) {
    EXPECT_FALSE(file.check(user, password)) << user << " / " << password;
  }
  EXPECT_FALSE(file.check(std::string_view("foo\0", 4), "bar"));
  EXPECT_FALSE(file.check("foo", std::string_view("bar\0", 4)));
  EXPECT_FALSE(file.check("foo", std::string(100000, 'x')));
  EXPECT_EQ(file.successes(), 0U);
  EXPECT_EQ(file.failures(), std::size(wrong) + 3);
}

// As in memcached, there are no comments: a '#' before a colon begins a user's name.
TEST_F(PasswordFileTest, ThereAreNoComments) {
  write("# a note: x\nfoo:bar\n");
  const PasswordFile file(path);
  EXPECT_TRUE(file.check("foo", "bar"));
  EXPECT_TRUE(file.check("# a note", " x"));
  EXPECT_THAT(complaint("foo:bar\n# a note\n"), HasSubstr("line 2"));
}

TEST_F(PasswordFileTest, ABadLineIsNamedAndNotShown) {
  const std::string longest = "u:" + std::string(limits::kMaxLoginValueBytes - 2, 'p');
  EXPECT_EQ(complaint(longest + "\n"), "");
  const struct {
    std::string text;
    const char* line;
    const char* says;
  } bad[] = {
      {"\n", "line 1", "user:password"},
      {"foo:bar\n\nsecret:x\n", "line 2", "user:password"},
      {"foo:bar\nsecret\n", "line 2", "user:password"},
      {"foo:bar\nsecret", "line 2", "user:password"},
      {"foo:bar\r\n\r\n", "line 2", "user:password"},
      {":secret\n", "line 1", "user is empty"},
      {"secret:\n", "line 1", "password is empty"},
      {"a:b\nc:d\nsecret:\r\n", "line 3", "password is empty"},
      {std::string("secret:a\0b\n", 11), "line 1", "zero byte"},
      {"secret:a\rb\n", "line 1", "carriage return"},
      {longest + "x\n", "line 1", "longer"},
  };
  for (const auto& each : bad) {
    EXPECT_THAT(complaint(each.text), AllOf(StartsWith("-Y " + path), HasSubstr(each.line),
                                            HasSubstr(each.says), Not(HasSubstr("secret"))))
        << each.text;
  }
}

TEST_F(PasswordFileTest, AFileThatIsNone) {
  EXPECT_THAT(complaint(""), HasSubstr("no users"));
  EXPECT_THAT(complaint(std::string(PasswordFile::kMaxFileBytes + 1, 'x')),
              HasSubstr("more than 1048576 bytes"));
  std::string many;
  for (std::size_t i = 0; i < PasswordFile::kMaxUsers; ++i)
    many += "u" + std::to_string(i) + ":p\n";
  EXPECT_EQ(complaint(many), "");
  EXPECT_THAT(complaint(many + "one:more\n"), HasSubstr("more than 1000 users"));
  ::unlink(path.c_str());
  EXPECT_THROW(PasswordFile{path}, UsageError);
  ASSERT_EQ(::mkdir(path.c_str(), 0700), 0);
  EXPECT_THROW(PasswordFile{path}, UsageError);
  ::rmdir(path.c_str());
}

TEST_F(PasswordFileTest, ReloadKeepsWhatWasInForceWhenItFails) {
  write("foo:bar\n");
  PasswordFile file(path);
  for (const char* bad : {"", "foo:new\nbroken\n"}) {
    write(bad);
    EXPECT_THAT(file.reload(), StartsWith("-Y " + path)) << bad;
    EXPECT_TRUE(file.check("foo", "bar"));
    EXPECT_FALSE(file.check("foo", "new"));
  }
  ::unlink(path.c_str());
  EXPECT_THAT(file.reload(), HasSubstr("No such file"));
  EXPECT_TRUE(file.check("foo", "bar"));
  write("foo:new\nother:x\n");
  EXPECT_EQ(file.reload(), nullptr);
  EXPECT_FALSE(file.check("foo", "bar"));
  EXPECT_TRUE(file.check("foo", "new"));
  EXPECT_TRUE(file.check("other", "x"));
}

TEST_F(PasswordFileTest, WarnsOfAFileThatIsOpenToEverybody) {
  write("foo:bar\n");
  testing::internal::CaptureStderr();
  PasswordFile file(path);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  ::chmod(path.c_str(), 0644);
  testing::internal::CaptureStderr();
  EXPECT_EQ(file.reload(), nullptr);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              AllOf(StartsWith("warning: -Y " + path), HasSubstr("mode 644")));
}

// Also runs under TSan.
TEST_F(PasswordFileTest, ReloadsBesideChecks) {
  write("foo:bar\n");
  PasswordFile file(path);
  std::atomic<bool> done{false};
  std::thread checks([&] {
    while (!done) EXPECT_TRUE(file.check("foo", "bar"));
  });
  for (int i = 0; i < 100; ++i) EXPECT_EQ(file.reload(), nullptr);
  done = true;
  checks.join();
  EXPECT_EQ(file.failures(), 0U);
}

}  // namespace
}  // namespace isocache
