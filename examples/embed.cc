// The cache inside a program: no connection, no thread, no protocol text on the way in.
//
//   request -> Engine::execute() -> reply
//
// There are three ways to send a request, cheapest first: a Request filled in by hand, a Request
// made from tokens, and a Session that reads the whole protocol as bytes.

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "command/single_backend.h"
#include "protocol/parser.h"
#include "session/session.h"
#include "store/store.h"

namespace {

using namespace isocache;

// The source of the cache's memory: here the C heap. It is asked as the cache fills.
class HeapMemory : public MemorySource {
 public:
  ~HeapMemory() override {
    for (void* chunk : chunks_) std::free(chunk);
  }
  std::byte* allocate(std::size_t bytes) override {
    void* chunk = std::aligned_alloc(64, bytes);
    if (chunk == nullptr) return nullptr;
    chunks_.push_back(chunk);
    return static_cast<std::byte*>(chunk);
  }

 private:
  std::vector<void*> chunks_;
};

// The reply as one string. A large value is sent from where it is stored; release() gives it back.
std::string take(Backend& backend, Output& out) {
  std::string reply;
  out.for_each_span([&](std::string_view span) { reply.append(span); });
  backend.release(out);
  out.clear();
  return reply;
}

bool check(std::string_view what, const std::string& reply, std::string_view expected) {
  std::printf("%-22.*s %s", static_cast<int>(what.size()), what.data(), reply.c_str());
  if (reply == expected) return true;
  std::printf("  expected %.*s", static_cast<int>(expected.size()), expected.data());
  return false;
}

}  // namespace

int main() {
  HeapMemory memory;
  StoreOptions options;
  options.memory_limit = 16U << 20U;  // for everything: items, index, bookkeeping
  options.hash_key = {0x9E3779B97F4A7C15U, 0xF39CC0605CEDC834U};  // use random numbers of your own
  Store store(options, memory);
  Clock clock{static_cast<UnixSeconds>(std::time(nullptr))};  // set it again before each batch
  SingleBackend cache(store, Settings(), options.hash_key, clock.now_s);
  Output out;
  bool good = true;

  // 1. A request filled in by hand: text-style reply.
  Request set;
  set.key = Key{"greeting", cache.hash("greeting")};
  set.exptime = 60;
  // sets the verb, and returns the fields that only it has
  StoreFields& store_fields = set.begin_store();
  store_fields.value = "hello";
  store_fields.value_length = store_fields.value.size();
  cache.engine().execute(set, clock.now_s, out);
  good &= check("set, by hand", take(cache, out), "STORED\r\n");

  // 2. From tokens: verb, key, meta flags, value.
  Request get;
  KeyBuffer key_buffer;
  make_request("mg", "greeting", "v t", "", key_buffer, get);
  get.key.hash = cache.hash(get.key.bytes);
  cache.engine().execute(get, clock.now_s, out);
  good &= check("mg greeting v t", take(cache, out), "VA 5 t60\r\nhello\r\n");

  // 3. Bytes in, bytes out: any memcached client's traffic.
  Session session(cache, clock, SessionOptions());
  session.feed("incr hits 1\r\nadd hits 0 0 1\r\n1\r\nincr hits 41\r\n");
  good &= check("incr, add, incr", take(cache, session.output()), "NOT_FOUND\r\nSTORED\r\n42\r\n");

  // You own the clock: a minute later the greeting has expired.
  clock.now_s += 60;
  session.feed("get greeting\r\n");
  good &= check("get, a minute later", take(cache, session.output()), "END\r\n");
  return good ? 0 : 1;
}
