// SPDX-License-Identifier: Apache-2.0
//
// portcullis cache: what lies on disk, and its removal while the server runs.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cache_contents.hpp"
#include "commands.hpp"
#include "exit_code.hpp"
#include "portcullis/util/safe_text.hpp"
#include "portcullis/util/text.hpp"
#include "server_records.hpp"

namespace portcullis::cli {
namespace {

using util::safe_text;

struct CacheFlags {
  ServerFlags server;
  std::string format = "text";
  std::string repository;
  std::string digest;
  std::string older_than;
  bool all = false;
  bool dry_run = false;
};

std::string name_of(const CachedImage& image) {
  const bool by_digest = image.reference.find(':') != std::string::npos;
  const std::string tag = by_digest || image.reference.empty() ? "" : ":" + image.reference;
  return safe_text(image.name + tag);
}

std::string as_text(const CacheContents& contents) {
  std::string text;
  for (const CachedImage& image : contents.images) {
    text += name_of(image) + "\n  " + image.manifest.text() + "\n  " +
            std::string(findings::to_string(image.action)) + ", " + util::format_size(image.bytes) + " in " +
            std::to_string(image.present.size()) + " of " + std::to_string(image.parts) +
            " parts, last used " + util::to_rfc3339(image.last_use) + "\n";
  }
  text += std::to_string(contents.images.size()) + " images, " + std::to_string(contents.blobs.size()) +
          " blobs, " + util::format_size(contents.bytes) + " on disk";
  if (contents.others > 0) {
    text += "; of these " + std::to_string(contents.others) + " blobs, " +
            util::format_size(contents.other_bytes) + ", belong to no image that was judged";
  }
  return text + "\n";
}

std::string as_json(const CacheContents& contents) {
  using Json = nlohmann::ordered_json;
  Json images = Json::array();
  for (const CachedImage& image : contents.images) {
    images.push_back({{"name", safe_text(image.name)},
                      {"reference", safe_text(image.reference)},
                      {"manifest", image.manifest.text()},
                      {"action", findings::to_string(image.action)},
                      {"bytes", image.bytes},
                      {"parts_on_disk", image.present.size()},
                      {"parts", image.parts},
                      {"last_used", util::to_rfc3339(image.last_use)}});
  }
  return Json{{"images", std::move(images)},
              {"blobs", contents.blobs.size()},
              {"bytes", contents.bytes},
              {"blobs_of_no_image", contents.others},
              {"bytes_of_no_image", contents.other_bytes}}
             .dump(2) +
         "\n";
}

/// What every form of the command begins with; on an error, the exit code.
struct Opened {
  std::filesystem::path directory;
  CacheContents contents;
};

tl::expected<Opened, int> open(const CacheFlags& flags) {
  const auto server = open_server_records(flags.server, records::OpenMode::existing_read_only);
  if (!server) return tl::unexpected(server.error());
  const auto decisions = server->records->newest_decisions();
  if (!decisions) return tl::unexpected(fail(kCouldNotJudge, decisions.error().message));
  const auto& directory = server->config.blobs.directory;
  return Opened{directory, cache_contents(blobs::stored_blobs(directory), *decisions)};
}

int list(const CacheFlags& flags) {
  const auto opened = open(flags);
  if (!opened) return opened.error();
  return print(flags.format == "json" ? as_json(opened->contents) : as_text(opened->contents));
}

util::Result<PurgeSelection> selection(const CacheFlags& flags) {
  const auto refuse = [](const std::string& message) {
    return util::fail(util::ErrorKind::invalid, message);
  };
  PurgeSelection wanted;
  wanted.repository = flags.repository;
  if (!flags.digest.empty()) {
    auto digest = oci::Digest::parse(flags.digest);
    if (!digest) return refuse("--digest: " + digest.error().message);
    wanted.digest = *std::move(digest);
  }
  if (!flags.older_than.empty()) {
    wanted.older_than = util::parse_duration(flags.older_than);
    if (!wanted.older_than) {
      return refuse("--older-than: expected a duration such as 12h or 30d, saw \"" + flags.older_than + "\"");
    }
  }
  const bool some = !wanted.repository.empty() || wanted.digest || wanted.older_than;
  if (some == flags.all) {
    return refuse(some ? "--all takes everything: name either it or what to take"
                       : "name what to remove: --repository, --digest, --older-than or --all");
  }
  return wanted;
}

int purge(const CacheFlags& flags) {
  const auto wanted = selection(flags);
  if (!wanted) return fail(kUsage, wanted.error().message);
  const auto opened = open(flags);
  if (!opened) return opened.error();
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  std::optional<util::Error> trouble;
  for (const auto& blob : select_for_purge(opened->contents, *wanted, util::SystemClock().now())) {
    if (!flags.dry_run) {
      const auto removed = blobs::remove_stored_blob(opened->directory, blob.digest);
      if (!removed) trouble = removed.error();
      if (!removed || !*removed) continue;
    }
    ++count;
    bytes += blob.size;
  }
  std::printf("%s %zu blobs, %s (%llu bytes)\n", flags.dry_run ? "would remove" : "removed", count,
              util::format_size(bytes).c_str(), static_cast<unsigned long long>(bytes));
  return trouble ? fail(kCannotWrite, trouble->message) : kClean;
}

CLI::App* add_form(CLI::App& parent, const char* name, const char* help, int (*run)(const CacheFlags&),
                   const std::shared_ptr<CacheFlags>& flags, Action& action) {
  CLI::App* command = parent.add_subcommand(name, help);
  add_server_flags(*command, flags->server);
  command->callback([flags, run, &action] { action = [flags, run] { return run(*flags); }; });
  return command;
}

}  // namespace

void add_cache(CLI::App& app, Action& action) {
  auto flags = std::make_shared<CacheFlags>();
  CLI::App* command = app.add_subcommand("cache", "Show or empty the cache of image layers");
  CLI::App* lister =
      add_form(*command, "list", "Images and how much of them is on disk", list, flags, action);
  lister->add_option("--format", flags->format, "text (default) or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  CLI::App* purger =
      add_form(*command, "purge", "Remove layers; the server may go on running", purge, flags, action);
  purger->add_option("--repository", flags->repository, "Of images whose host/repository matches")
      ->type_name("GLOB");
  purger->add_option("--digest", flags->digest, "A blob, or an image by its manifest")->type_name("DIGEST");
  purger->add_option("--older-than", flags->older_than, "Not used for this long")->type_name("DURATION");
  purger->add_flag("--all", flags->all, "Everything");
  purger->add_flag("--dry-run", flags->dry_run, "Say what would be removed");
  command->footer(
      "Verdicts are kept: what is pulled again is downloaded again, and served or blocked as before. Layers\n"
      "that other images use stay, unless --all or --older-than takes them.\n"
      "Examples:\n"
      "  portcullis cache list --data /var/lib/portcullis\n"
      "  portcullis cache purge --repository 'docker.io/team/*' --older-than 30d --dry-run");
  command->callback([command, &action] {
    if (!command->get_subcommands().empty()) return;
    action = [] { return fail(kUsage, "cache: expected list or purge (see portcullis cache --help)"); };
  });
}

}  // namespace portcullis::cli
