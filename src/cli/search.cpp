// SPDX-License-Identifier: Apache-2.0
//
// portcullis search: which images hold a thing, where, and who pulled them.
#include <algorithm>

#include "commands.hpp"
#include "exit_code.hpp"
#include "portcullis/util/text.hpp"
#include "search_report.hpp"
#include "server_records.hpp"

namespace portcullis::cli {
namespace {

constexpr std::size_t kHashDigits = 64;
constexpr std::size_t kMostRows = 10'000;

struct SearchFlags {
  ServerFlags server;
  std::string format = "text";
  std::string image;
  std::string digest;
  std::string layer;
  std::string hash;
  std::string path;
  std::string rule;
  std::string client;
  std::size_t limit = 100;
};

/// 64 hexadecimal digits, with or without `sha256:` in front, as tools print them.
util::Result<std::string> read_hash(const std::string& flag, const std::string& text) {
  std::string digits = util::to_lower_ascii(text);
  if (digits.starts_with("sha256:")) digits.erase(0, std::string_view("sha256:").size());
  const bool good =
      digits.size() == kHashDigits && digits.find_first_not_of("0123456789abcdef") == digits.npos;
  if (good) return digits;
  return util::fail(util::ErrorKind::invalid,
                    flag + ": expected a SHA-256 of 64 hexadecimal digits, saw \"" + text + "\"");
}

/// Of any algorithm; bare digits are a SHA-256.
util::Result<std::string> read_digest(const std::string& flag, const std::string& text) {
  if (const auto digest = oci::Digest::parse(text)) return digest->text();
  auto digits = read_hash(flag, text);
  if (digits) return "sha256:" + *digits;
  return util::fail(util::ErrorKind::invalid,
                    flag + ": expected a digest such as sha256:0123..., saw \"" + text + "\"");
}

std::string path_in_layer(const std::string& path) {
  // As the inventory has it: paths in a layer do not begin with a slash.
  return path.substr(std::min(path.find_first_not_of('/'), path.size()));
}

util::Result<records::ImageQuery> read_query(const SearchFlags& flags) {
  records::ImageQuery query;
  query.limit = flags.limit;
  const bool wild = flags.image.find_first_of("*?") != std::string::npos;
  (wild ? query.glob : query.text) = flags.image;
  query.rule = flags.rule;
  query.client = flags.client;
  query.path = path_in_layer(flags.path);
  if (!flags.hash.empty()) {
    auto hash = read_hash("--hash", flags.hash);
    if (!hash) return tl::unexpected(hash.error());
    query.file_hash = *std::move(hash);
  }
  const bool layer = !flags.layer.empty();
  if (layer || !flags.digest.empty()) {
    auto digest = layer ? read_digest("--layer", flags.layer) : read_digest("--digest", flags.digest);
    if (!digest) return tl::unexpected(digest.error());
    query.digest = *std::move(digest);
  }
  return query;
}

bool only_a_hash(const records::ImageQuery& query) {
  return !query.file_hash.empty() && query.glob.empty() && query.text.empty() && query.digest.empty() &&
         query.rule.empty() && query.client.empty();
}

void keep_of_images(std::vector<records::Puller>& pullers, const std::vector<records::ImageRow>& images) {
  std::erase_if(pullers, [&](const records::Puller& puller) {
    return std::ranges::none_of(images, [&](const records::ImageRow& image) {
      return image.host == puller.host && image.repository == puller.repository &&
             image.manifest == puller.manifest;
    });
  });
}

util::Result<SearchReport> look(records::Search& search, const records::ImageQuery& query) {
  SearchReport report;
  if (only_a_hash(query)) {
    auto exposure = search.exposure(query.file_hash, query.limit);
    if (!exposure) return tl::unexpected(exposure.error());
    report.images = std::move(exposure->images);
    report.files = std::move(exposure->places);
    report.pullers = std::move(exposure->pullers);
    report.truncated = exposure->truncated;
    return report;
  }
  auto page = search.images(query);
  if (!page) return tl::unexpected(page.error());
  report.images = std::move(page->images);
  report.truncated = !page->next.empty();
  const std::string& file = query.file_hash.empty() ? query.path : query.file_hash;
  if (!file.empty()) {
    auto files = search.files(file, query.limit);
    if (!files) return tl::unexpected(files.error());
    report.truncated = report.truncated || files->size() >= query.limit;
    report.files = *std::move(files);
  }
  if (!query.file_hash.empty() || !query.client.empty()) {
    auto pullers =
        search.pullers({.client = query.client, .file_hash = query.file_hash, .limit = query.limit});
    if (!pullers) return tl::unexpected(pullers.error());
    report.truncated = report.truncated || pullers->size() >= query.limit;
    keep_of_images(*pullers, report.images);
    report.pullers = *std::move(pullers);
  }
  return report;
}

int search(const SearchFlags& flags) {
  const auto all = {&flags.image, &flags.digest, &flags.layer, &flags.hash,
                    &flags.path,  &flags.rule,   &flags.client};
  if (std::ranges::all_of(all, [](const std::string* term) { return term->empty(); })) {
    return fail(
        kUsage,
        "search: name what to look for, by --image, --digest, --layer, --hash, --path, --rule or --client");
  }
  const auto query = read_query(flags);
  if (!query) return fail(kUsage, query.error().message);
  const auto server = open_server_records(flags.server, records::OpenMode::existing_read_only);
  if (!server) return server.error();
  const auto report = look(server->records->search(), *query);
  if (!report) {
    return fail(kCouldNotJudge, "reading " + server->config.database() + ": " + report.error().message);
  }
  return print(flags.format == "json" ? render_json(*report) : render_text(*report));
}

}  // namespace

void add_search(CLI::App& app, Action& action) {
  auto flags = std::make_shared<SearchFlags>();
  CLI::App* command = app.add_subcommand(
      "search", "Find images by what is in them or was found in them, and who pulled them");
  const auto term = [&](const char* name, std::string& value, const char* type, const char* help) {
    return command->add_option(name, value, help)->type_name(type);
  };
  term("--image", flags->image, "GLOB", "HOST/REPOSITORY; without * and ? any part of it");
  CLI::Option* digest = term("--digest", flags->digest, "DIGEST", "Of the manifest, the config or a layer");
  term("--layer", flags->layer, "DIGEST", "Images with this layer")->excludes(digest);
  CLI::Option* hash =
      term("--hash", flags->hash, "SHA256",
           "Of an executable or script: the images, where it is in them, and who pulled them");
  term("--path", flags->path, "PATH", "Of an executable or script, such as usr/bin/x; or its name alone")
      ->excludes(hash);
  term("--rule", flags->rule, "RULE", "The current decision gives this rule or check as a reason");
  term("--client", flags->client, "CLIENT", "Address or user that pulled it");
  command->add_option("--limit", flags->limit, "Rows of each list at most, default 100")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, kMostRows));
  command->add_option("--format", flags->format, "text (default) or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  add_server_flags(*command, flags->server);
  command->footer(
      "Every term that is given must hold. Files are found by the inventory of executables and scripts that "
      "each "
      "scan\nof a layer leaves, and by what was found in them.\n"
      "Examples:\n"
      "  portcullis search --hash \"$(sha256sum suspicious.sh | cut -c1-64)\"\n"
      "  portcullis search --image 'docker.io/library/*' --rule miner_xmrig --format json\n"
      "  portcullis search --data /var/lib/portcullis --path usr/bin/xmrig");
  command->callback([flags, &action] { action = [flags] { return search(*flags); }; });
}

}  // namespace portcullis::cli
