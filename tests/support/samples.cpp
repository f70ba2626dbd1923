// SPDX-License-Identifier: Apache-2.0
#include "support/samples.hpp"

#include <string_view>

namespace portcullis::test {

std::string eicar() {
  std::string text;
  for (const std::string_view piece :
       {"X5O!P%@AP[4\\PZX5", "4(P^)7CC)7}$EIC", "AR-STANDARD-ANTI", "VIRUS-TEST-FILE!", "$H+H*"}) {
    text += piece;
  }
  return text;
}

}  // namespace portcullis::test
