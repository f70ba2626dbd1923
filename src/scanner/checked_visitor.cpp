// SPDX-License-Identifier: Apache-2.0
#include "checked_visitor.hpp"

#include "portcullis/checks/config.hpp"
#include "portcullis/oci/media_type.hpp"

namespace portcullis::scanner {
namespace {

/// A text of our own as the content of a file.
class Text final : public unpack::Content {
 public:
  explicit Text(std::string text) : text_(std::move(text)) {}
  std::span<const std::byte> bytes() const override { return std::as_bytes(std::span(text_)); }

 private:
  std::string text_;
};

checks::EntryType type_of(unpack::EntryType type) {
  switch (type) {
    case unpack::EntryType::file:
      return checks::EntryType::file;
    case unpack::EntryType::hardlink:
      return checks::EntryType::hardlink;
    case unpack::EntryType::symlink:
      return checks::EntryType::symlink;
    case unpack::EntryType::character_device:
      return checks::EntryType::character_device;
    case unpack::EntryType::block_device:
      return checks::EntryType::block_device;
    case unpack::EntryType::directory:
      return checks::EntryType::directory;
    case unpack::EntryType::fifo:
      return checks::EntryType::fifo;
  }
  return checks::EntryType::file;
}

}  // namespace

CheckedVisitor::CheckedVisitor(const scan::JobRequest& request, Collected& collected, unpack::Visitor& next)
    : subject_(request.kind != scan::JobKind::opaque          ? Subject::tree
               : oci::may_be_image_config(request.media_type) ? Subject::config
                                                              : Subject::other),
      collected_(collected),
      next_(next),
      layer_([&collected](findings::Finding finding) { collected.add(std::move(finding)); }) {}

bool CheckedVisitor::entry(const unpack::Entry& entry) {
  layer_.entry({.type = type_of(entry.type),
                .path = entry.path,
                .link = entry.link,
                .mode = entry.mode,
                .uid = entry.uid,
                .gid = entry.gid,
                .size = entry.size,
                .device_major = entry.device_major,
                .device_minor = entry.device_minor,
                .offset = entry.offset});
  return next_.entry(entry);
}

bool CheckedVisitor::file(unpack::File file) {
  if (subject_ == Subject::tree) layer_.content(file.entry.path, file.content->bytes());
  if (subject_ == Subject::config) check_config(file);
  return next_.file(std::move(file));
}

void CheckedVisitor::check_config(const unpack::File& config) {
  const auto bytes = config.content->bytes();
  auto report = checks::check_config({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!report) return;
  for (auto& finding : report->findings) collected_.add(std::move(finding));
  if (report->rendered.empty()) return;
  unpack::File rendered;
  rendered.entry.path = checks::kRenderedConfigPath;
  rendered.entry.size = report->rendered.size();
  rendered.content = std::make_shared<Text>(std::move(report->rendered));
  collected_.count_members({.files = 1, .bytes_unpacked = rendered.entry.size});
  next_.file(std::move(rendered));
}

}  // namespace portcullis::scanner
