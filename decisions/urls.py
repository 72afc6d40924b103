from django.urls import path

from decisions.views import case, desk, evidence, letters, offers, privacy, records, review, what_if

app_name = "decisions"
urlpatterns = [
    path("applicants/<uuid:applicant_id>/privacy/", privacy.privacy_person, name="privacy-person"),
    path("applicants/<uuid:applicant_id>/privacy/erasure/", privacy.erasure_ask, name="erasure-ask"),
    path("applicants/<uuid:applicant_id>/privacy/hold/", privacy.hold_add, name="hold-add"),
    path("applicants/<uuid:applicant_id>/privacy/hold/lift/", privacy.hold_end, name="hold-end"),
    path("applicants/<uuid:applicant_id>/privacy/reads/", privacy.privacy_reads, name="privacy-reads"),
    path("applicants/<uuid:applicant_id>/privacy/access/", privacy.access_give, name="access-give"),
    path("privacy/", privacy.privacy_list, name="privacy-list"),
    path("privacy/requests/<uuid:request_id>/", privacy.erasure_decide, name="erasure-decide"),
    path("", desk.home_page, name="home"),
    path("queue/", desk.case_queue, name="case-queue"),
    path("cases/<uuid:application_id>/", case.case_detail, name="case-detail"),
    path("cases/<uuid:application_id>/take/", desk.case_take, name="case-take"),
    path("cases/<uuid:application_id>/hand-back/", desk.case_hand_back, name="case-hand-back"),
    path("cases/<uuid:application_id>/decide/", case.case_decide, name="case-decide"),
    path("cases/<uuid:application_id>/letter/", letters.letter_preview, name="letter-preview"),
    path("cases/<uuid:application_id>/what-if/", what_if.case_what_if, name="case-what-if"),
    path("cases/<uuid:application_id>/try-again/", case.case_try_again, name="case-try-again"),
    path("reviews/", review.review_list, name="review-list"),
    path("reviews/<uuid:override_id>/", review.review_detail, name="review-detail"),
    path("reviews/<uuid:override_id>/withdraw/", offers.proposal_withdraw, name="proposal-withdraw"),
    path("decisions/<uuid:decision_id>/reply/", offers.offer_reply, name="offer-reply"),
    path("decisions/", records.decision_list, name="decision-list"),
    path("decisions/<uuid:decision_id>/", records.decision_detail, name="decision-detail"),
    path("decisions/<uuid:decision_id>/letter.pdf", letters.letter_read, name="letter-read"),
    path("decisions/<uuid:decision_id>/letter/", letters.letter_state, name="letter-state"),
    path("decisions/<uuid:decision_id>/letter/send/", letters.letter_send, name="letter-send"),
    path("decisions/<uuid:decision_id>/evidence/", evidence.evidence_detail, name="evidence-detail"),
    path("decisions/<uuid:decision_id>/evidence.json", evidence.evidence_download, name="evidence-download"),
    path("decisions/<uuid:decision_id>/replay/", evidence.decision_replay, name="decision-replay"),
]
