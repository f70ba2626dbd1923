// SPDX-License-Identifier: Apache-2.0
#include "known_clean_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "portcullis/util/text.hpp"

namespace portcullis::scan {
namespace {

constexpr std::uint64_t kEntryBytes = sizeof(CleanKey) + sizeof(std::uint32_t);

class BufferedFile {
 public:
  explicit BufferedFile(int fd) : fd_(fd) { buffer_.reserve(kBuffer); }

  /// Errors are kept for finish().
  void append(std::span<const std::byte> bytes) {
    if (buffer_.size() + bytes.size() > kBuffer) flush();
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  }
  util::Result<void> finish() {
    flush();
    return result_;
  }

 private:
  static constexpr std::size_t kBuffer = 256 * 1024;

  void flush() {
    if (result_) result_ = util::write_full(fd_, buffer_);
    buffer_.clear();
  }

  int fd_;
  std::vector<std::byte> buffer_;
  util::Result<void> result_;
};

/// Base and additions as one ascending sequence of (key, layer). Layers are numbered in order of
/// their age: those of the base first.
class Merge {
 public:
  explicit Merge(const GenerationPlan& plan) : base_(plan.base), takes_back_(!plan.revoked.empty()) {
    std::map<std::string, std::uint32_t, std::less<>> numbers;
    const auto add_layer = [&](std::string_view label) {
      const auto number = static_cast<std::uint32_t>(layers_.size());
      layers_.push_back({std::string(label), !plan.revoked.contains(label), 0, 0});
      return numbers.emplace(label, number).first->second;
    };
    for (std::size_t i = 0; base_ != nullptr && i < base_->layers(); ++i) add_layer(base_->label(i));
    for (const auto& contribution : plan.added) {
      const auto known = numbers.find(contribution->label);
      const std::uint32_t layer = known != numbers.end() ? known->second : add_layer(contribution->label);
      for (const auto& key : contribution->keys) added_.push_back({&key, layer});
    }
    std::ranges::sort(added_, [](const Added& a, const Added& b) {
      return *a.key != *b.key ? *a.key < *b.key : a.layer < b.layer;
    });
    count();
  }

  /// Leaves out the oldest contributors until what is left fits.
  void shrink(std::uint64_t max_bytes) {
    if (bytes() <= max_bytes) return;
    takes_back_ = true;
    const std::uint64_t goal = max_bytes / 4 * 3;  // or every generation would have to shrink again
    auto layer = layers_.begin();
    while (bytes() > goal) {
      // Estimated, then counted: keys may pass to a younger layer that has them too.
      for (std::uint64_t left = bytes(); left > goal && layer != layers_.end(); ++layer) {
        left -= std::min(left, layer->entries * kEntryBytes + kMaxLayerLabel);
        layer->kept = false;
      }
      count();
    }
  }

  util::Result<void> write(int fd, std::string_view profile) {
    BufferedFile file(fd);
    std::uint32_t number = 0;
    for (auto& layer : layers_) {
      if (layer.entries > 0) layer.number = number++;
    }
    const KnownCleanHeader header = make_known_clean_header(profile, epoch(), number, entries_);
    file.append(std::as_bytes(std::span(&header, 1)));
    for (const auto& layer : layers_) {
      if (layer.entries == 0) continue;
      std::array<char, kMaxLayerLabel> label{};
      std::ranges::copy(layer.label, label.begin());
      file.append(std::as_bytes(std::span(label)));
    }
    for_each([&](const CleanKey& key, std::uint32_t) { file.append(key); });
    for_each([&](const CleanKey&, std::uint32_t layer) {
      file.append(std::as_bytes(std::span(&layers_[layer].number, 1)));
    });
    return file.finish();
  }

 private:
  struct Layer {
    std::string label;
    bool kept;
    std::uint64_t entries;
    std::uint32_t number;  ///< in the new generation
  };
  struct Added {
    const CleanKey* key;
    std::uint32_t layer;
  };

  /// Every key once, with the oldest of its contributors that is kept.
  template <class Visit>
  void for_each(Visit visit) const {
    const std::size_t base_size = base_ != nullptr ? base_->keys().size() : 0;
    const CleanKey* last = nullptr;
    const auto offer = [&](const CleanKey& key, std::uint32_t layer) {
      if (layer >= layers_.size() || !layers_[layer].kept || (last != nullptr && *last == key)) return;
      visit(key, layer);
      last = &key;
    };
    std::size_t i = 0;
    for (const Added& added : added_) {
      while (i < base_size && base_->keys()[i] <= *added.key) {
        offer(base_->keys()[i], base_->owners()[i]);
        ++i;
      }
      offer(*added.key, added.layer);
    }
    for (; i < base_size; ++i) offer(base_->keys()[i], base_->owners()[i]);
  }

  void count() {
    entries_ = 0;
    for (auto& layer : layers_) layer.entries = 0;
    for_each([&](const CleanKey&, std::uint32_t layer) {
      ++layers_[layer].entries;
      ++entries_;
    });
  }

  /// What rested on a key that goes must go with it, and nobody can tell which keys those are.
  std::string epoch() const {
    if (base_ != nullptr && !takes_back_) return std::string(base_->epoch());
    return util::random_id(kEpochSize);
  }

  std::uint64_t bytes() const {
    const auto used = std::ranges::count_if(layers_, [](const Layer& layer) { return layer.entries > 0; });
    return sizeof(KnownCleanHeader) + static_cast<std::uint64_t>(used) * kMaxLayerLabel +
           entries_ * kEntryBytes;
  }

  const KnownCleanTable* base_;
  bool takes_back_;  ///< keys of the base are left out
  std::vector<Layer> layers_;
  std::vector<Added> added_;
  std::uint64_t entries_ = 0;
};

}  // namespace

util::Result<void> write_generation(const std::filesystem::path& path, const GenerationPlan& plan) {
  const auto file = util::open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file) return tl::unexpected(file.error());
  Merge merge(plan);
  merge.shrink(plan.max_bytes);
  if (auto written = merge.write(file->get(), plan.profile); !written) {
    return util::fail(path.string(), written.error());
  }
  if (fsync(file->get()) != 0) return tl::unexpected(util::errno_error("fsync of " + path.string()));
  return {};
}

}  // namespace portcullis::scan
