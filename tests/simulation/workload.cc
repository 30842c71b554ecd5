#include "simulation/workload.h"

#include <fmt/format.h>

#include <algorithm>

#include "simulation/numbers.h"

namespace isocache::simulation {

std::string key_name(KeyId key) {
  static constexpr char kLetters[] = "vtndp";
  const KeyId number = key % kKeysPerUse;
  std::string name = fmt::format("{}{}", kLetters[static_cast<unsigned>(use_of(key))], number);
  if (prefix_of(key) != 0) name.insert(0, fmt::format("p{}:", prefix_of(key)));
  if (number % 7 == 6) name.append(40, 'x');
  if (number % 29 == 28) name.append(200, 'y');
  return name;
}

ClientRequest Workload::make(Command command, KeyId key) {
  ClientRequest request;
  request.command = command;
  request.keys = {key};
  request.version = ++last_version_;
  return request;
}

void Workload::finish(Connection& to, ClientRequest request, std::string_view line,
                      std::string_view value) {
  request.begin_byte = to.outgoing_end();
  to.write(line);
  to.write("\r\n");
  if (request.command == Command::kStore || request.command == Command::kMetaStore) {
    to.write(value);
    to.write("\r\n");
  }
  request.end_byte = to.outgoing_end();
  to.replies().requests.push_back(std::move(request));
}

std::size_t Workload::random_length() {
  if (random_.one_in(options_.large_in)) {
    const std::size_t length = kChunkHeadBytes + random_.below(options_.largest_value);
    // Now and then the value is too large for any item.
    return random_.one_in(40) ? 2 * options_.largest_value : length;
  }
  return kChunkHeadBytes + random_.below(random_.one_in(4) ? 6000 : 300);
}

KeyId Workload::random_key() {
  if (random_.one_in(8)) return key_id(KeyUse::kExpiring, random_.below(8));
  // Half of the traffic is for a few keys.
  return key_id(KeyUse::kValue, random_.below(random_.one_in(2) ? 12 : options_.keys));
}

void Workload::add_requests(Connection& to, Role role, std::uint32_t pair) {
  add_some(to, role, pair);
  // Only a later reply shows that a request without a reply was executed.
  if (to.replies().requests.back().no_reply) add_noop(to);
}

void Workload::add_some(Connection& to, Role role, std::uint32_t pair) {
  switch (role) {
    case Role::kWriterInOrder: return add_ordered_writes(to, pair);
    case Role::kReaderInOrder: return add_ordered_reads(to, pair);
    case Role::kLargeReader:
      for (std::uint32_t n = 1 + random_.below(4); n > 0; --n) add_get(to, 4 + random_.below(24));
      return;
    case Role::kUploader:
      for (std::uint32_t n = 1 + random_.below(2); n > 0; --n) {
        const KeyId key = random_key();
        const std::size_t length = kChunkHeadBytes + random_.below(options_.largest_value);
        if (random_.one_in(3)) {
          add_meta_store(to, key, length, false);
        } else {
          add_store(to, key, length);
        }
      }
      return;
    case Role::kAdministrator: add_admin(to); [[fallthrough]];
    case Role::kGeneral:
      for (std::uint32_t n = 1 + random_.below(random_.one_in(4) ? 40 : 6); n > 0; --n) add_any(to);
  }
}

void Workload::add_any(Connection& to) {
  // a statement of its own, because compilers differ in the order of arguments
  const KeyId key = random_key();
  const std::size_t length = random_length();
  switch (random_.below(20)) {
    case 0:
    case 1:
    case 2: return add_get(to, 1 + (random_.one_in(3) ? random_.below(12) : 0));
    case 3:
    case 4:
    case 5: return add_meta_get(to, key, false);
    case 6:
    case 7:
    case 8:
    case 9: return add_store(to, key, length);
    case 10:
    case 11:
    case 12: return add_meta_store(to, key, length, false);
    case 13: return add_cas(to);
    case 14: return add_delete(to, key);
    case 15: return add_touch(to);
    case 16:
    case 17: return add_number(to);
    case 18: return add_quiet_run(to);
    default: return add_noop(to);
  }
}

void Workload::add_noop(Connection& to) {
  ClientRequest request = make(Command::kNoop, 0);
  request.keys.clear();
  finish(to, std::move(request), "mn");
}

// A pipeline of data = n, pointer = n: the versions differ by one.
void Workload::add_ordered_writes(Connection& to, std::uint32_t pair) {
  for (std::uint32_t n = 1 + random_.below(6); n > 0; --n) {
    const std::size_t length = random_.one_in(12) ? random_length() : kChunkHeadBytes + 9;
    for (const KeyUse use : {KeyUse::kData, KeyUse::kPointer}) {
      const KeyId key = key_id(use, pair);
      ClientRequest request = make(Command::kMetaStore, key);
      request.quiet = true;
      request.length = use == KeyUse::kData ? length : kChunkHeadBytes + 9;
      value_.clear();
      append_chunk(key, request.version, request.length, value_);
      const std::string line =
          fmt::format("ms {} {} q O{}", key_name(key), request.length, request.version);
      finish(to, std::move(request), line, value_);
    }
  }
  add_noop(to);
}

void Workload::add_ordered_reads(Connection& to, std::uint32_t pair) {
  for (std::uint32_t n = 1 + random_.below(6); n > 0; --n) {
    for (const KeyUse use : {KeyUse::kPointer, KeyUse::kData}) {
      const KeyId key = key_id(use, pair);
      ClientRequest request = make(Command::kMetaGet, key);
      request.return_value = true;
      const std::string line = fmt::format("mg {} v O{}", key_name(key), request.version);
      finish(to, std::move(request), line);
    }
  }
}

}  // namespace isocache::simulation
