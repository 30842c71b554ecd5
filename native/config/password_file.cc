#include "native/config/password_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "native/base/errors.h"
#include "native/base/file_descriptor.h"
#include "native/base/log.h"

namespace isocache {
namespace {

using Key = std::array<unsigned char, 32>;
using Digest = std::array<unsigned char, 32>;

// A text whose memory is wiped when it is destroyed.
struct Secret {
  Secret() = default;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { OPENSSL_cleanse(text.data(), text.size()); }
  std::string text;
};

// HMAC-SHA-256 of the pair. The user's length goes first, so that no two pairs give the same text.
// Returns false if the library fails.
bool make_digest(const Key& key, std::string_view user, std::string_view password, Digest& digest) {
  const std::uint64_t user_length = user.size();
  Secret pair;
  pair.text.reserve(sizeof user_length + user.size() + password.size());
  pair.text.append(reinterpret_cast<const char*>(&user_length), sizeof user_length);
  pair.text.append(user).append(password);
  return ::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                reinterpret_cast<const unsigned char*>(pair.text.data()), pair.text.size(),
                digest.data(), nullptr) != nullptr;
}

[[noreturn]] void throw_about(const std::string& path, std::string_view what) {
  throw UsageError(fmt::format("-Y {}: {}", path, what));
}

void warn_if_open_to_others(int file, const std::string& path) {
  struct stat status {};
  if (::fstat(file, &status) != 0 || (status.st_mode & S_IRWXO) == 0) return;
  log_line(fmt::format("-Y {}: it is open to everybody on this machine (mode {:03o}); chmod o= {}",
                       path, status.st_mode & 0777U, path),
           LogLevel::kWarning);
}

FileDescriptor open_file(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw_about(path, std::generic_category().message(errno));
  return file;
}

void read_file(const FileDescriptor& file, const std::string& path, std::string& text) {
  const auto fail = [&] { throw_about(path, std::generic_category().message(errno)); };
  // Reserves room for the whole file: a string that grows leaves copies in memory.
  text.resize(PasswordFile::kMaxFileBytes + 1);
  std::size_t size = 0;
  while (size != text.size()) {
    const ssize_t bytes = ::read(file.get(), text.data() + size, text.size() - size);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) fail();
    if (bytes == 0) break;
    size += static_cast<std::size_t>(bytes);
  }
  if (size > PasswordFile::kMaxFileBytes) {
    throw_about(path, fmt::format("more than {} bytes", PasswordFile::kMaxFileBytes));
  }
  text.resize(size);
}

// Takes the first line off `text`. A line ends with "\n", "\r\n" or the end of the file.
std::string_view take_line(std::string_view& text) {
  const std::size_t newline = text.find('\n');
  std::string_view line = text.substr(0, newline);
  text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// What is wrong with a line "user:password"; null: nothing.
const char* fault_of(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return "not of the form user:password";
  if (colon == 0) return "the user is empty";
  if (colon + 1 == line.size()) return "the password is empty";
  if (line.find('\0') != std::string_view::npos) return "a zero byte";
  if (line.find('\r') != std::string_view::npos) return "a carriage return";
  if (line.size() > limits::kMaxLoginValueBytes) return "longer than a login may be";
  return nullptr;
}

}  // namespace

struct PasswordFile::Users {
  explicit Users(const std::string& path);

  Key key;
  std::vector<Digest> digests;
};

PasswordFile::Users::Users(const std::string& path) {
  if (::RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) {
    throw_about(path, "no random bytes for a key");
  }
  const FileDescriptor file = open_file(path);
  Secret contents;
  read_file(file, path, contents.text);
  std::string_view text = contents.text;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = take_line(text);
    const char* const fault = fault_of(line);
    if (fault != nullptr) throw_about(path, fmt::format("line {}: {}", number, fault));
    if (number > kMaxUsers) throw_about(path, fmt::format("more than {} users", kMaxUsers));
    const std::size_t colon = line.find(':');
    if (!make_digest(key, line.substr(0, colon), line.substr(colon + 1), digests.emplace_back())) {
      throw_about(path, "no SHA-256");
    }
  }
  if (digests.empty()) throw_about(path, "no users");
  warn_if_open_to_others(file.get(), path);  // now the file is known to hold passwords
}

PasswordFile::PasswordFile(std::string path)
    : path_(std::move(path)), users_(std::make_shared<const Users>(path_)) {}
PasswordFile::~PasswordFile() = default;

const char* PasswordFile::reload() {
  try {
    std::atomic_store(&users_, std::make_shared<const Users>(path_));
    return nullptr;
  } catch (const UsageError& error) {
    error_ = error.what();
    return error_.c_str();
  }
}

bool PasswordFile::check(std::string_view user, std::string_view password) const {
  const std::shared_ptr<const Users> users = std::atomic_load(&users_);
  Digest given;
  const bool digested = make_digest(users->key, user, password, given);
  unsigned matches = 0;  // the loop has no early end, so its time does not tell who matched
  for (const Digest& digest : users->digests) {
    matches |= static_cast<unsigned>(CRYPTO_memcmp(given.data(), digest.data(), given.size()) == 0);
  }
  const bool good = digested && matches != 0;
  (good ? successes_ : failures_).fetch_add(1, std::memory_order_relaxed);
  return good;
}

}  // namespace isocache
