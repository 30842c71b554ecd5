// The log against a map, under every fault at once: an answer is the last version or a miss, never
// another key's value and never an older version. ISOCACHE_SEED chooses the first seed.
#include <gtest/gtest.h>

#include <list>
#include <map>
#include <string>

#include "support/random.h"
#include "support/seeds.h"
#include "tier_log_fixture.h"

namespace isocache::tier {
namespace {

constexpr std::size_t kKeys = 60;
constexpr int kOperations = 3'000;

struct Story {
  LogSetup setup{};
  FaultyDevice::Rates rates{};
  bool delayed = false;
};

// A read that is on its way, as the tier would keep it.
struct ReadInFlight {
  std::string key;
  ReadPlan plan;
  TestRead read;
};

class RandomLog {
 public:
  RandomLog(const Story& story, unsigned seed) : random_(seed), test_(story.setup) {
    test_.device.set_rates(story.rates, seed);
    test_.device.set_delayed(story.delayed);
  }
  ~RandomLog() {
    ending_ = true;
    test_.device.complete_all();
    for (ReadInFlight& read : reads_) finish(read);
  }

  void run() {
    for (int n = 0; n < kOperations && !testing::Test::HasFailure(); ++n) {
      act();
      if (test_.device.pending() > 0 && random_.one_in(3)) {
        test_.device.complete(random_.below(test_.device.pending()));
      }
      end_reads();
      if (!random_.one_in(4)) test_.log->step();
    }
    if (random_.one_in(2)) test_.log->retry();
  }
  std::size_t hits() const { return hits_; }

 private:
  std::string random_key() { return "k" + std::to_string(random_.below(kKeys)); }

  void act() {
    const std::string key = random_key();
    const std::uint32_t choice = random_.below(1000);
    if (choice < 450) {
      append(key);
    } else if (choice < 900) {
      begin_read(key);
    } else if (choice < 950) {
      test_.erase(key);
      newest_.erase(key);
    } else if (choice < 970) {
      if (auto* entry = test_.owner.find(test_.owner.hash_of(key)); entry != nullptr) {
        entry->keep = true;
      }
    } else if (choice < 985) {
      test_.log->write_open_page();
    } else if (choice < 990) {
      test_.pages.set_most(random_.one_in(2) ? 1000 : test_.pages.given());
    } else if (choice < 992) {
      test_.log->flush();
      test_.owner.clear();
      newest_.clear();
    } else if (choice < 995) {
      test_.log->retry();
    } else {
      while (test_.log->step()) {
      }
    }
  }

  void append(const std::string& key) {
    ++version_;
    const std::size_t size = random_.one_in(10)  ? random_.below(150'000)
                             : random_.one_in(2) ? 8 * random_.below(1'000)
                                                 : random_.below(100);
    const std::string value = value_for(key, version_, size);
    if (test_.append(key, value).status == AppendStatus::kAppended) {
      newest_[key] = value;
    } else {
      newest_.erase(key);
    }
  }

  void begin_read(const std::string& key) {
    const MapOwner::Entry* entry = test_.owner.find(test_.owner.hash_of(key));
    if (entry == nullptr) return;
    const ReadResult found = test_.log->find_in_memory(entry->location, entry->length, key);
    if (found.status == ReadStatus::kFound) expect_newest(key, found.record);
    if (found.status != ReadStatus::kOnDevice) return;
    begin_read(key, test_.log->plan(entry->location, entry->length));
  }
  void begin_read(const std::string& key, const ReadPlan& plan) {
    if (!plan) return;
    ReadInFlight& read = reads_.emplace_back();
    read.key = key;
    read.plan = plan;
    read.read.status = test_.device.begin_read(plan.offset, plan.bytes, read.read);
  }

  void end_reads() {
    for (auto read = reads_.begin(); read != reads_.end();) {
      const bool ended = read->read.status != IoStatus::kPending;
      if (ended) finish(*read);
      read = ended ? reads_.erase(read) : std::next(read);
    }
  }
  void finish(ReadInFlight& read) {
    if (read.read.status != IoStatus::kDone) return;
    const MapOwner::Entry* entry = test_.owner.find(test_.owner.hash_of(read.key));
    const bool current = entry != nullptr && entry->location == read.plan.location;
    const ReadResult found = test_.log->find_in(read.plan, read.read.data(), read.key);
    if (current && found.status == ReadStatus::kFound) expect_newest(read.key, found.record);
    test_.device.release(read.read);
    if (current && found.status == ReadStatus::kReadMore && !ending_) {
      begin_read(read.key, found.more);
    }
  }

  void expect_newest(const std::string& key, const RecordView& record) {
    ++hits_;
    const auto newest = newest_.find(key);
    ASSERT_NE(newest, newest_.end()) << key << " was deleted";
    ASSERT_EQ(value_of(record), newest->second) << key;
    ASSERT_EQ(record.header().cas, 9U);
  }

  Random random_;
  LogUnderTest test_;
  std::map<std::string, std::string> newest_;
  std::list<ReadInFlight> reads_;
  unsigned version_ = 0;
  bool ending_ = false;
  std::size_t hits_ = 0;
};

void tell(const Story& story, int runs, std::size_t least_hits) {
  const unsigned first = first_seed();
  std::size_t hits = 0;
  for (unsigned seed = first; seed < first + static_cast<unsigned>(runs); ++seed) {
    SCOPED_TRACE("ISOCACHE_SEED=" + std::to_string(seed));
    RandomLog log(story, seed);
    log.run();
    hits += log.hits();
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GE(hits, least_hits * static_cast<std::size_t>(runs));
}

TEST(TierLogRandom, WithoutFaults) { tell({}, 6, 500); }

TEST(TierLogRandom, Late) { tell({.delayed = true}, 6, 200); }

TEST(TierLogRandom, WithEveryFault) {
  const FaultyDevice::Rates rates{.fail_write = 40,
                                  .lose = 15,
                                  .tear = 15,
                                  .misdirect = 15,
                                  .fail_read = 20,
                                  .flip = 20,
                                  .refuse = 50};
  tell({.rates = rates}, 6, 100);
  tell({.rates = rates, .delayed = true}, 6, 50);
}

// Two bits tell keys apart, so nearly all share an entry.
TEST(TierLogRandom, WithCollisions) {
  const LogSetup setup{.fingerprint_bits = 2};
  const FaultyDevice::Rates rates{.lose = 15, .tear = 15, .misdirect = 15};
  tell({.setup = setup}, 6, 1);
  tell({.setup = setup, .rates = rates, .delayed = true}, 6, 1);
}

TEST(TierLogRandom, InOtherShapes) {
  tell({.setup = {.regions = 2, .region_pages = 4, .write_pages = 1, .max_pages = 4}}, 4, 100);
  tell({.setup = {.regions = 9, .region_pages = 2, .write_pages = 16, .max_pages = 32},
        .delayed = true},
       4, 100);
  tell({.setup = {.regions = 3, .region_pages = 16, .alignment = 4096}, .delayed = true}, 4, 100);
}

}  // namespace
}  // namespace isocache::tier
