"""Who can read a secret: a page, and the same as JSON and CSV."""

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from ...forms.access import WhoFilterForm
from ...permissions import actor_of, enter
from ...services.access.kept_readers import LIVE, want_a_look
from ...services.access.who import NoLookYet, as_csv, as_json, changes_as_csv, find_for_page
from ..answers import plain_answer
from ..status.pages import begin_a_pass
from .why import why


@require_GET
def who(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    """Ask AWS and show the answers; `?as=csv` and `?as=json` send the filtered rows as a file,
    `?as=changes` what has changed, and `?principal=` explains one answer.
    """
    chosen = enter(request, "access.who", environment, name)
    form = WhoFilterForm(request.GET)
    if not form.is_valid():
        raise BadRequest
    ability = form.cleaned_data["action"]
    if principal := form.cleaned_data["principal"]:
        return why(request, chosen, name, principal, ability)
    found, last = find_for_page(chosen, name, actor_of(request))
    context = {"environment": chosen, "name": chosen.secret_name(name), "last": last, "live": LIVE}
    if found is None:
        if "as" in request.GET:
            raise NoLookYet(LIVE)
        return render(request, "access/who_later.html", context)
    rows = found.matching(form.cleaned_data["show"], ability, form.cleaned_data["text"])
    match request.GET.get("as"):
        case "csv":
            return _file(plain_answer(as_csv(rows), "text/csv"), f"who-{chosen.name}.csv")
        case "changes":
            text = changes_as_csv(last)
            return _file(plain_answer(text, "text/csv"), f"who-changes-{chosen.name}.csv")
        case "json":
            return _file(plain_answer(as_json(found, rows, last), "application/json"), "")
    context |= {
        "found": found,
        "rows": rows,
        "form": form,
        "ability": ability,
        "query": _query(request),
    }
    return render(request, "access/who.html", context)


@require_POST
def look_again(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    """Asks the status runner for a look that is kept, and compared with the last one."""
    chosen = enter(request, "access.who", environment, name)
    want_a_look(chosen, chosen.secret_name(name))
    begin_a_pass()
    return redirect("who", chosen.name, name)


def _file(answer: HttpResponse, name: str) -> HttpResponse:
    if name:
        answer["Content-Disposition"] = str(content_disposition_header(True, name))
    return answer


def _query(request: HttpRequest) -> str:
    """The filter, for the links to the same rows in another form."""
    query = request.GET.copy()
    query.pop("as", None)
    return f"{query.urlencode()}&" if query else ""
