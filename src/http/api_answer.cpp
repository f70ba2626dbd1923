// SPDX-License-Identifier: Apache-2.0
#include "api_answer.hpp"

namespace portcullis::http {
namespace {

class Events final : public LiveBody {
 public:
  explicit Events(std::shared_ptr<api::EventStream> stream) : stream_(std::move(stream)) {}
  bool has_news() const override { return stream_->has_news(); }
  std::string take() override { return stream_->take(); }
  bool ended() const override { return stream_->ended(); }

 private:
  std::shared_ptr<api::EventStream> stream_;
};

}  // namespace

Answer api_answer(api::Answer answer) {
  Answer ours;
  ours.status = answer.status;
  ours.content_type = std::move(answer.content_type);
  ours.headers = std::move(answer.headers);
  ours.body = std::move(answer.body);
  if (answer.stream) ours.live = std::make_shared<Events>(std::move(answer.stream));
  return ours;
}

}  // namespace portcullis::http
