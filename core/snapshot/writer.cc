#include "snapshot/writer.h"

#include <cstring>

#include "snapshot/format.h"

namespace isocache::snapshot {

void write_file_header(std::uint32_t checksum, char* to) {
  FileHeader header{{}, kVersion, checksum};
  kMagic.copy(header.magic, sizeof header.magic);
  std::memcpy(to, &header, kFileHeaderBytes);
}

std::size_t write_head(const ItemView& item, char* to) {
  const Standing standing = item.standing();
  const unsigned bits = (item.bits() & kItemBits) | unsigned{standing.in_main} << kInMainShift |
                        standing.frequency << kFrequencyShift;
  const std::string_view key = item.key();
  const RecordHeader header{static_cast<std::uint32_t>(item.value_length()),
                            item.client_flags(),
                            item.cas(),
                            item.exptime(),
                            static_cast<std::uint8_t>(key.size()),
                            static_cast<std::uint8_t>(bits)};
  std::memcpy(to, &header, kRecordHeaderBytes);
  std::memcpy(to + kRecordHeaderBytes, key.data(), key.size());
  return kRecordHeaderBytes + key.size();
}

std::size_t write_record(const ItemView& item, std::span<char> room) {
  const std::size_t length = kRecordHeaderBytes + item.key().size() + item.value_length();
  if (room.size() < length) return 0;
  char* to = room.data() + write_head(item, room.data());
  item.for_each_piece([&](const Piece& piece) {
    std::memcpy(to, piece.bytes.data(), piece.bytes.size());
    to += piece.bytes.size();
  });
  return length;
}

}  // namespace isocache::snapshot
