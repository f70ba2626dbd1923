// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "collected.hpp"
#include "portcullis/checks/layer.hpp"
#include "portcullis/scan/protocol.hpp"
#include "portcullis/unpack/layer.hpp"

namespace portcullis::scanner {

/// Stands before the visitor that scans and lets the checks see what goes by: the entries of a layer or
/// directory, or the image config, whose rendered text becomes one more file to scan.
class CheckedVisitor final : public unpack::Visitor {
 public:
  CheckedVisitor(const scan::JobRequest& request, Collected& collected, unpack::Visitor& next);

  bool entry(const unpack::Entry& entry) override;
  bool file(unpack::File file) override;
  /// After the last entry, however the input ended.
  void finish() { layer_.finish(); }

 private:
  void check_config(const unpack::File& config);

  enum class Subject { tree, config, other };
  const Subject subject_;
  Collected& collected_;
  unpack::Visitor& next_;
  checks::LayerChecks layer_;
};

}  // namespace portcullis::scanner
