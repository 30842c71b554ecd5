#include "unit/examples.h"

#include <cstdlib>
#include <memory>
#include <vector>

#include "command/watching/single_watch.h"
#include "unit/core_fixture.h"

namespace isocache {
namespace {

class OneUser : public Authenticator {
 public:
  bool check(std::string_view user, std::string_view password) const override {
    return user == "ann" && password == "secret";
  }
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return lines;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// "<251 bytes>" becomes 251 bytes.
std::string with_bytes(std::string text) {
  constexpr std::string_view kEnd = " bytes>";
  const std::size_t end = text.find(kEnd);
  if (end == std::string::npos) return text;
  const std::size_t begin = text.rfind('<', end);
  const std::size_t count = std::strtoul(text.c_str() + begin + 1, nullptr, 10);
  return text.replace(begin, end + kEnd.size() - begin, std::string(count, 'x'));
}

std::string to_wire(std::string_view text) {
  return replaced(with_bytes(std::string(text)), "\n", "\r\n") + "\r\n";
}

std::string from_wire(std::string text) {
  text = replaced(std::move(text), "\r\n", "\n");
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

// Applies the flags of a line "$ isocached ...".
struct Server {
  Settings settings;
  StoreOptions store = TestCore::store_options();
  SessionOptions session;
  OneUser users;

  void apply(std::string_view flag) {
    if (flag == "-A") settings.shutdown_enabled = true;
    if (flag == "-F") settings.flush_enabled = false;
    if (flag == "-I 1k") settings.max_item_bytes = store.max_item_size = 1024;
    if (flag == "-M") settings.evictions = store.evict = false;
    if (flag == "-W") settings.watch_enabled = false;
    if (flag == "-X") settings.dump_enabled = false;
    if (flag == "-Y") session.authenticator = &users;
    if (flag == "-o no_slab_reassign") settings.slab_reassign = false;
  }
};

// Flags whose effect only a running server can show.
bool is_of_the_host(std::string_view flag) { return flag == "-Z" || flag == "-c 1"; }

// Connections that watch.
class Crowd {
 public:
  Crowd(TestCore& core, std::size_t count) : core_(core) {
    for (std::size_t n = 0; n < count; ++n) {
      sessions_.push_back(std::make_unique<Session>(core.backend, core.clock, SessionOptions{}));
      sessions_.back()->feed("watch\r\n");
    }
  }
  ~Crowd() {
    for (const auto& session : sessions_) take_output(*session, core_.backend);
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

 private:
  TestCore& core_;
  std::vector<std::unique_ptr<Session>> sessions_;
};

void fill(TestCore& core) {
  for (const std::size_t length : {std::size_t{3000}, std::size_t{1}}) {
    const std::string end = " 0 0 " + std::to_string(length) + "\r\n" + std::string(length, 'f');
    std::string reply = "STORED\r\n";
    for (int i = 0; reply == "STORED\r\n"; ++i) {
      reply =
          core.ask("set fill" + std::to_string(length) + "-" + std::to_string(i) + end + "\r\n");
    }
  }
}

}  // namespace

Played play(const table::Example& example, std::string_view extra) {
  Server server;
  constexpr std::string_view kStart = "$ isocached ";
  const std::vector<std::string_view> before = lines_of(example.before);
  Played played;
  if (!before.empty() && before.front().starts_with(kStart)) {
    const std::string_view flag = before.front().substr(kStart.size());
    played.possible = !is_of_the_host(flag);
    server.apply(flag);
  }
  TestCore core(server.settings, server.session, server.store);
  SingleWatch watch(core.backend.engine(), {});
  core.backend.watch_by(&watch);
  std::unique_ptr<Crowd> crowd;
  for (const std::string_view line : before) {
    if (line.starts_with('$') || line.starts_with("# another client")) continue;
    if (line == "# the memory is full") {
      fill(core);
    } else if (line == "# 20 clients watch") {
      crowd = std::make_unique<Crowd>(core, 20);
    } else if (line == "# a server that cannot be watched") {
      core.backend.watch_by(nullptr);
    } else if (line.starts_with("# ")) {
      core.clock.now_s += static_cast<UnixSeconds>(std::atoi(std::string(line.substr(2)).c_str()));
    } else {
      played.before += core.ask(to_wire(line));
    }
  }
  std::string request(example.request);
  request.insert(std::min(request.find('\n'), request.size()), extra);
  played.reply = from_wire(core.ask(to_wire(request)));
  played.closed = core.session->closing();
  const bool takes_commands = !played.closed && !core.session->watches();
  if (takes_commands && server.settings.dump_enabled) {
    played.item_dump = core.ask("lru_crawler metadump all\r\n");
  }
  core.connect();  // a watcher ends before its hub
  return played;
}

namespace {

// Splits `shown` into pieces. Between two pieces, any text may stand.
bool matches_pieces(std::string_view reply, std::string_view shown) {
  constexpr std::string_view kAnything = "...";
  const std::size_t end = shown.find(kAnything);
  if (end == std::string_view::npos) return reply == shown;
  if (!reply.starts_with(shown.substr(0, end))) return false;
  const std::string_view rest = shown.substr(end + kAnything.size());
  for (std::size_t at = end; at <= reply.size(); ++at) {
    if (matches_pieces(reply.substr(at), rest)) return true;
  }
  return false;
}

}  // namespace

bool matches(std::string_view reply, std::string_view shown) {
  // "..." on a line of its own stands for any number of lines, including none.
  const std::string lines = replaced("\n" + std::string(shown), "\n...\n", "...\n");
  return matches_pieces("\n" + std::string(reply), lines);
}

}  // namespace isocache
