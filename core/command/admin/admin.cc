#include "command/admin/admin.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "command/admin/binary.h"
#include "command/admin/call.h"
#include "command/exptime.h"
#include "command/program_parts.h"
#include "protocol/commands.h"
#include "protocol/numbers.h"
#include "protocol/replies.h"
#include "store/prefix_part.h"

namespace isocache {
namespace {

// memcached refuses limits outside of this range.
constexpr std::uint64_t kMinMemoryMiB = 8;
constexpr std::uint64_t kMaxMemoryMiB = 1'000'000'000;
// memcached's verbosity command sets this level at most.
constexpr std::uint32_t kMaxVerbosity = 2;

void flush_all(AdminCall& call) {
  if (!call.target.settings().flush_enabled) {
    return call.reply_unless_quiet(reply::kFlushNotAllowed);
  }
  if (call.count() > 3) return call.reply(reply::kError);
  std::int64_t delay = 0;
  if (call.count() > 0 && call.token(0) != "noreply" &&
      !parse_exptime(call.token(0), max_exptime(call.host_clock), delay)) {
    return call.reply_unless_quiet(reply::kBadExptime);
  }
  const UnixSeconds at =
      delay <= 0 ? call.now_s : expiry_time(store_exptime(delay, call.host_clock), call.now_s);
  call.target.flush_at(at, call.now_s);
  call.reply_unless_quiet(reply::kOk);
}

// The prefix of a key that was stored could not be this.
bool is_no_prefix(std::string_view prefix, char delimiter) {
  return prefix.size() >= limits::kMaxKeyBytes ||
         prefix.find(delimiter) != std::string_view::npos ||
         prefix.find('\0') != std::string_view::npos;
}

void flush_prefix(AdminCall& call) {
  if (!prefixes_can_be_flushed()) return call.reply(reply::kError);
  if (call.count() == 0 || call.count() > 2) return call.reply(reply::kError);
  if (call.count() == 2 && call.token(1) != "noreply") return call.reply(reply::kBadFormat);
  const auto answer = [&](std::string_view text) {
    if (call.count() == 1) return call.reply(text);  // the prefix may be "noreply"
    call.reply_unless_quiet(text);
  };
  const Settings& settings = call.target.settings();
  const std::string_view prefix = call.token(0);
  if (!settings.flush_enabled) return answer(reply::kFlushNotAllowed);
  if (is_no_prefix(prefix, settings.prefix_delimiter)) return answer(reply::kBadPrefix);
  answer(call.target.flush_prefix(prefix, call.now_s) ? reply::kOk : reply::kTooManyPrefixes);
}

void version(AdminCall& call) {
  call.reply("VERSION ");
  call.reply(kProtocolVersion);
  call.reply("\r\n");
}

void verbosity(AdminCall& call) {
  if (call.count() == 0) return call.reply(reply::kBadFormat);
  std::uint32_t level = 0;
  if (!parse_u32(call.token(0), level)) return call.reply_unless_quiet(reply::kBadFormat);
  call.target.settings().verbosity = std::min(level, kMaxVerbosity);
  call.tell_settings_changed();
  call.reply_unless_quiet(reply::kOk);
}

void cache_memlimit(AdminCall& call) {
  std::uint64_t mebibytes = 0;
  if (call.count() == 0 || call.count() > 2 || !parse_u64(call.token(0), mebibytes)) {
    return call.reply_unless_quiet(reply::kError);
  }
  if (mebibytes < kMinMemoryMiB) return call.reply_unless_quiet(reply::kMemoryTooSmall);
  if (mebibytes > kMaxMemoryMiB) return call.reply_unless_quiet(reply::kMemoryNotInBytes);
  const std::uint64_t bytes = mebibytes << 20U;
  if (bytes > SIZE_MAX || !call.target.set_memory_limit(static_cast<std::size_t>(bytes))) {
    return call.reply_unless_quiet(reply::kMemoryNotAdjusted);
  }
  call.target.settings().max_bytes = static_cast<std::size_t>(bytes);
  call.reply_unless_quiet(reply::kOk);
}

void shutdown(AdminCall& call) {
  if (!call.target.settings().shutdown_enabled) return call.reply(reply::kShutdownNotEnabled);
  if (call.count() == 0) {
    call.result.next = AdminResult::Next::kShutdown;
  } else if (call.token(0) == "graceful") {
    call.result.next = AdminResult::Next::kShutdownGraceful;
  } else {
    call.reply(reply::kBadShutdownMode);
  }
}

void quit(AdminCall& call) { call.result.next = AdminResult::Next::kClose; }

// memcached's reply to a command that needs something that this host does not have.
std::string_view refusal_of(Command command) {
  return command == Command::k_refresh_certs ? reply::kTlsNotEnabled : reply::kError;
}

using Handler = void (*)(AdminCall&);

// Null for commands that only a host can execute.
Handler handler_of(Command command) {
  switch (command) {
    case Command::k_flush_all: return flush_all;
    case Command::k_flush_prefix: return flush_prefix;
    case Command::k_version: return version;
    case Command::k_verbosity: return verbosity;
    case Command::k_stats: return run_stats;
    case Command::k_cache_memlimit: return cache_memlimit;
    case Command::k_lru_crawler: return run_lru_crawler;
    case Command::k_lru: return run_lru;
    case Command::k_slabs: return run_slabs;
    case Command::k_extstore: return run_extstore;
    case Command::k_watch: return run_watch;
    case Command::k_shutdown: return shutdown;
    case Command::k_quit: return quit;
    default: return nullptr;
  }
}

}  // namespace

AdminResult run_admin_command(const Request& request, AdminTarget& target, const Clock& clock,
                              Output& out, Waker* waker) {
  if (binary_is_spoken() && request.style == ReplyStyle::kBinary) {
    return run_binary_command(request, target, clock, out);
  }
  Tokens tokens(request.admin.line);
  const std::string_view name = tokens.next();
  const Command command = find_command(name);
  AdminCall call(tokens.rest(), target, clock, out, waker);
  if (const Handler handler = handler_of(command)) {
    handler(call);
  } else if (!target.host().run(name, call)) {
    call.reply(refusal_of(command));
  }
  return std::move(call.result);
}

}  // namespace isocache
