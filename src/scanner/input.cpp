// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"

#include "portcullis/scan/tree.hpp"

namespace portcullis::scanner {
namespace {

using findings::Outcome;
using unpack::Ending;

Ending ended(Ending ending, Outcome code, std::string rule, std::string reason) {
  ending.code = code;
  ending.rule = std::move(rule);
  ending.reason = std::move(reason);
  return ending;
}

Ending too_large(Ending ending, const unpack::Limits& limits) {
  return ended(std::move(ending), Outcome::limit, "too-many-bytes",
               "larger than " + std::to_string(limits.unpacked_bytes) + " bytes");
}

Ending read_layer(const scan::JobRequest& request, const unpack::Limits& limits, PipeSource& input,
                  unpack::Spool spool, unpack::Visitor& visitor) {
  auto ending = unpack::unpack_layer(input, request.media_type, limits, std::move(spool), visitor);
  std::byte more;
  if (ending.code == Outcome::complete && input.read({&more, 1}).value_or(1) != 0) {
    return ended(std::move(ending), Outcome::unscannable, "layer-trailing-bytes",
                 "bytes after the end of the layer");
  }
  return ending;
}

Ending read_opaque(const unpack::Limits& limits, ContentReader& contents, unpack::Visitor& visitor) {
  Ending ending;
  ending.code = Outcome::complete;
  auto content = contents.next(limits.unpacked_bytes + 1);
  if (!content) return ended(std::move(ending), Outcome::unavailable, {}, content.error().message);
  unpack::File file;
  file.content = std::move(*content);
  file.entry.size = file.content->bytes().size();
  if (file.entry.size > limits.unpacked_bytes) return too_large(std::move(ending), limits);
  ending.counts.files = 1;
  ending.counts.bytes_unpacked = file.entry.size;
  visitor.file(std::move(file));
  return ending;
}

/// Nullopt when the stream breaks the format, which only a fault of ours can do.
std::optional<scan::TreeFile> next_header(PipeSource& input) {
  const auto exactly = [&](std::size_t size) -> std::optional<std::string> {
    std::string text(size, '\0');
    std::size_t have = 0;
    while (have < size) {
      const auto read = input.read(std::as_writable_bytes(std::span(text)).subspan(have));
      if (!read || *read == 0) return std::nullopt;
      have += *read;
    }
    return text;
  };
  const auto prefix = exactly(scan::kTreeHeaderPrefix);
  if (!prefix) return std::nullopt;
  const auto size = scan::decode_tree_prefix(*prefix);
  if (!size) return std::nullopt;
  const auto header = exactly(*size);
  if (!header) return std::nullopt;
  return scan::decode_tree_header(*header);
}

Ending read_tree(const unpack::Limits& limits, PipeSource& input, ContentReader& contents,
                 unpack::Visitor& visitor) {
  Ending ending;
  ending.code = Outcome::complete;
  while (true) {
    auto header = next_header(input);
    if (!header)
      return ended(std::move(ending), Outcome::unavailable, {}, "the stream of the directory is broken");
    if (header->path.empty()) return ending;
    auto& counts = ending.counts;
    ++counts.files;
    if (++counts.entries > limits.entries) {
      return ended(std::move(ending), Outcome::limit, "too-many-entries",
                   "more than " + std::to_string(limits.entries) + " files");
    }
    if (header->size > limits.unpacked_bytes - counts.bytes_unpacked)
      return too_large(std::move(ending), limits);
    counts.bytes_unpacked += header->size;
    auto content = contents.next(header->size);
    if (!content) return ended(std::move(ending), Outcome::unavailable, {}, content.error().message);
    unpack::File file;
    file.entry.path = std::move(header->path);
    file.entry.mode = header->mode;
    file.entry.uid = header->uid;
    file.entry.gid = header->gid;
    file.entry.size = header->size;
    file.content = std::move(*content);
    if (file.content->bytes().size() != header->size) {
      return ended(std::move(ending), Outcome::unavailable, {}, "the stream of the directory ends early");
    }
    visitor.entry(file.entry);
    visitor.file(std::move(file));
  }
}

}  // namespace

Ending read_input(const scan::JobRequest& request, const unpack::Limits& limits, PipeSource& input,
                  int whole_file, unpack::Spool spool, unpack::Visitor& visitor) {
  ContentReader contents(input, whole_file, limits.memory_file);
  switch (request.kind) {
    case scan::JobKind::layer:
    case scan::JobKind::archive:
      return read_layer(request, limits, input, std::move(spool), visitor);
    case scan::JobKind::opaque:
      return read_opaque(limits, contents, visitor);
    case scan::JobKind::directory:
    case scan::JobKind::rules:
      return read_tree(limits, input, contents, visitor);
  }
  return {};
}

}  // namespace portcullis::scanner
