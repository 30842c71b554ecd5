#include "native/cli/tier_volumes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <system_error>

#include "native/base/errors.h"

namespace isocache {
namespace {

constexpr std::uint64_t kStatBlockBytes = 512;  // the unit of st_blocks

struct Volume {
  dev_t device = 0;
  std::uint64_t free_bytes = 0;
};

[[noreturn]] void fail(const std::string& path, const std::string& why) {
  throw SystemError(fmt::format("ext_path {}: {}", path, why));
}

[[noreturn]] void fail(const std::string& path, int error) {
  fail(path, std::generic_category().message(error));
}

std::string gigabytes(std::uint64_t bytes) {
  return fmt::format("{:.2f} GB", static_cast<double>(bytes) / (1U << 30));
}

void check_access(const std::string& path, const std::string& asked, int mode) {
  if (::faccessat(AT_FDCWD, asked.c_str(), mode, AT_EACCESS) != 0) fail(path, errno);
}

Volume& volume_of(std::vector<Volume>& volumes, const std::string& path, dev_t device) {
  const auto known = std::ranges::find(volumes, device, &Volume::device);
  if (known != volumes.end()) return *known;
  struct statvfs facts = {};
  const bool tells = ::statvfs(path.c_str(), &facts) == 0 && facts.f_blocks != 0;
  const std::uint64_t free =
      tells ? std::uint64_t{facts.f_bavail} * facts.f_frsize : std::uint64_t{INT64_MAX};
  return volumes.emplace_back(Volume{.device = device, .free_bytes = free});
}

void take_room(Volume& volume, const TierOptions::File& file, std::uint64_t own_bytes) {
  volume.free_bytes += own_bytes;
  if (volume.free_bytes < file.bytes) {
    fail(file.path, fmt::format("the volume has no room for {}; it has {}", gigabytes(file.bytes),
                                gigabytes(volume.free_bytes)));
  }
  volume.free_bytes -= file.bytes;
}

void check_file(const TierOptions::File& file, std::vector<Volume>& volumes) {
  struct stat facts = {};
  if (::stat(file.path.c_str(), &facts) == 0) {
    if (S_ISDIR(facts.st_mode)) fail(file.path, EISDIR);
    check_access(file.path, file.path, R_OK | W_OK);
    if (S_ISBLK(facts.st_mode)) return;  // its size is known when it is open
    if (!S_ISREG(facts.st_mode)) fail(file.path, "it is neither a file nor a block device");
    const auto blocks = static_cast<std::uint64_t>(facts.st_blocks);
    take_room(volume_of(volumes, file.path, facts.st_dev), file, blocks * kStatBlockBytes);
    return;
  }
  if (errno != ENOENT) fail(file.path, errno);
  std::string folder = std::filesystem::path(file.path).parent_path().string();
  if (folder.empty()) folder = ".";
  if (::stat(folder.c_str(), &facts) != 0) fail(file.path, errno);
  check_access(file.path, folder, W_OK | X_OK);
  take_room(volume_of(volumes, folder, facts.st_dev), file, 0);
}

}  // namespace

std::vector<std::string> find_volume_faults(std::span<const TierOptions::File> files) {
  std::vector<std::string> faults;
  std::vector<Volume> volumes;
  for (const TierOptions::File& file : files) {
    try {
      check_file(file, volumes);
    } catch (const SystemError& error) {
      faults.emplace_back(error.what());
    }
  }
  return faults;
}

}  // namespace isocache
