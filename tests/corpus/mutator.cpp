// SPDX-License-Identifier: Apache-2.0
//
// The seeded header mutator. A layer is a list of pieces, headers and bodies; mutations work on the
// pieces, put the checksums right again (mostly), and choose values that readers are known to argue
// about more often than random ones.
#include <algorithm>
#include <array>
#include <functional>
#include <random>

#include "corpus/framing.hpp"
#include "corpus/sample.hpp"
#include "portcullis/oci/media_type.hpp"
#include "support/tar_builder.hpp"

namespace portcullis::corpus {
namespace {

using test::PaxRecords;
using test::put;
using test::TarBuilder;
using test::TarFlavour;
using test::TarHeaderSpec;

constexpr std::size_t kBlock = 512;

struct Piece {
  bool header = false;
  std::string bytes;
};
using Layer = std::vector<Piece>;

std::string joined(const Layer& layer) {
  std::string bytes;
  for (const Piece& piece : layer) bytes += piece.bytes;
  return bytes;
}

struct Field {
  const char* name;
  std::size_t at;
  std::size_t length;
};
constexpr std::array kFields{Field{"name", 0, 100},    Field{"mode", 100, 8},      Field{"uid", 108, 8},
                             Field{"gid", 116, 8},     Field{"size", 124, 12},     Field{"mtime", 136, 12},
                             Field{"type", 156, 1},    Field{"link", 157, 100},    Field{"magic", 257, 8},
                             Field{"owner", 265, 64},  Field{"device", 329, 16},   Field{"prefix", 345, 155},
                             Field{"sparse", 386, 97}, Field{"realsize", 482, 13}, Field{"trailer", 500, 12}};

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  Sample next() {
    next_marker_ = 1;
    Layer layer = good_layer();
    Sample sample{"", "", std::string(oci::kOciLayer), "", ""};
    const std::size_t changes = 1 + below(4);
    for (std::size_t i = 0; i < changes; ++i) {
      const std::size_t kind = below(100);
      const auto note = [&](const std::string& group) {
        if (sample.group.empty()) sample.group = group;
        sample.name += (sample.name.empty() ? "" : ", ") + group;
      };
      if (kind < 50) {
        note("mutated field");
        change_field(layer);
      } else if (kind < 70) {
        note("inserted header");
        insert_header(layer);
      } else if (kind < 82) {
        note("moved pieces");
        move_pieces(layer);
      } else if (kind < 90) {
        note("cut or junk");
        cut_or_add(layer);
      } else {
        note("random bytes");
        flip_bytes(layer);
      }
    }
    sample.bytes = sample.tar = joined(layer);
    if (one_in(6)) frame(sample);
    return sample;
  }

 private:
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
  bool one_in(std::size_t count) { return below(count) == 0; }
  template <class List>
  const auto& any_of(const List& list) {
    return list[below(std::size(list))];
  }

  std::string next_text() {
    std::string text = marker(next_marker_++);
    if (one_in(4)) text.append(below(1500), one_in(2) ? '\0' : 'x');
    return text;
  }

  void add(Layer& layer, const TarHeaderSpec& spec, std::string body) {
    TarHeaderSpec sized = spec;
    sized.size = body.size();
    layer.push_back({true, test::tar_header(sized)});
    if (body.empty()) return;
    body.resize((body.size() + kBlock - 1) / kBlock * kBlock);
    layer.push_back({false, std::move(body)});
  }

  void add_extended(Layer& layer, char type, std::string body) {
    add(layer,
        {.name = "PaxHeaders/x",
         .type = type,
         .flavour = type == 'L' || type == 'K' ? TarFlavour::gnu : TarFlavour::posix},
        std::move(body));
  }

  Layer good_layer() {
    Layer layer;
    const std::size_t entries = 1 + below(4);
    for (std::size_t i = 0; i < entries; ++i) add_good_entry(layer);
    if (next_marker_ == 1) add(layer, {.name = "last"}, next_text());
    layer.push_back({false, std::string(2 * kBlock, '\0')});
    return layer;
  }

