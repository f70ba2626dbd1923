// SPDX-License-Identifier: Apache-2.0
#include "tar_walker.hpp"

#include <algorithm>
#include <cstring>

#include "portcullis/util/text.hpp"

namespace portcullis::unpack {
namespace {

EntryType entry_type(char type) {
  switch (type) {
    case '1':
      return EntryType::hardlink;
    case '2':
      return EntryType::symlink;
    case '3':
      return EntryType::character_device;
    case '4':
      return EntryType::block_device;
    case '5':
      return EntryType::directory;
    case '6':
      return EntryType::fifo;
    default:
      return EntryType::file;
  }
}

bool is_link(char type) { return type == '1' || type == '2'; }

}  // namespace

Checked<void> TarWalker::feed(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const bool wants_block = state_ == State::header || state_ == State::one_zero_block;
    std::size_t taken = 0;
    Checked<void> done;
    if (wants_block && block_filled_ == 0 && bytes.size() >= kTarBlock) {
      taken = kTarBlock;
      offset_ += taken;
      done = take_block(bytes.first<kTarBlock>());
    } else if (wants_block) {
      taken = std::min(bytes.size(), kTarBlock - block_filled_);
      std::memcpy(block_.data() + block_filled_, bytes.data(), taken);
      block_filled_ += taken;
      offset_ += taken;
      if (block_filled_ == kTarBlock) {
        block_filled_ = 0;
        done = take_block(block_);
      }
    } else if (state_ == State::trailer) {
      const auto stray = std::ranges::find_if(bytes, [](std::byte b) { return b != std::byte{0}; });
      if (stray != bytes.end())
        return refuse("tar-trailing-data", "after the end of the tar there is something other than zeros",
                      offset_ + static_cast<std::uint64_t>(stray - bytes.begin()));
      taken = bytes.size();
      offset_ += taken;
    } else {
      taken = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), remaining_));
      const auto piece = bytes.first(taken);
      remaining_ -= taken;
      offset_ += taken;
      if (state_ == State::extended_body) {
        extended_body_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        if (remaining_ == 0) done = finish_extended();
      } else if (state_ == State::file_body) {
        done = sink_.data(piece);
        if (done && remaining_ == 0) done = finish_file();
      } else if (remaining_ == 0) {
        state_ = State::header;
      }
    }
    if (!done) return done;
    bytes = bytes.subspan(taken);
  }
  return {};
}

Checked<void> TarWalker::finish() const {
  const auto truncated = [this](const std::string& where) {
    return refuse("tar-truncated", "the tar ends " + where, offset_);
  };
  if (block_filled_ > 0) return truncated("in the middle of a block");
  switch (state_) {
    case State::extended_body:
      return truncated("inside an extended header");
    case State::file_body:
      return truncated("inside the content of a file");
    case State::header:
    case State::padding:
    case State::one_zero_block:
    case State::trailer:
      break;
  }
  if (pending_.names_entry())
    return refuse("extended-header-without-entry",
                  "the tar ends after an extended header that describes no entry", pending_.first_offset);
  return {};
}

Checked<void> TarWalker::take_block(TarBlock block) {
  const bool zero = is_zero(block);
  if (state_ == State::one_zero_block) {
    if (!zero)
      return refuse("tar-single-zero-block",
                    "one zero block and then something else: for some readers the tar ended, for others not",
                    offset_ - kTarBlock);
    state_ = State::trailer;
    return {};
  }
  if (zero) {
    if (pending_.names_entry())
      return refuse("extended-header-without-entry",
                    "the tar ends after an extended header that describes no entry", pending_.first_offset);
    state_ = State::one_zero_block;
    return {};
  }
  return take_header(block);
}

Checked<void> TarWalker::take_header(TarBlock block) {
  header_offset_ = offset_ - kTarBlock;
  auto header = parse_tar_header(block, header_offset_);
  if (!header) return tl::unexpected(std::move(header.error()));
  if (pending_.headers == 0) pending_.first_offset = header_offset_;
  switch (header->type) {
    case 'x':
    case 'g':
    case 'L':
    case 'K':
      return begin_extended(*header);
    default:
      return begin_entry(std::move(*header));
  }
}

Checked<void> TarWalker::begin_extended(const TarHeader& header) {
  if (pending_.pax)
    return refuse(
        "pax-not-before-entry",
        std::string("between a pax header and its entry stands a header of type '") + header.type + "'",
        header_offset_);
  if (header.type == 'g' && pending_.names_entry())
    return refuse("pax-not-before-entry", "a global pax header stands between a long name and its entry",
                  header_offset_);
  const bool repeated =
      (header.type == 'L' && pending_.long_name) || (header.type == 'K' && pending_.long_link);
  if (repeated)
    return refuse("gnu-long-repeated",
                  "two GNU long names in front of one entry: readers take different ones", header_offset_);
  if (++pending_.headers > kMaxExtendedHeaders)
    return over_limit(
        "extended-headers",
        "more than " + std::to_string(kMaxExtendedHeaders) + " extended headers stand in front of one entry",
        header_offset_);
  if (header.size > limits_.pax_bytes || (pending_.bytes += header.size) > limits_.pax_bytes)
    return over_limit(
        "pax-bytes",
        "the extended headers in front of one entry hold more than " + util::format_size(limits_.pax_bytes),
        header_offset_);
  extended_type_ = header.type;
  extended_body_.clear();
  body_size_ = remaining_ = header.size;
  state_ = State::extended_body;
  return header.size == 0 ? finish_extended() : Checked<void>{};
}

