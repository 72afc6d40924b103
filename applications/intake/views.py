"""The form of a new application, its draft, and what happens when it is sent."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.enums import Act
from accounts.gates import open_to
from accounts.models import User
from accounts.permissions import may, require
from applications import wording
from applications.documents.uploads import takes_a_file
from applications.enums import Door
from applications.forms import ApplicantForm, CreditFileForm
from applications.intake import drafts, duplicates
from applications.intake.entry import Entry, address_of, asked_product, draft_of, entry_open, known_applicant, typed
from applications.intake.reading import LARGEST, Taken, carried_read, one_application, too_large
from applications.intake.submission import entry_submit
from applications.models import Applicant
from applications.products import offered
from applications.reads import read_record
from applications.selectors import applications_visible_to, keyset
from common.errors import Conflict, InvalidInput
from ml.contract import load_contract


@require_http_methods(["GET", "POST"])
def application_new(request: HttpRequest) -> HttpResponse:
    """A new applicant with a first file, or a further file of an applicant that is known (``?applicant=``).

    Where several products are offered, one is chosen first (``?product=``). ``?draft=`` takes up what was typed.
    """
    if request.method == "POST" and not request.user.is_authenticated:
        return _keep_and_sign_in(request)
    return _application_new(request)


@open_to(Act.CREATE_APPLICATION)
def _application_new(request: HttpRequest) -> HttpResponse:
    entry = entry_open(request)
    if entry is None:
        return render(request, "applications/product_choose.html", _products(request))
    if entry.submitted is not None:
        return redirect("decisions:case-detail", entry.submitted)
    if request.method == "GET":
        return _form(request, entry)
    return _send(request, entry)


def _send(request: HttpRequest, entry: Entry) -> HttpResponse:
    user: Any = request.user
    if entry.slip is not None:
        _save(entry.slip, request, user)
    if entry.is_valid():
        candidates = _candidates(entry, user)
        chosen = request.POST.get("same_person", "")
        if candidates and not chosen:
            sent = drafts.draft_find(user=user, draft_id=entry.slip.draft) if entry.slip else None
            if sent is not None and sent.application_id:  # sent twice: the person is known from the first time
                return redirect("decisions:case-detail", sent.application_id)
            return _ask_who(request, entry, candidates)
        if chosen not in ("", "none"):
            entry.known = duplicates.chosen_of(candidates, chosen)
        application = entry_submit(entry=entry, user=user)
        if application is not None:
            messages.success(request, _("Application %(reference)s was submitted.") % {"reference": application})
            return redirect("decisions:case-detail", application.id)
    return _form(request, entry, status=422)


def _candidates(entry: Entry, user: User) -> list[Applicant]:
    if entry.person is None:
        return []
    asked = {name: entry.person.cleaned_data[name] for name in ("first_name", "last_name", "birth_date")}
    return duplicates.same_person_candidates(user=user, **asked)


def _ask_who(request: HttpRequest, entry: Entry, candidates: list[Applicant]) -> HttpResponse:
    """Nothing is written: the answer comes back with everything that was typed."""
    user: Any = request.user
    slip = entry.slip or entry.new_slip(user)
    for candidate in candidates:
        read_record(applicant_id=candidate.id, door=Door.APPLICANT, actor=user.actor)
    mine = applications_visible_to(user).filter(applicant__in=candidates).order_by("-id")
    context = {
        "candidates": [(one, [row for row in mine if row.applicant_id == one.id]) for one in candidates],
        "values": list(typed(entry.contract, request.POST).items()),
        "slip": slip.sign(),
        "address": address_of(slip),
    }
    return render(request, "applications/applicant_known.html", context, status=409)


def _form(request: HttpRequest, entry: Entry, status: int = 200) -> HttpResponse:
    user: Any = request.user
    slip = entry.slip or entry.new_slip(user)
    context = {
        "person": entry.person,
        "file": entry.file,
        "known": entry.known,
        "product": wording.label_of(entry.contract),
        "product_name": entry.contract.product,
        "slip": slip.sign(),
        "address": address_of(slip),
        "carried": entry.carried,
        "tables": [
            (label, rows)
            for label, rows in wording.child_tables(entry.contract, carried_read(entry.contract, entry.carried)[0])
            if rows
        ],
        "saved_at": entry.saved_at,
        "refused": False,
        "kept_days": drafts.kept_for().days,
    }
    return render(request, "applications/application_new.html", context, status=status)


def _from_file(request: HttpRequest) -> HttpResponse:
    """A file or pasted text fills the form in; what is wrong stands beside the fields, and nothing is saved."""
    contract = asked_product(request)
    if contract is None:
        return render(request, "applications/product_choose.html", _products(request))
    problem = ""
    if request.method == "POST":
        sent = request.FILES.get("file")
        try:
            content = sent.read() if sent else request.POST.get("text", "").encode()
            return _form(request, _filled(one_application(content, contract)))
        except InvalidInput as error:
            problem = str(error.message)
    context = {
        "product": wording.label_of(contract),
        "problem": problem,
        "text": request.POST.get("text", "").replace("\x00", ""),
        "limit": LARGEST // 1024,
    }
    return render(request, "applications/application_from_file.html", context, status=422 if problem else 200)


application_from_file = takes_a_file(
    require_http_methods(["GET", "POST"])(open_to(Act.CREATE_APPLICATION)(_from_file)), lambda: LARGEST, too_large
)


def _filled(taken: Taken) -> Entry:
    person, file = ApplicantForm(taken.values), CreditFileForm(taken.contract, taken.values)
    entry = Entry(contract=taken.contract, known=None, person=person, file=file, carried=taken.carried)
    if not entry.is_valid() or taken.problems:
        beside = [one for one in taken.problems if one.pointer.rpartition("/")[2] not in file.errors]
        file.add_problems(beside)
    return entry


@require_GET
@open_to(Act.CREATE_APPLICATION)
def draft_list(request: HttpRequest) -> HttpResponse:
    page = keyset(drafts.drafts_of(_user(request)), after=request.GET.get("after"))
    rows = [(draft, _name_in(draft), draft.saved_at + drafts.kept_for()) for draft in page.rows]
    context = {"page": page, "rows": rows, "kept_days": drafts.kept_for().days}
    return render(request, "applications/draft_list.html", context)


@csrf_exempt  # the signed slip in the form proves where it comes from, also after signing in again in another tab
@require_POST
def draft_save_view(request: HttpRequest) -> HttpResponse:
    """Without a session what was typed is kept all the same, for whom the form was made, and nothing is shown."""
    slip = drafts.slip_read(request.POST.get("slip", ""))
    if not request.user.is_authenticated:
        return _keep_and_sign_in(request)
    require(request.user, Act.CREATE_APPLICATION)
    if slip is None or slip.owner != str(request.user.pk):
        raise InvalidInput(_("This form is too old or not yours; open a new one."), code="draft_slip")
    saved = _save(slip, request, _user(request))
    if request.headers.get("HX-Request"):
        return render(
            request, "applications/_draft_state.html", {"saved_at": saved, "sign_in": "", "refused": saved is None}
        )
    if saved:
        messages.success(request, _("The draft was saved. You find it under My drafts."))
    return redirect(address_of(slip))


@require_POST
@open_to(Act.CREATE_APPLICATION)
def draft_delete(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    user = _user(request)
    draft = draft_of(drafts.drafts_of(user), draft_id)
    drafts.draft_discard(draft=draft, actor=user.actor)
    messages.success(request, _("The draft was deleted."))
    return redirect("applications:draft-list")


def _keep_and_sign_in(request: HttpRequest) -> HttpResponse:
    """The session ended while somebody typed: their words are kept, and signing in leads back to them."""
    slip = drafts.slip_read(request.POST.get("slip", ""))
    owner = User.objects.filter(pk=slip.owner, is_active=True).first() if slip else None
    if slip is None or owner is None or not may(owner, Act.CREATE_APPLICATION):
        return redirect_to_login(request.get_full_path())
    _save(slip, request, owner)
    if request.headers.get("HX-Request"):
        context = {"saved_at": None, "sign_in": address_of(slip), "refused": False}
        return render(request, "applications/_draft_state.html", context)
    return redirect_to_login(address_of(slip))


def _save(slip: drafts.Slip, request: HttpRequest, user: User) -> Any:
    """When; None where the form was submitted meanwhile, which loses nothing."""
    try:
        values = typed(load_contract(slip.product), request.POST)
        return drafts.draft_save(slip=slip, values=values, actor=user.actor).saved_at
    except Conflict:
        return None


def _products(request: HttpRequest) -> dict[str, Any]:
    products = [(each, wording.label_of(each)) for each in offered()]
    return {"products": products, "known": known_applicant(request)}


def _name_in(draft: Any) -> str:
    if draft.applicant is not None:
        return str(draft.applicant.full_name)
    values = drafts.values_of(draft)
    return " ".join(filter(None, (values.get("first_name", "").strip(), values.get("last_name", "").strip())))


def _user(request: HttpRequest) -> User:
    user: Any = request.user
    return user
