#include "native/password_file.h"

namespace isocache {

struct PasswordFile::Users {};

PasswordFile::PasswordFile(std::string path) : path_(std::move(path)) {}
PasswordFile::~PasswordFile() = default;
const char* PasswordFile::reload() { return nullptr; }
bool PasswordFile::check(std::string_view /*user*/, std::string_view /*password*/) const {
  return false;
}

}  // namespace isocache
