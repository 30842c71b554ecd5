#include "native/cli/parse_options.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "native/base/errors.h"
#include "native/base/parse_number.h"
#include "native/cli/flag_table.h"
#include "native/config/origin.h"

namespace isocache {
namespace {

Options parse(std::vector<std::string> words) {
  words.insert(words.begin(), "isocached");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  Options options = parse_options(static_cast<int>(argv.size()), argv.data());
  check_options(options);
  return options;
}

std::string complaint(const std::vector<std::string>& words) {
  try {
    parse(words);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(Options, Defaults) {
  const Options options = parse({});
  EXPECT_EQ(options.port, 11211U);
  EXPECT_TRUE(options.listen.empty());
  EXPECT_EQ(options.settings.max_bytes, 64U << 20);
  EXPECT_EQ(options.settings.max_item_bytes, 1U << 20);
  EXPECT_EQ(options.host.threads, 4U);
  EXPECT_EQ(options.host.max_connections, 1024U);
}

TEST(Options, MemcachedWaysOfWriting) {
  const Options options =
      parse({"-m64", "-p", "0", "--threads=2", "-c", "10", "-vv", "-l", "127.0.0.1,::1", "-l",
             "0.0.0.0:9000", "-I", "2m", "-MF", "-A", "-v"});
  EXPECT_EQ(options.settings.max_bytes, 64U << 20);
  EXPECT_EQ(options.port, 0U);
  EXPECT_EQ(options.host.threads, 2U);
  EXPECT_EQ(options.settings.verbosity, 3U);
  EXPECT_EQ(options.listen, (std::vector<std::string>{"127.0.0.1", "::1", "0.0.0.0:9000"}));
  EXPECT_EQ(options.settings.max_item_bytes, 2U << 20);
  EXPECT_FALSE(options.settings.evictions);
  EXPECT_FALSE(options.settings.flush_enabled);
  EXPECT_TRUE(options.settings.shutdown_enabled);
}

TEST(Options, TheWordsOfTheTierAreMemcacheds) {
  const Settings settings =
      parse({"-o",
             "ext_item_size=100,ext_low_ttl=60,ext_recache_rate=1,ext_wbuf_size=8,ext_threads=4,"
             "ext_io_depth=2,ext_item_age=9,ext_compact_under=5,ext_max_sleep=1,ext_max_frag=0.5,"
             "ext_drop_unread,slab_automove_freeratio=0.02,ext_path=/tmp/x:64g"})
          .settings;
  EXPECT_EQ(settings.ext_item_size, 100U);
  EXPECT_EQ(settings.ext_low_ttl, 60U);
  EXPECT_EQ(settings.ext_recache_rate, 1U);
  EXPECT_EQ(settings.ext_wbuf_bytes, 8U << 20);
  EXPECT_EQ(settings.ext_item_age, 9U);
  EXPECT_EQ(settings.ext_compact_under, 5U);
  EXPECT_EQ(settings.ext_drop_under, 10U);  // 1 % of 1,024 pages
  EXPECT_EQ(settings.ext_max_frag_percent, 50U);
  EXPECT_TRUE(settings.ext_drop_unread);
  for (const char* const word :
       {"ext_wbuf_size", "ext_threads", "ext_io_depth", "ext_item_size", "ext_item_age",
        "ext_low_ttl", "ext_recache_rate", "ext_compact_under", "ext_drop_under", "ext_max_sleep",
        "ext_max_frag", "slab_automove_freeratio"}) {
    const std::string name = word;
    EXPECT_EQ(complaint({"-o", name}), "Missing " + name + " argument");
    EXPECT_EQ(complaint({"-o", name + "=x"}), "could not parse argument to " + name);
    EXPECT_EQ(complaint({"-o", name + "=-1"}), "could not parse argument to " + name);
  }
}

TEST(Options, TheBufferOfTheTierIsCheckedAsMemcachedsIs) {
  const auto says = [](const std::string& words) {
    return complaint({"-o", words + ",ext_path=/tmp/x:64g"});
  };
  const std::string failed = "-o ext_path: Failed to initialize external storage: ";
  for (const char* const words :
       {"ext_wbuf_size=3", "ext_wbuf_size=0", "ext_page_size=8,ext_wbuf_size=6"}) {
    EXPECT_EQ(says(words), failed + "page_size must be divisible by wbuf_size") << words;
  }
  EXPECT_EQ(says("ext_page_size=9,ext_wbuf_size=3"),
            failed + "page_size and wbuf_size must be divisible by 1024*1024*2");
  EXPECT_EQ(says("ext_wbuf_size=4096"), "could not parse argument to ext_wbuf_size");
  // The item size may be larger than the buffer, and pages need no buffer.
  parse({"-m", "64", "-I", "8m", "-o", "ext_page_size=8,ext_wbuf_size=2,ext_path=/tmp/x:64g"});
  parse({"-o", "ext_page_size=1,ext_path=/tmp/x:64g"});
}

TEST(Options, LastOneWins) { EXPECT_EQ(parse({"-p", "1", "-p", "2"}).port, 2U); }

TEST(Options, SizesTakeSuffixes) {
  EXPECT_EQ(parse({"-m", "1g"}).settings.max_bytes, 1U << 30);
  EXPECT_EQ(parse({"-I", "512k"}).settings.max_item_bytes, 512U << 10);
  EXPECT_EQ(parse({"-I", "2048"}).settings.max_item_bytes, 2048U);
}

TEST(Options, MemoryBelowAMegabyteIsRefused) {
  EXPECT_EQ(complaint({"-m", "100k"}), "-m: at least 1m, not '100k'");
  EXPECT_EQ(parse({"-m", "1024k"}).settings.max_bytes, 1U << 20);
}

TEST(Options, ItemSizeLimits) {
  EXPECT_EQ(complaint({"-I", "1023"}), "-I: Item max size cannot be less than 1024 bytes.");
  EXPECT_EQ(complaint({"-m", "4g", "-I", "1025m"}),
            "-I: Cannot set item size limit higher than a gigabyte.");
  EXPECT_EQ(complaint({"-I", "33m"}),
            "-I: Cannot set item size limit higher than 1/2 of memory max.");
  EXPECT_EQ(parse({"-m", "1"}).settings.max_item_bytes, 512U << 10);  // follows a small -m
}

TEST(Options, WordsThatMatterAreHonoured) {
  const Options options = parse({"-o", "idle_timeout=7,no_maxconns_fast", "-o", "hashpower=20"});
  EXPECT_EQ(options.host.idle_timeout_s, 7U);
  EXPECT_FALSE(options.host.max_connections_fast);
  EXPECT_EQ(options.notes, std::vector<std::string>{"-o hashpower has no effect"});
}

TEST(Options, UnknownWordsSayWhatIsKnown) {
  const std::string text = complaint({"-o", "nonsense=1"});
  EXPECT_NE(text.find("'nonsense' is not known"), std::string::npos);
  EXPECT_NE(text.find("idle_timeout"), std::string::npos);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    EXPECT_LE(end - begin, 100U) << text.substr(begin, end - begin);
    begin = end + 1;
  }
  EXPECT_EQ(complaint({"-o", "idle_timout=1"}),
            "-o: 'idle_timout' is not known; did you mean idle_timeout?");
  EXPECT_NE(complaint({"-o", "idle_timeout"}).find("needs a value"), std::string::npos);
}

TEST(Options, WhatIsNotOursIsRefused) {
  EXPECT_EQ(parse({"-U", "0"}).port, 11211U);
  for (const auto& words : std::vector<std::vector<std::string>>{{"-U", "11211"}, {"-e", "file"}}) {
    EXPECT_NE(complaint(words).find("not supported"), std::string::npos) << words[0];
  }
}

TEST(Options, ProtocolsAndLogins) {
  EXPECT_EQ(parse({}).protocols, Protocols::kAny);
  EXPECT_EQ(parse({"-B", "auto-negotiate"}).protocols, Protocols::kAny);
  EXPECT_EQ(parse({"-B", "ascii"}).protocols, Protocols::kText);
  EXPECT_EQ(parse({"-B", "binary"}).protocols, Protocols::kBinary);
  EXPECT_NE(complaint({"-B", "udp"}).find("one of auto, ascii and binary"), std::string::npos);
  EXPECT_EQ(parse({"-Y", "file"}).protocols, Protocols::kAny);
  EXPECT_EQ(parse({"-S", "-Y", "file"}).protocols, Protocols::kBinary);
  EXPECT_EQ(parse({"-S", "-Y", "file", "-B", "auto"}).protocols, Protocols::kAny);
  EXPECT_NE(complaint({"-S"}).find("-Y <file>"), std::string::npos);
  EXPECT_NE(complaint({"-S", "-Y", "file", "-B", "ascii"}).find("-S"), std::string::npos);
}

TEST(Options, FilesOfTheTier) {
  constexpr std::uint64_t kGigabyte = 1U << 30;
  EXPECT_TRUE(parse({}).tier.files.empty());
  const TierOptions tier =
      parse({"-o", "ext_path=/tmp/x:1G,ext_page_size=8", "-o", "ext_path=a:b:512m:coldcompact"})
          .tier;
  ASSERT_EQ(tier.files.size(), 2U);
  EXPECT_EQ(tier.files[0].path, "/tmp/x");
  EXPECT_EQ(tier.files[0].bytes, kGigabyte);
  EXPECT_EQ(tier.files[1].path, "a:b");
  EXPECT_EQ(tier.files[1].bytes, kGigabyte / 2);
  EXPECT_EQ(tier.page_bytes, 8U << 20);
  EXPECT_TRUE(tier.allow_ring);
  EXPECT_EQ(parse({"-o", "ext_path=x:2t"}).tier.files[0].bytes, 2048 * kGigabyte);
  EXPECT_FALSE(parse({"-o", "ext_engine=threads"}).tier.allow_ring);
  for (const char* const value : {"x", "x:", ":1g", "x:1", "x:g", "x:1k", "x:0g", "x:-1g",
                                  "x:9999999p", "x:1g:nonsense", "x:old"}) {
    EXPECT_NE(complaint({"-o", std::string("ext_path=") + value}), "") << value;
  }
}

TEST(Options, WhatIsWrongWithTheTierIsSaid) {
  EXPECT_EQ(complaint({"-o", "ext_engine=uring"}),
            "-o ext_engine: io_uring or threads, not 'uring'");
  for (const char* const size : {"0", "00", "0m"}) {
    EXPECT_EQ(complaint({"-o", std::string("ext_path=x:") + size}),
              "supplied ext_path has zero size, cannot use");
  }
  EXPECT_NE(complaint({"-o", "ext_path=x:10"}).find("ends with m, g, t or p"), std::string::npos);
}

TEST(Options, TheShareOfUnreadItemsIsAPercentage) {
  EXPECT_EQ(parse({}).settings.ext_write_unread, 5U);
  EXPECT_EQ(parse({"-o", "ext_write_unread=0"}).settings.ext_write_unread, 0U);
  EXPECT_EQ(parse({"-o", "ext_write_unread=100"}).settings.ext_write_unread, 100U);
  for (const char* const value : {"101", "-1", "5.5", "all"}) {
    EXPECT_EQ(complaint({"-o", std::string("ext_write_unread=") + value}),
              std::string("-o ext_write_unread: 0 to 100 (percent), not '") + value + "'");
  }
  EXPECT_EQ(complaint({"-o", "ext_write_unread"}), "Missing ext_write_unread argument");
}

TEST(Options, ItemsThatTheTierCannotTakeAreWarnedOf) {
  const auto warned = [](std::vector<std::string> words) {
    for (const std::string& warning : parse(std::move(words)).warnings) {
      if (warning.starts_with("ext_path takes items of up to ")) return warning;
    }
    return std::string();
  };
  EXPECT_EQ(warned({"-o", "ext_path=x:1g"}), "");
  EXPECT_EQ(warned({"-I", "20m"}), "");
  EXPECT_EQ(warned({"-m", "1024", "-I", "4m", "-t", "1", "-o", "ext_path=x:1g"}), "");
  const std::string says = warned({"-I", "20m", "-o", "ext_path=x:1g"});
  EXPECT_NE(says.find("but -I allows 20971520:"), std::string::npos) << says;
  // A region of the file is smaller than the item.
  EXPECT_NE(warned({"-m", "1024", "-I", "4m", "-t", "1", "-o", "ext_page_size=2,ext_path=x:1g"}),
            "");
}

TEST(Options, NonsenseIsRefused) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"-p", "65536"},
                                                                 {"-p", "x"},
                                                                 {"-p"},
                                                                 {"-t", "0"},
                                                                 {"-c", "0"},
                                                                 {"-R", "0"},
                                                                 {"-m", "0"},
                                                                 {"-m", "12x"},
                                                                 {"-a", "999"},
                                                                 {"-f", "1"},
                                                                 {"--nonsense"},
                                                                 {"stray"}}) {
    EXPECT_NE(complaint(words), "") << words[0];
  }
}

