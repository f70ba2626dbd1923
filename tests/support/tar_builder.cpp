// SPDX-License-Identifier: Apache-2.0
#include "support/tar_builder.hpp"

#include <cstdio>
#include <numeric>

namespace portcullis::test {
namespace {

constexpr std::size_t kBlock = 512;

std::string octal(std::uint64_t value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(value));
  return text;
}

std::string padded(std::string_view content) {
  std::string bytes(content);
  bytes.resize((bytes.size() + kBlock - 1) / kBlock * kBlock);
  return bytes;
}

}  // namespace

void put(std::string& block, std::size_t offset, std::string_view bytes) {
  block.replace(offset, bytes.size(), bytes);
}

std::string tar_header(const TarHeaderSpec& spec) {
  std::string block(kBlock, '\0');
  put(block, 0, std::string_view(spec.name).substr(0, 100));
  put(block, 100, octal(spec.mode, 7));
  put(block, 108, octal(spec.uid, 7));
  put(block, 116, octal(spec.gid, 7));
  put(block, 124, octal(spec.size, 11));
  put(block, 136, octal(1700000000, 11));
  block[156] = spec.type;
  put(block, 157, std::string_view(spec.link).substr(0, 100));
  put(block, 257,
      spec.flavour == TarFlavour::gnu ? std::string_view("ustar  \0", 8)
                                      : std::string_view("ustar\00000", 8));
  put(block, 265, "root");
  put(block, 297, "root");
  if (!spec.prefix.empty()) put(block, 345, std::string_view(spec.prefix).substr(0, 155));
  if (spec.tamper) spec.tamper(block);
  put(block, 148, "        ");
  const unsigned sum = std::accumulate(block.begin(), block.end(), 0u, [](unsigned so_far, char c) {
    return so_far + static_cast<unsigned char>(c);
  });
  put(block, 148, octal(spec.right_checksum ? sum : sum + 1, 6));
  block[154] = '\0';
  return block;
}

std::string pax_body(const PaxRecords& records) {
  std::string body;
  for (const auto& [key, value] : records) {
    const std::string rest = " " + key + "=" + value + "\n";
    std::size_t length = rest.size() + 1;
    while (std::to_string(length).size() + rest.size() != length) ++length;
    body += std::to_string(length) + rest;
  }
  return body;
}

TarBuilder& TarBuilder::entry(TarHeaderSpec spec, std::string_view content) {
  spec.size = content.size();
  header(spec);
  bytes_ += padded(content);
  return *this;
}

TarBuilder& TarBuilder::file(std::string name, std::string_view content) {
  return entry({.name = std::move(name)}, content);
}

TarBuilder& TarBuilder::directory(std::string name) {
  return header({.name = std::move(name), .type = '5', .mode = 0755});
}

TarBuilder& TarBuilder::symlink(std::string name, std::string target) {
  return header({.name = std::move(name), .type = '2', .link = std::move(target), .mode = 0777});
}

TarBuilder& TarBuilder::hardlink(std::string name, std::string target) {
  return header({.name = std::move(name), .type = '1', .link = std::move(target)});
}

TarBuilder& TarBuilder::header(const TarHeaderSpec& spec) { return raw(tar_header(spec)); }

TarBuilder& TarBuilder::pax(const PaxRecords& records, char type) {
  return entry({.name = "PaxHeaders/x", .type = type}, pax_body(records));
}

TarBuilder& TarBuilder::gnu_long(char type, std::string_view value) {
  return entry({.name = "././@LongLink", .type = type, .flavour = TarFlavour::gnu}, value);
}

TarBuilder& TarBuilder::raw(std::string_view bytes) {
  bytes_ += bytes;
  return *this;
}

TarBuilder& TarBuilder::zero_blocks(std::size_t count) {
  bytes_.append(count * kBlock, '\0');
  return *this;
}

std::string TarBuilder::closed() const { return bytes_ + std::string(2 * kBlock, '\0'); }

}  // namespace portcullis::test
