// Values that arrive in pieces: which uploads may begin, which wait, and what others see in
// between.
#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "unit/store_fixture.h"

namespace isocache {
namespace {

class StoreUploadTest : public StoreTest {};

TEST_F(StoreUploadTest, AnUploadIsInvisibleUntilItIsComplete) {
  put("k", "old");
  Upload upload;
  ASSERT_EQ(store_->begin_upload(key("k"), 200'000, now_s_, &upload), PutStatus::kStored);
  std::string value;
  while (upload.remaining > 0) {
    const std::span<char> window = store_->upload_window(upload);
    ASSERT_FALSE(window.empty());
    const std::size_t bytes = std::min<std::size_t>(window.size(), 7777);
    const std::string part(bytes, static_cast<char>('a' + value.size() % 26));
    part.copy(window.data(), bytes);
    store_->upload_received(upload, bytes);
    value += part;
    EXPECT_EQ(get("k"), "old");
  }
  EXPECT_TRUE(store_->commit_upload(upload, key("k"), find("k"), {.client_flags = 3}, now_s_));
  EXPECT_EQ(get("k"), value);
  EXPECT_EQ(find("k").client_flags(), 3U);
}

TEST_F(StoreUploadTest, AnAbortedUploadLeavesNothing) {
  const std::size_t before = store_->memory_use().item_bytes;
  Upload upload;
  ASSERT_EQ(store_->begin_upload(key("k"), 200'000, now_s_, &upload), PutStatus::kStored);
  store_->upload_received(upload, store_->upload_window(upload).size());
  store_->abort_upload(upload);
  EXPECT_FALSE(upload);
  EXPECT_EQ(store_->memory_use().item_bytes, before);
  EXPECT_FALSE(find("k"));
}

TEST_F(StoreUploadTest, IdleUploadsCannotEmptyTheCache) {
  open({.memory_limit = 40U << 20});
  fill(10'000, 1000);
  std::vector<Upload> uploads;
  PutStatus status = PutStatus::kStored;
  for (int i = 0; i < 1000 && status == PutStatus::kStored; ++i) {
    Upload upload;
    status = store_->begin_upload(key("u" + std::to_string(i)), 900'000, now_s_, &upload);
    if (upload) uploads.push_back(upload);
  }
  EXPECT_EQ(status, PutStatus::kNoMemory);
  EXPECT_GT(uploads.size(), 5U);
  EXPECT_GT(store_->item_count(), 9000U) << "a quarter of the store at most";
  EXPECT_EQ(put("still", "works"), PutStatus::kStored);
  for (Upload& upload : uploads) store_->abort_upload(upload);
}

TEST_F(StoreUploadTest, UploadsWaitInLineForThoseThatHaveBegun) {
  open({.memory_limit = 4U << 20, .uploads_wait = true});
  fill(1000, 1000);
  Upload first;
  Upload second;
  Upload third;
  ASSERT_EQ(store_->begin_upload(key("a"), 900'000, now_s_, &first), PutStatus::kStored);
  EXPECT_EQ(store_->begin_upload(key("b"), 900'000, now_s_, &second), PutStatus::kWait);
  EXPECT_EQ(store_->begin_upload(key("c"), 100'000, now_s_, &third), PutStatus::kWait)
      << "a small one does not pass one that came before";
  EXPECT_EQ(store_->memory_use().uploads_waiting, 2U);
  put("b", "old");
  store_->abort_upload(first);
  EXPECT_EQ(store_->begin_upload(key("c"), 100'000, now_s_, &third), PutStatus::kWait);
  EXPECT_EQ(store_->begin_upload(key("b"), 900'000, now_s_, &second), PutStatus::kStored);
  EXPECT_EQ(get("b"), "old") << "until the new value is whole";
  EXPECT_EQ(store_->begin_upload(key("c"), 100'000, now_s_, &third), PutStatus::kStored);
  store_->abort_upload(second);
  store_->abort_upload(third);
  EXPECT_EQ(store_->memory_use().upload_bytes, 0U);
}

TEST_F(StoreUploadTest, WhoLeavesTheLineHoldsNobodyUp) {
  open({.memory_limit = 4U << 20, .uploads_wait = true});
  Upload first;
  Upload second;
  Upload third;
  ASSERT_EQ(store_->begin_upload(key("a"), 900'000, now_s_, &first), PutStatus::kStored);
  EXPECT_EQ(store_->begin_upload(key("b"), 900'000, now_s_, &second), PutStatus::kWait);
  EXPECT_EQ(store_->begin_upload(key("c"), 900'000, now_s_, &third), PutStatus::kWait);
  store_->abort_upload(second);
  store_->abort_upload(first);
  EXPECT_EQ(store_->begin_upload(key("c"), 900'000, now_s_, &third), PutStatus::kStored);
  store_->abort_upload(third);
}

// An upload that waits for memory of others is not refused for lack of memory, and an upload that
// has begun can be finished.
TEST_F(StoreUploadTest, ManyUploadsAtOnceAreAllStored) {
  open({.memory_limit = 4U << 20, .uploads_wait = true});
  fill(3000, 1000);
  std::vector<Upload> uploads(40);
  std::vector<bool> stored(uploads.size());
  std::size_t left = uploads.size();
  for (int round = 0; round < 10'000 && left > 0; ++round) {
    const std::size_t i = static_cast<std::size_t>(round) % uploads.size();
    if (stored[i]) continue;
    const std::string name = "u" + std::to_string(i);
    Upload& upload = uploads[i];
    if (!upload) {
      const PutStatus status = store_->begin_upload(key(name), 300'000, now_s_, &upload);
      ASSERT_TRUE(status == PutStatus::kStored || status == PutStatus::kWait);
      continue;
    }
    if (upload.remaining > 0) {
      const std::span<char> window = store_->upload_window(upload);
      if (window.empty()) {
        ASSERT_TRUE(store_->upload_may_wait(upload));
        continue;
      }
      store_->upload_received(upload, std::min<std::size_t>(window.size(), 30'000));
      continue;
    }
    ASSERT_TRUE(store_->commit_upload(upload, key(name), find(name), {}, now_s_));
    stored[i] = true;
    --left;
  }
  EXPECT_EQ(left, 0U);
}

TEST_F(StoreUploadTest, OneUploadOfTheLargestSizeFits) {
  open({.memory_limit = 16U << 20, .max_item_size = 8U << 20});
  fill(5000, 1000);
  Upload upload;
  ASSERT_EQ(store_->begin_upload(key("large"), (8U << 20) - 100, now_s_, &upload),
            PutStatus::kStored);
  while (upload.remaining > 0) {
    const std::span<char> window = store_->upload_window(upload);
    ASSERT_FALSE(window.empty()) << upload.remaining;
    store_->upload_received(upload, window.size());
  }
  EXPECT_TRUE(store_->commit_upload(upload, key("large"), {}, {}, now_s_));
  EXPECT_EQ(find("large").value_length(), (8U << 20) - 100);
}

}  // namespace
}  // namespace isocache