  void add_good_entry(Layer& layer) {
    const auto flavour = one_in(2) ? TarFlavour::gnu : TarFlavour::posix;
    const std::string name = "d" + std::to_string(below(3)) + "/f" + std::to_string(layer.size());
    const std::string long_name = name + std::string(120, 'n');
    switch (below(10)) {
      case 0:
        return add(layer, {.name = name + "/", .type = '5'}, "");
      case 1:
        return add(layer, {.name = name, .type = one_in(2) ? '1' : '2', .link = "target"}, "");
      case 2:
        add_extended(layer, 'x', test::pax_body({{"path", long_name}, {"mtime", "1.5"}}));
        return add(layer, {.name = name}, next_text());
      case 3:
        add_extended(layer, 'L', long_name + '\0');
        return add(layer, {.name = name, .flavour = TarFlavour::gnu}, next_text());
      case 4:
        add_extended(layer, 'g', test::pax_body({{"comment", "c"}}));
        return add(layer, {.name = name}, next_text());
      case 5:  // a tar in a file: where a reader that lost its way may go on
        return add(layer, {.name = name, .flavour = flavour},
                   TarBuilder().file("inner", next_text()).closed());
      case 6:  // zeros, in which such a reader finds the end
        return add(layer, {.name = name, .flavour = flavour}, std::string(kBlock * (1 + below(4)), '\0'));
      case 7:
        return add(layer, {.name = name, .prefix = "prefix"}, next_text());
      default:
        return add(layer, {.name = name, .flavour = flavour}, next_text());
    }
  }

  std::vector<std::size_t> headers(const Layer& layer) const {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < layer.size(); ++i)
      if (layer[i].header && layer[i].bytes.size() == kBlock) places.push_back(i);
    return places;
  }

  void change_field(Layer& layer) {
    const auto places = headers(layer);
    if (places.empty()) return;
    std::string& block = layer[any_of(places)].bytes;
    const Field& field = one_in(3) ? kFields[4] : any_of(kFields);
    if (one_in(4)) {
      block[field.at + below(field.length)] = static_cast<char>(below(256));
    } else {
      std::string value = value_for(field, block);
      value.resize(std::min(value.size(), field.length));
      put(block, field.at, value);
    }
    if (!one_in(20)) fix_checksum(block);
  }

  std::string number(std::uint64_t value, std::size_t width) {
    std::string octal;
    do octal.insert(octal.begin(), static_cast<char>('0' + value % 8));
    while ((value /= 8) != 0);
    if (octal.size() + 1 < width) octal.insert(0, width - 1 - octal.size(), '0');
    return octal;
  }

  std::string value_for(const Field& field, const std::string& block) {
    using namespace std::string_literals;
    const std::string_view name = field.name;
    if (name == "size" || name == "uid" || name == "gid" || name == "mode" || name == "mtime" ||
        name == "device") {
      static constexpr std::array<std::uint64_t, 12> kSizes{0,    1,    24,   511,  512,       513,
                                                            1024, 1536, 2048, 4096, 077777777, 07777777777};
      const std::string plain = number(any_of(kSizes), field.length);
      const std::string now = block.substr(field.at, field.length);
      switch (below(12)) {
        case 0:
          return "\0"s + plain.substr(1) + "\0"s;
        case 1:
          return "\0"s + now.substr(1);
        case 2:
          return " " + now.substr(1);
        case 3:
          return std::string(field.length, any_of(std::array{'\0', ' ', '0', '\xff', '9'}));
        case 4:
          return "\x80"s + std::string(field.length - 3, '\0') + static_cast<char>(below(9)) +
                 static_cast<char>(one_in(2) ? 0 : below(256));
        case 5:
          return "\xff"s + std::string(field.length - 2, '\xff') + static_cast<char>(below(256));
        case 6:
          return "-" + plain.substr(1);
        case 7:
          return plain.substr(0, 4) + any_of(std::array{" "s, "\0"s, "\t"s, "x"s}) + plain.substr(5);
        case 8:
          return number(07777777777, field.length) + "7";
        default:
          return plain;
      }
    }
    if (name == "type") return std::string(1, any_of("0\0001234567xgLKSVMDINAXZa"s));
    if (name == "magic")
      return any_of(std::array{"ustar\00000"s, "ustar  \0"s, "ustar\0\0\0"s, "ustarX00"s, "ustar 00"s,
                               "ustar\00001"s, "\0\0\0\0\0\0\0\0"s, "USTAR\00000"s});
    if (name == "trailer") return any_of(std::array{"\0\0\0\0\0\0\0\0tar\0"s, "ttttttttttar"s, "\0"s});
    if (name == "sparse")
      return number(0, 12) + "\0"s + number(24, 12) + "\0"s + number(below(2048), 12) + "\0"s;
    if (name == "realsize") return std::string(1, static_cast<char>(below(2))) + number(below(4096), 12);
    return any_of(std::array{"dir/"s, ""s, "./"s, "/"s, "a\0b"s, "../up"s, "caf\xe9"s, "0"s,
                             std::string(155, 'p'), "14524552000\00014524552000\0"s,
                             "\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"s});
  }

