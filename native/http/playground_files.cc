// The bytes of the playground. Its build (web/scripts/embed.mjs) leaves one file with all of them,
// and a table that says where each begins. The assembler puts the bytes in: a compiler would need
// minutes to read them as an array.
#include "native/http/playground.h"

#ifdef ISOCACHE_PLAYGROUND

#include <array>
#include <cstddef>

asm(".pushsection .rodata\n"
    ".global isocache_playground_bytes\n"
    "isocache_playground_bytes:\n"
    ".incbin \"" ISOCACHE_PLAYGROUND
    "/playground.bin\"\n"
    ".popsection\n");
extern "C" const char isocache_playground_bytes[];

namespace isocache {

PlaygroundFiles built_in_playground() {
  // A file's plain bytes are followed by its gzip.
  const auto file = [](std::string_view path, std::string_view content_type,
                       std::string_view digest, bool hashed_name, std::size_t begin,
                       std::size_t plain, std::size_t gzip) {
    const char* const bytes = isocache_playground_bytes + begin;
    return PlaygroundFile{path,        content_type,   digest,
                          hashed_name, {bytes, plain}, {bytes + plain, gzip}};
  };
  static const auto files = std::to_array<PlaygroundFile>({
#include "playground.inc"
  });
  return files;
}

}  // namespace isocache

#else

namespace isocache {

PlaygroundFiles built_in_playground() { return {}; }

}  // namespace isocache

#endif