Checked<void> TarWalker::finish_extended() {
  Checked<void> done;
  if (extended_type_ == 'L') {
    done = store_long(pending_.long_name);
  } else if (extended_type_ == 'K') {
    done = store_long(pending_.long_link);
  } else {
    const bool global = extended_type_ == 'g';
    auto parsed = parse_pax(extended_body_, global ? PaxScope::global : PaxScope::entry, header_offset_);
    if (!parsed) return tl::unexpected(std::move(parsed.error()));
    if (!global) pending_.pax = std::move(*parsed);
  }
  if (!done) return done;
  skip_padding(body_size_);
  return {};
}

Checked<void> TarWalker::store_long(std::optional<std::string>& target) {
  const std::size_t length = std::min(extended_body_.find('\0'), extended_body_.size());
  if (length == 0) return refuse("gnu-long-empty", "a GNU long name is empty", header_offset_);
  if (extended_body_.find_first_not_of('\0', length) != std::string::npos)
    return refuse("gnu-long-nul", "a GNU long name goes on after a NUL byte", header_offset_);
  target = extended_body_.substr(0, length);
  return {};
}

Checked<void> TarWalker::apply_pending(TarHeader& header) const {
  if (pending_.pax) {
    const PaxOverrides& pax = *pending_.pax;
    if ((pax.path && pending_.long_name) || (pax.link && pending_.long_link))
      return refuse("pax-and-gnu-long-name",
                    "the entry has a pax name and a GNU long name: readers take different ones",
                    header_offset_);
    if (pax.link && !is_link(header.type))
      return refuse("pax-linkpath-type", "a pax link target in front of an entry that is no link",
                    header_offset_);
    // Writers use the key only for what the field cannot hold; anything else is there to be read
    // by some and not by others.
    if (pax.size && *pax.size != header.size && *pax.size <= kLargestOctalSize)
      return refuse("pax-size-conflict",
                    "the pax size " + std::to_string(*pax.size) + " contradicts the header's " +
                        std::to_string(header.size),
                    header_offset_);
    if (pax.path) header.name = *pax.path;
    if (pax.link) header.link = *pax.link;
    header.size = pax.size.value_or(header.size);
    header.uid = pax.uid.value_or(header.uid);
    header.gid = pax.gid.value_or(header.gid);
  }
  if (pending_.long_name) header.name = *pending_.long_name;
  if (pending_.long_link) header.link = *pending_.long_link;
  return {};
}

Checked<void> TarWalker::check_entry(const TarHeader& header) const {
  if (header.name.empty()) return refuse("empty-name", "an entry without a name", header_offset_);
  if (header.name.size() > limits_.path_bytes || header.link.size() > limits_.path_bytes)
    return over_limit("path-bytes",
                      "a path or link target is longer than " + std::to_string(limits_.path_bytes) + " bytes",
                      header_offset_);
  if (is_link(header.type) && header.link.empty())
    return refuse("empty-link", "a link without a target: " + header.name, header_offset_);
  if (header.type != '0' && header.size != 0)
    return refuse("size-on-non-file",
                  "an entry that is no regular file claims " + std::to_string(header.size) +
                      " bytes of content, which some readers skip and others read as headers: " + header.name,
                  header_offset_);
  if (header.type == '0' && header.name.back() == '/')
    return refuse(
        "file-name-ends-in-slash",
        "a regular file's name ends in '/', which some readers take for a directory: " + header.name,
        header_offset_);
  if (header.size > limits_.unpacked_bytes)
    return over_limit("unpacked-bytes",
                      "a file claims " + std::to_string(header.size) + " bytes, over the limit of " +
                          util::format_size(limits_.unpacked_bytes) + " for unpacked bytes: " + header.name,
                      header_offset_);
  return {};
}

Checked<void> TarWalker::begin_entry(TarHeader header) {
  if (auto done = apply_pending(header); !done) return done;
  if (auto done = check_entry(header); !done) return done;
  if (++entries_ > limits_.entries)
    return over_limit("entries", "the layer has more than " + std::to_string(limits_.entries) + " entries",
                      header_offset_);
  Entry entry;
  entry.type = entry_type(header.type);
  entry.path = std::move(header.name);
  if (is_link(header.type)) entry.link = std::move(header.link);
  entry.mode = header.mode;
  entry.uid = header.uid;
  entry.gid = header.gid;
  entry.size = header.size;
  entry.device_major = header.device_major;
  entry.device_minor = header.device_minor;
  entry.offset = pending_.first_offset;
  if (entry.type == EntryType::file) entry.content = offset_;
  pending_ = {};
  if (auto done = sink_.entry(entry); !done) return done;
  if (entry.type != EntryType::file) return {};
  body_size_ = remaining_ = header.size;
  state_ = State::file_body;
  return header.size == 0 ? finish_file() : Checked<void>{};
}

Checked<void> TarWalker::finish_file() {
  skip_padding(body_size_);
  return sink_.end_of_file();
}

void TarWalker::skip_padding(std::uint64_t size) {
  remaining_ = (kTarBlock - size % kTarBlock) % kTarBlock;
  state_ = remaining_ == 0 ? State::header : State::padding;
}

}  // namespace portcullis::unpack