  void insert_header(Layer& layer) {
    using namespace std::string_literals;
    Layer inserted;
    switch (below(8)) {
      case 0:
        add_extended(inserted, 'L',
                     any_of(std::array{"long"s, "dir/"s, ""s, "\0"s, "a\0b"s, std::string(150, 'l')}));
        break;
      case 1:
        add_extended(inserted, 'K', any_of(std::array{"link"s, ""s, std::string(150, 'k')}));
        break;
      case 2:
        add_extended(inserted, 'g', test::pax_body(some_records()));
        break;
      case 3:
        add_extended(inserted, 'x', broken(test::pax_body(some_records())));
        break;
      default:
        add_extended(inserted, 'x', test::pax_body(some_records()));
    }
    const auto places = headers(layer);
    const std::size_t at = places.empty() ? 0 : any_of(places);
    layer.insert(layer.begin() + static_cast<std::ptrdiff_t>(at), inserted.begin(), inserted.end());
  }

  PaxRecords some_records() {
    using namespace std::string_literals;
    static const PaxRecords kRecords{{"size", "0"},
                                     {"size", "24"},
                                     {"size", "512"},
                                     {"size", "1024"},
                                     {"size", "-1"},
                                     {"size", ""},
                                     {"size", "+512"},
                                     {"size", "9000000000"},
                                     {"path", "renamed"},
                                     {"path", "dir/"},
                                     {"path", ""},
                                     {"path", "a\0b"s},
                                     {"path", "./x"},
                                     {"path", "caf\xe9"},
                                     {"path", "caf\xc3\xa9"},
                                     {"linkpath", "other"},
                                     {"linkpath", ""},
                                     {"mtime", "1.5"},
                                     {"mtime", "x"},
                                     {"comment", "c"},
                                     {"uid", "3000000"},
                                     {"gid", "x"},
                                     {"charset", "BINARY"},
                                     {"hdrcharset", "BINARY"},
                                     {"SUN.holesdata", " 0 24 "},
                                     {"SCHILY.realsize", "0"},
                                     {"SCHILY.xattr.user.a", "b\0c"s},
                                     {"SCHILY.filetype", "hardlink"},
                                     {"LIBARCHIVE.creationtime", "1"},
                                     {"GNU.sparse.major", "1"},
                                     {"GNU.sparse.minor", "0"},
                                     {"GNU.sparse.major", "0"},
                                     {"GNU.sparse.map", "0,24"},
                                     {"GNU.sparse.size", "2048"},
                                     {"GNU.sparse.realsize", "0"},
                                     {"GNU.sparse.name", "sparse"},
                                     {"GNU.sparse.numblocks", "1"},
                                     {"GNU.sparse.offset", "0"},
                                     {"GNU.sparse.numbytes", "24"},
                                     {"MSWINDOWS.rawsd", "A"},
                                     {"a=b", "c"},
                                     {"unknown", "1"}};
    PaxRecords records;
    const std::size_t count = below(4);
    for (std::size_t i = 0; i <= count; ++i) records.push_back(any_of(kRecords));
    return records;
  }

