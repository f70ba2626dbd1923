// SPDX-License-Identifier: Apache-2.0
#include <curl/curl.h>

#include <algorithm>
#include <vector>

#include "portcullis/notify/ecs.hpp"
#include "portcullis/util/files.hpp"
#include "portcullis/util/hash.hpp"
#include "portcullis/util/safe_text.hpp"
#include "sender.hpp"
#include "slack.hpp"

namespace portcullis::notify {
namespace {

using util::ErrorKind;

constexpr std::size_t kMaxAnswer = 64 * 1024;  ///< read so that the connection can be used again
constexpr std::size_t kQuotedAnswer = 200;     ///< of an error, for the log
constexpr std::size_t kMaxPemBytes = 8u << 20;
constexpr std::chrono::seconds kLongestWait{3600};

struct EasyDelete {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListDelete {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct UrlDelete {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

/// One exchange while curl calls back.
struct Running {
  const std::stop_token& stop;
  std::string answer;
  std::size_t answer_bytes = 0;

  static std::size_t body(char* data, std::size_t one, std::size_t size, void* context) noexcept {
    auto& self = *static_cast<Running*>(context);
    const std::size_t count = one * size;
    self.answer_bytes += count;
    self.answer.append(data, std::min(count, kQuotedAnswer - std::min(kQuotedAnswer, self.answer.size())));
    return self.answer_bytes > kMaxAnswer ? 0 : count;
  }
  static int progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
    return static_cast<Running*>(context)->stop.stop_requested() ? 1 : 0;
  }
};

/// Refusals that are about the event. 401, 403, 404, 405, 407 and 410 are about the target: a token that
/// ended or a hook that was removed must not make every event since then be set aside.
bool is_refusal(long status) {
  if (status < 400 || status > 499) return false;
  constexpr long kOfTheTarget[] = {401, 403, 404, 405, 407, 408, 410, 421, 425, 429};
  return std::find(std::begin(kOfTheTarget), std::end(kOfTheTarget), status) == std::end(kOfTheTarget);
}

class WebhookSender final : public Sender {
 public:
  WebhookSender(WebhookOptions options, std::string host, std::string ca, const std::string& public_url)
      : options_(std::move(options)),
        host_(std::move(host)),
        ca_(std::move(ca)),
        public_url_(public_url),
        easy_(curl_easy_init()) {}

  Delivery send(const findings::Event& event, const std::stop_token& stop) override {
    if (!easy_) return Delivery::failure("curl gave no handle");
    const bool slack = options_.format == WebhookFormat::slack;
    const std::string body = slack ? slack_json(event, public_url_) : ecs_json(event, public_url_);
    Running running{stop, {}, 0};
    const auto headers = make_headers(event, body);
    set_up(body, headers.get(), running);
    const CURLcode code = curl_easy_perform(easy_.get());
    Delivery delivery = judge(code, running);
    curl_easy_reset(easy_.get());  // keeps the connection
    return delivery;
  }
  Delivery flush(const std::stop_token&) override { return {}; }

 private:
  using Headers = std::unique_ptr<curl_slist, ListDelete>;

  Headers make_headers(const findings::Event& event, const std::string& body) const {
    Headers list;
    const auto add = [&list](const std::string& line) {
      if (curl_slist* grown = curl_slist_append(list.get(), line.c_str())) {
        static_cast<void>(list.release());
        list.reset(grown);
      }
    };
    add("Content-Type: application/json");
    add("Expect:");
    add("X-Portcullis-Event: " + util::safe_text(event.action, 64));
    add("X-Portcullis-Event-Id: " + std::to_string(event.sequence));
    add("Idempotency-Key: portcullis-" + std::to_string(event.sequence));
    if (!options_.token.empty()) add("Authorization: Bearer " + options_.token);
    if (!options_.secret.empty()) {
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      const auto seconds = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now).count());
      add("X-Portcullis-Signature: t=" + seconds +
          ",v1=" + util::hmac_sha256_hex(options_.secret, seconds + "." + body));
    }
    return list;
  }

  void set_up(const std::string& body, curl_slist* headers, Running& running) {
    CURL* curl = easy_.get();
    curl_easy_setopt(curl, CURLOPT_URL, options_.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "portcullis");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Running::body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &running);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Running::progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &running);
    if (host_ == "localhost" || host_ == "[::1]" || host_.starts_with("127.")) {
      curl_easy_setopt(curl, CURLOPT_PROXY, "");
    }
    if (ca_.empty()) return;
    curl_blob blob{const_cast<char*>(ca_.data()), ca_.size(), CURL_BLOB_NOCOPY};
    curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
  }

  Delivery judge(CURLcode code, const Running& running) const {
    // The text of curl's own errors may name the address, which may hold a secret: only its general one is
    // shown.
    if (code != CURLE_OK) return Delivery::failure(host_ + ": " + curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) return {};
    Delivery delivery = Delivery::failure(host_ + " answered " + std::to_string(status));
    if (status >= 300 && status < 400) {
      delivery.reason += ", a redirect, which is not followed; write the address it leads to";
    } else if (!running.answer.empty()) {
      delivery.reason += ": " + running.answer.substr(0, running.answer.find_last_not_of("\r\n ") + 1);
    }
    if (is_refusal(status)) delivery.outcome = Delivery::Outcome::refused;
    curl_off_t seconds = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &seconds);
    if (seconds > 0) {
      delivery.wait = std::min(std::chrono::seconds(seconds), kLongestWait);
    }
    return delivery;
  }

  const WebhookOptions options_;
  const std::string host_;
  const std::string ca_;
  const std::string public_url_;
  const std::unique_ptr<CURL, EasyDelete> easy_;
};

util::Result<std::string> host_of(const std::string& url) {
  const std::unique_ptr<CURLU, UrlDelete> parsed(curl_url());
  char* host = nullptr;
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK) {
    return util::fail(ErrorKind::invalid, "url: expected a URL such as https://hooks.example.com/x");
  }
  std::string text = host;
  curl_free(host);
  return text;
}

}  // namespace

util::Result<std::unique_ptr<Sender>> make_webhook_sender(const WebhookOptions& options,
                                                          const std::string& public_url) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (global != CURLE_OK) {
    return util::fail(ErrorKind::internal, std::string("starting curl: ") + curl_easy_strerror(global));
  }
  auto host = host_of(options.url);
  if (!host) return tl::unexpected(host.error());
  std::string ca;
  if (!options.ca_file.empty()) {
    auto text = util::read_file(options.ca_file, kMaxPemBytes);
    if (!text) return util::fail("ca_file", std::move(text.error()));
    if (text->find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
      return util::fail(ErrorKind::invalid,
                        "ca_file holds no PEM certificate (a line with '-----BEGIN CERTIFICATE-----' is "
                        "expected), saw: " +
                            options.ca_file);
    }
    ca = *std::move(text);
  }
  return std::make_unique<WebhookSender>(options, *std::move(host), std::move(ca), public_url);
}

}  // namespace portcullis::notify
