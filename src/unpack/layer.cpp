// SPDX-License-Identifier: Apache-2.0
//
// One pass over a layer: blob -> decoder -> walker -> libarchive. libarchive pulls; each block goes
// through the walker before libarchive sees it, so the walker has described (and delivered) every
// entry by the time libarchive lists it.
#include "portcullis/unpack/layer.hpp"

#include <array>
#include <deque>
#include <exception>
#include <new>
#include <utility>

#include "archive_reader.hpp"
#include "compression.hpp"
#include "content.hpp"
#include "decoder.hpp"
#include "input.hpp"
#include "tar_walker.hpp"

namespace portcullis::unpack {
namespace {

Problem out_of_memory(std::uint64_t offset) {
  return {findings::Outcome::limit, "memory", "out of memory", offset};
}

Problem unexpected_exception(const char* what, std::uint64_t offset) {
  return {findings::Outcome::unscannable, "internal", std::string("unpacking failed: ") + what, offset};
}

/// Hands what the walker finds to the visitor and remembers it for the comparison.
class Delivery final : public TarSink {
 public:
  Delivery(const Limits& limits, Spool spool, Visitor& visitor)
      : limits_(limits), spool_(std::move(spool)), visitor_(visitor) {}

  Checked<void> entry(const Entry& entry) override {
    current_ = entry;
    if (compression != oci::Compression::none) current_.content.reset();
    ++counts.entries;
    listed.push_back(current_);
    if (!visitor_.entry(current_)) return stopped();
    const bool wanted = entry.type == EntryType::file && visitor_.wants(current_);
    if (wanted) content_.emplace(spool_, limits_.memory_file, entry.size);
    return {};
  }

  Checked<void> data(std::span<const std::byte> bytes) override {
    return content_ ? located(content_->append(bytes)) : Checked<void>{};
  }

  Checked<void> end_of_file() override {
    ++counts.files;
    if (!content_) return {};
    auto content = content_->finish();
    content_.reset();
    if (!content) return located(tl::unexpected(std::move(content.error())));
    if (!visitor_.file(File{std::move(current_), std::move(*content), 0})) return stopped();
    return {};
  }

  oci::Compression compression = oci::Compression::none;  ///< of the layer
  findings::ScanCounts counts;
  std::deque<Entry> listed;  ///< not yet seen by libarchive; no more than one block holds

 private:
  Checked<void> located(Checked<void> done) const {
    if (!done) done.error().offset = current_.offset;
    return done;
  }
  tl::unexpected<Problem> stopped() const {
    return unavailable("stopped", "the receiver wanted no more", current_.offset);
  }

  const Limits& limits_;
  Spool spool_;
  Visitor& visitor_;
  Entry current_;
  std::optional<ContentWriter> content_;
};

/// The stream as libarchive pulls it, every block seen by the walker first.
class WalkedStream final : public BlockSource {
 public:
  WalkedStream(TarStream stream, TarWalker& walker) : stream_(std::move(stream)), walker_(walker) {}

  std::optional<std::span<const std::byte>> next_block() noexcept override {
    if (problem_) return std::nullopt;
    try {
      auto block = stream_.next();
      if (!block) {
        problem_ = std::move(block.error());
        return std::nullopt;
      }
      auto walked = block->empty() ? walker_.finish() : walker_.feed(*block);
      if (walked) return block->empty() ? take_missing_padding() : *block;
      problem_ = std::move(walked.error());
    } catch (const std::bad_alloc&) {
      problem_ = out_of_memory(stream_.produced());
    } catch (const std::exception& error) {
      problem_ = unexpected_exception(error.what(), stream_.produced());
    } catch (...) {
      problem_ = unexpected_exception("unknown exception", stream_.produced());
    }
    return std::nullopt;
  }

  const std::optional<Problem>& problem() const noexcept { return problem_; }
  std::uint64_t produced() const noexcept { return stream_.produced(); }

 private:
  /// Some writers leave out the padding after the last file. libarchive wants it, runtimes do not.
  std::span<const std::byte> take_missing_padding() noexcept {
    static constexpr std::array<std::byte, kTarBlock> kPadding{};
    return std::span(kPadding).first(std::exchange(padding_given_, true) ? 0 : walker_.missing_padding());
  }

  TarStream stream_;
  TarWalker& walker_;
  bool padding_given_ = false;
  std::optional<Problem> problem_;
};

std::string_view name_of(std::optional<EntryType> type) {
  if (!type) return "unknown type";
  switch (*type) {
    case EntryType::file:
      return "file";
    case EntryType::hardlink:
      return "hardlink";
    case EntryType::symlink:
      return "symlink";
    case EntryType::character_device:
      return "character device";
    case EntryType::block_device:
      return "block device";
    case EntryType::directory:
      return "directory";
    case EntryType::fifo:
      return "fifo";
  }
  return "unknown type";
}

bool same_name(const std::string& ours, const std::string& theirs) {
  return ours == theirs || ArchiveReader::spelling_of(ours) == theirs;
}

/// Reads the listing of libarchive to its end and holds it against what the walker saw.
class CrossCheck {
 public:
  CrossCheck(WalkedStream& stream, std::deque<Entry>& listed) : stream_(stream), listed_(listed) {}