  std::string broken(std::string body) {
    switch (below(5)) {
      case 0:
        body[0] = static_cast<char>('0' + below(10));
        break;
      case 1:
        body.back() = ' ';
        break;
      case 2:
        body.append(1 + below(30), '\0');
        break;
      case 3:
        body.insert(0, "0");
        break;
      default:
        body[below(body.size())] = static_cast<char>(below(256));
    }
    return body;
  }

  void move_pieces(Layer& layer) {
    const std::size_t at = below(layer.size());
    const std::size_t other = below(layer.size());
    const Piece zeros{false, std::string(kBlock * (1 + below(3)), '\0')};
    switch (below(4)) {
      case 0:
        if (layer.size() > 1) layer.erase(layer.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 1:
        layer.insert(layer.begin() + static_cast<std::ptrdiff_t>(at), Piece(layer[other]));
        break;
      case 2:
        std::swap(layer[at], layer[other]);
        break;
      default:
        layer.insert(layer.begin() + static_cast<std::ptrdiff_t>(at), zeros);
    }
  }

  void cut_or_add(Layer& layer) {
    std::string bytes = joined(layer);
    switch (below(5)) {
      case 0:
        bytes.resize(below(bytes.size() + 1));
        break;
      case 1:
        bytes.resize(below(bytes.size() + 1) / kBlock * kBlock);
        break;
      case 2:
        bytes += joined(good_layer());
        break;
      case 3:
        bytes.append(1 + below(2000), static_cast<char>(one_in(2) ? 0 : below(256)));
        break;
      default:
        bytes.insert(0, joined(good_layer()));
    }
    layer = {{false, std::move(bytes)}};
  }

  void flip_bytes(Layer& layer) {
    const std::size_t count = 1 + below(3);
    for (std::size_t i = 0; i < count; ++i) {
      Piece& piece = layer[below(layer.size())];
      if (piece.bytes.empty()) continue;
      piece.bytes[below(piece.bytes.size())] ^= static_cast<char>(1u << below(8));
      if (piece.header && !one_in(4)) fix_checksum(piece.bytes);
    }
  }

  /// Around some mutants a compression, itself cut into parts and changed at times.
  void frame(Sample& sample) {
    sample.name += ", framed";
    const std::size_t cut = below(sample.tar.size() + 1);
    const auto part = [&](std::size_t i) {
      return i == 0 ? sample.tar.substr(0, cut) : sample.tar.substr(cut);
    };
    if (one_in(2)) {
      sample.media_type = oci::kOciLayerGzip;
      const GzipMember odd{.flags = static_cast<unsigned char>(one_in(4) ? 1u << (5 + below(3)) : 0),
                           .crc_change = one_in(6) ? 1u : 0u,
                           .length_change = one_in(6) ? 1u : 0u};
      sample.bytes = gzip_member(part(0)) + gzip_member(part(1), odd);
    } else {
      sample.media_type = oci::kOciLayerZstd;
      sample.bytes = (one_in(3) ? zstd_skippable("head", static_cast<unsigned>(below(16))) : "") +
                     zstd_frame(part(0)) + (one_in(3) ? zstd_skippable("middle") : "") + zstd_frame(part(1));
    }
    if (one_in(5)) sample.bytes += std::string(1 + below(20), static_cast<char>(one_in(2) ? 0 : below(256)));
    if (one_in(5)) sample.bytes[below(sample.bytes.size())] ^= static_cast<char>(1u << below(8));
    if (one_in(10)) sample.media_type = oci::kOciLayer;
  }

  static void fix_checksum(std::string& block) {
    put(block, 148, "        ");
    unsigned sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    for (std::size_t i = 6; i-- > 0; sum /= 8) block[148 + i] = static_cast<char>('0' + sum % 8);
    block[154] = '\0';
  }

  std::mt19937_64 random_;
  unsigned next_marker_ = 1;
};

}  // namespace

std::vector<Sample> mutants(std::uint64_t seed, std::size_t count) {
  Mutator mutator(seed);
  std::vector<Sample> samples;
  samples.reserve(count);
  for (std::size_t i = 0; i < count; ++i) samples.push_back(mutator.next());
  return samples;
}

}  // namespace portcullis::corpus
