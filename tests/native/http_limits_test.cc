// The limits of one HTTP or WebSocket client, as native/http/README.md promises them. The other
// tests set shorter times, and would not notice a change of these.
#include "native/http/http_limits.h"

#include <gtest/gtest.h>

#include "native/connection/connection_host.h"
#include "native/http/http_options.h"

namespace isocache {
namespace {

TEST(HttpLimits, Times) {
  const HttpTimes times = HttpServerOptions().times;
  EXPECT_EQ(times.first_request, 10'000);
  EXPECT_EQ(times.keep_alive, 30'000);
  EXPECT_EQ(times.write, 30'000);
  EXPECT_EQ(times.ping, 30'000);
  EXPECT_EQ(times.dead, 60'000);
  EXPECT_EQ(times.close, 5'000);
  EXPECT_EQ(times.login, 30'000);
  EXPECT_EQ(times.sweep, 1'000);
}

TEST(HttpLimits, Bytes) {
  EXPECT_EQ(http_limits::kHeaderBytes, 8U << 10);
  EXPECT_EQ(http_limits::kWebSocketOutputBytes, 1U << 20);
  EXPECT_EQ(http_limits::kSmallReadBytes, 2U << 10);
  EXPECT_EQ(http_limits::kLargeReadBytes, 16U << 10);
  EXPECT_EQ(SpareOutput::kKeptBytes, 64U << 10);
}

}  // namespace
}  // namespace isocache
