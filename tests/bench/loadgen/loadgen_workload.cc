#include "bench/loadgen/loadgen_workload.h"

#include <charconv>
#include <stdexcept>

namespace isocache::bench {
namespace {

struct Description {
  WorkloadName name;
  Command command;
  unsigned sets_percent = 0;
  bool multiget = false;
  // Which range of keys: 0 those that are set and verified, 1 none of them, 2 counters, 3 values
  // that gets would not expect.
  unsigned key_range = 0;
  bool vary_sizes = false;
};

constexpr Description kWorkloads[] = {
    {.name = {"get", "get, of keys that are there"}, .command = Command::kGet},
    {.name = {"getmiss", "get, of keys that are not"}, .command = Command::kGet, .key_range = 1},
    {.name = {"multiget", "get of many keys"}, .command = Command::kGet, .multiget = true},
    {.name = {"set", "set, always the same value"}, .command = Command::kSet},
    {.name = {"overwrite", "set, half to twice the size"},
     .command = Command::kSet,
     .key_range = 3,
     .vary_sizes = true},
    {.name = {"mixed", "nine gets, one set"}, .command = Command::kGet, .sets_percent = 10},
    {.name = {"mg", "mg with v and three other flags"}, .command = Command::kMetaGet},
    {.name = {"ms", "ms with T and c"}, .command = Command::kMetaSet},
    {.name = {"ma", "ma, of counters it creates"},
     .command = Command::kMetaArithmetic,
     .key_range = 2},
};

constexpr std::size_t kDraws = 1U << 20U;
constexpr std::size_t kPoolStarts = 1U << 16U;

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end);
}

// A reply that is one line.
Reply read_line(std::string_view input, std::string_view wanted_start) {
  const std::size_t end = input.find("\r\n");
  if (end == std::string_view::npos) return {};
  Reply reply{.bytes = end + 2, .complete = true};
  if (!input.starts_with(wanted_start)) reply.error = "not the reply that was expected";
  return reply;
}

