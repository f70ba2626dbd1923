// SPDX-License-Identifier: Apache-2.0
//
// Archives inside a layer: one level is opened, with a small budget.
#include <clocale>

#include "fuzz/input.hpp"
#include "portcullis/unpack/layer.hpp"

namespace {

using namespace portcullis;

class Bytes final : public unpack::Content {
 public:
  explicit Bytes(std::string_view text) : text_(text) {}
  std::span<const std::byte> bytes() const override {
    return std::as_bytes(std::span(text_.data(), text_.size()));
  }

 private:
  std::string_view text_;
};

class Checker final : public unpack::Visitor {
 public:
  bool entry(const unpack::Entry&) override { return true; }
  bool file(unpack::File file) override {
    FUZZ_CHECK(file.depth == 1);
    FUZZ_CHECK(file.entry.path.starts_with("archive!/"));
    total += file.content->bytes().size();
    return true;
  }
  std::uint64_t total = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const char* const locale = std::setlocale(LC_ALL, "C.UTF-8");
  FUZZ_CHECK(locale != nullptr);
  unpack::Limits limits;
  limits.nested_bytes = 1u << 20;
  limits.nested_entries = 200;
  limits.memory_file = 64 << 10;
  unpack::File archive;
  archive.entry.path = "archive";
  archive.content = std::make_shared<Bytes>(fuzz::as_text(data, size));
  const auto budget = unpack::make_nested_budget(limits);
  Checker checker;
  const auto ending =
      unpack::open_nested(archive, limits, *budget, unpack::Spool(fuzz::spool_file()), checker);
  FUZZ_CHECK(checker.total <= limits.nested_bytes);
  if (ending.code != findings::Outcome::complete) FUZZ_CHECK(!ending.rule.empty() && !ending.reason.empty());
  return 0;
}
