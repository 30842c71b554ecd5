#include "protocol/binary/frame.h"

namespace isocache::binary {

std::string_view text_of(Status status) {
  switch (status) {
    case Status::kOk:
    case Status::kAuthContinue: break;
    case Status::kNotFound: return "Not found";
    case Status::kExists: return "Data exists for key.";
    case Status::kTooLarge: return "Too large.";
    case Status::kInvalid: return "Invalid arguments";
    case Status::kNotStored: return "Not stored.";
    case Status::kNonNumeric: return "Non-numeric server-side value for incr or decr";
    case Status::kAuthError: return "Auth failure.";
    case Status::kUnknownCommand: return "Unknown command";
    case Status::kNoMemory: return "Out of memory";
  }
  return {};
}

}  // namespace isocache::binary