TEST(Options, AnEmptyValueIsNone) {
  for (const char* const flag : {"-D", "-Y", "-l", "-s", "-u", "-o", "--http", "--config"}) {
    EXPECT_NE(complaint({flag, ""}).find(std::string(flag) + " needs a value: <"),
              std::string::npos)
        << flag;
    EXPECT_EQ(complaint({flag}), complaint({flag, ""})) << flag;
  }
  EXPECT_EQ(complaint({"--http=", "x"}), "--http needs a value: <addr:port>");
  EXPECT_EQ(complaint({"--auth-file="}), "-Y needs a value: <file>");
  EXPECT_EQ(complaint({"--http", ","}), "--http: an empty list");
  EXPECT_EQ(complaint({"--enable-ssl=perhaps"}), "--enable-ssl takes no value");
  EXPECT_EQ(complaint({"-o", "ssl_session_cache=no"}),
            "-o ssl_session_cache: takes no value, and 'no' would not change its meaning");
}

TEST(Options, ADelimiterTurnsCountingOn) {
  EXPECT_FALSE(parse({}).settings.detail_enabled);
  EXPECT_EQ(parse({}).settings.prefix_delimiter, ':');
  const Options options = parse({"-D", "|"});
  EXPECT_TRUE(options.settings.detail_enabled);
  EXPECT_EQ(options.settings.prefix_delimiter, '|');
  EXPECT_TRUE(options.notes.empty());
  EXPECT_EQ(parse({"-D", "::"}).settings.prefix_delimiter, ':');
  EXPECT_EQ(parse({"-D", "::"}).notes.size(), 1U);
}

