#include "command/single_backend.h"

#include "base/inline.h"
#include "command/program_parts.h"

namespace isocache {

SingleBackend::SingleBackend(Store& store, const Settings& settings, const HashKey& hash_key,
                             UnixSeconds started_s, bool gets_may_wait, ColdTier* tiering)
    : settings_(settings),
      engine_(store, EngineOptions{.cas_enabled = settings.cas_enabled,
                                   .gets_may_wait = gets_may_wait,
                                   .count_prefixes = settings.detail_enabled,
                                   .prefix_delimiter = settings.prefix_delimiter,
                                   .tiering = tiering}),
      hash_key_(hash_key),
      host_(started_s) {
  engine_.set_tiering(tiering_settings(settings));
}

std::uint64_t SingleBackend::hash(std::string_view key) const {
  return Store::hash(key, hash_key_);
}

Executed SingleBackend::execute(std::span<Request> requests, UnixSeconds now_s, Output& out,
                                Waker* waker) {
  std::size_t done = engine_.execute(requests, now_s, out);
  while (done < requests.size() && !out.full() && engine_.stopped_at_cold()) {
    const Executed cold = engine_.execute_cold(requests[done], nullptr, now_s, out, waker);
    done += cold.done;
    if (cold.done == 0) return {done, cold.late};
    done += engine_.execute(requests.subspan(done), now_s, out);
  }
  return {done};
}

Executed SingleBackend::finish(LateToken token, Request& request, Upload* upload, UnixSeconds now_s,
                               Output& out, Waker* waker) {
  if (!replies_may_be_late()) return {};
  return engine_.finish(token, request, upload, now_s, out, waker);
}

void SingleBackend::give_up(LateToken token, Request& request, Upload* upload, UnixSeconds now_s,
                            Output& out) {
  if (replies_may_be_late()) engine_.give_up(token, request, upload, now_s, out);
}

void SingleBackend::put_off(LateToken token, const Request& /*request*/) {
  if (replies_may_be_late()) engine_.put_off(token);
}

void SingleBackend::abandon(LateToken token, const Request& /*request*/, Upload* upload) {
  if (replies_may_be_late()) engine_.abandon(token, upload);
}

ISOCACHE_RARE AdminResult SingleBackend::administer(const Request& request, const Clock& clock,
                                                    Output& out, Waker* waker) {
  return run_admin_command(request, *this, clock, out, waker);
}

ISOCACHE_RARE PutStatus SingleBackend::begin_upload(const Request& request, UnixSeconds now_s,
                                                    Upload* upload) {
  return engine_.begin_upload(request, now_s, upload);
}

std::span<char> SingleBackend::upload_window(const Request& /*request*/, Upload& upload) {
  return engine_.upload_window(upload);
}

ISOCACHE_RARE bool SingleBackend::upload_may_wait(const Request& /*request*/, const Upload& upload,
                                                  UnixSeconds /*now_s*/) {
  return engine_.store().upload_may_wait(upload);
}

void SingleBackend::upload_received(const Request& /*request*/, Upload& upload, std::size_t bytes) {
  engine_.upload_received(upload, bytes);
}

void SingleBackend::abort_upload(const Request& /*request*/, Upload& upload) {
  engine_.abort_upload(upload);
}

void SingleBackend::refuse_upload(const Request& request, Upload& upload) {
  engine_.refuse_upload(request, upload);
}

LateToken SingleBackend::finish_upload(Request& request, Upload& upload, UnixSeconds now_s,
                                       Output& out, Waker* waker) {
  if (engine_.finish_upload(request, upload, now_s, out)) return kNotLate;
  return engine_.execute_cold(request, &upload, now_s, out, waker).late;
}

void SingleBackend::release(const Output& sent) {
  sent.for_each_pin([this](Pin pin) { engine_.release(pin); });
}

ISOCACHE_RARE void SingleBackend::Host::add_stats(UnixSeconds now_s, HostRows& rows) {
  rows.add("uptime", std::uint64_t{now_s > started_s_ ? now_s - started_s_ : 0});
}

void SingleBackend::reset_counters() { engine_.reset_counters(); }

void SingleBackend::flush_at(UnixSeconds at_s, UnixSeconds now_s) { engine_.flush_at(at_s, now_s); }

bool SingleBackend::set_memory_limit(std::size_t bytes) {
  return engine_.store().set_memory_limit(bytes);
}

std::uint64_t SingleBackend::scan(unsigned /*shard*/, std::uint64_t cursor, std::size_t max_items,
                                  UnixSeconds now_s, ItemVisitor& visitor) {
  return engine_.store().scan(cursor, max_items, limits::kScanRecords, now_s,
                              [&visitor](const ItemView& item) { visitor.visit(item); });
}

}  // namespace isocache
