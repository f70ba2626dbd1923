// SPDX-License-Identifier: Apache-2.0
//
// The configuration file (TOML) and what flags put on top of it, read into the options of the
// parts. Everything has a working default; unknown keys and wrong types are errors that name file,
// line, key and what was expected.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/blobs/store.hpp"
#include "portcullis/gate/gate.hpp"
#include "portcullis/http/server.hpp"
#include "portcullis/naming/name_index.hpp"
#include "portcullis/notify/target.hpp"
#include "portcullis/policy/policy.hpp"
#include "portcullis/policy/waiver_rules.hpp"
#include "portcullis/records/retention.hpp"
#include "portcullis/scan/service.hpp"
#include "portcullis/upstream/registry.hpp"
#include "portcullis/util/log.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::config {

struct RecordsOptions {
  std::string url = {};       ///< of a PostgreSQL database; empty: a file in the data directory
  std::string password = {};  ///< never shown
  records::Retention retention = {};
};

struct Config {
  std::filesystem::path data = "data";
  http::RegistryOptions registry;
  std::string public_url;  ///< of the registry, as clients know it; may be empty
  http::AdminOptions admin;
  std::string admin_public_url;  ///< of the admin side, as people know it, for links; may be empty
  std::vector<upstream::Options> upstreams = upstream::default_upstreams();  ///< first: default route
  std::string
      docker_config;  ///< upstreams.docker_config: for each of them that has no credentials of its own
  blobs::Options blobs;
  scan::Options scan;
  bool builtin_rules = true;
  bool watch_rules = false;  ///< load them again when their files change
  gate::Options gate;
  policy::Policy policy;             ///< with what [names] says of names; without `names.reference`
  naming::Options names;             ///< what they are compared with, beside the reference data
  std::filesystem::path name_files;  ///< names.files: the reference data; empty: what ships with Portcullis
  policy::WaiverLimits waivers;
  RecordsOptions records;
  std::vector<notify::TargetOptions> notify;
  /// clients.allow_anonymous: nobody is asked who he is. Beyond loopback only with this or with
  /// registry.access or client certificates.
  bool allow_anonymous = false;
  util::log::Level log_level = util::log::Level::info;
  util::log::Format log_format = util::log::Format::text;

  /// The file's top-level keys and their text as parsed: tells what a reload changed.
  std::map<std::string, std::string> written;

  /// For records::open().
  std::string database() const {
    return records.url.empty() ? (data / "portcullis.db").string() : records.url;
  }
};

/// Flags of `serve`; what is set wins over the file.
struct Overrides {
  std::optional<std::string> listen;
  std::optional<std::string> admin_listen;
  std::optional<std::string> data;
  std::vector<std::string> upstreams;  ///< NAME=URL; when any is given they replace the file's list
  std::vector<std::string> rules;      ///< added
  bool no_builtin_rules = false;
  std::optional<std::string> mode;
  std::optional<std::string> log_level;
  std::optional<std::string> log_format;
};

/// `file` empty: defaults only. ErrorKind::invalid carries a message such as
/// "portcullis.toml:12: policy.block_at: expected one of info, low, ... saw \"hgih\"". Relative paths
/// are relative to the working directory. Reads the file and the password files it names; whether
/// anything else exists is found out by who uses it.
util::Result<Config> load(const std::filesystem::path& file, const Overrides& overrides);

/// Parts of an installation that are found by where this program is, not by configuration.
struct Installation {
  std::filesystem::path scanner;        ///< the portcullis-scanner binary
  std::filesystem::path builtin_rules;  ///< the rules that ship with Portcullis
  std::filesystem::path names;          ///< rules/names, for naming::load_reference_data()
};

/// `executable_dir` holds the running program: a build directory (scanner and rules beside it) or
/// `<prefix>/bin` (then libexec/portcullis and share/portcullis/rules of the same prefix).
util::Result<Installation> find_installation(const std::filesystem::path& executable_dir);

}  // namespace portcullis::config
