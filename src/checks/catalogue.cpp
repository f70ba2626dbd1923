// SPDX-License-Identifier: Apache-2.0
#include "catalogue.hpp"

#include <string>
#include <vector>

namespace portcullis::checks {
namespace {

using findings::Severity;
using findings::Source;

struct Row {
  Check check;
  std::string_view id;
  Severity severity;
  std::vector<std::string> techniques;
  std::string_view description;
  Source source = Source::layer_check;
};

/// The remarks say what keeps a row below high: clean images that have it.
const std::vector<Row>& rows() {
  static const std::vector<Row> table = {
      {Check::path_climbs,
       "layer_path_escapes",
       Severity::high,
       {"T1036", "T1611"},
       "the path of an entry climbs out of the image by .."},
      {Check::path_with_dot_dot,
       "layer_path_dot_dot",
       Severity::medium,
       {"T1036"},
       "the path of an entry contains .."},
      // Some image builders used to write every path so.
      {Check::path_absolute,
       "layer_path_absolute",
       Severity::info,
       {"T1036"},
       "the path of an entry is absolute"},
      {Check::hardlink_climbs,
       "layer_hardlink_escapes",
       Severity::high,
       {"T1036", "T1611"},
       "a hard link to a file outside the image"},
      {Check::written_through_climbing_link,
       "layer_write_through_escaping_link",
       Severity::high,
       {"T1036", "T1611"},
       "an entry is written through a symbolic link of this layer that climbs out of the image"},
      // Layers put together from packages: var/run -> /run, and a package with a file in var/run.
      {Check::written_through_link,
       "layer_write_through_link",
       Severity::info,
       {"T1036"},
       "an entry is written through a symbolic link of this layer"},
      // Chroot directories of name servers and old base images.
      {Check::device_node,
       "layer_device_node",
       Severity::medium,
       {"T1611"},
       "a device node that is none of the usual ones of /dev"},
      {Check::setuid_interpreter,
       "layer_setuid_interpreter",
       Severity::high,
       {"T1548.001"},
       "a shell or interpreter that runs as root for everybody (setuid)"},
      // Sandbox helpers of browsers; whole root file systems inside an image.
      {Check::setuid_outside_packages,
       "layer_setuid_outside_packages",
       Severity::medium,
       {"T1548.001"},
       "a setuid root program outside the directories of packages"},
      // The group root opens little, and chmod -R g+s over an application directory is common.
      {Check::setgid_outside_packages,
       "layer_setgid_outside_packages",
       Severity::info,
       {"T1548.001"},
       "a setgid root program outside the directories of packages"},
      {Check::preload_hidden,
       "layer_preload_hidden",
       Severity::high,
       {"T1574.006", "T1014"},
       "a library in a temporary directory, or a hidden one, is preloaded into every process"},
      // Allocators are preloaded this way.
      {Check::preload,
       "layer_preload",
       Severity::medium,
       {"T1574.006"},
       "a library is preloaded into every process"},
      // Alpine images had it for years (CVE-2019-5021).
      {Check::root_without_password,
       "layer_root_without_password",
       Severity::medium,
       {"T1078.003"},
       "root has an empty password"},
      {Check::extra_uid_0,
       "layer_extra_uid_0",
       Severity::high,
       {"T1136.001"},
       "an account other than root has the user id of root"},
      {Check::whiteout_with_content,
       "layer_whiteout_with_content",
       Severity::medium,
       {"T1564.001"},
       "a whiteout, which should be empty, has content: runtimes drop it, other tools do not"},
      // Layers put together from several archives.
      {Check::duplicate_path,
       "layer_duplicate_path",
       Severity::info,
       {"T1036"},
       "the same path stands in the layer twice: the later entry replaces the earlier one"},
      {Check::disguised_directory,
       "layer_disguised_directory",
       Severity::medium,
       {"T1564.001", "T1036.005"},
       "a directory whose name is made of dots and spaces, easily taken for . or .."},
      // Test data of packages.
      {Check::odd_directory_name,
       "layer_odd_directory_name",
       Severity::low,
       {"T1564.001"},
       "a directory whose name ends in a space or has control characters"},
      {Check::kernel_thread_in_temporary,
       "layer_kernel_thread_in_temporary",
       Severity::high,
       {"T1036.004", "T1036.005"},
       "a program in a temporary directory has the name of a kernel thread"},
      {Check::kernel_thread_name,
       "layer_kernel_thread_name",
       Severity::medium,
       {"T1036.004", "T1036.005"},
       "a program has the name of a kernel thread"},
      {Check::config_preload_hidden,
       "config_preload_hidden",
       Severity::high,
       {"T1574.006"},
       "the environment preloads a library that is hidden or in a temporary directory",
       Source::config_check},
      // Report only: most are examples or expired.
      {Check::config_secret,
       "config_secret",
       Severity::low,
       {"T1552.001"},
       "the environment holds what looks like a secret",
       Source::config_check},
  };
  return table;
}

}  // namespace

findings::Finding make_finding(Check check, std::string_view path, std::string_view what) {
  const Row& row = rows().at(static_cast<std::size_t>(check));
  findings::Finding finding;
  finding.source = row.source;
  finding.rule = row.id;
  finding.severity = row.severity;
  finding.techniques = row.techniques;
  finding.description = row.description;
  if (!what.empty()) finding.description.append(": ").append(what.substr(0, 400));
  finding.path = path;
  return finding;
}

}  // namespace portcullis::checks
