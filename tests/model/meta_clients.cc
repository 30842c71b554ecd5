#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "model/random_clients.h"

namespace isocache::model {

void RandomClients::meta_set() {
  const std::string key = text_key();
  const Exptime exptime = random_exptime();
  const std::string value = random_value(options_.largest_value);
  const std::uint32_t client_flags = random_.bits();
  const std::string reply =
      main_.ask("ms " + key + ' ' + std::to_string(value.size()) + " c s F" +
                std::to_string(client_flags) + " T" + exptime.sent + "\r\n" + value + "\r\n");
  if (was_refused(reply)) return forget(key);
  const std::string size = " s" + std::to_string(value.size()) + "\r\n";
  EXPECT_EQ(reply.substr(0, 4), "HD c");
  EXPECT_EQ(reply.substr(reply.size() - std::min(size.size(), reply.size())), size);
  model_.put(key,
             {value, client_flags, exptime.at_s, std::strtoull(reply.c_str() + 4, nullptr, 10)});
}

void RandomClients::meta_get() {
  const std::string key = text_key();
  const bool vivify = random_.one_in(4);
  const std::string reply = main_.ask("mg " + key + (vivify ? " N30" : "") + " v s f t\r\n");
  ModelItem* item = model_.find(key);
  if (item != nullptr && reply == meta_reply(*item)) {
    ++hits_;
    if (item->stale) item->won = true;
    return;
  }
  EXPECT_TRUE(reply == "EN\r\n" || vivify) << key << " is " << head_of(reply) << ", should be "
                                           << (item == nullptr ? "EN" : head_of(meta_reply(*item)));
  if (item != nullptr) lost(key);
  if (!vivify) return;
  if (was_refused(reply) || reply == "EN\r\n") return forget(key);
  EXPECT_EQ(head_of(reply), "VA 0 s0 f0 t30 W") << key;
  ModelItem stub;
  stub.exptime = model_.now_s() + 30;
  stub.won = true;
  model_.put(key, stub);
}

std::string RandomClients::meta_reply(const ModelItem& item) const {
  const std::string size = std::to_string(item.value.size());
  std::string line = "VA " + size + " s" + size + " f" + std::to_string(item.client_flags) + " t" +
                     (item.exptime == 0 ? "-1" : std::to_string(item.exptime - model_.now_s()));
  if (item.won) line += " Z";
  if (item.stale) line += " X";
  if (item.stale && !item.won) line += " W";
  return line + "\r\n" + item.value + "\r\n";
}

void RandomClients::meta_delete() {
  const std::string key = text_key();
  const bool stale = random_.one_in(2);
  const std::string reply = main_.ask("md " + key + (stale ? " I" : "") + "\r\n");
  ModelItem* item = model_.find(key);
  if (reply == "NF\r\n") {
    if (item != nullptr) lost(key);
    return;
  }
  EXPECT_EQ(reply, "HD\r\n");
  ASSERT_NE(item, nullptr) << key << " should not be there";
  if (!stale) return model_.erase(key);
  item->stale = true;
  item->won = false;
  item->cas = 0;
}

}  // namespace isocache::model
