#include "conformance/transcript.h"

#include <cstdio>
#include <cstdlib>

namespace isocache {
namespace {

bool read_file(const std::string& path, std::string& bytes) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return false;
  char chunk[65536];
  for (std::size_t n = 0; (n = std::fread(chunk, 1, sizeof chunk, file)) != 0;) {
    bytes.append(chunk, n);
  }
  std::fclose(file);
  return true;
}

bool starts_with(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

// "{250*k}" to k 250 times; what stands between braces without a number and a star stays.
std::string expand_repeats(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t digits = text.find_first_not_of("0123456789", i + 1);
    const std::size_t close = text.find('}', i);
    const bool repeat = text[i] == '{' && digits != std::string::npos && digits > i + 1 &&
                        text[digits] == '*' && close != std::string::npos;
    if (!repeat) {
      result += text[i];
      continue;
    }
    const std::string body = text.substr(digits + 1, close - digits - 1);
    for (long n = std::atol(text.c_str() + i + 1); n > 0; --n) result += body;
    i = close;
  }
  return result;
}

std::string unescape(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'r': result += '\r'; break;
      case 'n': result += '\n'; break;
      case 't': result += '\t'; break;
      case '0': result += '\0'; break;
      case 'x':
        result += static_cast<char>(std::strtol(text.substr(i + 1, 2).c_str(), nullptr, 16));
        i += 2;
        break;
      default: result += text[i]; break;
    }
  }
  return result;
}

TranscriptStep make_step(TranscriptStep::Kind kind, int line) {
  TranscriptStep step;
  step.kind = kind;
  step.line = line;
  return step;
}

bool add_reply(const std::string& line, std::vector<TranscriptStep>& steps) {
  if (steps.empty() || steps.back().kind != TranscriptStep::Kind::kAsk) return false;
  TranscriptStep& step = steps.back();
  std::string reply = line.size() > 2 ? line.substr(2) : std::string();
  const std::string closed = "<closed>";
  if (reply.size() >= closed.size() &&
      reply.compare(reply.size() - closed.size(), closed.size(), closed) == 0) {
    step.closes = true;
    reply.resize(reply.size() - closed.size());
  }
  step.expected = unescape(expand_repeats(reply));
  return true;
}

void add_directive(const std::string& line, int number, std::vector<TranscriptStep>& steps) {
  if (starts_with(line, "# fresh connection")) {
    steps.push_back(make_step(TranscriptStep::Kind::kFresh, number));
  } else if (starts_with(line, "# advance ")) {
    steps.push_back(make_step(TranscriptStep::Kind::kAdvance, number));
    steps.back().advance_s = static_cast<unsigned>(std::atol(line.c_str() + 10));
  }
}

}  // namespace

bool read_transcript(const std::string& path, std::vector<TranscriptStep>& steps,
                     std::string& error) {
  std::string bytes;
  if (!read_file(path, bytes)) {
    error = path + ": cannot be read";
    return false;
  }
  int number = 0;
  for (std::size_t begin = 0; begin < bytes.size();) {
    std::size_t end = bytes.find('\n', begin);
    if (end == std::string::npos) end = bytes.size();
    const std::string line = bytes.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    bool good = true;
    if (starts_with(line, "> ")) {
      steps.push_back(make_step(TranscriptStep::Kind::kAsk, number));
      steps.back().sent = unescape(expand_repeats(line.substr(2)));
    } else if (starts_with(line, "<")) {
      good = add_reply(line, steps);
    } else if (starts_with(line, "#")) {
      add_directive(line, number, steps);
    } else {
      good = line.find_first_not_of(" \t\r") == std::string::npos;
    }
    if (!good) {
      error = path + ":" + std::to_string(number) + ": neither command, reply nor comment";
      return false;
    }
  }
  return true;
}

std::string escaped(const std::string& bytes) {
  std::string result;
  for (const char c : bytes) {
    char hex[8];
    if (c == '\r') {
      result += "\\r";
    } else if (c == '\n') {
      result += "\\n";
    } else if (c < ' ' || c == '\x7f') {
      std::snprintf(hex, sizeof hex, "\\x%02x",
                    static_cast<unsigned>(static_cast<unsigned char>(c)));
      result += hex;
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace isocache
