# The Application of the first stan: views registered by URL, served by the stan of today.

import email.parser
import email.policy
import inspect
import urllib.parse


def hand_over(application):
    """Set by the worker: serves until stan says that it is enough."""


class Application:
    def __init__(self, *_arguments, **_settings):
        self.views = {}

    def set_url(self, url, *_arguments, **_settings):
        """Registers a view: `@ap.set_url('/')`."""

        def register(view):
            self.views[url] = view
            return view

        return register

    def run(self, host="", port=8000, *_arguments, **_settings):
        """stan listens already, at its own address: the app is handed over to it."""
        hand_over(self)

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace") or "/"
        view = self.views.get(path) or self.views.get(path.rstrip("/")) or self.views.get(path + "/")
        if view is None:
            start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"404 Not found\nNo view is registered for this address.\n"]
        wants = takes(view)
        if environ["REQUEST_METHOD"] == "POST":
            result = view(form(environ)) if wants else view()
        else:
            result = view(path) if wants else view()
        headers = {}
        if isinstance(result, tuple):
            result, headers = result
        fields = [(str(name), str(value)) for name, value in dict(headers or {}).items()]
        if not any(name.lower() == "content-type" for name, _ in fields):
            fields.append(("Content-Type", "text/html; charset=utf-8"))
        start_response("200 OK", fields)
        return [result]


def takes(view):
    """Whether the view takes an argument."""
    try:
        inspect.signature(view).bind(None)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def form(environ):
    """A dict of str to bytes; a file NAME is `NAME.filename` and `NAME.content`."""
    body = environ["wsgi.input"].read()
    kind = environ.get("CONTENT_TYPE", "")
    if not kind.lower().startswith("multipart/form-data"):
        pairs = urllib.parse.parse_qsl(body, keep_blank_values=True)
        return {name.decode("utf-8", "replace"): value for name, value in pairs}
    head = email.parser.Parser(policy=email.policy.HTTP).parsestr("Content-Type: " + kind + "\n\n", headersonly=True)
    boundary = b"--" + (head.get_boundary() or "").encode("latin-1")
    found = {}
    # What comes first stands before the first boundary, what comes last after the closing one.
    for part in (b"\r\n" + body).split(b"\r\n" + boundary)[1:]:
        if part.startswith(b"--"):
            break
        fields, _, content = part.lstrip(b" \t").partition(b"\r\n\r\n")
        told = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(fields.strip() + b"\r\n\r\n", headersonly=True)
        disposition = told.get("content-disposition")
        parameters = getattr(disposition, "params", {})
        name = parameters.get("name", "")
        if "filename" in parameters:
            found[name + ".filename"] = parameters["filename"].encode("utf-8", "replace")
            found[name + ".content"] = content
        else:
            found[name] = content
    return found
