#include "tier/page_log.h"

#include <algorithm>

namespace isocache::tier {
namespace {

Place round_down(Place place, std::size_t unit) { return place / unit * unit; }
Place round_up(Place place, std::size_t unit) { return round_down(place + unit - 1, unit); }
bool has_length(const RecordView& record, LengthCode length) {
  return length_code(record.place(), record.end()) == length;
}

}  // namespace

std::uint64_t PageLog::device_offset(RegionId region) const {
  return appender_.options().part.offset + regions().offset(region);
}

ReadResult PageLog::find_in_memory(Location location, LengthCode length,
                                   std::string_view key) const {
  const RegionId id = regions().region_of(location);
  if (id == kNoRegion || !regions().readable(id)) return {};
  const Place place = regions().place_of(location);
  const std::uint64_t index = place / kPageBytes;
  if (index >= regions()[id].pages) return {};
  const std::uint64_t number = regions()[id].first_number + index;
  if (!appender_.buffer().holds(number)) return {.status = ReadStatus::kOnDevice};
  const BlockSearchResult found = find_in_block(appender_.buffer().run(number), place % kPageBytes,
                                                regions().sequence(id, place), key);
  if (found.status != BlockSearch::kFound || !has_length(found.record, length)) return {};
  return {.status = ReadStatus::kFound, .record = found.record};
}

ReadPlan PageLog::plan(Location location, LengthCode length) const {
  const RegionId id = regions().region_of(location);
  if (id == kNoRegion || !regions().readable(id)) return {};
  const Place block = regions().place_of(location);
  const std::size_t wanted =
      length == kLongRecord ? kHeadReadBytes : std::size_t{length} * kBlockBytes;
  const Place begin = round_down(block, device_.alignment());
  const Place end =
      std::min<Place>(round_up(block + wanted, device_.alignment()), regions().region_bytes());
  return {.location = location,
          .offset = device_offset(id) + begin,
          .bytes = static_cast<std::size_t>(end - begin),
          .first_sequence = regions()[id].first_sequence,
          .length = length,
          .may_be_longer = length == kLongRecord};
}

bool PageLog::is_current(const ReadPlan& plan) const {
  const RegionId id = regions().region_of(plan.location);
  return id != kNoRegion && regions().readable(id) &&
         regions()[id].first_sequence == plan.first_sequence;
}

ReadResult PageLog::find_in(const ReadPlan& plan, std::span<const std::byte> bytes,
                            std::string_view key) const {
  if (!is_current(plan) || bytes.size() < plan.bytes) return {};
  const RegionId id = regions().region_of(plan.location);
  const Place block = regions().place_of(plan.location);
  const PageRun run(bytes, plan.offset - device_offset(id));
  const BlockSearchResult found = find_in_block(run, block, regions().sequence(id, block), key);
  if (found.status == BlockSearch::kFound) {
    if (!has_length(found.record, plan.length)) return {};
    return {.status = ReadStatus::kFound, .record = found.record};
  }
  // A header can be trusted only when the whole record is there. Until then, it is held to the
  // limits of a record.
  if (found.status != BlockSearch::kLonger || !plan.may_be_longer ||
      found.end > regions().region_bytes() ||
      found.end - block > (appender_.max_record_pages() + 1) * kPageBytes) {
    return {};
  }
  ReadPlan more = plan;
  more.may_be_longer = false;
  more.bytes = static_cast<std::size_t>(round_up(found.end, device_.alignment()) - run.begin());
  return {.status = ReadStatus::kReadMore, .more = more};
}

bool PageLog::holds_another(const ReadPlan& plan, std::span<const std::byte> bytes,
                            std::uint64_t hash) const {
  if (bytes.size() < plan.bytes) return false;
  const RegionId id = regions().region_of(plan.location);
  const PageRun run(bytes, plan.offset - device_offset(id));
  bool found = false;
  for_each_record_in_block(run, regions().place_of(plan.location), [&](const RecordView& record) {
    found = found || appender_.same_fingerprint(owner_.hash_of(record.key()), hash);
  });
  return found;
}

PageIdentity PageLog::page_identity(RegionId region, std::uint32_t index) const {
  const PageLogOptions& options = appender_.options();
  return {options.epoch, regions().sequence(region, Place{index} * kPageBytes), options.shard};
}

LogPage PageLog::page_in_memory(RegionId region, std::uint32_t index) const {
  const PageBuffer& buffer = appender_.buffer();
  const std::uint64_t number = regions()[region].first_number + index;
  if (!buffer.holds(number)) return {};
  const BufferedPage& page = buffer.page(number);
  const Place begin = Place{index} * kPageBytes;
  const bool is_open = page.state == BufferedPage::State::kFilling;
  LogPage found{.bytes = buffer.run(number).at(0), .begin = begin, .sequence = page.sequence};
  found.end = is_open ? appender_.head_place() : begin + page.used;
  found.first_record = page.first_record == 0 ? found.end : begin + page.first_record;
  return found;
}

void PageLog::keep_pace(std::size_t appended_bytes) {
  // A third of what is cleaned may be written again, so it takes up to three bytes for each new
  // one.
  constexpr Place kCleanedForOne = 3;
  constexpr Place kCleanedByCall = 2 * kPageBytes;
  // What a step counts that passes no record, as a read or one of a sweep.
  constexpr Place kOtherStep = kPageBytes / 4;
  const Place most = kCleanedByCall + kCleanedForOne * appended_bytes;
  for (Place done = 0; done < most && cleaner_.place() < appender_.to_be_cleaned();) {
    const Place before = cleaner_.place();
    if (!step()) return;
    const Place after = cleaner_.place();
    done += after > before ? after - before : kOtherStep;
  }
}

void PageLog::flush() {
  cleaner_.cancel();
  appender_.flush();
}

PageLogFigures PageLog::figures() const { return {appender_.figures(), cleaner_.figures()}; }

std::size_t PageLog::memory_bytes() const {
  return sizeof *this + regions().memory_bytes() + appender_.buffer().memory_bytes();
}

}  // namespace isocache::tier
