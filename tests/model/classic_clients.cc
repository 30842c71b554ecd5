#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "model/random_clients.h"

namespace isocache::model {

std::string storage_line(std::string_view verb, const std::string& key, std::uint32_t client_flags,
                         const std::string& exptime, std::size_t length, const std::string& cas) {
  return std::string(verb) + ' ' + key + ' ' + std::to_string(client_flags) + ' ' + exptime + ' ' +
         std::to_string(length) + (cas.empty() ? "" : ' ' + cas) + "\r\n";
}

std::string value_block(const std::string& key, const ModelItem& item) {
  return "VALUE " + key + ' ' + std::to_string(item.client_flags) + ' ' +
         std::to_string(item.value.size()) + "\r\n" + item.value + "\r\n";
}

void RandomClients::set() {
  const std::string key = random_.one_in(6) ? number_key() : text_key();
  const Exptime exptime = random_exptime();
  const std::string value =
      key[0] == 'n' ? std::to_string(random_.bits()) : random_value(options_.largest_value);
  const std::uint32_t client_flags = random_.one_in(2) ? 0 : random_.bits();
  const std::string reply = main_.ask(
      storage_line("set", key, client_flags, exptime.sent, value.size()) + value + "\r\n");
  if (was_refused(reply)) {
    model_.erase(key);  // if an accepted command fails, no old value may remain
    get({key});
    return;
  }
  EXPECT_EQ(reply, "STORED\r\n");
  model_.put(key, {value, client_flags, exptime.at_s});
}

void RandomClients::add() {
  const std::string key = text_key();
  const std::string value = random_value(options_.largest_value);
  const std::string reply =
      main_.ask(storage_line("add", key, 7, "0", value.size()) + value + "\r\n");
  if (was_refused(reply)) return forget(key);
  const bool there = model_.find(key) != nullptr;
  if (reply == "NOT_STORED\r\n") {
    EXPECT_TRUE(there) << key << " should not be there";
  } else {
    EXPECT_EQ(reply, "STORED\r\n");
    if (there) lost(key);
    model_.put(key, {value, 7, 0});
  }
}

void RandomClients::replace() {
  const std::string key = text_key();
  const std::string value = random_value(options_.largest_value);
  const std::string reply =
      main_.ask(storage_line("replace", key, 8, "0", value.size()) + value + "\r\n");
  if (was_refused(reply)) return forget(key);
  if (reply == "NOT_STORED\r\n") {
    if (model_.find(key) != nullptr) lost(key);
  } else {
    EXPECT_EQ(reply, "STORED\r\n");
    EXPECT_NE(model_.find(key), nullptr) << key << " should not be there";
    model_.put(key, {value, 8, 0});
  }
}

void RandomClients::extend(const std::string& verb) {
  const std::string key = text_key();
  ModelItem* item = model_.find(key);
  if (item != nullptr && item->value.size() > options_.largest_value * 2) return forget(key);
  const std::string value = random_value(std::min<std::size_t>(options_.largest_value, 3000));
  const std::string reply =
      main_.ask(storage_line(verb, key, 9, "9", value.size()) + value + "\r\n");
  if (reply == "STORED\r\n") {
    ASSERT_NE(item, nullptr) << key << " should not be there";
    model_.put(key, {verb == "append" ? item->value + value : value + item->value,
                     item->client_flags, item->exptime});
    return;
  }
  if (was_refused(reply)) return forget(key);
  EXPECT_EQ(reply, "NOT_STORED\r\n");
  // The item is absent, or there was no room for the longer one. The next line settles the state
  // after both.
  if (item != nullptr) {
    EXPECT_TRUE(options_.misses_allowed || !options_.evict);
    forget(key);
  }
}

void RandomClients::compare_and_set() {
  const std::string key = text_key();
  const std::uint64_t cas = read_cas(key);
  ModelItem* item = model_.find(key);
  const std::string value = random_value(options_.largest_value);
  const bool right = cas != 0 && !random_.one_in(3);
  const std::string reply =
      main_.ask(storage_line("cas", key, 4, "0", value.size(),
                             std::to_string(right ? cas : cas + 1'000'000'000)) +
                value + "\r\n");
  if (was_refused(reply)) return forget(key);
  if (reply == "NOT_FOUND\r\n") {
    if (item != nullptr) lost(key);
  } else if (reply == "EXISTS\r\n") {
    EXPECT_TRUE(item != nullptr && !right);
  } else {
    EXPECT_EQ(reply, "STORED\r\n");
    EXPECT_TRUE(item != nullptr && right);
    model_.put(key, {value, 4, 0});
  }
}

std::uint64_t RandomClients::read_cas(const std::string& key) {
  const std::string reply = main_.ask("gets " + key + "\r\n");
  ModelItem* item = model_.find(key);
  if (reply == "END\r\n") {
    if (item != nullptr) lost(key);
    return 0;
  }
  EXPECT_NE(item, nullptr) << key << " should not be there: " << reply.substr(0, 100);
  if (item == nullptr) return 0;
  ++hits_;
  const std::string head = "VALUE " + key + ' ' + std::to_string(item->client_flags) + ' ' +
                           std::to_string(item->value.size()) + ' ';
  EXPECT_EQ(reply.substr(0, head.size()), head);
  const std::size_t line_end = reply.find("\r\n");
  EXPECT_EQ(reply.substr(line_end), "\r\n" + item->value + "\r\nEND\r\n") << key;
  const std::uint64_t cas = std::strtoull(reply.c_str() + head.size(), nullptr, 10);
  EXPECT_TRUE(item->cas == 0 || cas == item->cas) << "nobody wrote, and the cas changed";
  item->cas = cas;
  return cas;
}

void RandomClients::check_values(const std::vector<std::string>& keys, std::string_view reply) {
  for (const std::string& key : keys) {
    ModelItem* item = model_.find(key);
    const std::string block = item == nullptr ? "" : value_block(key, *item);
    if (item != nullptr && reply.substr(0, block.size()) == block) {
      ++hits_;
      reply.remove_prefix(block.size());
    } else if (item != nullptr) {
      lost(key);
    }
  }
  EXPECT_EQ(reply, "END\r\n") << "for " << keys.front() << " ...";
}

void RandomClients::get(const std::vector<std::string>& keys) {
  std::string line = "get";
  for (const std::string& key : keys) line += ' ' + key;
  check_values(keys, main_.ask(line + "\r\n"));
}

void RandomClients::get_some() {
  std::vector<std::string> keys;
  for (unsigned left = 1 + (random_.one_in(5) ? random_.below(60) : random_.below(3)); left > 0;
       --left) {
    keys.push_back(random_.one_in(5) ? number_key() : text_key());
  }
  get(keys);
}

void RandomClients::get_and_touch() {
  const std::string key = text_key();
  const Exptime exptime = random_exptime();
  check_values({key}, main_.ask("gat " + exptime.sent + ' ' + key + "\r\n"));
  if (ModelItem* item = model_.find(key)) item->exptime = exptime.at_s;
}

void RandomClients::touch() {
  const std::string key = text_key();
  const Exptime exptime = random_exptime();
  const std::string reply = main_.ask("touch " + key + ' ' + exptime.sent + "\r\n");
  ModelItem* item = model_.find(key);
  if (reply == "NOT_FOUND\r\n") {
    if (item != nullptr) lost(key);
    return;
  }
  EXPECT_EQ(reply, "TOUCHED\r\n");
  ASSERT_NE(item, nullptr) << key << " should not be there";
  item->exptime = exptime.at_s;
}

void RandomClients::remove() {
  const std::string key = random_.one_in(5) ? number_key() : text_key();
  const std::string reply = main_.ask("delete " + key + "\r\n");
  const bool there = model_.find(key) != nullptr;
  if (reply == "NOT_FOUND\r\n") {
    if (there) lost(key);
  } else {
    EXPECT_EQ(reply, "DELETED\r\n");
    EXPECT_TRUE(there) << key << " should not be there";
  }
  model_.erase(key);
}

void RandomClients::arithmetic() {
  const std::string key = number_key();
  const bool decrement = random_.one_in(3);
  const std::uint64_t delta =
      random_.one_in(10) ? random_.bits() * std::uint64_t{1} << 33U : random_.bits() % 1000;
  const std::string reply =
      main_.ask((decrement ? "decr " : "incr ") + key + ' ' + std::to_string(delta) + "\r\n");
  ModelItem* item = model_.find(key);
  if (reply == "NOT_FOUND\r\n") {
    if (item != nullptr) lost(key);
    return;
  }
  ASSERT_NE(item, nullptr) << key << " should not be there";
  if (reply == "SERVER_ERROR out of memory\r\n" && (options_.misses_allowed || !options_.evict)) {
    return forget(key);
  }
  const std::uint64_t before = std::strtoull(item->value.c_str(), nullptr, 10);
  const std::uint64_t after = !decrement ? before + delta : before < delta ? 0 : before - delta;
  EXPECT_EQ(reply, std::to_string(after) + "\r\n");
  std::string text = std::to_string(after);
  if (text.size() < item->value.size()) text.resize(item->value.size(), ' ');
  item->value = text;
  item->cas = 0;
}

}  // namespace isocache::model
