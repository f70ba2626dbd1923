// SPDX-License-Identifier: Apache-2.0
#include "portcullis/scan/protocol.hpp"

#include <algorithm>

#include "portcullis/scan/wire.hpp"
#include "portcullis/util/hash.hpp"

namespace portcullis::scan {
namespace {

enum class MessageKind : std::uint8_t { set_aside = 1, ready, fatal, started, refused, exited };

struct MessageEncoder {
  Writer out;

  void kind(MessageKind value) { out.u8(static_cast<std::uint8_t>(value)); }
  void operator()(const SetAside& message) {
    kind(MessageKind::set_aside);
    out.text(message.file, kMaxPath);
    out.text(message.message, kMaxText);
  }
  void operator()(const Ready& message) {
    kind(MessageKind::ready);
    out.u64(message.rules);
    out.u64(message.files);
    out.text(message.rule_hash, kMaxText);
    out.text(message.version, kMaxText);
    texts(message.protections, kMaxProtections);
    texts(message.modules, kMaxModules);
    texts(message.idle_patterns, kMaxIdlePatterns);
  }
  void texts(const std::vector<std::string>& values, std::size_t cap) {
    const auto count = std::min(values.size(), cap);
    out.u32(static_cast<std::uint32_t>(count));
    for (std::size_t i = 0; i < count; ++i) out.text(values[i], kMaxText);
  }
  void operator()(const Fatal& message) {
    kind(MessageKind::fatal);
    out.text(message.message, kMaxText);
  }
  void operator()(const Started& message) {
    kind(MessageKind::started);
    out.u64(message.id);
  }
  void operator()(const Refused& message) {
    kind(MessageKind::refused);
    out.u64(message.id);
    out.text(message.message, kMaxText);
  }
  void operator()(const Exited& message) {
    kind(MessageKind::exited);
    out.u64(message.id);
    out.u32(message.code);
    out.u32(message.signal);
  }
};

Ready read_ready(Reader& in) {
  Ready ready;
  ready.rules = in.u64();
  ready.files = in.u64();
  ready.rule_hash = in.text(kMaxText);
  ready.version = in.text(kMaxText);
  const auto texts = [&in](std::vector<std::string>& values, std::size_t cap) {
    const auto count = in.count(static_cast<std::uint32_t>(cap));
    for (std::uint32_t i = 0; i < count && in.ok(); ++i) values.push_back(in.text(kMaxText));
  };
  texts(ready.protections, kMaxProtections);
  texts(ready.modules, kMaxModules);
  texts(ready.idle_patterns, kMaxIdlePatterns);
  return ready;
}

ScannerMessage read_message(Reader& in) {
  // Braced initialisers: members are read in the order they are written.
  switch (in.enumerator(MessageKind::set_aside, MessageKind::exited)) {
    case MessageKind::set_aside:
      return SetAside{in.text(kMaxPath), in.text(kMaxText)};
    case MessageKind::ready:
      return read_ready(in);
    case MessageKind::fatal:
      return Fatal{in.text(kMaxText)};
    case MessageKind::started:
      return Started{in.u64()};
    case MessageKind::refused:
      return Refused{in.u64(), in.text(kMaxText)};
    case MessageKind::exited:
      return Exited{in.u64(), in.u32(), in.u32()};
  }
  return Fatal{};
}

}  // namespace

std::string profile_id(std::string_view rule_hash, std::string_view version, const Limits& limits) {
  JobRequest request;
  request.limits = limits;
  std::string all;
  all.append(rule_hash).append("\n").append(version).append("\n").append(encode(request));
  return util::sha256_hex(all).substr(0, 16);
}

std::string encode(const JobRequest& request) {
  Writer out;
  out.u64(request.id);
  out.u8(static_cast<std::uint8_t>(request.kind));
  out.text(request.media_type, kMaxText);
  out.u32(request.threads);
  out.u8(static_cast<std::uint8_t>(request.known_clean));
  out.u32(request.sample);
  out.u8(static_cast<std::uint8_t>(request.question));
  out.u64(static_cast<std::uint64_t>(request.bench_patience.count()));
  const Limits& limits = request.limits;
  out.u64(limits.unpacked_bytes);
  out.u64(limits.entries);
  out.u64(limits.path_bytes);
  out.u64(limits.nested_bytes);
  out.u32(limits.nested_depth);
  out.u64(limits.memory_bytes);
  out.u32(limits.max_findings);
  out.u64(static_cast<std::uint64_t>(limits.file_timeout.count()));
  out.u64(static_cast<std::uint64_t>(limits.base_time.count()));
  out.u64(limits.floor_rate);
  return out.take();
}

std::optional<JobRequest> decode_job_request(std::string_view bytes) {
  Reader in(bytes);
  JobRequest request;
  request.id = in.u64();
  request.kind = in.enumerator(JobKind::layer, JobKind::rules);
  request.media_type = in.text(kMaxText);
  request.threads = in.u32();
  request.known_clean = in.enumerator(KnownCleanUse::off, KnownCleanUse::on);
  request.sample = in.u32();
  request.question = in.enumerator(RulesQuestion::list, RulesQuestion::bench);
  request.bench_patience = std::chrono::seconds(static_cast<std::int64_t>(in.u64()));
  Limits& limits = request.limits;
  limits.unpacked_bytes = in.u64();
  limits.entries = in.u64();
  limits.path_bytes = in.u64();
  limits.nested_bytes = in.u64();
  limits.nested_depth = in.u32();
  limits.memory_bytes = in.u64();
  limits.max_findings = in.u32();
  limits.file_timeout = std::chrono::seconds(static_cast<std::int64_t>(in.u64()));
  limits.base_time = std::chrono::seconds(static_cast<std::int64_t>(in.u64()));
  limits.floor_rate = in.u64();
  if (!in.finished()) return std::nullopt;
  return request;
}

std::string encode(const ScannerMessage& message) {
  MessageEncoder encoder;
  std::visit(encoder, message);
  return encoder.out.take();
}

std::optional<ScannerMessage> decode_scanner_message(std::string_view bytes) {
  Reader in(bytes);
  ScannerMessage message = read_message(in);
  if (!in.finished()) return std::nullopt;
  return message;
}

}  // namespace portcullis::scan