  Checked<void> run() {
    ArchiveReader reader(ArchiveFormat::tar, Filters::none);
    ArchiveReader::Member member;
    ReadStatus status = reader.open(stream_);
    while (status == ReadStatus::ok && (status = reader.next(member)) == ReadStatus::ok)
      if (auto done = compare(reader, member); !done) return done;
    if (stream_.problem()) return tl::unexpected(*stream_.problem());
    if (status != ReadStatus::end) return incomplete(reader);
    // libarchive stops at the end mark; what stands behind it is for the walker to judge.
    while (const auto block = stream_.next_block())
      if (block->empty()) return all_seen();
    return tl::unexpected(*stream_.problem());
  }

 private:
  Checked<void> compare(ArchiveReader& reader, const ArchiveReader::Member& member) {
    if (listed_.empty())
      return disagreement("libarchive lists an entry that is not there: " + member.path, member.offset);
    const Entry entry = std::move(listed_.front());
    listed_.pop_front();
    const auto differ = [&](std::string_view what, std::string_view ours, std::string_view theirs) {
      return disagreement("two readers differ on the " + std::string(what) + " of " + entry.path + ": " +
                              std::string(ours) + " or " + std::string(theirs),
                          entry.offset);
    };
    if (!same_name(entry.path, member.path)) return differ("name", entry.path, member.path);
    if (member.type != entry.type) return differ("type", name_of(entry.type), name_of(member.type));
    if (!same_name(entry.link, member.link)) return differ("link target", entry.link, member.link);
    if (member.size.value_or(0) != entry.size)
      return differ("size", std::to_string(entry.size), std::to_string(member.size.value_or(0)));
    if (member.offset != entry.offset)
      return differ("place", std::to_string(entry.offset), std::to_string(member.offset));
    if (member.sparse) return differ("content", "whole", "with holes");

    std::uint64_t total = 0;
    ArchiveReader::Data data;
    ReadStatus status = ReadStatus::ok;
    while ((status = reader.read(data)) == ReadStatus::ok) {
      if (data.offset != total) return differ("content", "whole", "with holes");
      total += data.bytes.size();
    }
    if (stream_.problem()) return tl::unexpected(*stream_.problem());
    if (status != ReadStatus::end) return incomplete(reader);
    if (total != entry.size)
      return differ("content length", std::to_string(entry.size), std::to_string(total));
    return {};
  }

  Checked<void> all_seen() const {
    if (listed_.empty()) return {};
    return disagreement("libarchive ends before this entry: " + listed_.front().path, listed_.front().offset);
  }

  tl::unexpected<Problem> disagreement(std::string reason, std::uint64_t offset) const {
    return refuse("parser-disagreement", std::move(reason), offset);
  }

  tl::unexpected<Problem> incomplete(const ArchiveReader& reader) const {
    return refuse("libarchive-incomplete", "libarchive cannot read this tar to its end: " + reader.error(),
                  listed_.empty() ? stream_.produced() : listed_.front().offset);
  }

  WalkedStream& stream_;
  std::deque<Entry>& listed_;
};

std::unique_ptr<Decoder> make_decoder(oci::Compression compression, Input& input, const Limits& limits) {
  switch (compression) {
    case oci::Compression::gzip:
      return make_gzip_decoder(input);
    case oci::Compression::zstd:
      return make_zstd_decoder(input, limits.zstd_window_log);
    case oci::Compression::none:
      break;
  }
  return make_plain_decoder(input);
}

Checked<void> unpack(Input& input, std::string_view media_type, const Limits& limits, Delivery& delivery) {
  const auto head = input.peek(kSniffBytes);
  if (!head) return tl::unexpected(head.error());
  const auto compression = agree_on_compression(*head, media_type);
  if (!compression) return tl::unexpected(compression.error());
  delivery.compression = *compression;

  TarWalker walker(limits, delivery);
  WalkedStream stream(TarStream(make_decoder(*compression, input, limits), limits.unpacked_bytes), walker);
  auto done = CrossCheck(stream, delivery.listed).run();
  delivery.counts.bytes_unpacked = stream.produced();
  return done;
}

}  // namespace

Ending unpack_layer(util::ByteSource& source, std::string_view media_type, const Limits& limits, Spool spool,
                    Visitor& visitor) {
  Ending ending;
  Checked<void> done;
  try {
    Input input(source);
    Delivery delivery(limits, std::move(spool), visitor);
    done = unpack(input, media_type, limits, delivery);
    ending.counts = delivery.counts;
    ending.counts.bytes_in = input.received();
  } catch (const std::bad_alloc&) {
    done = tl::unexpected(out_of_memory(0));
  } catch (const std::exception& error) {
    done = tl::unexpected(unexpected_exception(error.what(), 0));
  }
  if (done) {
    ending.code = findings::Outcome::complete;
    return ending;
  }
  Problem& problem = done.error();
  ending.code = problem.code;
  ending.rule = std::move(problem.rule);
  ending.reason = std::move(problem.reason);
  ending.offset = problem.offset;
  return ending;
}

}  // namespace portcullis::unpack