TEST(Options, WhatHasNoEffectIsWarnedOf) {
  const auto warnings = [](const std::vector<std::string>& words) { return parse(words).warnings; };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(warnings({"-o", "ssl_min_version=2,ssl_key=x"}),
            Lines{"ssl_min_version is given, but not -Z: nothing is encrypted"});
  EXPECT_EQ(warnings({"--allow-origin", "*"}),
            Lines{"--allow-origin has no effect without --http"});
  EXPECT_EQ(warnings({"--websocket-deflate"}),
            Lines{"--websocket-deflate has no effect without --http"});
  EXPECT_EQ(warnings({"--no-playground"}), Lines{"--no-playground has no effect without --http"});
  EXPECT_EQ(warnings({"--no-slab-metrics", "--prefix-metrics", "9"}),
            (Lines{"--no-slab-metrics has no effect without --http",
                   "--prefix-metrics has no effect without --http"}));
  EXPECT_EQ(warnings({"-Z", "-o", "ssl_key=x", "--http", "0", "--allow-origin", "*"}), Lines{});
  EXPECT_EQ(warnings({"-o", "ssl_wbuf_size=1"}), Lines{});
  EXPECT_EQ(warnings({"-o", "relaxed_privileges"}), Lines{});  // memcached's suite gives it
}

