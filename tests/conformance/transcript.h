// Transcripts (format: tests/README.md) as plain data.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace isocache {

struct TranscriptStep {
  enum class Kind { kAsk, kAdvance, kFresh };
  Kind kind = Kind::kAsk;
  int line = 0;          // of the file, from 1
  std::string sent;      // may hold {casN}
  std::string expected;  // may hold {casN}
  bool closes = false;   // <closed>
  unsigned advance_s = 0;
};

// False, and `error` says why, when the file cannot be read or is no transcript.
bool read_transcript(const std::string& path, std::vector<TranscriptStep>& steps,
                     std::string& error);

// C escapes, for messages.
std::string escaped(const std::string& bytes);

}  // namespace isocache