// The number at the front; npos when there is none.
std::size_t number_at(std::string_view text) {
  std::size_t number = std::string_view::npos;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::vector<WorkloadName> workload_names() {
  std::vector<WorkloadName> names;
  for (const Description& workload : kWorkloads) names.push_back(workload.name);
  return names;
}

Workload::Workload(const LoadOptions& options, unsigned share, unsigned shares)
    : options_(options),
      pool_(2 * options.value_bytes, kPoolStarts),
      random_(options.seed + share),
      position_(std::uint64_t{options.keys} * share / shares) {
  const Description* found = nullptr;
  for (const Description& workload : kWorkloads) {
    if (options.workload == workload.name.name) found = &workload;
  }
  if (found == nullptr) throw std::runtime_error("no such workload: " + options.workload);
  command_ = found->command;
  sets_percent_ = found->sets_percent;
  vary_sizes_ = found->vary_sizes;
  first_key_ = found->key_range * options.keys;
  if (!found->multiget) options_.keys_per_get = 1;
  if (options.sequential) return;
  drawn_.resize(kDraws);
  const Zipf zipf(options.keys, options.zipf);
  for (std::uint32_t& key : drawn_) {
    key =
        static_cast<std::uint32_t>(options.zipf == 0 ? random_.below(options.keys) : zipf(random_));
  }
}

std::uint32_t Workload::key_at(std::uint64_t position) const {
  return first_key_ + (drawn_.empty() ? static_cast<std::uint32_t>(position % options_.keys)
                                      : drawn_[position % drawn_.size()]);
}

// "key:" and as many digits as it takes.
void Workload::write_key(char* out, std::uint32_t key) const {
  constexpr std::string_view kPrefix = "key:";
  kPrefix.copy(out, kPrefix.size());
  for (std::size_t at = options_.key_bytes; at > kPrefix.size(); key /= 10) {
    out[--at] = static_cast<char>('0' + key % 10);
  }
}

void Workload::append_key(std::string& out, std::uint32_t key) const {
  out.resize(out.size() + options_.key_bytes);
  write_key(out.data() + out.size() - options_.key_bytes, key);
}

std::string_view Workload::value_of(std::uint32_t key, std::size_t bytes) const {
  return pool_.value(key, 0, bytes);
}

std::size_t Workload::size_to_set() {
  const std::size_t bytes = options_.value_bytes;
  return vary_sizes_ ? bytes / 2 + random_.below(bytes + bytes / 2) : bytes;
}

Command Workload::choose() {
  if (sets_percent_ != 0 && random_.below(100) < sets_percent_) return Command::kSet;
  return command_;
}

void Workload::append_set(std::string& out, Command command, std::uint32_t key) {
  const std::size_t bytes = size_to_set();
  const bool meta = command == Command::kMetaSet;
  out.append(meta ? "ms " : "set ");
  append_key(out, key);
  if (meta) {
    out.push_back(' ');
    append_number(out, bytes);
    out.append(" c T");
    append_number(out, options_.ttl_s);
  } else {
    out.append(" 0 ");
    append_number(out, options_.ttl_s);
    out.push_back(' ');
    append_number(out, bytes);
  }
  out.append("\r\n").append(value_of(key, bytes)).append("\r\n");
}

Expected Workload::next(std::string& out) {
  if (!missed_.empty()) {
    const Expected expected{.command = Command::kSet, .keys = 0, .position = position_};
    append_set(out, expected.command, missed_.back());
    missed_.pop_back();
    return expected;
  }
  Expected expected{.command = choose(), .keys = 0, .position = position_};
  switch (expected.command) {
    case Command::kGet:
      expected.keys = options_.keys_per_get;
      out.append("get");
      for (std::uint32_t i = 0; i < expected.keys; ++i) {
        out.push_back(' ');
        append_key(out, key_at(position_++));
      }
      out.append("\r\n");
      return expected;
    case Command::kMetaGet:
      expected.keys = 1;
      out.append("mg ");
      append_key(out, key_at(position_++));
      out.append(" v t f s\r\n");
      return expected;
    case Command::kSet:
    case Command::kMetaSet: append_set(out, expected.command, key_at(position_++)); return expected;
    case Command::kMetaArithmetic:
      out.append("ma ");
      append_key(out, key_at(position_++));
      out.append(" N0 v\r\n");
      return expected;
  }
  return expected;
}

Reply Workload::read(std::string_view input, Expected& expected) const {
  switch (expected.command) {
    case Command::kGet: return read_get(input, expected);
    case Command::kMetaGet: return read_meta_get(input, expected);
    case Command::kSet: return read_line(input, "STORED");
    case Command::kMetaSet: return read_line(input, "HD");
    case Command::kMetaArithmetic: break;
  }
  // "VA <length>\r\n<digits>\r\n"
  const Reply first = read_line(input, "VA ");
  if (first.bytes == 0 || first.error != nullptr) return first;
  Reply second = read_line(input.substr(first.bytes), "");
  if (second.bytes != 0) second.bytes += first.bytes;
  return second;
}

void Workload::finish(const Expected& expected, const Reply& reply) {
  if (!options_.fills_misses || expected.keys == 0 || reply.values != 0) return;
  missed_.push_back(key_at(expected.position));
}

// "VALUE <key> <flags> <length>\r\n<value>\r\n" for those that are there, in order; then "END\r\n".
Reply Workload::read_get(std::string_view input, Expected& expected) const {
  if (input.starts_with("END\r\n")) return {.bytes = 5, .complete = true};
  const std::size_t line = input.substr(0, options_.key_bytes + 64).find("\r\n");
  if (line == std::string_view::npos) return {};
  if (!input.starts_with("VALUE ")) {
    return {.bytes = line + 2, .complete = true, .error = "neither VALUE nor END"};
  }
  char key[kMaxKeyBytes];
  std::uint32_t found = 0;
  const Expected before = expected;
  do {  // skips keys that had no value
    if (expected.keys == 0) throw std::runtime_error("a value that was not asked for");
    found = key_at(expected.position++);
    write_key(key, found);
    --expected.keys;
  } while (input.substr(6, options_.key_bytes) != std::string_view(key, options_.key_bytes));
  const std::size_t length_at = input.rfind(' ', line) + 1;
  const Reply reply = check_value(input, line + 2, number_at(input.substr(length_at)), found);
  if (reply.bytes == 0) expected = before;
  return reply;
}

// "VA <length> t<ttl> f<flags> s<size>\r\n<value>\r\n", or "EN\r\n".
Reply Workload::read_meta_get(std::string_view input, Expected& expected) const {
  if (input.starts_with("EN\r\n")) return {.bytes = 4, .complete = true};
  const std::size_t line = input.substr(0, 128).find("\r\n");
  if (line == std::string_view::npos) return {};
  if (!input.starts_with("VA ")) {
    return {.bytes = line + 2, .complete = true, .error = "neither VA nor EN"};
  }
  Reply reply = check_value(input, line + 2, number_at(input.substr(3)), key_at(expected.position));
  reply.complete = reply.bytes != 0;
  return reply;
}

Reply Workload::check_value(std::string_view input, std::size_t head, std::size_t length,
                            std::uint32_t key) const {
  if (length > (std::size_t{1} << 30U)) throw std::runtime_error("a value without a length");
  if (input.size() < head + length + 2) return {};
  Reply reply{.bytes = head + length + 2, .values = 1};
  const bool right = input.substr(head, length) == value_of(key, options_.value_bytes) &&
                     input.substr(head + length, 2) == "\r\n";
  if (!right) reply.error = "wrong bytes";
  return reply;
}

}  // namespace isocache::bench
