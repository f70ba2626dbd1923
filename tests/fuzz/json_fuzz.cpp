// SPDX-License-Identifier: Apache-2.0
#include "fuzz/input.hpp"
#include "portcullis/oci/manifest.hpp"

using namespace portcullis;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json = fuzz::as_text(data, size);
  if (const auto document = oci::parse_document(json, {}); !document)
    FUZZ_CHECK(!document.error().message.empty());
  if (const auto config = oci::parse_image_config(json); !config) FUZZ_CHECK(!config.error().message.empty());
  return 0;
}
