// What opening an ext_path promises: a lock, room, and errors that say what is wrong.
#include "native/tier/tier_file.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "native/base/errors.h"
#include "tests/native/tier_fixture.h"

namespace isocache {
namespace {

constexpr std::uint64_t kSize = 4U << 20;

class TierFileTest : public TierFolder {
 protected:
  static std::string error_of(const TierFileOptions& options) {
    try {
      TierFile::open(options);
    } catch (const SystemError& error) {
      return error.what();
    }
    return {};
  }
};

TEST_F(TierFileTest, HasItsRoomAndForgetsWhatItHeld) {
  const std::string name = path("a");
  {
    const FileDescriptor before(::open(name.c_str(), O_RDWR | O_CREAT, 0600));
    ASSERT_EQ(::write(before.get(), "old", 3), 3);
  }
  const auto file = TierFile::open({.path = name, .size_bytes = kSize});
  struct stat facts = {};
  ASSERT_EQ(::stat(name.c_str(), &facts), 0);
  EXPECT_EQ(static_cast<std::uint64_t>(facts.st_size), kSize);
  EXPECT_GE(static_cast<std::uint64_t>(facts.st_blocks) * 512, kSize);
  EXPECT_TRUE(file->alignment() == 512 || file->alignment() == 4096);
  alignas(4096) static char block[4096];
  const iovec part = {.iov_base = block, .iov_len = sizeof(block)};
  EXPECT_EQ(file->read_at({&part, 1}, 0), 4096);
  EXPECT_EQ(block[0], 0);
}

TEST_F(TierFileTest, IsNotOpenedTwice) {
  const std::string name = path("a");
  const auto file = TierFile::open({.path = name, .size_bytes = kSize});
  EXPECT_NE(error_of({.path = name, .size_bytes = kSize}).find("given twice"), std::string::npos);
  struct stat facts = {};
  ASSERT_EQ(::stat(name.c_str(), &facts), 0);
  EXPECT_EQ(static_cast<std::uint64_t>(facts.st_size), kSize) << "the loser has emptied the file";
}

TEST_F(TierFileTest, AnotherProcessOfMemcachedsKindIsNamed) {
  const std::string name = path("a");
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const int fd = ::open(name.c_str(), O_RDWR | O_CREAT, 0600);
    struct flock whole = {};
    whole.l_type = F_WRLCK;
    const char result = ::fcntl(fd, F_SETLK, &whole) == 0 ? '1' : '0';
    [[maybe_unused]] const ssize_t told = ::write(ready[1], &result, 1);
    ::pause();
    ::_exit(0);
  }
  char result = '0';
  ASSERT_EQ(::read(ready[0], &result, 1), 1);
  EXPECT_EQ(result, '1');
  EXPECT_EQ(error_of({.path = name, .size_bytes = kSize}),
            "ext_path " + name + ": process " + std::to_string(child) + " uses it");
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  EXPECT_EQ(error_of({.path = name, .size_bytes = kSize}), "");
}

TEST_F(TierFileTest, AVolumeThatIsTooSmallIsAnErrorAtTheStart) {
  const std::string name = path("a");
  struct statvfs volume = {};
  ASSERT_EQ(::statvfs(testing::TempDir().c_str(), &volume), 0);
  const std::uint64_t room = std::uint64_t{volume.f_blocks} * volume.f_frsize;
  EXPECT_NE(error_of({.path = name, .size_bytes = 2 * room}).find("ext_path " + name + ": "),
            std::string::npos);
  struct stat facts = {};
  ASSERT_EQ(::stat(name.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_blocks, 0) << "the room is given back";
}

TEST_F(TierFileTest, TheMemoryFileSystemIsAFileLikeOthers) {
  const std::string name = "/dev/shm/isocache-tier-" + std::to_string(::getpid());
  struct statvfs volume = {};
  if (::statvfs("/dev/shm", &volume) != 0) GTEST_SKIP() << "no /dev/shm";
  const auto file = TierFile::open({.path = name, .size_bytes = kSize});
  alignas(4096) static char block[4096] = "shared";
  const iovec part = {.iov_base = block, .iov_len = sizeof(block)};
  EXPECT_EQ(file->write_at({&part, 1}, 8192), 4096);
  EXPECT_EQ(file->read_at({&part, 1}, 8192), 4096);
  const std::uint64_t room = std::uint64_t{volume.f_bavail} * volume.f_frsize;
  const std::string full = error_of({.path = name + "-full", .size_bytes = room + kSize});
  EXPECT_NE(full.find("the volume has no room for"), std::string::npos) << full;
  ::unlink(name.c_str());
  ::unlink((name + "-full").c_str());
}

TEST_F(TierFileTest, WhatIsNoFileIsAnError) {
  EXPECT_NE(error_of({.path = "/dev/null", .size_bytes = kSize}).find("neither a file nor"),
            std::string::npos);
  EXPECT_NE(error_of({.path = "/no/such/folder", .size_bytes = kSize}).find("No such file"),
            std::string::npos);
  EXPECT_NE(error_of({.path = testing::TempDir(), .size_bytes = kSize}).find("directory"),
            std::string::npos);
}

TEST_F(TierFileTest, WithoutDirectIoBlocksAreSmall) {
  const auto file = TierFile::open({.path = path("a"), .size_bytes = kSize, .direct = false});
  EXPECT_FALSE(file->direct());
  EXPECT_EQ(file->alignment(), 512U);
  EXPECT_EQ(::fcntl(file->fd(), F_GETFL) & O_DIRECT, 0);
}

}  // namespace
}  // namespace isocache
