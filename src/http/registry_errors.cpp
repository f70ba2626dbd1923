// SPDX-License-Identifier: Apache-2.0
#include "registry_errors.hpp"

namespace portcullis::http {

Answer registry_error(int status, std::string_view code, std::string_view message, std::string_view detail) {
  Answer answer;
  answer.status = status;
  answer.reason = message;
  answer.content_type = "application/json";
  answer.body = "{\"errors\":[{\"code\":" + json_string(code) + ",\"message\":" + json_string(message) +
                ",\"detail\":" + json_string(detail) + "}]}\n";
  return answer;
}

}  // namespace portcullis::http
