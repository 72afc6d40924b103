"""Why an address was refused or a delivery failed, in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WHY: dict[str, str | Promise] = {
    "": "",
    "url_malformed": _("This is not an address that can be called."),
    "https_needed": _("The address must begin with https://."),
    "url_with_credentials": _("An address carries no user name, password or fragment."),
    "address_not_public": _("This address lies inside a private network; it is not called."),
    "name_unknown": _("The name of the server is not known."),
    "certificate_refused": _("The server's certificate is not valid."),
    "tls_failed": _("No secure connection came about."),
    "timeout": _("The server took too long."),
    "connection_failed": _("No connection came about."),
    "redirected": _("The server sends elsewhere; redirects are not followed."),
    "refused": _("The server did not accept it."),
    "endpoint_removed": _("The webhook was removed."),
}


def why(code: str) -> str | Promise:
    return WHY.get(code, code)