TEST(Options, PathsOfADaemonAreAbsolute) {
  Options options = parse({"-Y", "users", "-o", "ssl_key=a/key.pem", "-P", "/run/pid"});
  make_paths_absolute(options);
  EXPECT_TRUE(options.auth_file.starts_with('/') && options.auth_file.ends_with("/users"));
  EXPECT_TRUE(options.tls.key.starts_with('/') && options.tls.key.ends_with("/a/key.pem"));
  EXPECT_EQ(options.pid_file, "/run/pid");
  EXPECT_EQ(options.tls.chain_cert, "");
}

TEST(Options, OriginsAreThoseThatBrowsersSend) {
  const std::pair<const char*, const char*> good[] = {
      {"https://app.example", "https://app.example"},
      {"HTTPS://App.Example:443", "https://app.example"},
      {"http://app.example:80", "http://app.example"},
      {"https://app.example:80", "https://app.example:80"},
      {"http://localhost:03000", "http://localhost:3000"},
      {"http://[0:0::1]:8080", "http://[::1]:8080"},
      {"http://127.0.0.1", "http://127.0.0.1"},
      {"chrome-extension://abcdef", "chrome-extension://abcdef"},
      {"null", "null"},
  };
  for (const auto& [given, sent] : good) EXPECT_EQ(normalized_origin(given), sent) << given;
  for (const char* const bad :
       {"", "b.example", "https://app.example/", "https://*.c.example", "https://", "://a",
        "https://a:", "https://a:0", "https://a:65536", "https://a:b", "https://u@a", "https://a b",
        "https://a?", "https://\xc3\xa4.example", "http://[::x]", "http://[::1", "http://[]"}) {
    EXPECT_EQ(normalized_origin(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(parse({"--allow-origin", "*,HTTP://A:80", "--http", "0"}).http.allowed_origins,
            (std::vector<std::string>{"*", "http://a"}));
  EXPECT_NE(complaint({"--allow-origin", "https://a,b.example"}).find("https://app.example"),
            std::string::npos);
}

TEST(Help, NamesEveryFlagAndWord) {
  const std::string help = help_text();
  for (const Flag& flag : flag_table()) {
    const std::string name =
        flag.letter == kNoLetter ? "--" + std::string(flag.name) : std::string("  -") + flag.letter;
    EXPECT_NE(help.find(name), std::string::npos) << name;
  }
  for (const Word& word : word_table())
    EXPECT_NE(help.find(word.name), std::string::npos) << word.name;
}

TEST(Text, Sizes) {
  std::uint64_t bytes = 0;
  EXPECT_TRUE(parse_size("3", 10, bytes));
  EXPECT_EQ(bytes, 30U);
  EXPECT_TRUE(parse_size("3K", 10, bytes));
  EXPECT_EQ(bytes, 3072U);
  EXPECT_FALSE(parse_size("", 1, bytes));
  EXPECT_FALSE(parse_size("k", 1, bytes));
  EXPECT_FALSE(parse_size("-1", 1, bytes));
  EXPECT_FALSE(parse_size("99999999999999999g", 1, bytes));
}

}  // namespace
}  // namespace isocache
